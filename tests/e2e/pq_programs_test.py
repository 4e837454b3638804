#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that use libpq do the same under Belay, and it counts right.

    pq_programs_test.py BELAY VICTIM VICTIMS_FOLDER

Against a PostgreSQL server of this test's own. Without a rule, what a program
prints and how it ends is what it prints and how it ends without Belay.
"""

import json
import os
import re
import signal
import subprocess
import sys
import unittest

from postgres import LIMIT_S, SKIPPED, Server, programs

BELAY, VICTIM, VICTIMS = (os.path.abspath(path) for path in sys.argv[1:4])
PYTHON = "/usr/bin/python3"  # the one that Debian's modules are for

# Of one scene of the victim: calls, refused, cancels, failed, cancelled,
# uncollected, rows. All that is not refused is finished.
SCENES = {
    "connecting": {"pq.connect": (11, 1, 0, 2, 0, 0, 0)},
    "commands": {"pq.connect": (1, 0, 0, 0, 0, 0, 0),
                 "pq.query": (11, 0, 0, 1, 0, 0, 15),
                 "pq.prepare": (1, 0, 0, 0, 0, 0, 0),
                 "pq.describe": (3, 0, 0, 1, 0, 0, 0)},
    "sent": {"pq.connect": (1, 0, 0, 0, 0, 0, 0),
             "pq.query": (5, 1, 0, 0, 0, 0, 8),
             "pq.prepare": (1, 0, 0, 0, 0, 0, 0),
             "pq.describe": (2, 0, 0, 1, 0, 0, 0)},
    "careless": {"pq.connect": (2, 0, 0, 0, 0, 0, 0),
                 "pq.query": (7, 0, 0, 1, 0, 1, 5),
                 "pq.describe": (1, 0, 0, 1, 0, 0, 0)},
    "copying": {"pq.connect": (1, 0, 0, 0, 0, 0, 0),
                "pq.query": (5, 0, 0, 0, 1, 0, 5)},
    "pipeline": {"pq.connect": (1, 0, 0, 0, 0, 0, 0),
                 "pq.query": (8, 0, 0, 3, 0, 0, 5)},
    "canceling": {"pq.connect": (1, 0, 0, 0, 0, 0, 0),
                  "pq.query": (2, 0, 2, 0, 2, 0, 0)},
    "lost": {"pq.connect": (2, 0, 0, 0, 0, 0, 0),
             "pq.query": (3, 1, 0, 2, 0, 0, 0)},
}
COUNTS = ("calls", "refused", "cancels", "failed", "canceled", "uncollected",
          "bytes")

PSQL = r"""
create table words (n int primary key, word text);
insert into words select g, 'word ' || g from generate_series(1, 100) g;
\copy (select * from words where n <= 3) to stdout
copy words from stdin csv;
101,from stdin
102,too
\.
select count(*) from words;
\set FETCH_COUNT 7
select n from words where n <= 20;
\unset FETCH_COUNT
select 1 as a, 2 as b \gdesc
prepare q as select word from words where n = $1;
execute q(5);
select 1 \; select 2 \; select 3;
begin; insert into words values (1, 'again'); rollback;
select 1/0;
do $$ begin raise notice 'noticed'; end $$;
listen channel; notify channel, 'payload'; select 'after';
\conninfo
drop table words;
\c -
select 'reconnected';
"""

PIPELINE = r"""
\startpipeline
select 1;
select 2;
select 3;
\endpipeline
"""


class Programs(unittest.TestCase):
    rules = ()

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())

    def run_bare(self, command, **more):
        more.setdefault("input", "")
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=LIMIT_S, env=self.server.env, **more)
        return done.returncode, done.stdout, done.stderr

    def watch(self, command, **more):
        """What it does under Belay, its operations, and the summary."""
        path = os.path.join(self.server.folder, "summary")
        given = [word for rule in self.rules for word in ("-p", rule)]
        done = self.run_bare([BELAY, "run", "--strict", "--json", path, *given,
                              "--", *command], **more)
        with open(path, encoding="utf-8") as file:
            summary = json.load(file)
        lost = {name: n for name, n in summary["lost"].items() if n}
        self.assertEqual(lost, {})
        calls = {o["operation"]: o for o in summary["operations"]}
        for name, o in calls.items():
            self.assertEqual(o["finished"] + o["refused"], o["calls"], name)
            self.assertEqual(o["in_flight"], 0, name)
        return done, calls

    def compare(self, command, same=lambda text: text, **more):
        """Runs it without and with Belay; returns the operations."""
        bare = self.run_bare(command, **more)
        done, calls = self.watch(command, **more)
        self.assertEqual(done[0], bare[0], done[2])
        self.assertEqual(same(done[1]), same(bare[1]))
        # The program's own lines, which come before the summary.
        ours = done[2].split("belay: ")[0]
        self.assertEqual(same(ours), same(bare[2]))
        return calls

    def psql(self, *arguments):
        return [self.server.program("psql"), "-X", *arguments]

    def pgbench(self, *arguments):
        return [self.server.program("pgbench"), "-n", *arguments]

    def test_every_way_to_use_libpq_gives_the_same_answers(self):
        for scene, expected in SCENES.items():
            with self.subTest(scene):
                # The number of a server's process differs from run to run.
                calls = self.compare([VICTIM, scene])
                self.assertEqual(
                    {name: tuple(o[what] for what in COUNTS)
                     for name, o in calls.items()}, expected)

    def test_psql_runs_a_script(self):
        def same(text):
            return re.sub(r"PID \d+", "PID", text)
        calls = self.compare(self.psql("-a"), same=same, input=PSQL)
        self.assertEqual(calls["pq.connect"]["calls"], 2)
        self.assertEqual(calls["pq.query"]["failed"], 2)
        self.assertEqual(calls["pq.query"]["canceled"], 0)
        self.assertEqual(calls["pq.describe"]["calls"], 1)

    def test_psql_is_interrupted(self):
        """Its signal handler calls PQcancel in the middle of PQgetResult."""
        trace = self.server.folder + "/interrupted"
        command = self.psql("-c", "select pg_sleep(61)")
        process = subprocess.Popen(
            [BELAY, "trace", "--strict", "-o", trace, "--", *command],
            env=self.server.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        try:
            self.server.wait_for_query("select pg_sleep(61)%")
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
            _, stderr = process.communicate(timeout=LIMIT_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        self.assertIn("ERROR:  canceling statement due to user request",
                      stderr)
        text = subprocess.run(["babeltrace2", trace], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=LIMIT_S).stdout
        events = re.findall(r'belay:(cancel|finish): .*?(?:answer|outcome) ='
                            r' \( "([\w-]+)"', text)
        # Both belay and the terminal's group pass it on: it comes twice.
        at = events.index(("cancel", "asked"))
        while events[at] == ("cancel", "asked"):
            at += 1
        self.assertEqual(events[at], ("finish", "canceled"))

    def test_pgbench_in_every_protocol(self):
        self.run_bare(self.pgbench("-i", "-q"))
        for protocol in ("simple", "extended", "prepared"):
            with self.subTest(protocol):
                done, calls = self.watch(self.pgbench(
                    "-c", "2", "-j", "2", "-t", "20", "-M", protocol))
                self.assertEqual(done[0], 0, done[2])
                self.assertIn("processed: 40/40", done[1])
                # Seven statements a transaction, and one that it starts with.
                self.assertGreaterEqual(calls["pq.query"]["calls"], 280)
                self.assertEqual(calls["pq.query"]["failed"], 0)

    def test_pgbench_with_a_pipeline(self):
        script = os.path.join(self.server.folder, "pipeline.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write(PIPELINE)
        done, calls = self.watch(self.pgbench("-f", script, "-t", "30", "-M",
                                              "extended"))
        self.assertEqual(done[0], 0, done[2])
        self.assertIn("processed: 30/30", done[1])
        self.assertGreaterEqual(calls["pq.query"]["calls"], 90)
        self.assertEqual(calls["pq.query"]["failed"], 0)

    def test_vacuumdb_with_two_jobs(self):
        calls = self.compare([self.server.program("vacuumdb"), "-j", "2",
                              "postgres"])
        self.assertGreater(calls["pq.query"]["calls"], 20)
        self.assertGreaterEqual(calls["pq.connect"]["calls"], 2)

    def test_pg_isready_makes_no_call_that_stays(self):
        calls = self.compare([self.server.program("pg_isready")])
        self.assertEqual(calls["pq.connect"]["calls"], 1)

    def test_psycopg2(self):
        script = os.path.join(VICTIMS, "psycopg2_scenes.py")
        calls = self.compare([PYTHON, script, "sync"])
        self.assertEqual(calls["pq.connect"]["failed"], 1)
        self.assertEqual(calls["pq.query"]["failed"], 1)
        calls = self.compare([PYTHON, script, "async"])
        self.assertEqual(calls["pq.query"]["calls"], 3)
        self.assertEqual(calls["pq.query"]["failed"], 1)
        calls = self.compare([PYTHON, script, "cancel"])
        self.assertEqual(calls["pq.query"]["cancels"], 1)
        self.assertEqual(calls["pq.query"]["canceled"], 1)

    def test_psycopg3(self):
        script = os.path.join(VICTIMS, "psycopg3_scenes.py")
        for scene in ("sync", "async"):
            self.compare([PYTHON, script, scene])

    def test_rules_that_never_act_change_nothing(self):
        """One arms a deadline at each call, two never fit."""
        self.rules = ("pq.* timeout after=1h",
                      "pq.query fault error=server if sql~'nowhere'",
                      "pq.connect fault hang if dbname=nowhere")
        self.test_every_way_to_use_libpq_gives_the_same_answers()
        self.test_psql_runs_a_script()
        self.test_psycopg2()
        self.test_pgbench_with_a_pipeline()

    def test_a_server_that_goes_away(self):
        command = self.psql("-c", "select pg_terminate_backend("
                            "pg_backend_pid())", "-c", "select 1")
        self.compare(command, same=lambda text: re.sub(r"\s+", " ", text))


if __name__ == "__main__":
    if not programs():
        print("skipped: there is no PostgreSQL server")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
