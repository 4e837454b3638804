#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the provider packs is what the probe of LTTng's macros writes.

    lttng_packed_test.py BUILD

A filter that lets all but one event through leaves them to the generated probe;
without one they are packed.
"""

import os
import re
import subprocess
import sys
import time
import unittest

from lttng_session import Daemon, Folder, Session, as_nobody

BUILD = os.path.abspath(sys.argv[1])
PROGRAM = os.path.join(BUILD, "tests", "interpose", "lttng_packed")
PROVIDER = os.path.join(BUILD, "interpose", "lttng", "libbelay-lttng.so")

EVENTS = ("belay:begin", "belay:complete", "belay:finish")
NO_OPERATION = (1, 2)
NO_TEXT = (1, 2, 3, 9)
REJECTED = 14
TOO_LARGE = {6, 7, 8, 19}  # to be packed
SHAPES = 19 + 2 * 4
MANY = 50000
TIMEOUT_S = 60
LINE = re.compile(r"belay:(\w+): \{ cpu_id = \d+ \}, \{ (vtid[^}]*) \}, "
                  r"\{ (.*) \}$")
BEGIN = ('id = {0}, operation = "many", key = 0x{0:X}, site = 0x0, thread = 0, '
         '_args_length = 1, args = [ [0] = {0} ],')
FINISH = ('id = {0}, outcome = ( "succeeded" : container = 0 ), status = 0, '
          'result = {0}, duration_ns = 0, lag_ns = 0')


def record(daemon, name, *channel, filter_by=None):
    """Starts a session with a channel of these options, and two contexts."""
    output = os.path.join(daemon.folder.path, name)
    daemon.lttng("create", name, "--output=" + output)
    of = ["--userspace", "--session=" + name]
    daemon.lttng("enable-channel", *of, *channel, "all")
    filtered = ["--filter=" + filter_by] if filter_by else []
    for event in EVENTS:
        daemon.lttng("enable-event", *of, "--channel=all", *filtered, event)
    daemon.lttng("add-context", *of, "--channel=all", "--type=vtid",
                 "--type=ip")
    daemon.lttng("start", name)
    return Session(daemon, name, output)


def run(folder, calls):
    """On one processor: events have an order then, also for babeltrace."""
    subprocess.run([PROGRAM, PROVIDER, str(calls)], check=True,
                   env=folder.env, timeout=TIMEOUT_S, preexec_fn=lambda:
                   os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))


def read(session):
    """[(event, contexts, fields), ...]"""
    lines = subprocess.run(["babeltrace2", session.output], check=True,
                           capture_output=True, text=True,
                           errors="surrogateescape", timeout=TIMEOUT_S
                           ).stdout.splitlines()
    return [LINE.search(line).groups() for line in lines]


def id_of(fields):
    return int(re.match(r"id = (\d+),", fields).group(1))


def fields_of(events):
    """[(event, fields), ...] without the texts that babeltrace cannot show.

    2.0.4 shows an empty text as that of an event before. That it is there shows
    in what comes behind it.
    """
    shown = []
    for event, _, fields in events:
        number = id_of(fields)
        if event == "begin" and (number in NO_TEXT or
                                 number >= 1000 and number % 128 == 0):
            fields = re.sub(r' text = ".*"$', "", fields)
        if event == "begin" and number in NO_OPERATION:
            fields = re.sub(r' operation = ".*", key', " key", fields)
        shown.append((event, fields))
    return shown


class Packed(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(Folder())
        self.daemon = self.enterContext(Daemon(self.folder))

    def test_fields_are_those_that_the_generated_probe_writes(self):
        sizes = ["--subbuf-size=64K", "--num-subbuf=8"]
        packed = record(self.daemon, "packed", *sizes)
        generated = record(self.daemon, "generated", *sizes,
                           filter_by=f"id != {REJECTED}")
        run(self.folder, 100)
        self.assertEqual((packed.stop(), generated.stop()), (0, 0))
        packed, generated = read(packed), read(generated)
        self.assertEqual(len(packed), SHAPES + 2 * 100)
        expected = fields_of(packed)
        rejected, = [event for event in expected
                     if id_of(event[1]) == REJECTED]
        self.assertIn('"rejected"', rejected[1])
        expected.remove(rejected)
        self.assertEqual(fields_of(generated), expected)
        # The address that wrote each says which way it came.
        ways = {contexts for _, contexts, _ in generated}
        self.assertEqual(len(ways), len(EVENTS))
        self.assertEqual({id_of(fields) for _, contexts, fields in packed
                          if contexts in ways}, TOO_LARGE)

    def assert_many(self, events):
        """Each of the many has the fields that follow from its id."""
        for event, fields in fields_of(events):
            number = id_of(fields)
            if not 1000 <= number < 1000 + MANY:
                continue
            expected = FINISH.format(number)
            if event == "begin":
                text = f' text = "{number % 128 * "m"}"' if number % 128 else ""
                expected = BEGIN.format(number) + text
            self.assertEqual(fields, expected)

    def test_what_finds_no_room_is_discarded_and_counted(self):
        session = record(self.daemon, "discard", "--subbuf-size=4K",
                         "--num-subbuf=2", "--discard")
        run(self.folder, MANY)
        discarded = session.stop()
        events = read(session)
        self.assertGreater(discarded, 0)
        self.assertEqual(len(events) + discarded, SHAPES + 2 * MANY)
        self.assert_many(events)

    def test_what_finds_no_room_overwrites_the_oldest(self):
        session = record(self.daemon, "overwrite", "--subbuf-size=4K",
                         "--num-subbuf=2", "--overwrite")
        run(self.folder, MANY)
        session.stop()
        events = read(session)
        self.assertLess(len(events), SHAPES + 2 * MANY)
        self.assert_many(events)
        self.assertEqual(id_of(events[-1][2]), 1000 + MANY - 1)

    def test_a_trigger_on_an_event_fires_while_it_is_packed(self):
        session = record(self.daemon, "recorded")
        self.daemon.lttng("create", "triggered", "--output=" + os.path.join(
            self.folder.path, "triggered"))
        self.daemon.lttng("enable-event", "--userspace", "belay:begin",
                          "--session=triggered")
        self.daemon.lttng(
            "add-trigger", "--condition=event-rule-matches", "--type=user",
            "--name=belay:begin", "--filter=id == 3",
            "--action=start-session", "triggered")
        run(self.folder, 1)
        end = time.monotonic() + TIMEOUT_S
        while "triggered" not in [
                line.split()[1] for line in
                self.daemon.lttng("list").splitlines() if "[active]" in line]:
            self.assertLess(time.monotonic(), end, "the trigger did not fire")
            time.sleep(0.02)
        self.assertEqual(session.stop(), 0)
        self.assertEqual(len(read(session)), SHAPES + 2)


if __name__ == "__main__":
    as_nobody(BUILD)
    del sys.argv[1:2]
    unittest.main()
