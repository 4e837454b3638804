#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a trace says of the AIO victim: each call's events, in their order.

    aio_trace_test.py BELAY VICTIM
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BELAY, VICTIM = (os.path.abspath(path) for path in sys.argv[1:3])
TIMEOUT_S = 120
EVENT = re.compile(r"belay:(begin|refuse|cancel|complete|finish): (.*)")
NUMBER = re.compile(r"\b(id|key|status|result) = (-?\w+)")
WORD = re.compile(r'\b(operation|by|answer|outcome|reason) = (?:\( )?"([^"]*)"')


def fields(text):
    found = {name: int(value, 0) for name, value in NUMBER.findall(text)}
    found.update(WORD.findall(text))
    return found


class Trace(unittest.TestCase):
    def trace(self, scene):
        """What the victim says, and each call's [(event, fields)...]."""
        folder = tempfile.mkdtemp(prefix="belay-test-")
        self.addCleanup(shutil.rmtree, folder)
        done = subprocess.run([BELAY, "trace", "-o", folder + "/trace", "--",
                               VICTIM, scene], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True,
                              timeout=TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = {name: int(value, 0) for name, value in
                re.findall(r"(\w+)=(0x\w+)", done.stdout)}
        text = subprocess.run(["babeltrace2", folder + "/trace"], check=True,
                              stdout=subprocess.PIPE, text=True,
                              timeout=TIMEOUT_S).stdout
        calls = collections.defaultdict(list)
        for event, rest in EVENT.findall(text):
            found = fields(rest)
            calls[found["id"]].append((event, found))
        return said, calls

    def assert_complete(self, calls, unfinished=0):
        """Each begins once, first, and ends once, last, but for some."""
        open_calls = 0
        for events in calls.values():
            names = [name for name, _ in events]
            self.assertEqual(names[0], "begin")
            self.assertEqual(names.count("begin"), 1)
            ends = names.count("finish") + names.count("refuse")
            open_calls += ends == 0
            if ends:
                self.assertEqual(ends, 1)
                self.assertIn(names[-1], ("finish", "refuse"))
        self.assertEqual(open_calls, unfinished)

    def of_key(self, calls, key):
        """The last call of a control block."""
        found = [events for events in calls.values()
                 if events[0][1]["key"] == key]
        self.assertTrue(found)
        return found[-1]

    def short(self, events):
        return [name + ":" + (found.get("answer") or found.get("outcome") or
                              found.get("reason"))
                for name, found in events[1:]]

    def test_a_cancel_is_an_event_of_each_call_that_it_reached(self):
        said, calls = self.trace("cancel")
        self.assert_complete(calls)
        self.assertEqual(self.short(self.of_key(calls, said["key1"])),
                         ["cancel:canceled", "finish:canceled"])
        self.assertEqual(self.short(self.of_key(calls, said["key2"])),
                         ["cancel:canceled", "finish:canceled"])
        self.assertEqual(self.short(self.of_key(calls, said["key3"])),
                         ["cancel:error", "finish:succeeded"])
        # It ran: how often it was asked until then is a matter of time.
        events = self.short(self.of_key(calls, said["key0"]))
        while events[1] == events[0]:
            events.pop(0)
        self.assertEqual(events, ["cancel:not-canceled",
                                  "complete:succeeded", "cancel:complete",
                                  "cancel:error", "finish:succeeded"])
        for events in calls.values():
            for name, found in events:
                if name == "cancel":
                    self.assertEqual(found["by"], "application")

    def test_each_element_of_a_list_has_its_own_events(self):
        _, calls = self.trace("lists")
        # The one that a second Begin on its block left behind.
        self.assert_complete(calls, unfinished=1)
        ends = collections.Counter(
            events[0][1]["operation"] + " " + self.short(events)[-1]
            for events in calls.values() if len(events) > 1)
        self.assertEqual(ends["aio.read refuse:api"], 1)
        self.assertEqual(ends["aio.other finish:failed"], 1)
        self.assertEqual(ends["aio.write finish:succeeded"], 1)
        self.assertEqual(ends["aio.read finish:succeeded"], 5)

    def test_a_call_that_was_never_collected_says_so(self):
        _, calls = self.trace("reuse")
        self.assert_complete(calls)
        ends = collections.Counter(self.short(events)[-1]
                                   for events in calls.values())
        self.assertEqual(ends, {"finish:uncollected": 3,
                                "finish:succeeded": 1})

    def test_notified_calls_lose_no_event(self):
        _, calls = self.trace("notified")
        self.assert_complete(calls)
        self.assertEqual(len(calls), 100)

    def test_threads_lose_no_event(self):
        _, calls = self.trace("threads")
        self.assert_complete(calls)
        self.assertEqual(len(calls), 2000)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
