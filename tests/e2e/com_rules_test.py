#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules on a program that talks COM, and was not changed.

    com_rules_test.py BELAY COM_RULED

Everything is tried with the client in a single-threaded apartment and the object
in the multithreaded one, and the other way round.
"""

import json
import re
import sys
import time

import private
from private import Command

OK, CANCELED, COMPLETE = 0, 0x80010002, 0x80010117
E_FAIL, E_ACCESSDENIED = 0x80004005, 0x80070005
DISCONNECTED = 0x80010108
LINE = re.compile(r"ICalc\.(\w+) begin=0x(\w+) finish=0x(\w+) value=(-?\d+)")
APARTMENTS = ("sta", "mta")
LONG = "600000"  # more than the test has time for


class Com(Command):
    def run_com(self, rules, apartment, *verbs):
        """Each finished call, (method, begun, finished, value), and the rules'
        counters."""
        args = [arg for rule in rules for arg in ("-p", rule)]
        file = self.path("summary")
        begun = time.monotonic()
        done = self.run_belay("run", "--json=" + file, *args, self.caller,
                              apartment, *verbs)
        self.seconds = time.monotonic() - begun
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.stdout = done.stdout
        with open(file, encoding="utf-8") as text:
            self.summary = json.load(text)
        rules = self.summary["rules"]
        return ([(name, int(begun, 16), int(finished, 16), int(value))
                 for name, begun, finished, value in LINE.findall(done.stdout)],
                rules[0]["rules"] if rules else [])

    def operation(self, name):
        found, = [o for o in self.summary["operations"]
                  if o["operation"] == name]
        return found

    def each(self, rule, verbs, expected, **counters):
        """The same in both apartments; counters of the one rule."""
        for apartment in APARTMENTS:
            with self.subTest(rule=rule, apartment=apartment):
                calls, rules = self.run_com([rule], apartment, *verbs)
                self.assertEqual(calls, expected)
                self.assertEqual({name: rules[0][name] for name in counters},
                                 counters)


class Seen(Com):
    def test_calls_are_counted_by_interface_and_method(self):
        for apartment in APARTMENTS:
            calls, _ = self.run_com([], apartment, "add=3", "sync=2",
                                    "slow=1", "leave=" + LONG, "cancel")
            self.assertEqual(len(calls), 7)
            add, slow = (self.operation("com.ICalc." + name)
                         for name in ("Add", "Slow"))
            self.assertEqual((add["calls"], add["finished"], add["failed"]),
                             (5, 5, 0))
            self.assertEqual((slow["calls"], slow["finished"],
                              slow["canceled"], slow["cancels"]), (2, 2, 1, 1))
            self.assertEqual(self.summary["unfinished"], [])

    def test_ps_shows_where_a_call_began_and_who_serves_it(self):
        for apartment in APARTMENTS:
            process, _ = self.start("run", self.caller, apartment,
                                    "leave=" + LONG, "say", "wait", "cancel")
            end = time.monotonic() + private.LIMIT
            while " thread " not in (done := self.run_belay("ps")).stdout:
                self.assertLess(time.monotonic(), end)
            self.assertRegex(done.stdout,
                             r"com-ruled +com\.ICalc\.Slow +PENDING +[\d.]+ "
                             r"\ws  thread \d+, [\d.]+ \ws  +begin_slow "
                             r"\(com_ruled\.c:\d+\)\n$")
            out, _ = self.end(process)
            self.assertIn(f"finish=0x{CANCELED:08X}", out)

    def test_a_program_without_com_gets_none_of_it(self):
        done = self.run_belay("run", "-p", "com.*.* fault", "cat",
                              "/proc/self/maps")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libbelay-interpose", done.stdout)
        for name in ("libbelay-com", "libffi"):
            self.assertNotIn(name, done.stdout)


class TimedOut(Com):
    def test_what_takes_too_long_is_cancelled(self):
        self.each("com.ICalc.Slow timeout after=50ms",
                  ("add=1", "slow=" + LONG),
                  [("Add", OK, OK, 42), ("Slow", OK, CANCELED, 0)],
                  matched=1, fired=1, asked=1, canceled=1)

    def test_a_synchronous_call_is_cancelled_too(self):
        self.each("com.ICalc.Slow timeout after=50ms",
                  ("sync-slow=" + LONG, "sync=1", "add=1"),
                  [("Slow", OK, CANCELED, 0), ("Add", OK, OK, 42),
                   ("Add", OK, OK, 42)],
                  matched=1, fired=1, asked=1, canceled=1)
        self.each("com.ICalc.Slow fault hang cancel=50ms", ("sync-slow=1",),
                  [("Slow", OK, CANCELED, 0)], fired=1, canceled=1)

    def test_what_does_not_is_left_alone(self):
        self.each("com.ICalc.* timeout after=1h", ("add=2", "sync=2"),
                  4 * [("Add", OK, OK, 42)],
                  matched=4, fired=4, asked=0, canceled=0)

    def test_the_object_hears_of_it(self):
        # It ends when it sees the cancel: the next call need not wait for it.
        for apartment in APARTMENTS:
            calls, _ = self.run_com(["com.ICalc.Slow timeout after=50ms"],
                                    apartment, "slow=" + LONG, "sync=1")
            self.assertEqual(calls[1], ("Add", OK, OK, 42))


class Faults(Com):
    def test_a_begin_is_refused(self):
        self.each("com.ICalc.Add fault error=E_FAIL at=begin",
                  ("add=1", "sync=1", "slow=1"),
                  [("Add", E_FAIL, OK, -1), ("Add", OK, E_FAIL, 0),
                   ("Slow", OK, OK, 1)], matched=2, fired=2)
        self.assertEqual(self.operation("com.ICalc.Add")["refused"], 2)

    def test_a_call_ends_with_an_error_and_without_results(self):
        self.each("com.ICalc.Add fault error=RPC_E_DISCONNECTED",
                  ("add=2", "sync=1"), 3 * [("Add", OK, DISCONNECTED, 0)],
                  fired=3)
        self.assertEqual(self.operation("com.ICalc.Add")["failed"], 3)

    def test_an_error_may_be_a_number(self):
        self.each("com.*.Add fault error=0x80040201", ("add=1",),
                  [("Add", OK, 0x80040201, 0)], fired=1)

    def test_one_of_the_usual_errors_by_the_seed(self):
        said = self.run_belay("apis", "-v", "com").stdout
        names = re.search(r"errors: +(.+)", said)[1].split()
        self.assertIn("E_FAIL", names)
        for apartment in APARTMENTS:
            calls, _ = self.run_com(["com.*.Add fault"], apartment, "add=20")
            self.assertEqual(len(calls), 20)
            self.assertTrue(all(finished & 0x80000000
                                for _, _, finished, _ in calls))
            self.assertGreater(len({call[2] for call in calls}), 1)

    def test_a_lost_reply_is_ended_by_a_cancel_only(self):
        self.each("com.ICalc.Slow fault drop", ("leave=1", "cancel", "add=1"),
                  [("Slow", OK, CANCELED, 0), ("Add", OK, OK, 42)], fired=1)
        self.each("com.ICalc.Slow fault drop cancel=50ms", ("slow=1", "add=1"),
                  [("Slow", OK, CANCELED, 0), ("Add", OK, OK, 42)],
                  fired=1, asked=1, canceled=1)

    def test_a_call_hangs_until_it_is_cancelled(self):
        self.each("com.ICalc.Slow fault hang", ("leave=1", "cancel", "add=1"),
                  [("Slow", OK, CANCELED, 0), ("Add", OK, OK, 42)], fired=1)
        self.each("com.ICalc.Slow fault hang cancel=50ms", ("slow=1",),
                  [("Slow", OK, CANCELED, 0)], fired=1, canceled=1)

    def test_a_late_reply_is_complete(self):
        self.each("com.ICalc.Add fault delay=150ms", ("add=1", "sync=1"),
                  2 * [("Add", OK, OK, 42)], fired=2)
        self.assertGreaterEqual(self.seconds, 0.3)

    def test_a_late_reply_keeps_nobody_else_waiting(self):
        for apartment in APARTMENTS:
            calls, _ = self.run_com(
                ["com.ICalc.Slow fault delay=20s"], apartment,
                "leave=1", "add=3", "cancel")
            self.assertEqual(calls, 3 * [("Add", OK, OK, 42)]
                             + [("Slow", OK, CANCELED, 0)])
            self.assertLess(self.seconds, 20)

    def test_a_begin_sleeps(self):
        self.each("com.ICalc.Add fault stall=150ms", ("add=1", "sync=1"),
                  2 * [("Add", OK, OK, 42)], fired=2)
        self.assertGreaterEqual(self.seconds, 0.3)

    def test_a_cancel_is_refused(self):
        self.each("com.ICalc.Slow fault refuse-cancel",
                  ("leave=50", "cancel"), [("Slow", OK, OK, 50)], fired=1)
        self.assertIn(f"cancel=0x{E_ACCESSDENIED:08X}\n", self.stdout)

    def test_a_call_is_cancelled_at_once(self):
        self.each("com.ICalc.Slow fault cancel", ("slow=" + LONG,),
                  [("Slow", OK, CANCELED, 0)], fired=1, canceled=1)


class Many(Com):
    def test_what_ends_at_any_moment_leaves_nothing_behind(self):
        rules = ["com.ICalc.Slow timeout after=1ms when every=3",
                 "com.ICalc.Slow fault delay=0..2ms when every=5",
                 "com.ICalc.Slow fault drop cancel=1ms when every=7",
                 "com.ICalc.Slow fault error=E_FAIL when every=4",
                 "com.ICalc.Slow fault error=E_FAIL at=begin when every=11"]
        for apartment, threads in (("sta", 1), ("mta", 4)):
            self.run_com(rules, apartment, "churn=500", "add=1")
            begun, = re.findall(r"^begun: (\d+)$", self.stdout, re.M)
            slow = self.operation("com.ICalc.Slow")
            self.assertEqual(slow["calls"], 500 * threads)
            self.assertEqual(slow["calls"] - slow["refused"], int(begun))
            self.assertIn("ICalc.Add begin=0x00000000 finish=0x00000000 "
                          "value=42\n", self.stdout)
            # Those that were given up may still be with the server.
            self.assertLess(slow["in_flight"], int(begun) / 2)


class Chosen(Com):
    def test_calls_are_counted_by_the_place_in_the_program(self):
        # add and sync are two places.
        self.each("com.ICalc.Add fault error=E_FAIL when nth=2",
                  ("add=2", "sync=2"),
                  2 * [("Add", OK, OK, 42), ("Add", OK, E_FAIL, 0)],
                  matched=4, fired=2)

    def test_the_place_is_in_the_program(self):
        self.each("com.*.* fault error=E_FAIL if caller=com-ruled "
                  "stack~com-rul* exe~*/com-ruled !caller~libbelay*",
                  ("add=1", "sync=1"), 2 * [("Add", OK, E_FAIL, 0)],
                  matched=2, fired=2)
        self.each("com.*.* fault error=E_FAIL if caller~libbelay*",
                  ("add=1", "sync=1"), 2 * [("Add", OK, OK, 42)],
                  matched=0, fired=0)

    def test_a_rule_that_names_no_method_of_the_program_says_so(self):
        for call, hint in (
                ("com.INope.*", ""),
                ("com.ICalcc.Add", '; the nearest is "com.ICalc.Add"'),
                ("com.ICalcc.*", '; the nearest is "com.ICalc.*"'),
                ("comm.ICalc.Add", '; the nearest is "com.ICalc.Add"'),
                ("aio.read", "")):
            done = self.run_belay("run", "-p", call + " fault", self.caller,
                                  "sta", "add=1")
            self.assertIn(f"  1  {call} fault\n     acted on 0 calls\n"
                          f"     no call that was seen has this name{hint}\n",
                          done.stderr)

    def test_of_a_rule_that_only_does_not_fire_no_name_is_doubted(self):
        for rule in ("com.ICalc.Add fault if thread=nobody",
                     "com.*.Add fault when nth=9"):
            done = self.run_belay("run", "-p", rule, self.caller, "sta",
                                  "add=1")
            self.assertIn("     acted on 0 ", done.stderr)
            self.assertNotIn("has this name", done.stderr)


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
