#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No call on a descriptor, or a block, is lost for others that are cancelled.

    aio_lines_test.py BELAY LINES GONE

LINES is aio_lines.c, which says what came of its calls and how long they took;
GONE is aio_gone.c.
"""

import contextlib
import ctypes
import os
import sys
import time
import unittest

import private
from aio_ruled import Ruled

LINES, GONE = map(os.path.abspath, sys.argv[2:4])
BLOCK = 4096
QUEUED = 5  # as in the program
FOLLOWING = 100
RUNS = 10

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WAIT_ALL = 0x40000000  # __WALL
OWN_NAME = "belay"  # of Belay's threads


def ptrace(request, thread):
    libc = private.libc()
    if libc.ptrace(request, thread, ctypes.c_void_p(), ctypes.c_void_p()) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


@contextlib.contextmanager
def stopped(threads):
    """They stand still meanwhile, as if the machine had no time for them."""
    try:
        for thread in threads:
            ptrace(PTRACE_SEIZE, thread)
    except PermissionError as error:
        raise unittest.SkipTest("cannot stop threads") from error
    for thread in threads:
        ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WAIT_ALL)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            for thread in threads:
                ptrace(PTRACE_DETACH, thread)


def said_of(thread, name):
    with open(f"{thread}/{name}", encoding="utf-8") as file:
        return file.read().strip()


def sleeping_threads(pid, count):
    """Belay's, once there are so many and all of them sleep."""
    end = time.monotonic() + private.LIMIT
    while time.monotonic() < end:
        folder = f"/proc/{pid}/task/"
        ours = [task for task in os.listdir(folder)
                if said_of(folder + task, "comm") == OWN_NAME]
        if len(ours) == count and all(
                said_of(folder + task, "syscall") != "running"
                for task in ours):
            return list(map(int, ours))
        time.sleep(0.001)
    raise TimeoutError(f"there are not {count} threads that sleep")


class Lines(Ruled):
    program = LINES

    def test_what_waits_in_libc_is_cancelled_and_what_it_is_in_is_told(self):
        for _ in range(RUNS):
            lines, (rule,), calls = self.victim(
                ["aio.read timeout after=100ms"], "fifo")
            self.assertEqual(self.said(lines, "error"),
                             ["ECANCELED"] * (QUEUED - 1) + ["OK"])
            self.assertEqual(self.said(lines, "running"), ["1"])
            self.assertGreaterEqual(min(self.times(lines, "ms")), 100)
            self.assertEqual(
                (rule["fired"], rule["canceled"], rule["not_canceled"]),
                (QUEUED, QUEUED - 1, 1))
            read = calls["aio.read"]
            self.assertEqual((read["canceled"], read["cancels"]),
                             (QUEUED - 1, QUEUED))

    def not_begun(self, rule, *how):
        """Who is behind a read that is cancelled before libc begins it."""
        for _ in range(RUNS):
            lines, (rule_said,), calls = self.victim(
                [f"aio.read {rule}"], "not-begun", *how)
            self.assertEqual(self.said(lines, "error"),
                             ["ECANCELED"] + ["OK"] * QUEUED)
            self.assertEqual(self.said(lines, "bytes"), ["a1234"])
            read = calls["aio.read"]
            self.assertEqual((read["calls"], read["finished"],
                              read["canceled"]), (QUEUED + 2, QUEUED + 1, 1))
        return lines, rule_said

    def test_none_is_lost_behind_the_first_that_a_rule_cancels(self):
        _, rule = self.not_begun("timeout after=50ms if size=2")
        self.assertEqual((rule["fired"], rule["canceled"],
                          rule["not_canceled"]), (1, 1, 0))

    def test_none_is_lost_behind_one_with_a_rule_that_the_program_cancels(
            self):
        lines, _ = self.not_begun("timeout after=30s if size=2", "first")
        self.assertEqual(self.said(lines, "cancel"), ["CANCELED"])

    def test_none_with_a_rule_is_lost_behind_one_that_the_program_cancels(
            self):
        lines, _ = self.not_begun("timeout after=30s if size=1", "first")
        self.assertEqual(self.said(lines, "cancel"), ["CANCELED"])

    def test_those_that_are_refused_it_stay_when_all_are_cancelled(self):
        lines, _ = self.not_begun("fault refuse-cancel if size=1", "all")
        self.assertEqual(self.said(lines, "cancel"), ["NOTCANCELED"])

    def test_threads_are_cancelled_while_they_wait_for_a_call_with_a_rule(
            self):
        lines, (rule,), _ = self.victim(
            ["aio.read timeout after=1s"], "canceled-threads")
        self.assertEqual(self.said(lines, "error"),
                         ["ECANCELED"] * (QUEUED - 1) + ["OK"])
        self.assertEqual(rule["canceled"], QUEUED - 1)

    def test_a_rule_cancels_what_waits_in_libc_at_once(self):
        lines, (rule,), _ = self.victim(
            [f"aio.read fault cancel when calls=2..{QUEUED} per=process"],
            "fifo")
        self.assertEqual(self.said(lines, "error"),
                         ["ECANCELED"] * (QUEUED - 1) + ["OK"])
        self.assertEqual((rule["canceled"], rule["not_canceled"]),
                         (QUEUED - 1, 0))

    def test_a_cancel_that_a_rule_refuses_reaches_nothing(self):
        lines, (rule,), calls = self.victim(
            ["aio.read fault refuse-cancel"], "refused")
        # Before it is over, and after that, when nothing is refused.
        self.assertEqual(self.said(lines, "all"), ["NOTCANCELED", "ALLDONE"])
        self.assertEqual(self.said(lines, "one"),
                         ["NOTCANCELED"] * (QUEUED - 1) + ["ALLDONE"])
        self.assertEqual(self.said(lines, "error"), ["OK"] * QUEUED)
        self.assertEqual(self.said(lines, "bytes"), ["abcde"])
        self.assertEqual(calls["aio.read"]["canceled"], 0)


