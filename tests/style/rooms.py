#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each room of the house includes only what it may, and keeps to itself.

Usage: rooms.py SOURCE_ROOT
"""
import os
import re
import sys

import tree

# Headers of somebody else's libraries, and the places that may include them.
FOREIGN = [
    (r"lttng/(?!provider\.h)", ("interpose/lttng/", "tools/", "tests/")),
    (r"babeltrace2/", ("tools/", "tests/")),
    (r"elfutils/|libelf|gelf|dwarf", ("tools/", "tests/")),
    (r"ffi\.h", ("core/com/", "tests/")),
    (r"aio\.h|libaio|liburing|libpq|curl/|uv\.h|gio/|glib|dbus/|ares"
     r"|systemd/|hiredis/", ("interpose/apis/", "tests/", "docs/")),
    (r"belay/table\.h", ("interpose/", "tools/", "tests/")),
    (r"belay/adapter\.h", ("interpose/", "tools/", "tests/", "docs/")),
    (r"belay/(?!policy\.h)", ("core/", "interpose/", "tools/", "tests/",
                              "docs/")),
]

# What only some places may name, and why.
NAMES = [
    (r"\bstderr\b|\bSTDERR_FILENO\b|\bperror\s*\(|\bd?printf\s*\(\s*2\b",
     ("core/com/complain.c", "interpose/log.c"), "writes to stderr"),
    (r"\b(?:secure_)?getenv\s*\(|\benviron\b",
     ("interpose/session.c",), "reads the environment"),
]

GUESTS = ("core/", "interpose/", "plugins/")


def room_of(name: str) -> str:
    return name.split("/")[0]


def include_faults(root: str, name: str, text: str) -> list[str]:
    faults = []
    pattern = r'^\s*#\s*include\s*([<"])([^>"]+)[>"]'
    for match in re.finditer(pattern, text, re.MULTILINE):
        line = text.count("\n", 0, match.start()) + 1
        kind, header = match.groups()
        if "../" in header:
            faults.append(f"{name}:{line}: includes by a path: {header}")
        if kind == '"' and not name.startswith(("tests/", "docs/")) \
                and not in_room(root, name, header):
            faults.append(f"{name}:{line}: \"{header}\" is not in this room")
        for foreign, places in FOREIGN:
            if re.match(foreign, header) and not name.startswith(places):
                faults.append(f"{name}:{line}: this room may not include "
                              f"{header}")
    return faults


def in_room(root: str, name: str, header: str) -> bool:
    room = os.path.join(root, room_of(name))
    return any(os.path.basename(header) in names
               for _, _, names in os.walk(room))


def name_faults(name: str, text: str) -> list[str]:
    faults = []
    if not name.startswith(GUESTS):
        return faults
    code = tree.code_of(text)
    for pattern, places, what in NAMES:
        for match in re.finditer(pattern, code):
            line = code.count("\n", 0, match.start()) + 1
            if name not in places:
                faults.append(f"{name}:{line}: {what}; only "
                              f"{', '.join(places)} does")
    return faults


def main() -> None:
    root = sys.argv[1]
    faults = []
    for name in tree.files(root, ".c", ".h"):
        text = tree.read(root, name)
        faults += include_faults(root, name, text)
        faults += name_faults(name, text)
    tree.end(faults)


if __name__ == "__main__":
    main()
