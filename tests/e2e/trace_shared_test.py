#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Root's traces share a session daemon where none can have its own.

    trace_shared_test.py BELAY

So it is in most containers: root may not make a mount namespace. The daemon is
then in LTTng's own place for root, /run/lttng, which is another one here.
"""

import os
import signal
import subprocess
import sys
import unittest

from traced import TraceCase, children, exists, wait_for

TraceCase.belay = os.path.abspath(sys.argv[1])
PRIVATE = "BELAY_TEST_PRIVATE"
SKIPPED = 77
LOCK = "/run/lttng/belay.lock"
CONTAINED = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]


def enter():
    """Starts this script again where /run/lttng is its own."""
    if os.environ.get(PRIVATE) == str(os.getpid()):
        return
    if os.geteuid() != 0 or subprocess.run(
            ["unshare", "--mount", "true"], capture_output=True).returncode:
        print("skipped: needs root and mount namespaces")
        sys.exit(SKIPPED)
    os.environ[PRIVATE] = str(os.getpid())
    script = ('mkdir -p /run/lttng && mount -t tmpfs none /run/lttng; '
              'exec "$@"')
    os.execvp("unshare", ["unshare", "--mount", "sh", "-ec", script, "sh",
                          sys.executable] + sys.argv)


class Shared(TraceCase):
    def setUp(self):
        super().setUp()
        if os.path.exists(LOCK):
            os.unlink(LOCK)

    def hold(self, name):
        """A trace whose program runs until the file is removed."""
        process = self.start([], ["sh", "-c", f"> {name}; while test -e "
                                  f"{name}; do sleep 0.01; done"],
                             prefix=CONTAINED)
        wait_for("the program", lambda: os.path.exists(self.path(name))
                 or process.poll() is not None)
        self.assertIsNone(process.poll())
        return process

    def daemon(self):
        with open(LOCK, encoding="utf-8") as file:
            return int(file.read().split()[0])

    def test_one_after_the_other_starts_and_stops_it(self):
        for _ in range(6):
            process = self.hold("running")
            daemon = self.daemon()
            os.unlink(self.path("running"))
            trace = self.finish(process)
            self.assert_ok(trace)
            self.assertGreater(trace.counts()["process"], 0)
            self.assertFalse(exists(daemon))

    def test_traces_that_start_at_once_share_it(self):
        for _ in range(3):
            processes = [self.start([], ["true"], prefix=CONTAINED)
                         for _ in range(4)]
            for process in processes:
                self.assert_ok(self.finish(process))
            self.assertEqual(os.path.getsize(LOCK), 0)

    def test_the_last_of_them_stops_it(self):
        first, second = self.hold("first"), self.hold("second")
        daemon = self.daemon()
        os.unlink(self.path("first"))
        self.assert_ok(self.finish(first))
        self.assertTrue(exists(daemon))
        os.unlink(self.path("second"))
        self.assert_ok(self.finish(second))
        self.assertFalse(exists(daemon))

    def test_its_lock_is_nothing_to_a_daemon_of_ones_own(self):
        with open(LOCK, "w", encoding="utf-8"):
            pass
        process = self.start([], ["sleep", "600"])
        daemon = self.daemon_of(process)
        program = wait_for("the program", lambda: children(
            process.pid, "sleep"))[0]
        process.kill()
        process.wait()
        wait_for("the daemon's end", lambda: not exists(daemon))
        os.kill(program, signal.SIGKILL)


if __name__ == "__main__":
    enter()
    del sys.argv[1:2]
    unittest.main()
