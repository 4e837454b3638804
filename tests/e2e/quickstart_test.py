#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""./quickstart shows its three things, leaves nothing behind, and traces any
program.

    quickstart_test.py SOURCE_ROOT BUILD_ROOT

It builds where the tests were built, so that there is nothing to build.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from postgres import SKIPPED

ROOT, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
LIMIT_S = 300
NEEDED = ("babeltrace2", "dpkg-query", "fio", "lttng", "meson", "ninja")
SERVERS = "/usr/lib/postgresql"
HIDES_SERVERS = ["unshare", "--mount", "sh", "-c",
                 f'mount -t tmpfs none {SERVERS} && exec "$@"', "sh"]


def can_hide_servers():
    """As root, and where all are in this folder."""
    initdb = os.path.realpath(shutil.which("initdb") or SERVERS)
    return initdb.startswith(SERVERS) and subprocess.run(
        [*HIDES_SERVERS, "true"], stderr=subprocess.DEVNULL,
        check=False).returncode == 0


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="belay-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_it(self, *arguments, wrapper=()):
        env = {name: value for name, value in os.environ.items()
               if not name.startswith("BELAY") and name != "LD_PRELOAD"}
        done = subprocess.run(
            [*wrapper, os.path.join(ROOT, "quickstart"), *arguments],
            cwd=self.folder, env={**env, "BUILD": BUILD, "TMPDIR": self.folder},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(os.listdir(self.folder), [], done.stdout)
        trace = re.search(r"The full trace: +(\S+)", done.stdout)
        if trace:
            self.addCleanup(shutil.rmtree, trace[1])
            self.assertTrue(os.path.isdir(trace[1]), done.stdout)
        return done

    def assert_lines(self, done, patterns):
        """In this order."""
        rest = done.stdout
        for pattern in patterns:
            found = re.search(pattern, rest, re.MULTILINE)
            self.assertTrue(found, f"no {pattern} in its place:\n{done.stdout}")
            rest = rest[found.end():]

    def test_three_things_in_a_row(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assert_lines(done, [
            r"^== 1\. A trace", r"^aio\.read +496 ", r"belay:begin: .*aio\.",
            r"^== 2\. A fault", r"^fio: .*Input/output error",
            r"acted on 1 of 100 calls", r"ended with status 1$",
            r"^== 3\. A time-out"])
        server = re.search(r"a PostgreSQL server of our own in (\S+)",
                           done.stdout)
        if server:
            self.assert_lines(done, [
                r"^ERROR:  canceling statement due to user request$",
                r"^the session goes on$", r"^pq\.query +2 +0 +1 "])
            self.assertFalse(os.path.exists(server[1]))

    @unittest.skipUnless(can_hide_servers(), "cannot hide PostgreSQL")
    def test_without_a_server_a_read_hangs_instead(self):
        done = self.run_it(wrapper=HIDES_SERVERS)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assert_lines(done, [r"there is no PostgreSQL server",
                                 r"acted on 1024 of 1024 .*; \d+ asked "
                                 r"to cancel, \d+ cancelled"])

    def test_a_program_is_traced_and_its_status_passed_on(self):
        done = self.run_it("--", "sh", "-c", "pwd; exit 3")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assert_lines(done, [r"^== Tracing sh$",
                                 "^" + re.escape(self.folder) + "$",
                                 r"belay:process: .*name = "])

    def test_wrong_arguments_are_told(self):
        for arguments, said in ((["fio"], "./quickstart -- fio"),
                                (["--"], "Name a program after --")):
            done = self.run_it(*arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stdout)


if __name__ == "__main__":
    if not all(shutil.which(name) for name in NEEDED):
        print("skipped: needs", ", ".join(NEEDED))
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
