#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/rules.md is right about the grammar, and leaves nothing of it out; nor
does the manual page of the keys.

    rules_document_test.py BELAY SOURCE_ROOT

What there is, `belay` says itself: in its lists, and in its messages about rules
that are wrong. Every rule in a fence of the language `rules` is accepted.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

BELAY, ROOT = (os.path.abspath(path) for path in sys.argv[1:3])
PAGE = os.path.join(ROOT, "docs", "rules.md")
FENCE = re.compile(r"^```rules\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# Where each limit stands, and its name there.
LIMITS = (
    ("interpose/include/belay/table.h", "BELAY_RULES_MAX"),
    ("interpose/include/belay/rules.h", "BELAY_RULE_ARGUMENTS"),
    ("interpose/include/belay/rules.h", "BELAY_RULE_CONDITIONS"),
    ("interpose/decisions.h", "BELAYI_FIRED_MAX"),
    ("interpose/rules.c", "LINE_MAX_BYTES"),
    ("interpose/sites.c", "SITES"),
)


def belay(*arguments):
    return subprocess.run([BELAY, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = read(PAGE)
        # What stands between backticks outside of fences, and the words in it.
        prose = re.sub(r"^```.*?^```", "", cls.text, flags=re.DOTALL | re.M)
        cls.code = re.findall(r"`([^`\n]+)`", prose)
        cls.words = set(re.findall(r"[\w-]+", " ".join(cls.code)))

    def said_of(self, rule, pattern):
        """The words that the message about a wrong rule lists."""
        said = belay("run", "-n", "-p", rule).stderr
        match = re.search(pattern, said)
        self.assertTrue(match, said)
        return match[1].replace(",", " ").split()

    def assert_named(self, words, at_least):
        self.assertGreaterEqual(len(words), at_least, words)
        self.assertEqual([], sorted(set(words) - self.words))

    def test_every_example_is_a_rule(self):
        fences = FENCE.findall(self.text)
        self.assertGreaterEqual(len(fences), 5)
        for rules in fences:
            with tempfile.NamedTemporaryFile("w", suffix=".rules") as file:
                file.write(rules)
                file.flush()
                done = belay("run", "-n", "-P", file.name)
            self.assertEqual((done.stderr, done.returncode), ("", 0))
            shown = re.findall(r"^ +\d+  ", done.stdout, re.MULTILINE)
            self.assertEqual(len(shown), len(rules.splitlines()), rules)

    @staticmethod
    def arguments():
        shown = belay("policies", "-v").stdout.split("How values")[0]
        return re.findall(r"^  ([a-z-]+)(?:$|[ =\[])", shown, re.MULTILINE)

    def test_every_argument_of_every_policy_is_told(self):
        self.assertIn("after", self.arguments())
        self.assert_named(self.arguments(), 11)

    def test_the_manual_page_has_every_key(self):
        page = re.findall(r"[\w-]+", re.sub(r"\\[&-]", "", read(
            "docs/man/belay-rules.5")))
        for keys in (self.arguments(),
                     self.said_of("aio.read fault when none",
                                  r"; there are (.*)\n")):
            self.assertEqual([], sorted(set(keys) - set(page)))

    def test_every_policy_has_a_chapter(self):
        names = re.findall(r"^(\w+) - ", belay("policies").stdout,
                           re.MULTILINE)
        self.assertIn("timeout", names)
        for name in names:
            self.assertRegex(self.text, rf"(?m)^## {name}: ")

    def test_every_trigger_is_told(self):
        self.assert_named(self.said_of("aio.read fault when none",
                                       r"; there are (.*)\n"), 8)

    def test_every_scope_is_told(self):
        scopes = self.said_of("aio.read fault when once per=none",
                              r"is none of (.*); write")
        self.assertGreaterEqual(len(scopes), 4)
        for scope in scopes:
            self.assertIn(f"per={scope}", self.code)

    def test_every_condition_is_told(self):
        for call in ("aio.read", "pq.query"):
            self.assert_named(self.said_of(f"{call} fault if none=1",
                                           r"; there are (.*)\n"), 8)

    def test_every_relation_is_told(self):
        relations = re.findall(r'^\tX\(\w+, "([=~<>]+)"\)',
                               read("interpose/include/belay/rules.h"),
                               re.MULTILINE)
        self.assertEqual(len(relations), 6)
        grammar = re.search(r"^    relation +=(.*)$", self.text, re.M)[1]
        for relation in relations:
            self.assertIn(f'"{relation}"', grammar)

    def test_every_unit_is_told(self):
        times = self.said_of("aio.read timeout after=1x",
                             r"is none of (.*); write")
        sizes = self.said_of("aio.read fault short=1x",
                             r"is none of (.*); write")
        sizes = [word for word in sizes if re.fullmatch(r"[kKMGTiB]+", word)]
        self.assertGreaterEqual(len(sizes), 12)
        self.assert_named(times + sizes, 18)

    def test_every_fault_of_an_operation_is_told(self):
        found = re.findall(r"^ +faults: +(.+)$", belay("apis", "-v").stdout,
                           re.MULTILINE)
        self.assert_named(sorted(set(" ".join(found).split())), 4)

    def test_every_limit_is_told(self):
        limits = re.search(r"^## Limits\n(.*)", self.text, re.DOTALL | re.M)[1]
        for file, name in LIMITS:
            value = re.search(rf"^#define {name} (\d+)", read(file), re.M)[1]
            self.assertRegex(limits, rf"\b{value}\b", name)

    def test_options_that_rules_need_are_told(self):
        for option in ("-n", "-p", "-P", "--seed", "--record", "--replay"):
            self.assertIn(option, self.text)
            self.assertIn(option, belay("run", "--help").stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
