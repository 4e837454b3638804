#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything that the libpq adapter says it can do to a call, done once.

    pq_faults_test.py BELAY VICTIM

The table is what `belay apis -v` prints. Every operation is tried as a
function that waits and as one that sends. Cancels of PostgreSQL 17 are tried
with a library that has them.
"""

import json
import os
import re
import subprocess
import sys
import unittest

from postgres import LIMIT_S, SKIPPED, Server, programs

BELAY, VICTIM = (os.path.abspath(path) for path in sys.argv[1:3])
LOST = "server closed the connection unexpectedly"
LOSING = {"08006", "57P01", "57P02"}  # these take the connection along
CODE = re.compile(r"[0-9A-Z]{5}$")
COMMAND = "if !sql~'*unruled*' "


def operations():
    """{operation: {what: words}}, as the adapter lists it."""
    text = subprocess.run([BELAY, "apis", "--verbose", "pq"], check=True,
                          text=True, stdout=subprocess.PIPE,
                          timeout=LIMIT_S).stdout
    found, now = {}, None
    for line in text.splitlines():
        name = re.match(r"  pq\.(\w+)$", line)
        if name:
            now = found.setdefault(name[1], {})
        elif now is not None and ":" in line:
            what, words = line.split(":", 1)
            now[what.strip()] = words.split()
    return found


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.table = operations()

    def run_with(self, what, *rules):
        """What it prints as {line's name: [text]}, and the operations."""
        path = os.path.join(self.server.folder, "summary")
        given = [word for rule in rules for word in ("-p", rule)]
        done = subprocess.run(
            [BELAY, "run", "--strict", "--seed=1", "--json", path, *given,
             "--", VICTIM, what], capture_output=True, text=True,
            timeout=LIMIT_S, env=self.server.env, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = {}
        for line in done.stdout.splitlines():
            name, _, text = line.partition(": ")
            said.setdefault(name, []).append(text)
        with open(path, encoding="utf-8") as file:
            summary = json.load(file)
        return said, {o["operation"][3:]: o for o in summary["operations"]}

    def rule(self, operation, fault):
        """On the commands that the scene is about."""
        takes_sql = "sql:text" in self.table[operation]["arguments"]
        return (f"pq.{operation} fault {fault} " +
                (COMMAND if takes_sql else ""))

    def commands(self):
        return [name for name in self.table if name != "connect"]

    def test_the_table_is_whole(self):
        self.assertEqual(set(self.table), {"connect", "query", "prepare",
                                           "describe", "close"})
        for name, words in self.table.items():
            self.assertEqual(words["faults"],
                             ["fail-begin", "fail-finish", "hold"], name)
            self.assertIn("(rows", words["no faults"])
            self.assertIn("pipeline", words["no faults"])

    def test_without_a_rule_each_works(self):
        for name in self.table:
            with self.subTest(name):
                said, calls = self.run_with(name)
                if name == "connect":
                    self.assertEqual(said["waited"] + said["sent"],
                                     ["OK: "] * 2)
                else:
                    self.assertEqual(said["waited"] + said["sent"] +
                                     said["next"], ["ok"] * 4)
                self.assertEqual(calls[name]["failed"], 0)

    def test_every_error_at_the_end_of_a_command(self):
        for name in self.commands():
            errors = self.table[name]["errors"]
            self.assertGreaterEqual(len(errors), 13)
            for error in filter(CODE.match, errors):
                with self.subTest(name, error=error):
                    said, calls = self.run_with(
                        name, self.rule(name, "error=" + error))
                    # What libpq says of a lost connection has no code.
                    code = "none" if error == "08006" else error
                    self.assertEqual(said["waited"] + said["sent"],
                                     [code] * 2)
                    if error in LOSING:
                        self.assertEqual([t[:3] for t in said["then"]],
                                         ["BAD"] * 2)
                    else:
                        self.assertEqual(said["next"], ["ok"] * 2)
                    self.assertEqual(
                        calls[name]["failed"] + calls[name]["canceled"], 2)
                    self.assertEqual(calls[name]["in_flight"], 0)

    def test_names_stand_for_their_codes(self):
        for name, words in self.table.items():
            pairs = [(word, code) for word, code
                     in zip(words["errors"], words["errors"][1:])
                     if CODE.match(code) and not CODE.match(word)]
            self.assertGreaterEqual(len(pairs), 6, name)
            word, code = pairs[-1]
            with self.subTest(name, error=word):
                self.assertEqual(
                    self.run_with(name, self.rule(name, "error=" + word))[0],
                    self.run_with(name, self.rule(name, "error=" + code))[0])

    def test_every_error_at_the_begin_of_a_command(self):
        for name in self.commands():
            for error in self.table[name]["at begin"]:
                with self.subTest(name, error=error):
                    said, calls = self.run_with(
                        name, self.rule(name, f"error={error} at=begin"))
                    self.assertEqual(said["waited"], ["no result"])
                    self.assertEqual(said["sent"], ["not"])
                    self.assertEqual(calls[name]["refused"], 2)
                    if error in ("out_of_memory", "53200"):
                        self.assertEqual(said["then"],
                                         ["OK: out of memory"] * 2)
                        self.assertEqual(said["next"], ["ok"] * 2)
                    else:
                        self.assertEqual(said["then"], ["BAD: " + LOST] * 2)

    def test_every_error_of_a_connection(self):
        words = self.table["connect"]
        for at, errors in (("finish", words["errors"]),
                           ("begin", words["at begin"])):
            for error in errors:
                with self.subTest(error, at=at):
                    said, calls = self.run_with(
                        "connect",
                        self.rule("connect", f"error={error} at={at}"))
                    self.assertEqual(said["waited"], said["sent"])
                    self.assertRegex(said["waited"][0], "^BAD: ..")
                    connect = calls["connect"]
                    self.assertEqual(connect["failed"] + connect["refused"],
                                     2)

    def test_every_operation_is_held(self):
        for name in self.table:
            with self.subTest(name):
                said, calls = self.run_with(name,
                                            self.rule(name, "delay=120ms"))
                bare, _ = self.run_with(name)
                self.assertEqual(said, bare)
                self.assertGreaterEqual(calls[name]["latency_ns"]["max"],
                                        120_000_000)

    def test_every_operation_hangs_until_it_is_cancelled(self):
        for name in self.table:
            with self.subTest(name):
                said, calls = self.run_with(
                    name, self.rule(name, "hang"),
                    self.rule(name, "").replace("fault",
                                                "timeout after=150ms"))
                if name == "connect":
                    self.assertEqual(said["waited"] + said["sent"],
                                     ["BAD: timeout expired"] * 2)
                else:
                    self.assertEqual(said["waited"] + said["sent"],
                                     ["57014"] * 2)
                    self.assertEqual(said["next"], ["ok"] * 2)
                self.assertEqual(calls[name]["canceled"], 2)

    def test_a_time_out_that_comes_at_once_is_not_lost(self):
        """The server may be done before it is told: but none hangs."""
        for name in self.commands():
            with self.subTest(name):
                said, calls = self.run_with(
                    name, self.rule(name, "hang"),
                    self.rule(name, "").replace("fault", "timeout after=1ns"))
                self.assertLessEqual(set(said["waited"] + said["sent"]),
                                     {"57014", "ok"})
                self.assertEqual(said["next"], ["ok"] * 2)
                self.assertEqual(calls[name]["cancels"], 2)

    # --- PostgreSQL 17's cancels ------------------------------------------

    def test_cancels_of_17_reach_the_server(self):
        for way in ("blocking", "polling"):
            with self.subTest(way):
                said, calls = self.run_with(way)
                self.assertEqual(said["told"], ["1"])
                self.assertEqual(said["ended"], ["57014"])
                self.assertEqual(said["next"], ["ok"])
                self.assertEqual(calls["query"]["cancels"], 1)
                self.assertEqual(calls["query"]["canceled"], 1)

    def test_cancels_of_17_end_a_hold(self):
        for way in ("blocking-held", "polling-held"):
            with self.subTest(way):
                said, calls = self.run_with(
                    way, self.rule("query", "hang"))
                self.assertEqual(said["busy"], ["1"])
                self.assertEqual(said["told"], ["1"])
                self.assertEqual(said["ended"], ["57014"])
                self.assertEqual(said["next"], ["ok"])
                self.assertEqual(calls["query"]["canceled"], 1)

    def test_cancels_of_17_are_refused(self):
        for way, fault in (("blocking", "refuse-cancel"),
                           ("polling", "refuse-cancel"),
                           ("blocking-held", "drop"),
                           ("polling-held", "drop")):
            with self.subTest(way, fault=fault):
                said, calls = self.run_with(way, "pq.query fault " + fault)
                self.assertEqual(said["told"], ["0"])
                self.assertEqual(calls["query"]["cancels"], 1)
                self.assertEqual(calls["query"]["canceled"], 0)


if __name__ == "__main__":
    if not programs():
        print("skipped: there is no PostgreSQL server")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
