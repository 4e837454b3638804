#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A thread cancels the call that another one waits for in Finish.

    cancel_race_test.py CANCELLER BELAY
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

CANCELLER, BELAY = (os.path.abspath(path) for path in sys.argv[1:3])
ROUNDS = 3000
EVENT = re.compile(r"\bbelay:(\w+): .*?\bid = (\d+)")


class CancelRace(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="belay-cancel.")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_each_cancel_is_recorded_before_the_finish_that_it_caused(self):
        trace = os.path.join(self.folder, "trace")
        done = subprocess.run(
            [BELAY, "trace", "-o", trace, "--", CANCELLER, str(ROUNDS)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = subprocess.run(["babeltrace2", trace], capture_output=True,
                              text=True, timeout=120, check=True).stdout
        calls = {}
        for name, call in EVENT.findall(text):
            calls.setdefault(int(call), []).append(name)
        self.assertEqual(len(calls), ROUNDS)
        for call, names in calls.items():
            self.assertEqual(names, ["begin", "cancel", "finish"], call)

    def test_no_call_is_left_in_flight(self):
        summary = os.path.join(self.folder, "summary.json")
        with subprocess.Popen(
                [BELAY, "run", "--json=" + summary, "--", CANCELLER,
                 str(ROUNDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True) as belay:
            try:
                self.assertEqual(belay.stdout.readline(), "finished\n")
                shown = subprocess.run([BELAY, "ps"], capture_output=True,
                                       text=True, timeout=60,
                                       check=True).stdout
                self.assertNotIn("canceller", shown)
                belay.stdin.close()
                self.assertEqual(belay.wait(60), 0)
            finally:
                belay.kill()
        with open(summary, encoding="utf-8") as file:
            work, = json.load(file)["operations"]
        self.assertEqual(
            [work[key] for key in ("operation", "calls", "cancels", "canceled",
                                   "finished", "in_flight")],
            ["test.work", ROUNDS, ROUNDS, ROUNDS, ROUNDS, 0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
