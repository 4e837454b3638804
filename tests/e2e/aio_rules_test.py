#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What rules do to programs that use POSIX AIO, and what is said of it.

    aio_rules_test.py BELAY VICTIM

fio and stress-ng are Debian's. VICTIM is aio_ruled.c, which says what came of
its calls and how long they took.
"""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import private
from aio_ruled import Ruled

VICTIM = os.path.abspath(sys.argv[2])
BLOCK = 4096
BLOCKS = 256
FIO = ["fio", "--name=job", "--ioengine=posixaio", f"--bs={BLOCK}",
       f"--size={BLOCK * BLOCKS}", "--filename=data", "--iodepth=8",
       "--output-format=json"]
QUEUED = 5  # as in the victim
RUNS = 50


class Fio(Ruled):
    def fio(self, rules, *args, status=0):
        done, rules, calls = self.run_ruled(rules, *FIO, *args, status=status)
        # An error message may stand before the report.
        report = json.loads(done.stdout[done.stdout.index("{"):])
        job, = report["jobs"]
        return job, rules, calls

    def test_it_counts_the_errors_that_a_rule_makes(self):
        job, (rule,), calls = self.fio(
            ["aio.read fault error=EIO when every=10"], "--rw=write",
            "--verify=crc32c", "--continue_on_error=all", status=None)
        self.assertEqual((rule["matched"], rule["fired"]),
                         (BLOCKS, BLOCKS // 10))
        self.assertEqual(job["total_err"], BLOCKS // 10)
        self.assertEqual((job["error"], job["first_error"]),
                         (errno.EIO, errno.EIO))
        self.assertEqual(calls["aio.write"]["failed"], 0)

    def test_a_write_finds_no_space(self):
        job, (rule,), calls = self.fio(
            ["aio.write fault error=ENOSPC when nth=5"], "--rw=write",
            status=1)
        self.assertEqual((job["error"], rule["fired"]), (errno.ENOSPC, 1))

    def test_a_sync_fails(self):
        _, (rule,), calls = self.fio(
            ["aio.fsync fault error=EIO when nth=2"], "--rw=write",
            "--fsync=16")
        self.assertEqual(rule["fired"], 1)
        # It goes on, but does not collect what failed.
        self.assertEqual(calls["aio.fsync"]["uncollected"], 1)
        self.assertEqual(calls["aio.write"]["bytes"], BLOCKS * BLOCK)

    def test_begins_that_fail_are_begun_again(self):
        job, (rule,), calls = self.fio(
            ["aio.write fault error=EAGAIN at=begin when every=5"],
            "--rw=write", "--verify=crc32c")
        self.assertEqual(job["error"], 0)
        self.assertGreaterEqual(rule["fired"], BLOCKS // 5)
        self.assertEqual(calls["aio.write"]["refused"], rule["fired"])
        self.assertEqual(calls["aio.write"]["bytes"], BLOCKS * BLOCK)

    def test_it_counts_the_short_transfers_that_a_rule_makes(self):
        for kind in ("read", "write"):
            job, (rule,), calls = self.fio(
                [f"aio.{kind} fault short=512 when every=7"], "--rw=" + kind)
            self.assertGreaterEqual(rule["fired"], BLOCKS // 7)
            self.assertEqual(job[kind]["short_ios"], rule["fired"])
            # It does not count their bytes.
            self.assertEqual(job[kind]["io_bytes"] + 512 * rule["fired"],
                             calls["aio." + kind]["bytes"])
            self.assertEqual(job["error"], 0)

    def test_a_delay_is_in_its_latencies_and_only_in_those_delayed(self):
        for delay, least in (("20ms", 20e6), ("5ms..25ms", 5e6)):
            with self.subTest(delay=delay):
                job, (rule,), _ = self.fio(
                    [f"aio.read fault delay={delay}"], "--rw=randrw",
                    "--iodepth=1", f"--io_size={BLOCK * 64}")
                reads, writes = (job[kind]["clat_ns"]
                                 for kind in ("read", "write"))
                self.assertEqual(rule["fired"], job["read"]["total_ios"])
                self.assertGreaterEqual(reads["min"], least)
                self.assertGreater(reads["mean"], 2 * writes["mean"])
                self.assertLess(writes["percentile"]["50.000000"], least)
                if ".." in delay:
                    self.assertGreater(reads["max"] - reads["min"], 5e6)

    def test_what_no_rule_acts_on_stays_as_it_was(self):
        never = f"aio.* fault error=EIO if size>{BLOCK}"
        found = []
        for command in ([], [self.belay, "run", "--"],
                        [self.belay, "run", "-p", never, "--"]):
            done = subprocess.run(
                [*command, *FIO, "--rw=randrw", "--verify=crc32c",
                 "--fallocate=none"], capture_output=True, text=True,
                cwd=self.folder, timeout=private.LIMIT, check=True,
                stdin=subprocess.DEVNULL)
            report = json.loads(done.stdout)
            job, = report["jobs"]
            with open(self.path("data"), "rb") as file:
                data = file.read()
            os.unlink(self.path("data"))
            found.append((job["error"], job["total_err"] if "total_err" in job
                          else 0, [job[kind][what] for kind in
                                   ("read", "write", "trim") for what in
                                   ("total_ios", "io_bytes", "short_ios",
                                    "drop_ios")], len(data)))
        self.assertEqual(found[1], found[0])
        self.assertEqual(found[2], found[0])
        self.assertGreater(found[0][2][0], BLOCKS // 4)


class Time(Ruled):
    program = VICTIM

    def test_a_hang_and_a_time_out_are_counted_right_in_each_run(self):
        for _ in range(RUNS):
            lines, (hang, timeout), calls = self.victim(
                ["aio.read fault hang", "aio.read timeout after=5ms"],
                "list-waits")
            self.assertEqual(self.said(lines, "list"), ["EIO"])
            self.assertEqual(self.said(lines, "error"),
                             ["ECANCELED"] * QUEUED)
            self.assertEqual(hang["fired"], QUEUED)
            self.assertEqual((timeout["fired"], timeout["canceled"],
                              timeout["not_canceled"]), (QUEUED, QUEUED, 0))
            read = calls["aio.read"]
            self.assertEqual((read["calls"], read["canceled"],
                              read["finished"], read["in_flight"]),
                             (QUEUED, QUEUED, QUEUED, 0))

    def test_a_completion_that_is_lost_never_comes(self):
        lines, (rule,), calls = self.victim(["aio.read fault drop"], "lost")
        self.assertEqual(self.said(lines, "over"), ["0"])
        self.assertEqual(self.said(lines, "cancel"), ["NOTCANCELED"])
        self.assertEqual(self.said(lines, "code"), ["EINPROGRESS"])
        self.assertEqual((rule["fired"], calls["aio.read"]["in_flight"]),
                         (1, 1))

    def test_a_stall_is_in_begin_and_nowhere_else(self):
        lines, _, _ = self.victim(["aio.read fault stall=100ms"], "one",
                                  "read")
        begin, = self.times(lines, "begin_ms")
        end, = self.times(lines, "ms")
        self.assertGreaterEqual(begin, 100)
        self.assertLess(end - begin, 100)

    def test_a_rule_cancels_at_once(self):
        for _ in range(RUNS // 5):
            lines, (rule,), _ = self.victim(
                ["aio.read fault cancel delay=30s"], "one", "read")
            self.assertEqual(self.said(lines, "error"), ["ECANCELED"])
            self.assertEqual(self.said(lines, "result"), ["-1"])
            self.assertLess(self.times(lines, "ms")[0], 15e3)
            self.assertEqual(rule["canceled"], 1)

    def test_a_rule_cancels_after_a_time(self):
        lines, (rule,), _ = self.victim(
            ["aio.read fault cancel=100ms delay=30s"], "one", "read")
        self.assertEqual(self.said(lines, "error"), ["ECANCELED"])
        self.assertGreaterEqual(self.times(lines, "ms")[0], 100)
        self.assertLess(self.times(lines, "ms")[0], 15e3)
        self.assertEqual(rule["canceled"], 1)

class Held(Ruled):
    program = VICTIM
    SECOND = "aio.read fault delay=500ms when nth=2 per=process"

    def test_a_notification_comes_late_and_once(self):
        for how in ("signal", "thread"):
            with self.subTest(how=how):
                lines, (rule,), _ = self.victim(
                    ["aio.read fault delay=50ms"], "notified", how)
                self.assertEqual(self.said(lines, "told"), ["1"] * QUEUED)
                self.assertGreaterEqual(min(self.times(lines, "told_ms")), 50)
                self.assertEqual(self.said(lines, "error"), ["OK"] * QUEUED)
                self.assertEqual(rule["fired"], QUEUED)

    def test_the_end_of_a_cancelled_call_is_notified_once(self):
        for how in ("signal", "thread"):
            with self.subTest(how=how):
                lines, _, calls = self.victim(
                    ["aio.read fault hang", "aio.read timeout after=20ms"],
                    "notified", how)
                self.assertEqual(self.said(lines, "told"), ["1"] * QUEUED)
                self.assertEqual(self.said(lines, "error"),
                                 ["ECANCELED"] * QUEUED)

    def test_a_list_waits_for_an_element_that_is_held(self):
        lines, _, _ = self.victim([self.SECOND], "list-waits")
        self.assertEqual(self.said(lines, "list"), ["OK"])
        self.assertGreaterEqual(self.times(lines, "list_ms")[0], 500)
        self.assertEqual(self.said(lines, "bytes"), ["01234"])

    def test_a_list_tells_when_an_element_that_is_held_is_over(self):
        for how in ("signal", "thread"):
            with self.subTest(how=how):
                lines, _, _ = self.victim([self.SECOND], "list-tells", how)
                self.assertLess(self.times(lines, "list_ms")[0], 500)
                self.assertGreaterEqual(self.times(lines, "told_ms")[0], 500)
                self.assertEqual(self.said(lines, "told"), ["1"])
                self.assertEqual(self.said(lines, "error"), ["OK"] * QUEUED)
                self.assertEqual(self.said(lines, "bytes"), ["01234"])

    def test_a_list_has_an_element_that_fails(self):
        for rule, error, list_tells in (
                ("error=EIO", "EIO", "OK"),
                ("error=EAGAIN at=begin", "EAGAIN", "EIO")):
            rule = f"aio.read fault {rule} when nth=3 per=process"
            for scene, answer in ((("list-waits",), "EIO"),
                                  (("list-tells", "signal"), list_tells)):
                with self.subTest(rule=rule, scene=scene):
                    lines, _, _ = self.victim([rule], *scene)
                    self.assertEqual(self.said(lines, "list"), [answer])
                    self.assertEqual(self.said(lines, "error"),
                                     ["OK", "OK", error, "OK", "OK"])
                    self.assertEqual(self.said(lines, "told"),
                                     ["1"] * (len(scene) - 1))

    def test_no_call_is_lost_among_those_that_are_held(self):
        for when in ("", "when p=0.5"):
            with self.subTest(when=when):
                lines, _, calls = self.victim(
                    [f"aio.read fault delay=1us..50us {when}"], "crowd")
                self.assertEqual(int(self.said(lines, "read")[0]),
                                 calls["aio.read"]["finished"])

    def test_who_waits_sleeps(self):
        for scene in ("sleeps", "sleeps-with-others"):
            with self.subTest(scene=scene):
                lines, _, _ = self.victim([self.SECOND], scene)
                self.assertGreaterEqual(self.times(lines, "ms")[0], 500)
                self.assertLess(self.times(lines, "cpu_ms")[0], 50)

    def test_who_polls_does_not_sleep(self):
        """What docs/hazards.md says of it."""
        lines, _, _ = self.victim([self.SECOND], "polls")
        self.assertGreaterEqual(self.times(lines, "ms")[0], 500)
        self.assertGreater(self.times(lines, "cpu_ms")[0], 20)
        self.assertEqual(self.said(lines, "error"), ["OK"])


class Errors(Ruled):
    program = VICTIM

    def operations(self):
        """Of `belay apis -v`: each operation's errors, by where."""
        text = self.run_belay("apis", "-v", "aio").stdout
        found = {}
        for part in re.split(r"\n  (?=aio\.)", text)[1:]:
            name = part.split("\n", 1)[0]
            found[name] = {
                at: re.search(rf"^ +{at}: +(.*)$", part, re.M)[1].split()
                for at in ("errors", "at begin")}
        return found

    def test_each_operation_offers_some(self):
        operations = self.operations()
        self.assertEqual(set(operations), {"aio.read", "aio.write",
                                           "aio.fsync", "aio.other"})
        self.assertIn("EIO", operations["aio.read"]["errors"])
        self.assertIn("EAGAIN", operations["aio.read"]["at begin"])

    def test_the_program_sees_each_that_is_offered(self):
        for operation, errors in self.operations().items():
            kind = operation.split(".")[1]
            for error in errors["errors"]:
                with self.subTest(operation=operation, error=error):
                    lines, (rule,), calls = self.victim(
                        [f"{operation} fault error={error}"], "one", kind)
                    self.assertEqual(self.said(lines, "begin"), ["OK"])
                    self.assertEqual(self.said(lines, "error"), [error])
                    self.assertEqual(self.said(lines, "result"), ["-1"])
                    self.assertEqual(rule["fired"], 1)
                    self.assertEqual(calls[operation]["finished"], 1)

    def test_begin_fails_with_each_that_is_offered(self):
        for operation, errors in self.operations().items():
            kind = operation.split(".")[1]
            for error in errors["at begin"]:
                with self.subTest(operation=operation, error=error):
                    lines, (rule,), calls = self.victim(
                        [f"{operation} fault error={error} at=begin"], "one",
                        kind)
                    # An element of a list has its error in its block.
                    self.assertEqual(
                        self.said(lines, "begin") + self.said(lines, "error"),
                        ["EIO", error] if kind == "other" else [error])
                    self.assertEqual((rule["fired"],
                                      calls[operation]["refused"]), (1, 1))

    def test_a_result_is_as_short_as_a_rule_says(self):
        for kind in ("read", "write"):
            for short in (0, 1, 3):
                lines, _, calls = self.victim(
                    [f"aio.{kind} fault short={short}"], "one", kind)
                self.assertEqual(self.said(lines, "error"), ["OK"])
                self.assertEqual(self.said(lines, "result"), [str(short)])


@unittest.skipUnless(shutil.which("stress-ng"), "there is no stress-ng")
class StressNg(Ruled):
    def stress(self, rules, status):
        done, rules, _ = self.run_ruled(
            ["aio.* fault delay=10us..2ms when p=0.3",
             "aio.* fault short=1 if size>=1 when p=0.1",
             "aio.read fault hang when p=0.05",
             "aio.read timeout after=100ms",
             # A call that also hangs would do so for ever.
             "aio.write fault refuse-cancel when p=0.1", *rules],
            "stress-ng", "--aio", "1", "--aio-ops", "400", "--timeout", "20s",
            "--temp-path", self.folder, status=status)
        return done, [rule["fired"] for rule in rules]

    def test_it_goes_on_where_calls_are_late_short_and_cancelled(self):
        # It cancels what is not over yet, too.
        _, fired = self.stress([], 0)
        for n in fired:
            self.assertGreater(n, 0)

    def test_it_tells_of_the_first_error(self):
        done, fired = self.stress(["aio.* fault error=ENOMEM force when "
                                   "p=0.02"], 2)
        self.assertIn("Cannot allocate memory", done.stderr)
        self.assertGreater(fired[-1], 0)


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1])
