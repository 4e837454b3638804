#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`belay report` on what LTTng recorded of fio, and on what it had to discard.

    report_lttng_test.py BELAY ADAPTER

ADAPTER is the POSIX AIO one, for a preload by hand.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

from lttng_session import Daemon, Folder, as_nobody

TIMEOUT_S = 120
SIZE = 4 << 20
FIO = ["fio", "--name=job", "--ioengine=posixaio", f"--size={SIZE}",
       "--bs=4096", "--iodepth=8", "--filename=file", "--thread",
       "--output-format=json"]
KINDS = {"read": "aio.read", "write": "aio.write", "sync": "aio.fsync"}


def children(pid):
    """The processes that a process has started, by name."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        path = f"/proc/{pid}/task/{thread}/children"
        with open(path, encoding="utf-8") as file:
            for child in file.read().split():
                with open(f"/proc/{child}/comm", encoding="utf-8") as name:
                    found[name.read().strip()] = int(child)
    return found


class Recorded(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(Folder())

    def run_here(self, command, env=None):
        done = subprocess.run(command, env=env or self.folder.env,
                              cwd=self.folder.path, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def report(self, path):
        done = self.run_here([BELAY, "report", "--json", path])
        self.assertEqual(done.stderr, "")
        report = json.loads(done.stdout)
        return report, {o["operation"]: o for o in report["operations"]}

    def counted(self, done):
        """How many requests fio counted itself."""
        job = json.loads(done.stdout[done.stdout.index("{"):])["jobs"][0]
        return {kind: job[kind]["total_ios"] for kind in KINDS}

    def test_a_trace_counts_as_fio_and_as_the_run_did(self):
        trace = os.path.join(self.folder.path, "trace")
        summary = os.path.join(self.folder.path, "summary")
        done = self.run_here([BELAY, "trace", "--output", trace, "--json",
                              summary, "--", *FIO, "--rw=randrw",
                              "--fsync=64"])
        report, operations = self.report(trace)
        self.assertEqual(report["lost"]["events"], 0)
        for kind, count in self.counted(done).items():
            self.assertGreater(count, 0)
            found = operations[KINDS[kind]]
            # Before a job, fio may sync its file without counting that.
            self.assertIn(found["calls"] - count, (0, 1)
                          if kind == "sync" else (0,))
            self.assertEqual(found["finished"], found["calls"])
        with open(summary, encoding="utf-8") as file:
            of_run = json.load(file)
        self.assertEqual(sorted(report["operations"], key=str),
                         sorted(of_run["operations"], key=str))
        self.assertEqual(report["unfinished"], [])
        slow = report["slowest"][0]
        self.assertIn("fd", slow["arguments"])
        self.assertIn("fio", slow["place"])

    def record(self, daemon, disturb, command):
        """A trace by hand; disturb gets the consumer's process id."""
        env = dict(self.folder.env, LD_PRELOAD=ADAPTER, BELAY_TRACE="1",
                   LTTNG_UST_REGISTER_TIMEOUT="-1")
        # The first program makes the buffers; the consumer has to be there.
        self.run_here(["true"], env)
        consumer = children(daemon.process.pid)["lttng-consumerd"]
        return disturb(consumer, lambda: self.run_here(command, env))

    def check(self, operations, report, least):
        """Nothing is in flight or wrong: all of fio's calls did end."""
        read = operations["aio.read"]
        self.assertEqual(read["in_flight"], 0)
        self.assertEqual(read["calls"], read["finished"] + read["unknown"])
        self.assertGreaterEqual(read["unknown"], least)
        self.assertEqual(report["unfinished"], [])
        self.assertEqual(report["without_begin"]["malformed"], 0)
        self.assertEqual(report["without_begin"]["before_trace"], 0)

    def test_calls_that_ended_among_discarded_events_are_unknown(self):
        def disturb(consumer, run):
            os.kill(consumer, signal.SIGSTOP)
            try:
                return run()
            finally:
                os.kill(consumer, signal.SIGCONT)

        with Daemon(self.folder) as daemon:
            session = daemon.start(["belay:*"], subbuf="4k", count=2)
            done = self.record(daemon, disturb, [*FIO, "--rw=randread"])
            discarded = session.stop()
        self.assertGreater(discarded, 1000)
        report, operations = self.report(session.output)
        self.assertEqual(report["lost"]["events"], discarded)
        self.assertEqual(self.counted(done)["read"], SIZE // 4096)
        self.assertLess(operations["aio.read"]["calls"], SIZE // 4096)
        self.check(operations, report, least=1)

    def wait_for_packets(self, output):
        """Until some of what was recorded has been written."""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            size = sum(os.path.getsize(os.path.join(path, name))
                       for path, _, names in os.walk(output)
                       for name in names if name.startswith("all_"))
            if size > 1 << 16:
                return
            time.sleep(0.01)
        self.fail("nothing was recorded")

    @unittest.skipIf(os.cpu_count() < 2, "tells by comparing processors")
    def test_calls_are_unknown_where_the_consumer_was_killed(self):
        def disturb(consumer, run):
            run()
            self.wait_for_packets(session.output)
            os.kill(consumer, signal.SIGKILL)

        with Daemon(self.folder) as daemon:
            session = daemon.start(["belay:*"], subbuf="16k", count=4)
            self.record(daemon, disturb, [*FIO, "--rw=randread"])
            shutil.copytree(session.output, self.folder.path + "/kept")
        report, operations = self.report(self.folder.path + "/kept")
        read = operations["aio.read"]
        self.assertLess(read["calls"], SIZE // 4096)
        self.assertGreater(read["unknown"], 0)
        # The very last event of the trace can be a begin.
        self.assertLessEqual(read["in_flight"], 1)
        self.assertEqual(report["without_begin"]["malformed"], 0)


if __name__ == "__main__":
    as_nobody(sys.argv[1])
    ADAPTER = os.path.abspath(sys.argv.pop())
    BELAY = os.path.abspath(sys.argv.pop())
    unittest.main()
