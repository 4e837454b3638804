#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every file says its licence, ends well and knows no machine but the user's.

Usage: text.py SOURCE_ROOT
"""
import re
import sys

import tree

LICENCE = "SPDX-License-Identifier: MIT"

# Prose, and formats that have no comments.
WITHOUT_LICENCE = re.compile(r"(^|/)(LICENSE|\.gitignore)$|\.(md|json|txt)$")

# A path below somebody's home, or of the machine that a change was made on.
MACHINE = re.compile(r"(?<![\w$}.])/(?:home|root|work|Users)/(?!USER\b)\w+")


def faults_of(name: str, text: str) -> list[str]:
    faults = []
    head = "\n".join(text.splitlines()[:4])
    if LICENCE not in head and not WITHOUT_LICENCE.search(name):
        faults.append(f"{name}:1: the first lines lack \"{LICENCE}\"")
    if text and not text.endswith("\n"):
        faults.append(f"{name}: the last line does not end")
    for number, line in enumerate(text.splitlines(), 1):
        if line.rstrip() != line:
            faults.append(f"{name}:{number}: blanks at the end")
        if "\t" in line and name.endswith((".py", ".md", "meson.build")):
            faults.append(f"{name}:{number}: a tab")
        if len(line.expandtabs(8)) > 100 and name.endswith((".c", ".h")):
            faults.append(f"{name}:{number}: longer than 100 columns")
        if MACHINE.search(line):
            faults.append(f"{name}:{number}: names a machine's own path")
    return faults


def main() -> None:
    root = sys.argv[1]
    faults = []
    for name in tree.files(root):
        if name.startswith("tests/com/ndr/corpus/"):
            continue    # messages, as they are
        try:
            faults += faults_of(name, tree.read(root, name))
        except UnicodeDecodeError:
            faults.append(f"{name}: is not text")
    tree.end(faults)


if __name__ == "__main__":
    main()
