#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where a trace cannot be written, belay says why and starts nothing.

    trace_errors_test.py BELAY BUILD
"""

import os
import shutil
import subprocess
import sys
import unittest

from traced import TraceCase

TraceCase.belay, BUILD = map(os.path.abspath, sys.argv[1:3])
BENCH = os.path.join(BUILD, "tests", "bench")
NULL = ["-a", os.path.join(BENCH, "libbelay-null.so")]
STRESS = os.path.join(BENCH, "null_stress")

# Mounts that only this test sees, where that is allowed.
MOUNTS = os.geteuid() == 0 and subprocess.run(
    ["unshare", "--mount", "true"], capture_output=True).returncode == 0
needs_mounts = unittest.skipUnless(MOUNTS, "needs root and mount namespaces")


def with_mounts(script):
    """A prefix: runs the script, then the command."""
    return ["unshare", "--mount", "sh", "-ec", script + '; exec "$@"', "sh"]


class Errors(TraceCase):
    def refused(self, pattern, **more):
        trace = self.trace(more.pop("options", []),
                           ["touch", self.path("started")], **more)
        self.assertEqual(trace.returncode, 125, trace.stderr)
        self.assertRegex(trace.stderr, pattern)
        self.assertEqual(trace.stderr.count("\n"), 1, trace.stderr)
        self.assertFalse(os.path.exists(self.path("started")))

    def test_a_folder_that_is_not_empty(self):
        self.refused(r'path="\S+", error="The folder is not empty"; say -o',
                     output=self.folder if os.mkdir(self.path("x")) is None
                     else None)
        self.assertEqual(os.listdir(self.folder), ["x"])

    def test_a_file_in_the_way(self):
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        self.refused('error="Not a directory"', output=self.path("file/x"))
        self.refused('error="Not a directory"', output=self.path("file"))

    def test_a_folder_that_is_not_ours_to_write(self):
        os.mkdir(self.path("closed"), 0o555)
        for output in ("closed/x", "closed"):
            self.refused('error="Permission denied"; say -o DIR',
                         prefix=self.as_nobody(), output=self.path(output))

    def test_a_home_that_cannot_be_written(self):
        done = subprocess.run(
            [*self.as_nobody(), self.belay, "trace", "touch",
             self.path("started")],
            capture_output=True, text=True, timeout=60,
            env=dict({name: value for name, value in os.environ.items()
                      if name != "XDG_STATE_HOME"}, HOME="/proc"))
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, r'^belay: .*path="/proc/\S+", .*-o DIR')
        self.assertFalse(os.path.exists(self.path("started")))

    @needs_mounts
    def test_a_session_daemon_that_may_not_be_started(self):
        daemon = shutil.which("lttng-sessiond")
        script = f"mount --bind /dev/null {daemon}"
        for user in (list, self.as_nobody):
            self.refused("Cannot start a session daemon: "
                         'error="Permission denied"; have one started',
                         prefix=with_mounts(script) + user())
        self.assertEqual(os.listdir(self.folder), [])

    @needs_mounts
    def test_a_session_daemon_that_is_not_installed(self):
        daemon = os.path.dirname(os.path.realpath(
            shutil.which("lttng-sessiond")))
        few = self.path("few")
        os.mkdir(few)
        script = (f"cd {daemon}; cp -a sh touch {few}; "
                  f"mount --bind {few} {daemon}")
        self.refused("lttng-sessiond was not found; install the package "
                     "lttng-tools", prefix=with_mounts(script))

    def test_a_limit_of_0_on_the_size_of_files(self):
        self.refused(r'error="The limit on the size of files is too small '
                     r'\(ulimit -f\)"', output=self.path("x"),
                     prefix=["sh", "-c", 'ulimit -f 0; exec "$@"', "sh"])
        self.assertFalse(os.path.exists(self.path("x")))

    @needs_mounts
    def test_a_disk_that_is_full(self):
        os.mkdir(self.path("disk"))
        script = f"mount -t tmpfs -o size=512k none {self.path('disk')}"
        self.refused('error="No space left on device"; say -o DIR',
                     prefix=with_mounts(script), output=self.path("disk/x"))

    @needs_mounts
    def test_a_disk_that_fills_up(self):
        os.mkdir(self.path("disk"))
        script = f"mount -t tmpfs -o size=6m none {self.path('disk')}"
        trace = self.trace(NULL, [STRESS, "2", "200000"],
                           prefix=with_mounts(script),
                           output=self.path("disk/x"))
        self.assertEqual(trace.returncode, 0, trace.stderr)
        self.assertRegex(trace.stderr, "belay: The trace is incomplete: "
                         'path="[^"]*", error="No space left on device"')
        self.assertNotRegex(trace.stderr, r"belay: The trace is in ")

    @needs_mounts
    def test_a_disk_that_fills_up_holds_no_program_up(self):
        """Nor does --lossless: the buffers are never emptied again."""
        os.mkdir(self.path("disk"))
        script = f"mount -t tmpfs -o size=6m none {self.path('disk')}"
        trace = self.trace([*NULL, "--lossless"],
                           ["sh", "-c", f"{STRESS} 2 3000000; exit 7"],
                           prefix=with_mounts(script),
                           output=self.path("disk/x"))
        self.assertEqual(trace.returncode, 7, trace.stderr)
        self.assertRegex(
            trace.stderr, "^belay: Tracing ends here, the program goes on: "
            'path="[^"]*", error="No space left on device"\n'
            "belay: The trace is incomplete: ")

    @needs_mounts
    def test_no_room_for_buffers(self):
        script = "mount -t tmpfs -o size=800k,mode=1777 none /dev/shm"
        self.refused(r"/dev/shm has no room for LTTng's buffers; \d+ KiB "
                     "must be free", prefix=with_mounts(script))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main()
