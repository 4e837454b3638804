#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls with a server: who serves what, while it does.

    served_test.py BELAY SERVED
"""

import os
import re
import sys

import private
from private import Command

# What "slow" takes where it is to go on as long as anybody looks.
LONG = "leave=600000"


class Served(Command):
    def ps(self, *args):
        done = self.run_belay("ps", *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def wait_for(self, pattern, *args):
        end = private.LIMIT * 100
        for _ in range(end):
            lines = self.ps(*args)
            if any(re.search(pattern, line) for line in lines):
                return lines
        self.fail(f"no {pattern} in {lines}")

    def test_ps_shows_the_thread_that_serves_a_call(self):
        process, _ = self.start("run", self.caller, LONG, "say", "wait",
                                "cancel")
        lines = self.wait_for("  thread ")
        self.assertRegex(lines[0], r"  SERVED BY +ARGUMENTS ")
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[1], r"^ *\d+  served +com\.ICalc\.Slow +PENDING"
                                   r" +[\d.]+ \ws  thread \d+, [\d.]+ \ws  +"
                                   r"begin_method \(served\.c:\d+\)$")
        out, _ = self.end(process)
        self.assertEqual(out.splitlines()[-1], "ICalc.Slow begin=0x00000000 "
                                               "finish=0x80010002")

    def test_ps_shows_the_process_that_serves_a_call(self):
        process, _ = self.start("run", self.caller, "process", LONG, "say",
                                "wait", "cancel")
        lines = self.wait_for("  process ")
        self.assertEqual(len(lines), 2)
        client, server = re.search(
            r"^ *(\d+)  .* process (\d+) thread \d+, ", lines[1]).groups()
        # By itself, the server's side is a line of its own.
        lines = self.ps(server)
        self.assertRegex(lines[1], rf"^ *{server}  served +com\.ICalc\.Slow +"
                                   rf"SERVED +[\d.]+ \ws  thread \d+  +"
                                   rf"for process {client}  serve_method ")
        self.assertEqual(len(lines), 2)
        os.kill(int(server), 9)
        self.end(process)

    def test_a_call_that_waits_in_the_queue_is_served_by_nobody(self):
        process, _ = self.start("run", self.caller, LONG, "unserved", "say",
                                "wait", "cancel")
        lines = self.wait_for("  thread ")
        self.assertEqual(len(lines), 3)
        self.assertEqual(len([line for line in lines if "thread" in line]), 1)
        self.end(process)

    def test_the_server_s_side_is_no_call_that_never_finished(self):
        done = self.run_belay("run", self.caller, LONG, "cancel")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Never finished", done.stderr)
        self.assertRegex(done.stderr, r"com\.ICalc\.Slow +1 +0 +1 +0 +0 ")


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
