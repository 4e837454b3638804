#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""psycopg 3 without its C part, which finds libpq's functions with dlsym().

    pq_dlsym_test.py BELAY VICTIMS_FOLDER

Against a PostgreSQL server of this test's own.
"""

import json
import os
import subprocess
import sys
import time
import unittest

from postgres import LIMIT_S, SKIPPED, Server, programs

BELAY, VICTIMS = (os.path.abspath(path) for path in sys.argv[1:3])
PYTHON = "/usr/bin/python3"  # the one that Debian's modules are for
NEXT = "[('next',)]"
# A blocked loop would be late by all of a delay of 600 ms.
LATE_S = 0.3


class Dlsym(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(tcp=True))
        cls.tcp = {**cls.server.env, "PGHOST": "127.0.0.1"}

    def run_with(self, rules, *command, env=None):
        """What it prints, and {operation: counts}."""
        path = os.path.join(self.server.folder, "summary")
        given = [word for rule in rules for word in ("-p", rule)]
        done = subprocess.run(
            [BELAY, "run", "--strict", "--seed=1", "--json", path, *given,
             "--", PYTHON, *command], capture_output=True, text=True,
            timeout=LIMIT_S, env=env or self.server.env,
            stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, encoding="utf-8") as file:
            summary = json.load(file)
        return done.stdout, {o["operation"]: o
                             for o in summary["operations"]}

    def victim(self, name):
        return os.path.join(VICTIMS, name)

    def script(self, text):
        path = os.path.join(self.server.folder, "script.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_debian_s_psycopg_goes_through_ctypes(self):
        """Or the others tell nothing of dlsym()."""
        done = subprocess.run(
            [PYTHON, "-c", "import psycopg; print(psycopg.pq.__impl__)"],
            capture_output=True, check=True, text=True, timeout=LIMIT_S)
        self.assertEqual(done.stdout, "python\n")

    def test_a_name_that_no_adapter_has_is_no_failure(self):
        script = self.script("""
import ctypes
error = ctypes.CDLL(None).dlerror
error.restype = ctypes.c_char_p
library = ctypes.CDLL("libpq.so.5")
for name in "PQhost", "PQexec":
    getattr(library, name)
    print(error())
""")
        self.assertEqual(self.run_with([], script)[0], "None\nNone\n")

    def test_without_rules_it_is_seen_and_says_the_same(self):
        for scene, queries, failed in (("sync", 10, 1), ("async", 5, 0)):
            command = [self.victim("psycopg3_scenes.py"), scene]
            bare = subprocess.run([PYTHON, *command], check=True, text=True,
                                  env=self.server.env, capture_output=True,
                                  timeout=LIMIT_S).stdout
            out, calls = self.run_with([], *command)
            self.assertEqual(out, bare)
            self.assertEqual(calls["pq.connect"]["calls"], 1)
            query = calls["pq.query"]
            self.assertGreaterEqual(query["calls"], queries)
            self.assertEqual(query["failed"], failed)
            self.assertEqual(query["in_flight"], 0)

    def test_a_query_that_takes_too_long_is_cancelled(self):
        script = self.script("""
import psycopg
with psycopg.connect("", autocommit=True) as connection:
    try:
        connection.execute("select pg_sleep(60)")
    except psycopg.Error as error:
        print(type(error).__name__, error.sqlstate, error.diag.sqlstate)
    print(connection.execute("select 'next'").fetchall())
""")
        for command in ([script], [self.victim("psycopg3_loop.py"),
                                   "select pg_sleep(60)"]):
            began = time.monotonic()
            out, calls = self.run_with(["pq.query timeout after=500ms"],
                                       *command)
            self.assertLess(time.monotonic() - began, 30)
            self.assertTrue(out.startswith("QueryCanceled 57014"), out)
            self.assertEqual(out.splitlines()[1], NEXT)
            self.assertEqual(calls["pq.query"]["canceled"], 1)
            self.assertEqual(calls["pq.query"]["in_flight"], 0)

    def test_a_chosen_error_is_raised_as_what_it_is(self):
        script = self.script("""
import psycopg
connection = psycopg.connect("", autocommit=True)
try:
    connection.execute("select 'ruled'")
except psycopg.Error as error:
    print(type(error).__name__, error.sqlstate, error.diag.message_primary)
print(connection.execute("select 'next'").fetchall())
""")
        for error, said in (
                ("serialization_failure", "SerializationFailure 40001 could "
                 f"not serialize access due to concurrent update\n{NEXT}\n"),
                ("deadlock_detected", "DeadlockDetected 40P01 deadlock "
                 f"detected\n{NEXT}\n"),
                ("53100", "DiskFull 53100 could not extend file: No space "
                 f"left on device\n{NEXT}\n")):
            with self.subTest(error):
                out, calls = self.run_with(
                    [f"pq.query fault error={error} if sql~'*ruled*'"],
                    script)
                self.assertEqual(out, said)
                self.assertEqual(calls["pq.query"]["failed"], 1)

    def test_a_connection_is_lost(self):
        script = self.script("""
import psycopg
connection = psycopg.connect("", autocommit=True)
try:
    connection.execute("select 'ruled'")
except psycopg.DatabaseError as error:
    print(error.sqlstate, "closed the connection" in str(error))
print(connection.broken)
""")
        out, _ = self.run_with(["pq.query fault error=server"], script)
        self.assertEqual(out, "None True\nTrue\n")

    def test_a_connection_fails(self):
        script = self.script("""
import psycopg
try:
    psycopg.connect("")
except psycopg.Error as error:
    print(type(error).__name__, "too many clients" in str(error))
""")
        out, calls = self.run_with(
            ["pq.connect fault error=too_many_connections"], script)
        self.assertEqual(out, "OperationalError True\n")
        self.assertEqual(calls["pq.connect"]["failed"], 1)

    def test_a_loop_of_asyncio_is_never_blocked(self):
        ruled = " if sql~'*42*'"
        for rules, said, least in (
                (["pq.query fault delay=600ms" + ruled], "[(42,)]", 0.6),
                (["pq.query fault hang" + ruled,
                  "pq.query timeout after=600ms"],
                 "QueryCanceled 57014", 0.6),
                (["pq.connect fault delay=600ms"], "[(42,)]", 0),
                (["pq.query fault delay=600ms error=40001" + ruled],
                 "SerializationFailure 40001", 0.6)):
            for env in (self.server.env, self.tcp):
                with self.subTest(rules, host=env["PGHOST"]):
                    out, _ = self.run_with(
                        rules, self.victim("psycopg3_loop.py"), "select 42",
                        env=env)
                    got, after, took, late = out.splitlines()
                    self.assertEqual((got, after), (said, NEXT))
                    self.assertGreaterEqual(float(took), least)
                    self.assertLess(float(late), LATE_S)


if __name__ == "__main__":
    if not programs():
        print("skipped: there is no PostgreSQL server")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
