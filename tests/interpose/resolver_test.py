#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each module's calls reach the library that this module would see alone.

    resolver_test.py BUILD
"""

import os
import subprocess
import sys
import unittest

from null_session import NullSession

BUILD = os.path.abspath(sys.argv.pop(1))
ROOM = os.path.join(BUILD, "tests", "interpose")
LOADER = os.path.join(ROOM, "null_loader")
LINKED = os.path.join(ROOM, "null_linked")
PLUGIN = os.path.join(ROOM, "null_plugin.so")
OTHER = os.path.join(ROOM, "null_plugin_other.so")


class Resolver(unittest.TestCase):
    def watched(self, *argv):
        """Output lines and error lines under the preload, and the counters."""
        with NullSession(BUILD) as session:
            done = session.run(argv)
            self.assertEqual(done.returncode, 0, done.stderr)
            return (done.stdout.split("\n")[:-1], done.stderr.splitlines(),
                    session.counters())

    def as_alone(self, *argv):
        """What the program says is the same without the preload."""
        lines, errors, counters = self.watched(*argv)
        alone = subprocess.run(argv, check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        self.assertEqual(lines, alone.split("\n")[:-1])
        self.assertEqual(errors, [])
        return lines, counters

    def test_a_linked_program_reaches_its_library(self):
        lines, counters = self.as_alone(LINKED, "own")
        self.assertEqual(lines, ["1"])
        self.assertEqual(counters["null.call.calls"], 1)
        self.assertEqual(counters["null.call.finished"], 1)

    def test_a_local_plugin_reaches_the_library_that_only_it_sees(self):
        lines, _, counters = self.watched(LOADER, "local", PLUGIN)
        self.assertEqual(lines[0], "1")
        # And so does the program's own weak reference: it is there by soname.
        self.assertEqual(lines[1], "1")
        self.assertEqual(counters["null.call.finished"], 2)

    def test_a_library_with_another_soname_is_found_through_the_plugin(self):
        lines, _, counters = self.watched(LOADER, "local", OTHER)
        self.assertEqual(lines[0], "2")
        self.assertEqual(counters["null.call.finished"], 1)

    def test_two_libraries_with_one_symbol_each_get_their_own_calls(self):
        lines, _, counters = self.watched(LOADER, "local", PLUGIN, OTHER)
        self.assertEqual(lines, ["1", "2", "1"])
        self.assertEqual(counters["null.call.finished"], 3)

    def test_in_either_order(self):
        lines, _, counters = self.watched(LOADER, "local", OTHER, PLUGIN)
        self.assertEqual(lines, ["2", "1", "1"])
        self.assertEqual(counters["null.call.finished"], 3)

    def test_a_plugin_has_another_library_than_the_program(self):
        lines, counters = self.as_alone(LINKED, "local", OTHER)
        self.assertEqual(lines, ["2", "1"])
        self.assertEqual(counters["null.call.finished"], 2)

    def test_a_deep_bound_plugin_is_left_alone(self):
        lines, _, _ = self.watched(LOADER, "deepbind", OTHER)
        self.assertEqual(lines[0], "2")

    def test_a_library_that_was_unloaded_and_moved_is_found_again(self):
        lines, _, counters = self.watched(LOADER, "reload", OTHER)
        self.assertEqual(lines[:2], ["2", "2"])
        self.assertEqual(counters["null.call.finished"], 2)

    def test_without_a_library_the_call_fails_as_the_api_fails(self):
        lines, errors, counters = self.watched(LOADER, "own")
        self.assertEqual(lines, ["-1 ENOSYS"])
        self.assertEqual(len(errors), 1, errors)
        self.assertRegex(errors[0], r"^belay: .*null_begin")
        self.assertEqual(counters.get("null.call.calls", 0), 0)


if __name__ == "__main__":
    unittest.main()
