#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The call object of docs/examples, alone and under `belay trace`.

    example_test.py CALL_OBJECT BELAY
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

CALL_OBJECT, BELAY = (os.path.abspath(path) for path in sys.argv[1:3])
SAYS = """\
Begin_         0x00000000
second Begin_  0x80010115
query cancel   0x00000000
Cancel         0x00000000
the late answer was ignored
Finish_        0x00000000
its status     0x80010002
"""
PENDING = 0x80010115 - (1 << 32)
CANCELED = 0x80010002 - (1 << 32)
EVENT = re.compile(r"\bbelay:(\w+): (.*)")
FIELD = re.compile(r'\b(\w+) = (\( "([\w-]+)"[^)]*\)|"[^"]*"|\[ .*? \]|'
                   r'[-\w.]+)')


def fields_of(text):
    """The fields of one event; of an enumeration its label."""
    return {name: label or value.strip('"')
            for name, value, label in FIELD.findall(text)}


class Example(unittest.TestCase):
    def run_it(self, *command):
        done = subprocess.run([*command, CALL_OBJECT], timeout=120,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, SAYS)
        return done

    def test_it_says_what_happens_to_its_call(self):
        self.assertEqual(self.run_it().stderr, "")

    def test_a_rule_that_is_set_by_hand_makes_its_begin_fail(self):
        interposer = os.path.join(os.path.dirname(BELAY), "..", "interpose",
                                  "libbelay-interpose.so")
        with tempfile.NamedTemporaryFile("w", suffix=".rules") as rules:
            rules.write("sheep.count fault error=0x80004005 at=begin force\n")
            rules.flush()
            done = subprocess.run(
                [CALL_OBJECT], timeout=120, capture_output=True, text=True,
                check=False, env={**os.environ, "LD_PRELOAD": interposer,
                                  "BELAY_RULES": rules.name})
        self.assertEqual((done.stdout, done.returncode),
                         ("Begin_         0x80004005\n", 1), done.stderr)

    def traced_events(self):
        """(event, fields) of its own calls, in the order of the trace."""
        with tempfile.TemporaryDirectory(prefix="belay-example.") as folder:
            trace = os.path.join(folder, "trace")
            self.run_it(BELAY, "trace", "-o", trace, "--")
            text = subprocess.run(["babeltrace2", trace], timeout=60,
                                  capture_output=True, text=True,
                                  check=True).stdout
        events = [(name, fields_of(fields))
                  for name, fields in EVENT.findall(text)]
        return [(name, fields) for name, fields in events
                if name in ("begin", "refuse", "cancel", "complete", "finish",
                            "policy", "violation")]

    def test_each_verb_but_the_query_is_an_event(self):
        events = self.traced_events()
        self.assertEqual([name for name, _ in events],
                         ["begin", "refuse", "cancel", "finish"])
        begin, refuse, cancel, finish = (fields for _, fields in events)

        # One call: the refused Begin names the one that is in progress.
        self.assertEqual(len({fields["id"] for _, fields in events}), 1)
        self.assertNotEqual(int(begin["id"]), 0)
        self.assertEqual(begin["operation"], "sheep.count")
        self.assertEqual(begin["args"], "[ [0] = 1000000 ]")
        self.assertEqual((refuse["operation"], refuse["reason"]),
                         ("sheep.count", "pending"))
        self.assertEqual(int(refuse["status"]), PENDING)
        self.assertEqual((cancel["by"], cancel["answer"]),
                         ("application", "canceled"))
        self.assertEqual(int(cancel["status"]), 0)
        self.assertEqual(finish["outcome"], "canceled")
        self.assertEqual(int(finish["status"]), CANCELED)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
