#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`belay report` on traces that say exactly what the test wants.

    report_test.py BELAY
"""

import json
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

from ctf import EVENTS, Process, Trace, call_id

BELAY = os.path.abspath(sys.argv.pop(1))
TIMEOUT_S = 60
MS = 1_000_000
S = 1000 * MS
T0 = 1000 * S


class Report(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="belay-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "trace")

    def run_report(self, *arguments, path=None):
        return subprocess.run([BELAY, "report", *arguments, path or self.path],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=TIMEOUT_S, check=False)

    def report(self, path=None, status=0):
        """The JSON report of a trace; nothing is wrong unless so expected."""
        done = self.run_report("--json", path=path)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(bool(done.stderr), bool(status), done.stderr)
        self.fault = done.stderr
        self.assertEqual(len(done.stderr.splitlines()),
                         len(json.loads(done.stdout)["faults"]))
        return json.loads(done.stdout)

    def refused(self, *words, path=None):
        """One line that says so, and no report."""
        done = self.run_report(path=path)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("belay: "), lines)
        for word in words:
            self.assertIn(word, lines[0])

    def operation(self, report, name="aio.read"):
        found = [o for o in report["operations"] if o["operation"] == name]
        self.assertEqual(len(found), 1)
        return found[0]

    def numbers(self, report, name="aio.read"):
        """The counters of an operation that are not 0."""
        found = self.operation(report, name)
        return {key: value for key, value in found.items()
                if key not in ("operation", "latency_ns") and value}

    def one_process(self, trace, pid=100, **more):
        process = Process(trace.stream(), pid, **more)
        process.start(T0)
        return process


class Served(Report):
    """A client, 100, and its server, 101."""

    def both(self, trace):
        return [self.one_process(trace), self.server(trace)]

    def server(self, trace):
        server = Process(trace.stream(1), 101, name="/usr/bin/server")
        server.start(T0)
        return server

    def served(self, report, name="aio.read"):
        found = [s for s in report["served"] if s["operation"] == name]
        self.assertEqual(len(found), 1, report["served"])
        return found[0]

    def test_the_server_s_time_stands_beside_the_client_s(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            client, server = self.both(trace)
            for n, (queue, work) in enumerate(((1, 20), (3, 40)), 1):
                begun = T0 + n * S
                client.begin(begun, n)
                server.enter(begun + queue * MS, client, n)
                server.exit(begun + (queue + work) * MS, client, n, work * MS)
                client.finish(begun + 50 * MS, n, 50 * MS)
        report = self.report()
        served = self.served(report)
        self.assertEqual((served["calls"], served["given_up"],
                          served["in_service"], served["unmatched"]),
                         (2, 0, 0, 0))
        self.assertEqual((served["queue_ns"]["count"],
                          served["queue_ns"]["max"],
                          served["queue_ns"]["mean"]), (2, 3 * MS, 2 * MS))
        self.assertEqual((served["work_ns"]["count"], served["work_ns"]["max"],
                          served["work_ns"]["mean"]), (2, 40 * MS, 30 * MS))
        self.assertEqual([slow["server"] for slow in report["slowest"]],
                         [{"pid": 101, "thread": 7, "place": "server+0x1234",
                           "queue_ns": queue * MS, "work_ns": work * MS}
                          for queue, work in ((1, 20), (3, 40))])

    def test_people_read_it_in_one_table(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            client, server = self.both(trace)
            client.begin(T0 + S, 1)
            server.enter(T0 + S + MS, client, 1)
            server.exit(T0 + S + 9 * MS, client, 1, 8 * MS)
            client.finish(T0 + S + 10 * MS, 1, 10 * MS)
        text = self.run_report().stdout
        self.assertRegex(
            text, r"\nServed calls: .*\noperation  served  client p50  .* "
                  r"queue max  work p50  work p99  work max\n"
                  r"aio\.read +1( +[\d.]+ ms){2} +10\.0 ms +[\d.]+ .s"
                  r" +1\.00 ms +1\.00 ms( +[\d.]+ ms){2} +8\.00 ms\n\n")
        self.assertRegex(text, r"; served by server\+0x1234 in process 101 "
                               r"thread 7, after 1\.00 ms, for 8\.00 ms\n")

    def test_the_reply_may_come_before_the_exit(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            client, server = self.both(trace)
            client.begin(T0 + S, 1)
            server.enter(T0 + S + MS, client, 1)
            client.finish(T0 + S + 2 * MS, 1, 2 * MS)
            server.exit(T0 + S + 3 * MS, client, 1, 2 * MS)
        report = self.report()
        served = self.served(report)
        self.assertEqual((served["given_up"], served["work_ns"]["max"]),
                         (0, 2 * MS))
        self.assertEqual(report["slowest"][0]["server"]["work_ns"], 2 * MS)

    def test_a_server_goes_on_with_what_its_client_has_given_up(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            client, server = self.both(trace)
            client.begin(T0 + S, 1)
            server.enter(T0 + S + MS, client, 1)
            client.cancel(T0 + S + 2 * MS, 1)
            client.finish(T0 + S + 2 * MS, 1, 2 * MS, "canceled")
            server.exit(T0 + 2 * S, client, 1, 999 * MS)
            # Never taken up; taken up when it was too late; still served.
            client.begin(T0 + 3 * S, 2)
            client.begin(T0 + 3 * S, 3)
            client.cancel(T0 + 4 * S, 3)
            client.finish(T0 + 4 * S, 3, S, "canceled")
            server.enter(T0 + 5 * S, client, 3)
            server.exit(T0 + 6 * S, client, 3, S)
            client.begin(T0 + 7 * S, 4)
            server.enter(T0 + 8 * S, client, 4)
        served = self.served(self.report())
        self.assertEqual((served["calls"], served["given_up"],
                          served["in_service"], served["unmatched"]),
                         (3, 1, 1, 1))
        self.assertEqual((served["queue_ns"]["count"],
                          served["work_ns"]["count"]), (2, 2))
        text = self.run_report().stdout
        self.assertIn("aio.read: 1 served to the end although the client had "
                      "given up\n"
                      "aio.read: 1 being served at the end\n"
                      "aio.read: 1 served whose client was not in flight in "
                      "the trace\n", text)

    def test_a_trace_of_the_server_alone(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            server = self.server(trace)
            client = Process(trace.stream(2), 100)
            server.enter(T0 + S, client, 1)
            server.exit(T0 + 2 * S, client, 1, S)
            # Its beginning is not in the trace.
            server.exit(T0 + 2 * S, client, 2, S)
        served = self.served(self.report())
        self.assertEqual((served["unmatched"], served["queue_ns"]["count"],
                          served["work_ns"]["count"]), (1, 0, 1))

    def test_without_a_server_it_says_nothing_of_one(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            process = self.one_process(trace)
            process.begin(T0 + S, 1)
            process.finish(T0 + 2 * S, 1, S)
        report = self.report()
        self.assertEqual(report["served"], [])
        self.assertNotIn("server", report["slowest"][0])
        self.assertNotIn("erved", self.run_report().stdout)

    def test_statuses_of_com_have_their_names(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            process = self.one_process(trace)
            process.stream.event("belay:operation", T0, pid=100, number=9,
                                 name="com.ICalc.Add", status_kind="hresult",
                                 cancel_mode="finish-due", arguments="")
            for number, status in ((1, -0x7fffbffb), (2, -0x7ffffff0)):
                process.begin(T0 + number * S, number, "com.ICalc.Add")
                process.finish(T0 + number * S + MS, number, MS, "failed",
                               status)
        self.assertEqual([slow["status_name"]
                          for slow in self.report()["slowest"]],
                         ["E_FAIL", "0x80000010"])


class Rules(Report):
    TEXT = "# mine\n\naio.* fault p=1\n  # more\naio.read timeout after=1s\n"

    def ruled(self, trace, pid=100, text=TEXT, **more):
        process = Process(trace.stream(pid - 100), pid)
        process.start(T0, rules=text, **more)
        return process

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def acted(self, trace):
        p = self.ruled(trace)
        p.begin(T0 + MS, 1)
        p.act(T0 + MS, 1, 1, "stall", 5)
        p.act(T0 + MS, 1, 2, "arm", S)
        p.begin(T0 + 2 * MS, 2)
        p.act(T0 + 2 * MS, 2, 2, "arm", S)
        p.act(T0 + 2 * S, 2, 2, "deadline", S)
        p.act(T0 + 2 * S, 2, 2, "not-canceled", S)
        p.act(T0 + 2 * S, 1, 2, "not-canceled", S)

    def test_what_each_rule_did_is_counted_and_where_it_could_not(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            self.acted(trace)
        rules = self.report()["rules"]
        self.assertEqual(
            [(r["seed"], [(x["number"], x["rule"], x["actions"])
                          for x in r["rules"]]) for r in rules],
            [(7, [(1, "aio.* fault p=1", {"stall": 1}),
                  (2, "aio.read timeout after=1s",
                   {"arm": 2, "deadline": 1, "not-canceled": 2})])])
        self.assertEqual([(x["rule"], x["place"], x["pid"])
                          for x in rules[0]["not_canceled"]],
                         [(2, "reader+0x1234", 100)])

    def test_people_read_it_in_words(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            self.acted(trace)
        self.assertIn("Rules, with seed 7:\n"
                      "  1  aio.* fault p=1\n"
                      "     stalled at Begin: 1\n"
                      "  2  aio.read timeout after=1s\n"
                      "     deadlines armed: 2; deadlines passed: 1; could "
                      "not be cancelled: 2\n"
                      "       not cancelled: begun at reader+0x1234 in "
                      "process 100\n", self.run_report().stdout)

    def test_the_file_beside_the_trace_has_the_whole_rules_and_the_command(
            self):
        text = self.TEXT.replace("# mine", "")
        with Trace(os.path.join(self.path, "ust")) as trace:
            p = self.ruled(trace, text=text[:-20])
            p.act(T0, 1, 3, "hold")
        self.write("rules", "# Rules of a trace that Belay recorded, with "
                   "seed 7\n# belay trace sh -c 'a\n# b\x1b'\n"
                   + text)
        rules, = self.report()["rules"]
        self.assertEqual(rules["again"], "belay trace sh -c 'a\nb?'")
        self.assertEqual([x["rule"] for x in rules["rules"]],
                         ["aio.* fault p=1", "aio.read timeout after=1s", ""])

    def test_a_file_of_other_rules_is_not_this_traces(self):
        for text in ("# Rules of a trace that Belay recorded, with seed 8\n"
                     "# belay x\n" + self.TEXT,
                     "# Rules of a trace that Belay recorded, with seed 7\n"
                     "# belay x\nx.y fault\n", self.TEXT, "", "#"):
            with Trace(os.path.join(self.path, "ust")) as trace:
                self.ruled(trace)
            self.write("rules", text)
            self.assertNotIn("again", self.report()["rules"][0])
            shutil.rmtree(self.path)

    def test_a_thing_of_that_name_that_is_no_file_is_passed_over(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            self.ruled(trace)
        os.mkfifo(os.path.join(self.path, "rules"))
        self.assertEqual(len(self.report()["rules"]), 1)

    def test_processes_with_the_same_rules_are_counted_together(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            for pid, more in ((100, {}), (101, {}), (102, {"seed": 8}),
                              (103, {"text": ""})):
                p = self.ruled(trace, pid, **more)
                p.begin(T0 + MS, 1)
                if more != {"text": ""}:
                    p.act(T0 + MS, 1, 1, "hold")
        self.assertEqual([(r["seed"], r["rules"][0]["actions"])
                          for r in self.report()["rules"]],
                         [(7, {"hold": 2}), (8, {"hold": 1})])

    def test_rules_that_the_trace_does_not_tell_of_have_no_text(self):
        with Trace(os.path.join(self.path, "ust")) as trace:
            p = self.one_process(trace)
            p.act(T0 + MS, 1, 2, "hold")
            p.act(T0 + MS, 1, 300, "hold")
        self.assertIn("Rules of processes whose start is not in the trace:\n"
                      "  1  ?\n     did nothing\n"
                      "  2  ?\n     completions held back: 1\n",
                      self.run_report().stdout)


class Calls(Report):
    def test_finished_calls_are_counted_by_outcome(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            for i in range(1, 101):
                p.begin(T0 + i * MS, i)
                p.complete(T0 + i * MS + 900, i, 900)
                p.finish(T0 + i * MS + 1000, i, 1000, lag=100)
            p.begin(T0 + S, 101, "aio.write")
            p.finish(T0 + S + MS, 101, MS, "failed", 5, -1)
            p.begin(T0 + S, 102, "aio.write")
            p.finish(T0 + S + MS, 102, MS, "canceled", 125, -1)
            p.begin(T0 + S, 103, "aio.write")
            p.finish(T0 + S + MS, 103, MS, "uncollected", 0, 512)
        report = self.report()
        self.assertEqual(self.numbers(report), {
            "calls": 100, "finished": 100, "bytes": 409600})
        self.assertEqual(self.numbers(report, "aio.write"), {
            "calls": 3, "finished": 3, "failed": 1, "canceled": 1,
            "uncollected": 1})
        latency = self.operation(report)["latency_ns"]
        self.assertEqual((latency["mean"], latency["max"]), (1000, 1000))
        self.assertLess(abs(latency["p50"] - 1000), 130)
        self.assertEqual(report["processes"], 1)
        self.assertEqual(report["trace"]["events"], 4 + 300 + 6)

    def test_a_begin_that_the_api_turned_down_ends_there(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1)
            p.refuse(T0 + MS + 10, 1)
            p.begin(T0 + 2 * MS, 2)
            p.refuse(T0 + 2 * MS + 10, 2, reason="policy", status=5)
        self.assertEqual(self.numbers(self.report()),
                         {"calls": 2, "refused": 2})

    def test_a_pending_refusal_leaves_the_call_in_progress_alone(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1)
            p.refuse(T0 + 2 * MS, 1, reason="pending")
            p.refuse(T0 + 3 * MS, 1, reason="pending")
            p.finish(T0 + 4 * MS, 1, 3 * MS)
        self.assertEqual(self.numbers(self.report()), {
            "calls": 1, "refused_pending": 2, "finished": 1, "bytes": 4096})

    def test_calls_that_never_finish_are_told_with_their_place(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1, site=0x401234)
            p.begin(T0 + 3 * MS, 2, site=0x401234)
            p.begin(T0 + 4 * MS, 3, site=0x405678)
            p.complete(T0 + 5 * MS, 3, MS)
            p.begin(T0 + 6 * MS, 4, site=0x700000)
            p.begin(T0 + 11 * MS, 5)
            p.finish(T0 + 12 * MS, 5, MS)
        report = self.report()
        self.assertEqual(self.operation(report)["in_flight"], 4)
        self.assertEqual(
            sorted((u["place"], u["count"], u["oldest_ns"], u["state"],
                    u["pid"]) for u in report["unfinished"]),
            [("0x700000", 1, 6 * MS, "PENDING", 100),
             ("reader+0x1234", 2, 11 * MS, "PENDING", 100),
             ("reader+0x5678", 1, 8 * MS, "COMPLETED", 100)])

    def test_the_slowest_calls_come_with_their_arguments(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            for i in range(1, 51):
                p.begin(T0 + i * S, i, args=(i, 4096, -i % 2 ** 64, 9))
                # 17 and 50 have no common divisor: every length comes once.
                p.finish(T0 + i * S + i * 17 % 50 * MS, i, i * 17 % 50 * MS)
            p.begin(T0 + 60 * S, 51)
            p.finish(T0 + 61 * S, 51, S, "uncollected")
        slowest = self.report()["slowest"]
        self.assertEqual([call["duration_ns"] // MS for call in slowest],
                         list(range(49, 39, -1)))
        first = slowest[0]
        number = first["arguments"]["fd"]
        self.assertEqual(number * 17 % 50, 49)
        self.assertEqual(first["arguments"],
                         {"fd": number, "size": 4096, "offset": -number})
        self.assertEqual(first["id"], str(call_id(100, number)))
        self.assertEqual(first["begun_ns"], T0 + number * S)
        self.assertEqual(first["place"], "reader+0x1234")

    def test_a_text_belongs_to_its_own_call_only(self):
        with Trace(self.path) as trace:
            p = Process(trace.stream(), 100)
            p.stream.event("belay:operation", T0, pid=100, number=1,
                           name="pq.query", status_kind="api",
                           cancel_mode="finish-due", arguments="sql:text")
            p.begin(T0 + MS, 1, "pq.query", args=(), text='SELECT "x"\x1b[1m')
            p.begin(T0 + MS, 2, "pq.query", args=(), text="")
            p.finish(T0 + 3 * MS, 1, 2 * MS)
            p.finish(T0 + 4 * MS, 2, 3 * MS)
        slowest = self.report()["slowest"]
        self.assertEqual([call["arguments"]["sql"] for call in slowest],
                         ["", 'SELECT "x"?[1m'])
        self.assertNotIn("\x1b", self.run_report().stdout)

    def test_without_operation_and_module_events_numbers_are_shown(self):
        with Trace(self.path) as trace:
            p = Process(trace.stream(), 100)
            p.begin(T0, 1, args=(3, 4096), text="words")
            p.finish(T0 + MS, 1, MS)
        call = self.report()["slowest"][0]
        self.assertEqual((call["args"], call["text"], call["place"]),
                         ([3, 4096], "words", "0x401234"))
        self.assertIn('aio.read(3 4096 "words")', self.run_report().stdout)

    def test_operations_that_were_not_used_are_not_shown(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0, 1)
            p.finish(T0 + MS, 1, MS)
        self.assertEqual([o["operation"] for o in self.report()["operations"]],
                         ["aio.read"])

    def test_a_status_has_its_name(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0, 1)
            p.finish(T0 + MS, 1, MS, "failed", 5, -1)
        call = self.report()["slowest"][0]
        self.assertEqual((call["outcome"], call["status"],
                          call["status_name"]), ("failed", 5, "EIO"))


class Cancels(Report):
    def test_who_cancelled_what_and_what_came_of_it(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            for i in range(1, 5):
                p.begin(T0 + i * MS, i)
            p.cancel(T0 + 10 * MS, 1)
            p.finish(T0 + 11 * MS, 1, 10 * MS, "canceled", 125, -1)
            p.cancel(T0 + 12 * MS, 2, "policy", "asked")
            p.cancel(T0 + 13 * MS, 2, "operator", "not-canceled")
            p.finish(T0 + 14 * MS, 2, 12 * MS)
            p.cancel(T0 + 15 * MS, 3, "policy", "asked")
        report = self.report()
        self.assertEqual(
            sorted((c["operation"], c["by"], c["answer"], c["count"])
                   for c in report["cancels"]),
            [("aio.read", "application", "canceled", 1),
             ("aio.read", "operator", "not-canceled", 1),
             ("aio.read", "policy", "asked", 2)])
        self.assertEqual(
            [(c["id"], c["age_ns"], c["end"], c.get("later_ns"))
             for c in report["first_cancels"]],
            [(str(call_id(100, 1)), 9 * MS, "canceled", MS),
             (str(call_id(100, 2)), 10 * MS, "succeeded", 2 * MS),
             (str(call_id(100, 2)), 11 * MS, "succeeded", MS),
             (str(call_id(100, 3)), 12 * MS, "in-flight", None)])
        self.assertEqual(self.operation(report)["cancels"], 4)

    def test_an_abandoned_call_is_told_as_cancelled(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0, 1)
            p.cancel(T0 + MS, 1)
        self.assertEqual(self.report()["unfinished"][0]["state"], "CANCELED")

    def test_a_cancel_of_a_call_that_nobody_saw_begin_is_counted(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.cancel(T0 + MS, 7, answer="complete")
        report = self.report()
        self.assertEqual([(c["operation"], c["count"])
                          for c in report["cancels"]], [("?", 1)])
        self.assertEqual(report["first_cancels"][0]["end"], "begin-not-seen")

    def test_only_the_first_cancels_are_told_one_by_one(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            for i in range(1, 31):
                p.begin(T0 + i * MS, i)
                p.cancel(T0 + i * MS + 10, i)
                p.finish(T0 + i * MS + 20, i, 20, "canceled", 125, -1)
        report = self.report()
        self.assertEqual(report["cancels"][0]["count"], 30)
        self.assertEqual([c["id"] for c in report["first_cancels"]],
                         [str(call_id(100, i)) for i in range(1, 11)])


class Processes(Report):
    def test_processes_with_equal_numbers_are_told_apart(self):
        with Trace(self.path) as trace:
            stream = trace.stream()
            for pid in (100, 101, 102):
                Process(stream, pid).start(T0)
            for pid in (100, 101, 102):
                Process(stream, pid).begin(T0 + MS, 1)
            Process(stream, 101).finish(T0 + 2 * MS, 1, MS)
        report = self.report()
        self.assertEqual(report["processes"], 3)
        self.assertEqual((self.operation(report)["in_flight"],
                          self.operation(report)["finished"]), (2, 1))
        self.assertEqual(report["slowest"][0]["pid"], 101)

    def test_a_process_id_that_comes_again_is_another_process(self):
        with Trace(self.path) as trace:
            stream = trace.stream()
            old = Process(stream, 100, start_time=1, name="/usr/bin/old")
            old.start(T0)
            old.begin(T0 + MS, 1)
            old.begin(T0 + MS, 2)
            new = Process(stream, 100, start_time=2, name="/usr/bin/new")
            new.start(T0 + S)
            new.begin(T0 + S + MS, 1)
            new.finish(T0 + S + 2 * MS, 1, MS)
        report = self.report()
        self.assertEqual(report["processes"], 2)
        self.assertEqual((self.operation(report)["calls"],
                          self.operation(report)["in_flight"],
                          self.operation(report)["finished"]), (3, 2, 1))
        self.assertEqual([u["place"] for u in report["unfinished"]],
                         ["old+0x1234"])
        self.assertEqual(report["slowest"][0]["place"], "new+0x1234")

    def test_a_new_process_cannot_end_the_call_of_an_old_one(self):
        with Trace(self.path) as trace:
            stream = trace.stream()
            old = Process(stream, 100, start_time=1)
            old.start(T0)
            old.begin(T0 + MS, 1)
            new = Process(stream, 100, start_time=2)
            new.start(T0 + S)
            new.finish(T0 + S + MS, 1, 10)
        report = self.report(status=1)
        self.assertEqual(self.numbers(report), {"calls": 1, "in_flight": 1})
        self.assertEqual(report["without_begin"]["malformed"], 1)

    def test_traces_of_two_hosts_are_read_together_and_kept_apart(self):
        for host in ("one", "two"):
            with Trace(os.path.join(self.path, host), host=host) as trace:
                p = self.one_process(trace)
                p.begin(T0 + MS, 1)
                if host == "two":
                    p.finish(T0 + 2 * MS, 1, MS)
        report = self.report()
        self.assertEqual(self.numbers(report), {
            "calls": 2, "in_flight": 1, "finished": 1, "bytes": 4096})
        self.assertEqual(report["processes"], 2)

    def test_a_call_may_end_on_another_processor(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            other = trace.stream(cpu=1)
            for i in range(1, 1001):
                p.begin(T0 + i * MS, i, stream=(p.stream, other)[i % 2])
                p.finish(T0 + i * MS + 10, i, 10,
                         stream=(p.stream, other)[i // 2 % 2])
        self.assertEqual(self.numbers(self.report()), {
            "calls": 1000, "finished": 1000, "bytes": 4096000})


class Losses(Report):
    def lossy(self, write, channels=None, channel=0):
        """A trace whose second packet tells of 5 lost events, T0+10..20 ms."""
        with Trace(self.path, channels=channels) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1)
            p.begin(T0 + 2 * MS, 2)
            p.finish(T0 + 9 * MS, 2, 7 * MS)
            lost = trace.streams[0]
            if channel:
                lost = trace.stream(channel=channel)
                lost.packet(begin=T0 + MS, end=T0 + 10 * MS)
            lost.packet(end=T0 + 10 * MS)
            lost.discard(5)
            lost.packet(begin=T0 + 15 * MS, end=T0 + 20 * MS)
            write(p)

    def test_a_call_that_may_have_ended_among_lost_events_is_unknown(self):
        self.lossy(lambda p: p.begin(T0 + 30 * MS, 3))
        report = self.report()
        self.assertEqual(self.numbers(report), {
            "calls": 3, "finished": 1, "bytes": 4096, "unknown": 1,
            "in_flight": 1})
        self.assertEqual([u["count"] for u in report["unfinished"]], [1])
        self.assertEqual(report["lost"]["events"], 5)
        window = report["discarded"][0]
        self.assertEqual((window["events"], window["first_ns"],
                          window["last_ns"]), (5, T0 + 10 * MS, T0 + 20 * MS))
        self.assertIn("Unknown: 1 call", self.run_report().stdout)

    def test_a_call_that_ends_after_a_loss_is_finished(self):
        self.lossy(lambda p: p.finish(T0 + 30 * MS, 1, 29 * MS))
        self.assertEqual(self.numbers(self.report()), {
            "calls": 2, "finished": 2, "bytes": 8192})

    def test_a_finish_whose_begin_may_be_lost_is_no_error(self):
        def write(p):
            p.finish(T0 + 29 * MS, 1, 28 * MS)
            p.finish(T0 + 30 * MS, 3, 15 * MS)
        self.lossy(write)
        report = self.report()
        self.assertEqual(report["without_begin"],
                         {"discarded": 1, "before_trace": 0, "malformed": 0})
        self.assertEqual(self.operation(report)["calls"], 2)

    def test_a_finish_whose_begin_cannot_be_lost_is_malformed(self):
        self.lossy(lambda p: p.finish(T0 + 60 * MS, 3, 2 * MS))
        report = self.report(status=1)
        self.assertEqual(report["without_begin"]["malformed"], 1)
        self.assertIn(str(call_id(100, 3)), self.fault)

    def test_what_another_channel_lost_is_no_excuse(self):
        names = list(EVENTS)
        self.lossy(lambda p: None, channels=[names, ["other:tick"]],
                   channel=1)
        report = self.report()
        self.assertEqual(self.numbers(report), {
            "calls": 2, "finished": 1, "bytes": 4096, "in_flight": 1})
        self.assertEqual(report["lost"]["events"], 0)
        self.assertEqual([d["may_hold_calls"] for d in report["discarded"]],
                         [False])

    def test_what_another_trace_lost_is_no_excuse(self):
        with Trace(os.path.join(self.path, "b"), host="b") as trace:
            p = self.one_process(trace, pid=200)
            p.begin(T0 + MS, 1, operation="aio.write")
        top, self.path = self.path, os.path.join(self.path, "a")
        self.lossy(lambda p: None)
        report = self.report(path=top)
        self.assertEqual(self.numbers(report)["unknown"], 1)
        self.assertEqual(self.numbers(report, "aio.write"),
                         {"calls": 1, "in_flight": 1})

    def test_lost_packets_count_as_lost_events_do(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1)
            p.stream.packet()
            p.stream.sequence += 3
            p.begin(T0 + S, 2)
        report = self.report()
        self.assertEqual(report["discarded"][0]["packets"], 3)
        self.assertEqual(self.numbers(report),
                         {"calls": 2, "unknown": 1, "in_flight": 1})

    def test_a_stream_that_was_not_closed_has_lost_its_end(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            other = trace.stream(cpu=1)
            other.killed = True
            p.begin(T0 + MS, 1)
            p.begin(T0 + 2 * MS, 2)
            p.finish(T0 + 3 * MS, 2, MS, stream=other)
            # From here on, what the other processor recorded is gone.
            p.finish(T0 + 50 * MS, 3, 20 * MS)
            p.begin(T0 + 90 * MS, 4)
        report = self.report()
        self.assertEqual(self.numbers(report), {
            "calls": 3, "finished": 1, "bytes": 4096, "unknown": 1,
            "in_flight": 1})
        self.assertEqual(report["without_begin"]["discarded"], 1)
        window = report["discarded"][0]
        self.assertEqual((window["stream"], window["first_ns"],
                          window["last_ns"], window["uncounted"]),
                         (other.path, T0 + 3 * MS, T0 + 90 * MS, True))

    def test_a_stream_that_was_never_written_may_hold_any_end(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            trace.stream(cpu=1).killed = True
            p.begin(T0 + MS, 1)
            p.finish(T0 + S, 2, MS)
        report = self.report()
        self.assertEqual(self.numbers(report), {"calls": 1, "unknown": 1})
        self.assertEqual(report["without_begin"]["discarded"], 1)
        self.assertEqual(report["trace"]["streams_unwritten"], 1)

    def test_a_processor_that_is_idle_at_the_end_has_lost_nothing(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            other = trace.stream(cpu=1)
            p.begin(T0 + MS, 1, stream=other)
            p.begin(T0 + S, 2)
            p.finish(T0 + 2 * S, 2, S)
        report = self.report()
        self.assertEqual(report["discarded"], [])
        self.assertEqual(self.numbers(report)["in_flight"], 1)

    def test_a_finish_of_a_call_older_than_the_trace_is_no_error(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.finish(T0 + MS, 9, S)
        self.assertEqual(self.report()["without_begin"]["before_trace"], 1)

    def test_a_finish_out_of_nowhere_is_malformed(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0 + S, 1)
            p.finish(T0 + S + MS, 1, MS)
            p.finish(T0 + S + 2 * MS, 1, MS)
        report = self.report(status=1)
        self.assertIn("malformed", self.fault)
        self.assertEqual(self.numbers(report)["finished"], 1)

    def test_a_begin_that_comes_again_leaves_the_first_in_flight(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1)
            p.begin(T0 + 2 * MS, 1)
            p.finish(T0 + 3 * MS, 1, MS)
        self.assertEqual(self.numbers(self.report()), {
            "calls": 2, "finished": 1, "in_flight": 1, "bytes": 4096})


class Damage(Report):
    """What was read before the damage counts, and other streams go on."""

    def write(self, path=None):
        with Trace(path or self.path) as trace:
            p = self.one_process(trace)
            other = trace.stream(cpu=1)
            for i in range(1, 4):
                p.begin(T0 + i * S, i)
                p.finish(T0 + i * S + MS, i, MS)
                p.stream.packet()
                p.begin(T0 + i * S, 10 + i, "aio.write", stream=other)
                p.finish(T0 + i * S + MS, 10 + i, MS, stream=other)
            p.begin(T0 + 4 * S, 20, stream=other)
            self.file = p.stream.path

    def damage(self, offset, content=None):
        """Overwrites from offset on, or cuts the file there."""
        with open(self.file, "r+b") as file:
            file.seek(offset)
            if content is None:
                file.truncate()
            else:
                file.write(content)

    def check(self, *words):
        """One packet of three is read, and all of the other stream."""
        report = self.report(status=1)
        self.assertEqual(len(report["faults"]), 1)
        for word in words:
            self.assertIn(word, self.fault)
        self.assertEqual(self.operation(report, "aio.write")["finished"], 3)
        read = self.operation(report)
        self.assertEqual((read["finished"], read["unknown"],
                          read["in_flight"]), (1, 1, 0))
        self.assertEqual([d["stream"] for d in report["discarded"]],
                         [self.file])
        self.assertTrue(report["discarded"][0]["uncounted"])

    def test_a_stream_that_is_cut_short(self):
        self.write()
        self.damage(4096 + 1000)
        self.check(self.file, "offset=4096", "4096 bytes", "1000")

    def test_a_packet_without_its_head(self):
        self.write()
        self.damage(4096, b"\0" * 4)
        self.check(self.file, "offset=4096", "0x00000000", "0xc1fc1fc1")

    def test_a_packet_with_a_size_that_cannot_be(self):
        self.write()
        self.damage(4096 + 48, struct.pack("<QQ", 1 << 60, 4096 * 8))
        self.check(self.file, "offset=4096")

    def test_a_packet_with_a_size_that_ends_babeltrace2(self):
        self.write()
        self.damage(4096 + 48, struct.pack("<QQ", 4000 * 8, 1 << 63))
        self.check(self.file, "offset=4096")

    def test_an_event_that_makes_no_sense(self):
        self.write()
        # An event of a class that there is not: number 30.
        self.damage(4096 + 84, struct.pack("<I", 30))
        self.check(self.file, "read no further")

    def test_copies_of_damaged_streams_are_removed(self):
        before = set(os.listdir(tempfile.gettempdir()))
        self.write()
        self.damage(5000)
        self.report(status=1)
        left = set(os.listdir("/tmp")) - before
        self.assertFalse([name for name in left if "belay-report" in name])

    def test_one_damaged_trace_of_two(self):
        self.write(os.path.join(self.path, "good"))
        self.write(os.path.join(self.path, "bad"))
        with open(os.path.join(self.path, "bad", "metadata"), "a",
                  encoding="utf-8") as file:
            file.write("event {")
        report = self.report(status=1)
        self.assertEqual(self.operation(report)["finished"], 3)
        self.assertIn("bad", self.fault)

    def test_an_empty_trace_beside_a_good_one(self):
        self.write(os.path.join(self.path, "good"))
        with Trace(os.path.join(self.path, "empty")):
            pass
        self.assertEqual(self.operation(self.report())["finished"], 3)


class Input(Report):
    def test_a_trace_without_calls_says_so(self):
        with Trace(self.path) as trace:
            self.one_process(trace).stream.event(
                "belay:process", T0, name="/bin/quiet", pid=101,
                start_time=8, seed=0, rules="")
        done = self.run_report()
        self.assertEqual(done.stderr, "")
        self.assertIn("\nNo asynchronous calls are in it\n", done.stdout)

    def test_a_folder_that_is_not_there(self):
        self.refused(self.path, "No such file")

    def test_a_file_instead_of_a_folder(self):
        with Trace(self.path):
            pass
        self.refused("give the folder",
                     path=os.path.join(self.path, "metadata"))

    def test_a_folder_without_a_trace(self):
        os.mkdir(self.path)
        self.refused(self.path, "metadata", "belay trace")

    def test_a_trace_without_streams(self):
        with Trace(self.path):
            pass
        self.refused("empty", self.path)

    def test_a_trace_with_an_empty_stream(self):
        with Trace(self.path) as trace:
            trace.stream()
        self.refused("empty", self.path)

    def test_metadata_of_0_bytes(self):
        os.mkdir(self.path)
        with open(os.path.join(self.path, "metadata"), "w", encoding="utf-8"):
            pass
        self.refused("empty", "metadata")

    def test_metadata_that_is_cut_short(self):
        with Trace(self.path, packets=True) as trace:
            self.one_process(trace).begin(T0, 1)
        self.assertEqual(self.operation(self.report())["calls"], 1)
        path = os.path.join(self.path, "metadata")
        os.truncate(path, 5000)
        self.refused(path, "byte 4096 of 5000")

    def test_metadata_that_is_none(self):
        os.mkdir(self.path)
        with open(os.path.join(self.path, "metadata"), "w",
                  encoding="utf-8") as file:
            file.write("this is not CTF\n")
        self.refused("Cannot read trace", self.path)

    def test_a_trace_of_somebody_else(self):
        with Trace(self.path) as trace:
            stream = trace.stream()
            for i in range(5):
                stream.event("other:tick", T0 + i, id=i, text="x")
        self.refused("not of Belay", "5 events", "belay trace")

    def test_events_of_others_in_between_do_not_count(self):
        with Trace(self.path) as trace:
            p = self.one_process(trace)
            for i in range(1, 11):
                p.stream.event("other:tick", T0 + i * MS, id=i, text="x")
                p.begin(T0 + i * MS, i)
                p.stream.event("other:tick", T0 + i * MS, id=i, text="x")
                p.finish(T0 + i * MS + 10, i, 10)
        report = self.report()
        self.assertEqual(self.numbers(report), {
            "calls": 10, "finished": 10, "bytes": 40960})
        self.assertEqual(report["trace"]["events"], 4 + 40)

    def test_events_with_other_fields_than_ours(self):
        events = dict(EVENTS)
        events["belay:finish"] = [("id", "string"), ("status", "i32")]
        with Trace(self.path, events=events) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1)
            trace.streams[0].event("belay:finish", T0 + 2 * MS, id="x",
                                   status=0)
        report = self.report(status=1)
        self.assertIn("belay:finish", self.fault)
        self.assertEqual(self.operation(report)["calls"], 1)

    def test_enumerations_are_read_by_their_words(self):
        events = dict(EVENTS)
        events["belay:finish"] = [
            (name, ("canceled", "later", "succeeded") if name == "outcome"
             else kind) for name, kind in EVENTS["belay:finish"]]
        with Trace(self.path, events=events) as trace:
            p = self.one_process(trace)
            for i, outcome in enumerate(("canceled", "later", "succeeded"), 1):
                p.begin(T0 + i * MS, i)
                p.finish(T0 + i * MS + 10, i, 10, outcome)
        self.assertEqual(self.numbers(self.report()), {
            "calls": 3, "finished": 3, "canceled": 1, "bytes": 4096})

    def test_any_folder_above_the_trace_will_do(self):
        deep = os.path.join(self.path, "ust", "uid", "0", "64-bit")
        with Trace(deep) as trace:
            self.one_process(trace).begin(T0, 1)
        for path in (self.folder, self.path, deep):
            self.assertEqual(self.operation(self.report(path))["calls"], 1)

    def test_the_pieces_of_a_rotated_trace_are_one_trace(self):
        with Trace(os.path.join(self.path, "1")) as trace:
            p = self.one_process(trace)
            p.begin(T0 + MS, 1)
            p.stream.packet()
            p.stream.file.close()
            os.mkdir(os.path.join(self.path, "2"))
            shutil.copy(os.path.join(trace.path, "metadata"),
                        os.path.join(self.path, "2"))
            p.stream.file = open(os.path.join(self.path, "2", "channel0_0"),
                                 "wb")
            p.finish(T0 + 2 * MS, 1, MS)
        self.assertEqual(self.numbers(self.report()), {
            "calls": 1, "finished": 1, "bytes": 4096})

    def test_a_folder_that_may_not_be_read(self):
        with Trace(self.path) as trace:
            self.one_process(trace).begin(T0, 1)
        os.chmod(self.path, 0)
        self.addCleanup(os.chmod, self.path, stat.S_IRWXU)
        command = [BELAY, "report", self.path]
        if os.getuid() == 0:
            # Still the owner of everything, but nothing more than that.
            command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all",
                       *command]
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Permission denied", done.stderr)

    def test_a_full_disk_is_told(self):
        with Trace(self.path) as trace:
            self.one_process(trace).begin(T0, 1)
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([BELAY, "report", self.path], stdout=full,
                                  stderr=subprocess.PIPE, text=True,
                                  timeout=TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_wrong_usage_says_what_would_be_right(self):
        for arguments, word in (([], "folder"), (["a", "b"], "above"),
                                (["--jsn", "a"], "--json")):
            done = subprocess.run([BELAY, "report", *arguments],
                                  capture_output=True, text=True,
                                  timeout=TIMEOUT_S, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(word, done.stderr)

    def test_help_names_the_options(self):
        done = self.run_report("--help")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(re.search(r"--json.*JSON", done.stdout))


if __name__ == "__main__":
    unittest.main()