class Follow(Ruled):
    """Belay's threads get no time; the program goes on alone, on one block."""

    program = LINES

    def follow(self, rules, *how):
        process, said = self.start("run", *self.rule_args(rules), "--", LINES,
                                   "follow", *how, cwd=self.folder)
        text = [said]
        while not text[-1].startswith("pid="):
            text.append(process.stdout.readline())
        pid = int(text[-1].removeprefix("pid="))
        with stopped(sleeping_threads(pid, 2)):
            process.stdin.write("\n")
            process.stdin.flush()
            while not text[-1].startswith("begun="):
                text.append(process.stdout.readline())
                self.assertTrue(text[-1], "it has ended")
        out, err = self.end(process)
        self.assertEqual(process.returncode, 0, err)
        return self.lines("\n".join([*text, out])), *self.summary()

    def test_a_rule_holds_the_last_of_many_that_nobody_looked_after(self):
        lines, (hang, timeout), _ = self.follow(
            [f"aio.read fault hang when nth={FOLLOWING} per=process",
             "aio.read timeout after=500ms"])
        self.assertEqual(self.said(lines, "error"),
                         ["OK"] * (FOLLOWING - 1) + ["ECANCELED"])
        self.assertGreaterEqual(self.times(lines, "ms")[-1], 500)
        self.assertEqual((hang["fired"], timeout["canceled"]), (1, 1))

    def test_a_rule_holds_each_of_many_that_the_program_cancels(self):
        lines, (hang, timeout), _ = self.follow(
            ["aio.read fault hang", "aio.read timeout after=5s"], "cancel")
        self.assertEqual(self.said(lines, "error"), ["ECANCELED"] * FOLLOWING)
        self.assertGreaterEqual(self.times(lines, "ms")[-1], 5e3)
        self.assertEqual((hang["fired"], timeout["canceled"]), (FOLLOWING, 1))


class Gone(Ruled):
    def test_a_late_cancel_touches_no_block_that_the_program_has_back(self):
        """Each is unmapped once its call is collected; then the next comes."""
        with open(self.path("data"), "wb") as file:
            file.write(bytes(BLOCK))
        for _ in range(4):
            done, _, calls = self.run_ruled(
                ["aio.read timeout after=30us"], GONE, "data", "2000")
            said = dict(zip(*[iter(done.stdout.split())] * 2))
            self.assertGreater(int(said["canceled"]), 0)
            self.assertEqual(int(said["other"]), 0)
            self.assertEqual(calls["aio.read"]["canceled"],
                             int(said["canceled"]))
            self.assertEqual(calls["aio.read"]["calls"],
                             int(said["read"]) + int(said["canceled"]))

    def test_a_cancel_hits_no_later_call_on_the_same_block(self):
        """Every other read of each block is one that no rule names."""
        with open(self.path("data"), "wb") as file:
            file.write(bytes(BLOCK))
        for after in ("40us", "300us"):
            done, _, _ = self.run_ruled(
                [f"aio.read timeout after={after} if size=512"], GONE, "data",
                "4000", "again")
            said = dict(zip(*[iter(done.stdout.split())] * 2))
            self.assertGreater(int(said["read"]), 0)
            self.assertEqual(int(said["unnamed"]), 0)

    def test_no_call_is_lost_behind_one_that_a_rule_cancels(self):
        """Threads share a descriptor; one that is lost is waited for."""
        with open(self.path("data"), "wb") as file:
            file.write(bytes(BLOCK))
        canceled = 0
        for rule in ("timeout after=100us if size=512",
                     "fault cancel if size=512 when p=0.1"):
            done, (counted,), _ = self.run_ruled(
                [f"aio.read {rule}"], GONE, "data", "4000", "again", "shared")
            said = dict(zip(*[iter(done.stdout.split())] * 2))
            self.assertGreater(int(said["read"]), 0)
            self.assertEqual(int(said["unnamed"]), 0)
            self.assertEqual(int(said["canceled"]), counted["canceled"])
            canceled += counted["canceled"]
        self.assertGreater(canceled, 0)


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1])
