# SPDX-License-Identifier: MIT
"""What the tests share that run programs under rules."""

import json

from private import Command


class Ruled(Command):
    program = ""

    def rule_args(self, rules):
        """Of `belay run`: with what summary() reads."""
        return ["--strict", "--seed=1", "-j", self.path("summary"),
                *(arg for rule in rules for arg in ("-p", rule))]

    def summary(self):
        """Each rule's counts, and each operation's."""
        with open(self.path("summary"), encoding="utf-8") as file:
            summary = json.load(file)
        self.assertEqual({n for n in summary["lost"].values()}, {0})
        calls = {o["operation"]: o for o in summary["operations"]}
        rules, = summary["rules"]
        return rules["rules"], calls

    def run_ruled(self, rules, *command, status=0):
        """The program's end; then as summary()."""
        done = self.run_belay("run", *self.rule_args(rules), "--", *command,
                              cwd=self.folder)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stderr)
        return done, *self.summary()

    def lines(self, text):
        """Of what the program says, as dicts."""
        return [dict(word.split("=", 1) for word in line.split())
                for line in text.splitlines()]

    def victim(self, rules, *scene):
        """Its lines; then as summary()."""
        done, rules, calls = self.run_ruled(rules, self.program, *scene)
        return self.lines(done.stdout), rules, calls

    def said(self, lines, name):
        return [line[name] for line in lines if name in line]

    def times(self, lines, name):
        return [float(value) for value in self.said(lines, name)]
