#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trace joins a call's client and its server, also of two processes.

    served_trace_test.py BELAY SERVED COM_RULED
"""

import os
import sys
import unittest

from traced import TraceCase

TraceCase.belay, SERVED, COM = (os.path.abspath(path)
                                for path in sys.argv[1:4])
NAMES = ("com.ICalc.Add", "com.ICalc.Slow")
MS = 1_000_000


class Joined(TraceCase):
    def served(self, *verbs, options=(), program=SERVED):
        """The report of a run, and what servers did, by operation."""
        trace = self.trace(options, [program, *verbs])
        self.assert_ok(trace)
        self.assert_whole(trace.events())
        report = self.report(trace.output)
        return report, {s["operation"]: s for s in report["served"]}

    def test_client_and_server_of_one_process(self):
        report, served = self.served("add=20", "slow=50")
        self.assertEqual([(name, served[name]["calls"],
                           served[name]["queue_ns"]["count"],
                           served[name]["work_ns"]["count"])
                          for name in NAMES],
                         [(NAMES[0], 20, 20, 20), (NAMES[1], 1, 1, 1)])
        slow = report["slowest"][0]
        server = slow["server"]
        self.assertEqual(slow["operation"], NAMES[1])
        self.assertEqual(server["pid"], slow["pid"])
        self.assertRegex(server["place"], r"^serve_method \(served\.c:\d+\)$")
        self.assertRegex(slow["place"], r"^begin_method \(served\.c:\d+\)$")
        # The client's time is more than the queue and the work.
        self.assertGreaterEqual(server["work_ns"], 50 * MS)
        self.assertGreaterEqual(slow["duration_ns"],
                                server["queue_ns"] + server["work_ns"])

    def test_client_and_server_of_two_processes(self):
        report, served = self.served("process", "add=20", "queue=50")
        self.assertEqual([served[name]["unmatched"] for name in NAMES], [0, 0])
        self.assertEqual([served[name]["calls"] for name in NAMES], [21, 1])
        # The second waited in the queue while the first was served.
        waited = served[NAMES[0]]["queue_ns"]["max"]
        self.assertGreater(waited, 20 * MS)
        self.assertLess(served[NAMES[0]]["work_ns"]["p50"], waited)
        for slow in report["slowest"]:
            self.assertNotEqual(slow["server"]["pid"], slow["pid"])

    def test_a_program_that_talks_com(self):
        for apartment in ("sta", "mta"):
            report, served = self.served(apartment, "add=5", "sync=5",
                                         "slow=50", program=COM)
            self.assertEqual([(served[name]["calls"],
                               served[name]["unmatched"],
                               served[name]["queue_ns"]["count"],
                               served[name]["work_ns"]["count"])
                              for name in NAMES], [(10, 0, 10, 10),
                                                   (1, 0, 1, 1)])
            slow = report["slowest"][0]
            self.assertEqual(slow["operation"], NAMES[1])
            self.assertRegex(slow["place"],
                             r"^begin_slow \(com_ruled\.c:\d+\)$")
            self.assertRegex(slow["server"]["place"],
                             r"^calc_slow \(com_ruled\.c:\d+\)$")
            self.assertGreaterEqual(slow["server"]["work_ns"], 50 * MS)
            places = {call["place"].split()[0] for call in report["slowest"]}
            self.assertEqual(places, {"begin_slow", "begin_add",
                                      "add_synchronously"})

    def test_what_rules_do_to_calls_of_com(self):
        report, _ = self.served(
            "sta", "slow=600000", "add=1", program=COM,
            options=["-p", "com.ICalc.Slow timeout after=50ms",
                     "-p", "com.*.Add fault error=E_ABORT"])
        slow, add = report["slowest"]
        self.assertEqual((slow["outcome"], slow["status_name"]),
                         ("canceled", "RPC_E_CALL_CANCELED"))
        self.assertEqual((add["outcome"], add["status_name"]),
                         ("failed", "E_ABORT"))
        self.assertEqual([rule["actions"]
                          for rule in report["rules"][0]["rules"]],
                         [{"arm": 1, "deadline": 1}, {"fail-finish": 1}])

    def test_a_call_that_is_cancelled_is_served_on(self):
        _, served = self.served("leave=200", "cancel", "add=1")
        # The server is alone: the second call tells that the first is served.
        self.assertEqual((served[NAMES[1]]["given_up"]
                          + served[NAMES[1]]["unmatched"],
                          served[NAMES[1]]["in_service"]), (1, 0))


if __name__ == "__main__":
    del sys.argv[1:4]
    unittest.main()
