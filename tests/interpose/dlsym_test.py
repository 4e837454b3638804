#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dlsym() finds wrappers in an API's own library, and else what it would find.

    dlsym_test.py BUILD
"""

import os
import subprocess
import sys
import unittest

from null_session import NullSession

BUILD = os.path.abspath(sys.argv.pop(1))
ROOM = os.path.join(BUILD, "tests", "interpose")
VICTIM = os.path.join(ROOM, "dlsym_victim")
EARLY = os.path.join(ROOM, "dlsym_early")
LIBRARY = os.path.join(ROOM, "libdlsym-library.so")
BETWEEN = os.path.join(ROOM, "dlsym_between.so")
COPY = os.path.join(ROOM, "dlsym_copy.so")
NULL = os.path.join(BUILD, "tests", "bench", "libnull.so")
OTHER = os.path.join(BUILD, "tests", "bench", "libnull-other.so")
LINKED = os.path.join(ROOM, "null_linked")
INTERPOSER = os.path.join(BUILD, "interpose", "libbelay-interpose.so.0")
AIO = os.path.join(BUILD, "interpose", "libbelay-aio.so")
ADAPTER = os.path.join(BUILD, "tests", "bench", "libbelay-null.so")


class Dlsym(unittest.TestCase):
    def watched(self, *argv, preload=(INTERPOSER, ADAPTER), **more):
        """What it prints, and the counters."""
        with NullSession(BUILD) as session:
            env = session.env(**more)
            env["LD_PRELOAD"] = ":".join(preload)
            done = subprocess.run(argv, env=env, text=True,
                                  capture_output=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return done.stdout.split("\n")[:-1], session.counters()

    def as_alone(self, *argv, **more):
        lines, counters = self.watched(*argv, **more)
        alone = subprocess.run(argv, check=True, text=True,
                               stdout=subprocess.PIPE, timeout=60).stdout
        self.assertEqual(lines, alone.split("\n")[:-1])
        return lines, counters

    def test_a_library_that_is_opened_by_hand_is_watched(self):
        lines, counters = self.as_alone(VICTIM, "calls", NULL)
        self.assertEqual(lines, ["1 1"])
        self.assertEqual(counters["null.call.calls"], 1)
        self.assertEqual(counters["null.call.finished"], 1)

    def test_so_is_one_that_another_library_brings(self):
        lines, counters = self.as_alone(VICTIM, "calls", LIBRARY)
        self.assertEqual(lines, ["1 1"])
        self.assertEqual(counters["null.call.finished"], 1)

    def test_it_can_be_closed_and_opened_again(self):
        lines, counters = self.as_alone(VICTIM, "again", NULL)
        self.assertEqual(lines, ["1 1", "1 1"])
        self.assertEqual(counters["null.call.finished"], 2)

    def test_it_finds_what_references_mean(self):
        lines, _ = self.watched(VICTIM, "where", NULL,
                                preload=(INTERPOSER, AIO, ADAPTER))
        # And dlvsym() goes past, as ever.
        self.assertEqual(lines, ["libbelay-null.so", "libnull.so", "1",
                                 "libbelay-aio.so"])

    def test_a_program_that_is_not_watched_finds_the_library_s(self):
        for more in ({"BELAY": "off"}, {"BELAY_NOT": "dlsym_victim"}):
            lines, counters = self.watched(VICTIM, "where", NULL, **more)
            self.assertEqual(lines[0], "libnull.so")
            self.assertNotIn("null.call.calls", counters)

    def test_nor_does_one_whose_adapter_is_not_there(self):
        lines, _ = self.watched(VICTIM, "where", NULL,
                                preload=(INTERPOSER, AIO))
        self.assertEqual(lines[0], "libnull.so")

    def test_who_asks_decides_what_is_next_and_what_is_seen(self):
        lines, _ = self.as_alone(VICTIM, "who", LIBRARY)
        self.assertEqual(lines, ["nowhere", "libdlsym-library.so", "nowhere",
                                 "nowhere", "libc.so.6", "libc.so.6",
                                 "libdlsym-library.so"])

    def test_failures_are_the_real_ones(self):
        lines, _ = self.as_alone(VICTIM, "errors", LIBRARY)
        self.assertEqual(len(lines), 7)
        self.assertEqual(lines[0], "not found, errno 4711: " + LIBRARY +
                         ": undefined symbol: no_such_name; then none")
        self.assertIn(VICTIM, lines[1])
        self.assertIn(LIBRARY, lines[3])
        for found in lines[4:6]:
            self.assertEqual(found,
                             "found, errno 4711: no error; then none")

    def test_another_library_with_the_same_names_is_left_alone(self):
        for order in ((NULL, OTHER), (OTHER, NULL)):
            lines, counters = self.as_alone(VICTIM, "calls", *order)
            self.assertEqual(sorted(lines), ["1 1", "2 2"])
            self.assertEqual(counters["null.call.finished"], 1)

    def test_a_second_copy_of_the_library_is_left_alone(self):
        for order, first in (((NULL, COPY), "1 1"), ((COPY, NULL), "3 3")):
            lines, counters = self.as_alone(VICTIM, "calls", *order)
            self.assertEqual(lines[0], first)
            self.assertEqual(sorted(lines), ["1 1", "3 3"])
            self.assertEqual(counters["null.call.finished"], 1)

    def test_a_users_preload_that_finds_what_it_wraps(self):
        """A wrapper that was found there would call it without end."""
        for preload in ((INTERPOSER, ADAPTER, BETWEEN),
                        (BETWEEN, INTERPOSER, ADAPTER)):
            lines, counters = self.as_alone(LINKED, "own", preload=preload)
            self.assertEqual(lines, ["1"])
            self.assertEqual(counters.get("null.call.calls", 0),
                             int(preload[-1] == BETWEEN))

    def test_a_library_that_finds_what_it_wraps(self):
        lines, counters = self.as_alone(VICTIM, "calls", BETWEEN)
        self.assertEqual(lines, ["1 1"])
        self.assertEqual(counters.get("null.call.calls", 0), 0)

    def test_it_works_before_our_constructor(self):
        lines, _ = self.watched(EARLY, "early", NULL)
        # What was found early is not exchanged: no adapter was known yet.
        self.assertEqual(lines, ["libnull.so", "libbelay-null.so"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
