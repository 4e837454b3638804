#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The provider records what it is given, and the documentation says what.

    lttng_provider_test.py BUILD TRACEPOINTS.md
"""

import os
import re
import subprocess
import sys
import unittest

from lttng_session import Daemon, Folder, as_nobody

BUILD, DOCUMENT = map(os.path.abspath, sys.argv[1:3])
PROGRAM = os.path.join(BUILD, "tests", "interpose", "lttng_provider")
PROVIDER = os.path.join(BUILD, "interpose", "lttng", "libbelay-lttng.so")

INTEGER = re.compile(r"integer \{ size = (\d+); align = \d+; signed = (\d);"
                     r" encoding = none; base = (\d+); \} (\w+)(\[.*\])?;")
FIELD = re.compile(r"string \w+;|enum : .*?\} \w+;|integer \{.*?\} \w+"
                   r"(?:\[[^]]*\])?;")
EXPECTED = [
    'begin: id = 1, operation = "aio.read", key = 0xABC, site = 0xDEF, '
    'thread = 42, _args_length = 0, args = [ ], text = ""',
    'begin: id = 2, operation = "aio.read", key = 0xABC, site = 0xDEF, '
    'thread = 42, _args_length = 3, args = [ [0] = 3, [1] = 4096, '
    '[2] = 18446744073709551615 ], text = "' + 128 * "t" + '"',
    'refuse: id = 2, operation = "aio.write", reason = pending, '
    'status = -2147417835',
    'cancel: id = 2, turn = 7, by = operator, answer = not-canceled, '
    'status = -1',
    'complete: id = 2, outcome = canceled, status = 125, result = -1, '
    'duration_ns = 1000000',
    'finish: id = 2, outcome = uncollected, status = 5, '
    'result = -9223372036854775808, duration_ns = 18446744073709551615, '
    'lag_ns = 9',
    'policy: id = 3, policy = "timeout", rule = 1, action = "", value = 200',
    'violation: id = 3, check = "leak", operation = "aio.read", site = 0x10, '
    'text = "never finished"',
    'server_enter: caller = 99, id = 4, operation = "", site = 0x20, '
    'thread = 43, pid = 98',
    'server_exit: caller = 99, id = 4, status = 0, duration_ns = 1, pid = 98',
    'process: name = "/bin/x", pid = 1, start_time = 2, seed = 3, rules = "'
    + 2047 * "r" + '"',
    'operation: pid = 1, number = 5, name = "aio.read", status_kind = errno, '
    'cancel_mode = finish-due, arguments = "fd:fd size:size offset:offset"',
    'module: pid = 1, base = 0x1000, start = 0x2000, end = 0x3000, '
    'path = "/lib/x.so", build_id = "001fff"',
    'begin: id = 6, operation = "aio.read", key = 0xABC, site = 0xDEF, '
    'thread = 42, _args_length = 3, args = [ [0] = 3, [1] = 4096, '
    '[2] = 18446744073709551615 ], text = "child"',
    'begin: id = 7, operation = "aio.read", key = 0xABC, site = 0xDEF, '
    'thread = 42, _args_length = 3, args = [ [0] = 3, [1] = 4096, '
    '[2] = 18446744073709551615 ], text = "parent"',
]


def type_of(declaration, enumerations):
    """A field of the metadata as (name, type of docs/tracepoints.md)."""
    string = re.fullmatch(r"string (\w+);", declaration)
    if string:
        return string.group(1)[1:], "text"
    if declaration.startswith("enum"):
        words = tuple(re.findall(r'"([\w-]+)" = \d+', declaration))
        name = re.search(r"\} (\w+);$", declaration).group(1)[1:]
        return name, "enum " + enumerations.get(words, "?" + str(words))
    size, signed, base, name, sequence = INTEGER.fullmatch(
        declaration).groups()
    kind = ("i" if signed == "1" else "u") + size
    if base == "16":
        kind = "hex" if kind == "u64" else "hex " + kind
    return name[1:], kind + ("[]" if sequence else "")


def described(metadata, enumerations):
    """{"begin": [(field, type), ...], ...} as a trace says it."""
    events = {}
    for name, fields in re.findall(
            r'name = "belay:(\w+)";.*?fields := struct \{\n(.*?)\n\t\};',
            metadata, re.DOTALL):
        events[name] = [type_of(field, enumerations)
                        for field in FIELD.findall(" ".join(fields.split()))]
    return events


def documented(text):
    """The same as docs/tracepoints.md says it, and its enumerations."""
    tables = {}
    for name, part in re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", text,
                                 re.DOTALL | re.MULTILINE):
        tables[name] = [re.findall(r"`([^`]+)`", row.split("|")[1] + "|" +
                                   row.split("|")[2])
                        for row in re.findall(r"^\| `.*", part, re.MULTILINE)]
    events_text, _ = text.split("## Enumerations")
    events = {name: [tuple(row) for row in rows]
              for name, rows in tables.items()
              if f"### `{name}`" in events_text}
    enumerations = {tuple(row[0] for row in rows): name
                    for name, rows in tables.items() if name not in events}
    return events, enumerations


class Provider(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with Folder() as folder, Daemon(folder) as daemon:
            session = daemon.start(["belay:*"], "64K", 8)
            subprocess.run([PROGRAM, PROVIDER], check=True, env=folder.env,
                           timeout=60)
            cls.discarded = session.stop()
            cls.metadata = cls.read(folder, "--output-format=ctf-metadata",
                                    cls.folder_of(session))
            cls.events = cls.read(folder, session.output)

    @staticmethod
    def folder_of(session):
        return next(path for path, _, files in os.walk(session.output)
                    if "metadata" in files)

    @staticmethod
    def read(folder, *arguments):
        return subprocess.run(["babeltrace2", *arguments], check=True,
                              env=folder.env, text=True,
                              stdout=subprocess.PIPE).stdout

    def test_each_event_carries_what_it_was_given(self):
        seen = []
        for line in self.events.splitlines():
            event, fields = re.search(
                r"belay:(\w+): \{ cpu_id = \d+ \}, \{ (.*) \}$", line).groups()
            fields = re.sub(r'\( "([\w-]+)" : container = \d+ \)', r"\1",
                            fields)
            seen.append(f"{event}: {fields}")
        self.assertEqual(seen, EXPECTED)
        self.assertEqual(self.discarded, 0)

    def test_the_events_are_documented_as_a_trace_describes_them(self):
        with open(DOCUMENT, encoding="utf-8") as file:
            events, enumerations = documented(file.read())
        self.assertEqual(len(enumerations), 6)
        self.assertEqual(described(self.metadata, enumerations), events)


if __name__ == "__main__":
    as_nobody(BUILD)
    del sys.argv[1:3]
    unittest.main()
