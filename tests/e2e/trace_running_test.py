#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ordinary LTTng sessions and Belay get on with each other.

    trace_running_test.py BELAY BUILD

As an ordinary user, whose session daemon can be one for this test alone.
"""

import os
import re
import subprocess
import sys
import unittest

from lttng_session import Daemon, Folder, as_nobody
from traced import Trace, wait_for

BELAY, BUILD = map(os.path.abspath, sys.argv[1:3])
AIO = os.path.join(BUILD, "interpose", "libbelay-aio.so")


class Running(unittest.TestCase):
    def setUp(self):
        folder = Folder()
        self.folder = folder.__enter__()
        self.addCleanup(folder.__exit__)
        daemon = Daemon(self.folder)
        self.daemon = daemon.__enter__()
        self.addCleanup(daemon.__exit__)

    def path(self, name):
        return os.path.join(self.folder.path, name)

    def test_a_running_daemon_is_used_and_its_sessions_left_alone(self):
        other = self.daemon.start(["other:*"])
        done = subprocess.run(
            [BELAY, "trace", "-o", self.path("trace"), "--", "sh", "-c",
             "echo $LTTNG_HOME; lttng --no-sessiond list"], text=True,
            capture_output=True, timeout=120, env=self.folder.env)
        self.assertEqual(done.returncode, 0, done.stderr)
        # The program saw our daemon, with both sessions in it.
        self.assertIn(self.folder.path + "\n", done.stdout)
        self.assertRegex(done.stdout, r"\) belay-\S+ \[active\]")
        after = self.daemon.lttng("list")
        self.assertNotIn(") belay-", after)
        self.assertRegex(after, rf"\) {other.name} \[active\]")
        self.assertEqual(other.stop(), 0)
        trace = Trace(self.path("trace"), 0, "", "")
        self.assertGreaterEqual(trace.counts()["process"], 1)

    def test_a_program_preloaded_by_hand_is_seen_by_lttng(self):
        session = self.daemon.start(["belay:*"])
        env = dict(self.folder.env, LD_PRELOAD=AIO, BELAY_TRACE="1")
        program = subprocess.Popen(["cat"], stdin=subprocess.PIPE, env=env)
        self.addCleanup(program.communicate)

        def listed():
            """What is said of the program, once all its events are there."""
            text = self.daemon.lttng("list", "--userspace", "--fields")
            part = text.partition(f"PID: {program.pid} ")[2].split("PID: ")[0]
            events = re.findall(r"^\s*belay:\w+ ", part, re.M)
            return part if len(events) == 12 else ""

        part = wait_for("lttng list shows the program's events", listed)
        self.assertIn("field: duration_ns (integer)", part)
        fio = subprocess.run(
            ["fio", "--name=j", "--ioengine=posixaio", "--rw=read",
             "--bs=4k", "--size=1m", "--filename=" + self.path("data")],
            env=env, capture_output=True, text=True, timeout=120)
        self.assertEqual(fio.returncode, 0, fio.stderr)
        self.assertEqual(session.stop(), 0)
        counts = Trace(session.output, 0, "", "").counts()
        self.assertEqual(counts["begin"], 256)
        self.assertEqual(counts["finish"], 256)


if __name__ == "__main__":
    as_nobody(BUILD)
    del sys.argv[1:3]
    unittest.main()
