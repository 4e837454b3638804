#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules on programs that use libpq: what the programs are told.

    pq_rules_test.py BELAY VICTIM VICTIMS_FOLDER

Against a PostgreSQL server of this test's own.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from postgres import LIMIT_S, SKIPPED, Server, programs

BELAY, VICTIM, VICTIMS = (os.path.abspath(path) for path in sys.argv[1:4])
PYTHON = "/usr/bin/python3"  # the one that Debian's modules are for
RULED = "if sql~'*ruled*'"
NEXT = "result: PGRES_TUPLES_OK\nvalue: next\n"
LOST = "server closed the connection unexpectedly"
TAKES_CONNECTION = {"57P01", "57P02"}


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(tcp=True))
        cls.tcp = {**cls.server.env, "PGHOST": "127.0.0.1"}

    def run_with(self, rules, command, **more):
        """What it prints, and the summary."""
        path = os.path.join(self.server.folder, "summary")
        given = [word for rule in rules for word in ("-p", rule)]
        done = subprocess.run(
            [BELAY, "run", "--strict", "--seed=1", "--json", path, *given,
             "--", *command], capture_output=True, text=True,
            timeout=LIMIT_S, env=more.get("env", self.server.env),
            stdin=subprocess.DEVNULL)
        self.assertNotEqual(done.returncode, 125, done.stderr)
        with open(path, encoding="utf-8") as file:
            summary = json.load(file)
        self.ruled = summary["rules"][0]["rules"] if rules else []
        return done, {o["operation"]: o for o in summary["operations"]}

    def scene(self, name, *rules, **more):
        done, calls = self.run_with(rules, [VICTIM, name], **more)
        self.ended = done
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, calls

    def psql(self, *statements):
        command = [self.server.program("psql"), "-X", "-A", "-t"]
        for statement in statements:
            command += ["-c", statement]
        return command

    # --- Programs ---------------------------------------------------------

    def test_a_query_of_psql_s_that_hangs_is_cancelled(self):
        began = time.monotonic()
        done, calls = self.run_with(
            ["pq.query timeout after=300ms"],
            self.psql("select pg_sleep(60)", "select 'next works'"))
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(done.stdout, "next works\n")
        self.assertTrue(done.stderr.startswith(
            "ERROR:  canceling statement due to user request\n"), done.stderr)
        self.assertEqual(calls["pq.query"]["canceled"], 1)

    def test_the_third_query_of_psql_s_fails(self):
        done, calls = self.run_with(
            ["pq.query fault error=disk_full when nth=3 per=process"],
            self.psql(*(f"select {n}" for n in range(1, 6))))
        self.assertEqual(done.stdout, "1\n2\n4\n5\n")
        self.assertIn("ERROR:  could not extend file: No space left on device",
                      done.stderr)
        self.assertEqual(calls["pq.query"]["failed"], 1)

    def test_psql_loses_its_connection(self):
        done, _ = self.run_with(
            ["pq.query fault error=server when nth=2 per=process"],
            self.psql("select 1", "select 2", "select 3"))
        self.assertEqual(done.stdout, "1\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn(LOST, done.stderr)
        self.assertIn("connection to server was lost", done.stderr)

    def test_pgbench_survives_what_it_says_it_does(self):
        self.server.psql("create table counters as select 0 as n")
        script = os.path.join(self.server.folder, "script.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write("begin;\nupdate counters set n = n + 1;\ncommit;\n")
        command = [self.server.program("pgbench"), "-n", "-c", "1", "-t",
                   "50", "-f", script]
        rule = ("pq.query fault error=serialization_failure "
                "if sql~'update*' when every=10 per=process")
        done, calls = self.run_with([rule], [*command, "--max-tries=3"])
        self.assertIn("processed: 50/50", done.stdout)
        self.assertIn("total number of retries: 5", done.stdout)
        self.assertEqual(calls["pq.query"]["failed"], 5)
        # Without retries these are counted as failed; the others go on.
        done, _ = self.run_with([rule], command)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("number of failed transactions: 5 ", done.stdout)
        # It gives a client up for any other error.
        done, _ = self.run_with(
            ["pq.query fault error=disk_full when nth=20 per=process"],
            command)
        self.assertIn("aborted in command", done.stderr)
        # The connection that was lost is one of its two.
        done, _ = self.run_with(
            ["pq.query fault error=server when nth=20 per=process"],
            [*command, "-c", "2"])
        self.assertIn(LOST, done.stderr)
        self.assertIn("processed: ", done.stdout)

    def test_psycopg2_raises_what_it_has_for_the_error(self):
        script = os.path.join(self.server.folder, "script.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write("""
import psycopg2
c = psycopg2.connect("")
cursor = c.cursor()
try:
    cursor.execute("select 'ruled'")
except psycopg2.Error as error:
    print(type(error).__name__, error.pgcode, error.diag.sqlstate,
          error.diag.message_primary, c.closed)
""")
        for error, said in (
                ("deadlock_detected", "DeadlockDetected 40P01 40P01 "
                 "deadlock detected 0\n"),
                ("query_canceled", "QueryCanceled 57014 57014 "
                 "canceling statement due to user request 0\n"),
                ("server", "OperationalError None None None 2\n")):
            with self.subTest(error):
                done, _ = self.run_with([f"pq.query fault error={error} "
                                         f"{RULED}"], [PYTHON, script])
                self.assertEqual(done.stdout, said, done.stderr)

    def test_a_loop_of_asyncio_is_never_blocked(self):
        script = os.path.join(VICTIMS, "psycopg_loop.py")
        for rules, said, least in (
                (["pq.query fault delay=600ms"], "[(42,)]", 0.6),
                (["pq.query fault hang", "pq.query timeout after=600ms"],
                 "QueryCanceled 57014", 0.6),
                (["pq.connect fault delay=600ms"], "[(42,)]", 0),
                (["pq.query fault delay=600ms error=40001"],
                 "SerializationFailure 40001", 0.6)):
            for env in (self.server.env, self.tcp):
                with self.subTest(rules, host=env["PGHOST"]):
                    done, _ = self.run_with(rules, [
                        PYTHON, script, "select 42"], env=env)
                    got, took, late = done.stdout.splitlines()
                    self.assertEqual(got, said)
                    self.assertGreaterEqual(float(took), least)
                    # A blocked loop would be late by all of the delay.
                    self.assertLess(float(late), 0.3)

    # --- Errors -----------------------------------------------------------

    def errors(self, operation):
        """{name: code} of what `belay apis -v` lists, names and codes."""
        text = subprocess.run([BELAY, "apis", "--verbose", "pq"], check=True,
                              text=True, stdout=subprocess.PIPE,
                              timeout=LIMIT_S).stdout
        part = re.split(r"^  (?=pq\.)", text, flags=re.MULTILINE)
        mine = [p for p in part if p.startswith("pq." + operation)][0]
        return re.findall(r"[\w]+", mine)

    def test_every_error_of_a_query_arrives_as_it_is_named(self):
        words = self.errors("query")
        codes = [word for word in words
                 if re.fullmatch(r"[0-9A-Z]{5}", word)]
        self.assertGreater(len(codes), 10)
        for code in codes:
            with self.subTest(code):
                out, calls = self.scene("waiting",
                                        f"pq.query fault error={code} "
                                        f"{RULED}")
                if code == "08006":
                    self.assertIn("sqlstate: NULL\n", out)
                    self.assertIn("message: " + LOST, out)
                else:
                    self.assertIn(f"sqlstate: {code}\n", out)
                if code == "08006" or code in TAKES_CONNECTION:
                    self.assertIn("status: BAD\n", out)
                    self.assertNotIn(NEXT, out)
                else:
                    self.assertIn("status: OK\ntransaction: 0\n", out)
                    self.assertIn(NEXT, out)
                query = calls["pq.query"]
                self.assertEqual(query["failed"], 1)
                self.assertEqual(query["in_flight"], 0)

    def test_what_a_result_says_agrees(self):
        for scene in ("waiting", "sent", "single-rows"):
            with self.subTest(scene):
                out, _ = self.scene(scene, "pq.query fault "
                                    f"error=serialization_failure {RULED}")
                text = "could not serialize access due to concurrent update"
                self.assertIn(
                    "result: PGRES_FATAL_ERROR\nsqlstate: 40001\n"
                    f"severity: ERROR\nprimary: {text}\ndetail: NULL\n"
                    f"message: ERROR:  {text}\n"
                    f"verbose: ERROR:  40001: {text}\n", out)
                # One result in place of all; and the connection goes on.
                self.assertEqual(out.count("result: "), 3 - (
                    scene == "waiting"))
                self.assertIn(NEXT, out)
                if scene != "single-rows":
                    self.assertIn(f"connection: ERROR:  {text}\nstatus: OK\n"
                                  "transaction: 0\n", out)

    def test_a_program_keeps_more_errors_than_are_remembered(self):
        out, calls = self.scene("many", f"pq.query fault error=40P01 {RULED}")
        self.assertTrue(out.startswith(
            "failed: 300\ncoded: 256\nconnection: ERROR:  deadlock detected\n"
            "status: OK\n"), out)
        self.assertIn("sqlstate: 40P01\n", out)
        self.assertIn(NEXT, out)
        self.assertEqual(calls["pq.query"]["failed"], 301)

    def test_an_error_after_a_copy(self):
        out, calls = self.scene("copying",
                                f"pq.query fault error=io_error {RULED}")
        self.assertEqual(out.count("sqlstate: 58030\n"), 3)
        self.assertIn("result: PGRES_COPY_IN\nput: 1\nend: 1\n"
                      "result: PGRES_FATAL_ERROR\n", out)
        self.assertIn("result: PGRES_COPY_OUT\nrow: 1\nrow: 2\n"
                      "result: PGRES_FATAL_ERROR\n", out)
        self.assertIn(NEXT, out)
        self.assertEqual(calls["pq.query"]["failed"], 3)

    def test_an_error_in_a_pipeline(self):
        out, calls = self.scene("pipeline",
                                f"pq.query fault error=40P01 {RULED}")
        # Nothing behind it succeeds, as the server would have it.
        self.assertRegex(out, r"value: 1\nresult: NULL\nresult: PGRES_FATAL_"
                         r"ERROR\nsqlstate: 40P01\n(.*\n)*result: NULL\n"
                         r"result: PGRES_PIPELINE_ABORTED\nresult: NULL\n"
                         r"result: PGRES_PIPELINE_SYNC\nexit: 1\n")
        self.assertIn(NEXT, out)
        self.assertEqual(calls["pq.query"]["failed"], 2)

    def test_a_pipeline_loses_its_connection(self):
        for fault, code in (("error=server", "NULL"),
                            ("error=admin_shutdown", "57P01")):
            with self.subTest(fault):
                out, calls = self.scene("pipeline-lost",
                                        f"pq.query fault {fault} {RULED}")
                # Nothing of what has come of the third one is there.
                self.assertRegex(
                    out, r"^result: PGRES_TUPLES_OK\nvalue: 1\nresult: NULL"
                    rf"\nresult: PGRES_FATAL_ERROR\nsqlstate: {code}\n"
                    r"((?!result).*\n)*(result: NULL\n){5}connection: ")
                self.assertIn("status: BAD\n", out)
                self.assertEqual(calls["pq.query"]["failed"], 2)
                self.assertEqual(self.ended.stderr, "")

    def test_a_command_that_is_not_even_sent(self):
        out, calls = self.scene("waiting", "pq.query fault "
                                f"error=out_of_memory at=begin {RULED}")
        self.assertEqual(out, "result: NULL\nconnection: out of "
                         "memory\nstatus: OK\ntransaction: 0\n" + NEXT +
                         "connection: \nstatus: OK\ntransaction: 0\n")
        self.assertEqual(calls["pq.query"]["refused"], 1)
        out, _ = self.scene("waiting", "pq.query fault "
                            f"error=connection_failure at=begin {RULED}")
        self.assertTrue(out.startswith("result: NULL\nconnection: " + LOST),
                        out)
        self.assertIn("status: BAD\n", out)

    def test_any_sqlstate_can_be_forced(self):
        out, _ = self.scene("waiting",
                            f"pq.query fault error=P0001 force {RULED}")
        self.assertIn("sqlstate: P0001\n", out)

    def test_a_connection_fails(self):
        refused = "connection to server failed: Connection refused\n"
        for rule, said in (
                ("error=too_many_connections", "connection: connection to "
                 "server failed: FATAL:  sorry, too many clients already\n"),
                ("error=server", "connection: " + refused),
                ("error=server at=begin", "connection: " + refused)):
            with self.subTest(rule):
                out, calls = self.scene("connecting", "pq.connect fault " +
                                        rule)
                # PQconnectPoll, PQreset, PQconnectdb
                self.assertEqual(out.count(said + "status: BAD\n"), 3, out)
                connect = calls["pq.connect"]
                self.assertEqual(connect["calls"], 3)
                self.assertEqual(connect["failed"] + connect["refused"], 3)

    def test_a_connection_is_made_late_or_given_up(self):
        out, calls = self.scene("connecting", "pq.connect fault delay=150ms")
        self.assertEqual(out.count("status: OK\n"), 3)
        self.assertGreaterEqual(calls["pq.connect"]["latency_ns"]["p50"]
                                if "latency_ns" in calls["pq.connect"]
                                else 150000000, 140000000)
        out, calls = self.scene("connecting", "pq.connect fault hang",
                                "pq.connect timeout after=150ms")
        self.assertEqual(out.count("connection: timeout expired\n"
                                   "status: BAD\n"), 3)
        self.assertEqual(calls["pq.connect"]["canceled"], 3)

    def test_a_connection_to_a_server_that_does_not_answer(self):
        """The deadline closes it: there is nobody to ask."""
        os.kill(self.server.process.pid, signal.SIGSTOP)
        try:
            out, calls = self.scene("connecting",
                                    "pq.connect timeout after=200ms")
        finally:
            os.kill(self.server.process.pid, signal.SIGCONT)
        self.assertEqual(out.count("status: BAD\n"), 3)
        self.assertEqual(calls["pq.connect"]["cancels"], 3)

    # --- Holding and cancelling -------------------------------------------

    def test_a_held_command_is_cancelled_by_the_program(self):
        out, calls = self.scene("cancel-held", f"pq.query fault hang {RULED}")
        self.assertTrue(out.startswith(
            "consumed: 1\nbusy: 1\ncancel: 1\nerror: \n"
            "result: PGRES_FATAL_ERROR\nsqlstate: 57014\n"), out)
        self.assertIn(NEXT, out)
        self.assertEqual(calls["pq.query"]["canceled"], 1)

    def test_a_running_command_is_really_cancelled(self):
        out, calls = self.scene("cancel-running",
                                f"pq.query fault hang {RULED}")
        self.assertTrue(out.startswith("cancel: 1\nerror: \nresult: "
                                       "PGRES_FATAL_ERROR\nsqlstate: 57014\n"),
                        out)
        # The server's own words: it was asked.
        self.assertIn("LOCATION:  ProcessInterrupts", out)
        self.assertIn(NEXT, out)
        self.assertEqual(calls["pq.query"]["canceled"], 1)

    def test_a_cancel_is_refused(self):
        for fault, scene in (("drop", "cancel-held"),
                             ("refuse-cancel", "cancel-running")):
            with self.subTest(fault):
                out, calls = self.scene(scene,
                                        f"pq.query fault {fault} {RULED}")
                self.assertIn("cancel: 0\nerror: PQcancel() -- refused by a "
                              "rule of Belay's\n", out)
                self.assertEqual(calls["pq.query"]["canceled"], 0)
                self.assertEqual(calls["pq.query"]["cancels"], 1)

    def test_a_late_cancel_never_reaches_the_next_query(self):
        out, calls = self.scene("race", f"pq.query timeout after=3ms {RULED}")
        self.assertRegex(out, r"^canceled: \d+\n$")
        canceled = int(out.split()[1])
        # The more of both there are, the more were close.
        self.assertGreater(calls["pq.query"]["cancels"], 30)
        self.assertGreater(canceled, 0)
        self.assertEqual(calls["pq.query"]["canceled"], canceled)

    def test_the_next_query_waits_for_a_cancel_on_its_way(self):
        """PQcancel() waits for the postmaster, which is stopped here."""
        command = self.psql(
            "select pg_sleep(4), 'ruled'", "select 'next'")
        process = subprocess.Popen(
            [BELAY, "run", "--strict", "-p", f"pq.query timeout after=2s "
             f"{RULED}", "--", *command], env=self.server.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        stopped = False
        try:
            self.server.wait_for_query("select pg_sleep(4)%")
            os.kill(self.server.process.pid, signal.SIGSTOP)
            stopped = True
            line = process.stderr.readline()
            self.assertIn("Cannot send a query yet: seconds=5", line)
            os.kill(self.server.process.pid, signal.SIGCONT)
            stopped = False
            out, err = process.communicate(timeout=LIMIT_S)
        finally:
            if stopped:
                os.kill(self.server.process.pid, signal.SIGCONT)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        self.assertIn("next\n", out, err)

    def test_a_command_that_has_said_something_is_cancelled(self):
        """A notice is not all of an answer: the server is asked, too."""
        out, calls = self.scene("cancel-noticed",
                                f"pq.query fault hang {RULED}")
        self.assertTrue(out.startswith(
            "consumed: 1\nbusy: 1\ncancel: 1\nresult: PGRES_FATAL_ERROR\n"
            "sqlstate: 57014\n"), out)
        self.assertIn("soon: 1\n" + NEXT, out)
        self.assertEqual(calls["pq.query"]["canceled"], 1)

    def test_a_hung_command_that_the_server_did_not_stop_is_cancelled(self):
        """The server sleeps, is cancelled, and ends it well: too late."""
        bare, _ = self.scene("cancel-too-late")
        self.assertIn("value: ruled\n", bare)
        for env in (self.server.env, self.tcp):
            out, calls = self.scene("cancel-too-late",
                                    f"pq.query fault hang {RULED}", env=env)
            self.assertTrue(out.startswith(
                "busy: 1\ncancel: 1\nresult: PGRES_FATAL_ERROR\n"
                "sqlstate: 57014\n"), out)
            self.assertNotIn("value: ruled\n", out)
            self.assertIn("status: OK\ntransaction: 0\n" + NEXT, out)
            self.assertEqual(calls["pq.query"]["canceled"], 1)
        # What would not have been held is the server's to decide.
        out, calls = self.scene("cancel-too-late",
                                f"pq.query fault error=40P01 {RULED}")
        self.assertIn("sqlstate: 40P01\n", out)

    def test_a_cancel_of_a_held_command_never_reaches_the_next_query(self):
        for env in (self.server.env, self.tcp):
            with self.subTest(env["PGHOST"]):
                out, calls = self.scene("cancel-elsewhere",
                                        f"pq.query fault hang {RULED}",
                                        env=env)
                self.assertEqual(out, "")
                self.assertEqual(calls["pq.query"]["canceled"], 100)

    def test_in_a_pipeline_only_the_first_command_is_held(self):
        bare, _ = self.scene("pipeline")
        out, calls = self.scene("pipeline", "pq.query fault delay=100ms")
        self.assertEqual(out, bare)
        # The second and the third of it; the one after it is alone again.
        self.assertEqual(self.ruled[0]["unable"], 2)
        self.assertEqual(calls["pq.query"]["failed"], 0)

    def test_a_wait_sleeps(self):
        rule = f"pq.query fault delay=500ms {RULED}"
        for env, most in ((self.server.env, 5), (self.tcp, 0.1)):
            out, _ = self.scene("cost", rule, env=env)
            times = dict(re.findall(r"(\w+): .*?processor ([\d.]+) s", out))
            for took in re.findall(r": ([\d.]+) s,", out):
                self.assertGreaterEqual(float(took), 0.5)
                self.assertLess(float(took), 5)
            self.assertLess(float(times["asleep"]), 0.1)
            # Only a TCP socket can be kept from being readable meanwhile.
            self.assertLess(float(times["polling"]), most)
            print("of 0.5 s kept back, a program that polls "
                  f"{env['PGHOST']} burns {times['polling']} s")

    def test_a_hung_command_of_a_program_that_polls_is_cancelled(self):
        for env in (self.server.env, self.tcp):
            out, calls = self.scene("cost", f"pq.query fault hang {RULED}",
                                    "pq.query timeout after=300ms", env=env)
            for took in re.findall(r": ([\d.]+) s,", out):
                self.assertLess(float(took), 5)
            self.assertEqual(calls["pq.query"]["canceled"], 2)

    def test_an_answer_that_is_larger_than_any_buffer_is_held(self):
        for env in (self.server.env, self.tcp):
            out, _ = self.scene("large", f"pq.query fault delay=300ms {RULED}",
                                env=env)
            self.assertEqual(out, "length: 40000005\nlate: 1\n" + NEXT)

    # --- What is wrong ----------------------------------------------------

    def test_rules_know_a_connection_s_host_database_and_user(self):
        for condition, fits in ((f"host={self.server.folder}", True),
                                ("dbname=postgres", True),
                                ("!user=postgres", False)):
            with self.subTest(condition):
                done, _ = self.run_with(
                    [f"pq.query fault error=40001 if {condition}"],
                    self.psql("select 'through'"))
                self.assertEqual("could not serialize" in done.stderr, fits)

    def test_what_cannot_be_is_refused(self):
        for rule, said in (
                ("pq.query fault short=1", "rows cannot be taken out"),
                ("pq.query fault error=deadlok_detected",
                 "deadlock_detected"),
                ("pq.query fault error=40001 at=begin", "40001"),
                ("pq.query fault if sq~x", '"sql"')):
            with self.subTest(rule):
                done = subprocess.run([BELAY, "run", "-p", rule, "--",
                                       "true"], capture_output=True,
                                      text=True, timeout=LIMIT_S)
                self.assertEqual(done.returncode, 125)
                self.assertIn(said, done.stderr)


if __name__ == "__main__":
    if not programs():
        print("skipped: there is no PostgreSQL server")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
