#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many calls, many threads, small tables: nothing is lost, nothing is wrong.

    stress_test.py BUILD
"""

import os
import subprocess
import sys
import unittest

from lttng_session import Daemon, Folder, as_nobody
from null_session import NullSession

BUILD = os.path.abspath(sys.argv[1])
STRESS = os.path.join(BUILD, "tests", "bench", "null_stress")


def turned_down(calls, in_flight):
    """How many Begins null_stress has refused, each thread."""
    return -(-calls // in_flight) // 7


class Stress(unittest.TestCase):
    def stress(self, threads, calls, in_flight=1, waves=1, **env):
        """Runs it; returns what was counted."""
        with NullSession(BUILD) as session:
            done = session.run([STRESS, str(threads), str(calls),
                                str(in_flight), str(waves)], **env)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stderr, "")
            return session.counters()

    def assert_exact(self, counters, calls, refused, polled):
        self.assertEqual(counters["null.call.calls"], calls + refused)
        self.assertEqual(counters["null.call.refused"], refused)
        self.assertEqual(counters["null.call.finished"], calls)
        self.assertEqual(counters["null.call.histogram"], calls)
        self.assertEqual(counters["null.call.failed"], 0)
        self.assertEqual(counters["null.call.uncollected"], 0)
        # The result is known at finish only; an outcome is chosen once.
        self.assertEqual(counters["null.call.bytes"], calls - polled)
        for name in ("calls", "operations", "modules", "double"):
            self.assertEqual(counters["lost." + name], 0, name)
        self.assertEqual(counters["processes"], 1)
        self.assertEqual(counters["tables"], 0)

    def test_two_threads_and_a_million_calls_are_counted_exactly(self):
        counters = self.stress(2, 500000, 10)
        self.assert_exact(counters, 1000000, 2 * turned_down(500000, 10),
                          500000)
        self.assertEqual(counters["lost.lanes"], 0)

    def test_a_magazine_moves_between_threads_without_loss(self):
        counters = self.stress(8, 50000, 400)
        self.assert_exact(counters, 400000, 8 * turned_down(50000, 400),
                          200000)

    def test_threads_without_a_lane_of_their_own_are_counted_exactly(self):
        counters = self.stress(200, 2000, 5)
        self.assert_exact(counters, 400000, 200 * turned_down(2000, 5),
                          240000)

    def test_ten_thousand_short_threads_are_counted_exactly(self):
        counters = self.stress(10, 20, 4, 1000)
        self.assert_exact(counters, 200000, 10000 * turned_down(20, 4),
                          100000)
        self.assertEqual(counters["lost.lanes"], 0)

    def test_a_full_table_is_counted_and_the_program_is_unharmed(self):
        # 63 slots for 100 calls at once: some pass through, none fails.
        counters = self.stress(1, 10000, 100, BELAY_CALLS="64")
        seen = counters["null.call.calls"]
        lost = counters["lost.calls"]
        self.assertGreater(lost, 0)
        # A refused Begin comes when nothing is in flight: it is always seen.
        self.assertEqual(counters["null.call.refused"],
                         turned_down(10000, 100))
        self.assertEqual(seen + lost, 10000 + turned_down(10000, 100))
        self.assertEqual(counters["null.call.finished"],
                         seen - counters["null.call.refused"])
        self.assertGreaterEqual(counters["null.call.finished"], 10000 * 0.5)

    def test_a_full_table_shared_by_threads_recovers(self):
        counters = self.stress(8, 10000, 50, BELAY_CALLS="64")
        refused = counters["null.call.refused"]
        self.assertEqual(counters["null.call.finished"] + refused,
                         counters["null.call.calls"])
        self.assertEqual(counters["null.call.calls"] + counters["lost.calls"],
                         8 * (10000 + turned_down(10000, 50)))

    def test_traced_every_begin_has_its_finish(self):
        threads, calls = 2, int(os.environ.get("STRESS_TRACED", "500000"))
        refused = threads * turned_down(calls, 10)
        with Folder() as folder, NullSession(BUILD) as session:
            with Daemon(folder) as daemon:
                trace = daemon.start(["belay:*"], "8M", 8, lossless=True)
                done = subprocess.run(
                    [STRESS, str(threads), str(calls), "10"], text=True,
                    capture_output=True, timeout=300,
                    env=dict(folder.env, **self.traced(session)))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(trace.stop(), 0)
            self.assert_exact(session.counters(), threads * calls, refused,
                              threads * calls // 2)
            counts = self.read_trace(trace.output, folder)
        self.assertEqual(counts["begin"], threads * calls + refused)
        self.assertEqual(counts["refuse"], refused)
        self.assertEqual(counts["finish"], threads * calls)
        # Every second call of a batch was polled when it was complete.
        self.assertEqual(counts["complete"], threads * calls // 2)

    @staticmethod
    def traced(session):
        env = session.env(BELAY_TRACE="1", LTTNG_UST_ALLOW_BLOCKING="1")
        return {name: env[name] for name in env
                if name.startswith(("BELAY", "LD_PRELOAD", "LTTNG_UST"))}

    def read_trace(self, output, folder):
        """Counts events, and matches each begin with its one end."""
        reader = subprocess.Popen(["babeltrace2", output], text=True,
                                  stdout=subprocess.PIPE, env=folder.env,
                                  stderr=subprocess.PIPE)
        counts, open_calls = {}, set()
        for line in reader.stdout:
            event = line.partition(" belay:")[2].partition(":")[0]
            call = line.partition(" id = ")[2].partition(",")[0]
            if not event or not call:
                continue
            counts[event] = counts.get(event, 0) + 1
            if event == "begin":
                self.assertNotIn(call, open_calls)
                open_calls.add(call)
            elif event in ("finish", "refuse"):
                self.assertIn(call, open_calls)
                open_calls.remove(call)
            elif event == "complete":
                self.assertIn(call, open_calls)
        errors = reader.stderr.read()
        self.assertEqual(reader.wait(), 0, errors)
        self.assertEqual(errors, "")
        self.assertEqual(open_calls, set())
        return counts


if __name__ == "__main__":
    as_nobody(BUILD)
    del sys.argv[1]
    unittest.main()
