#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the largest files and functions: guidance, so it never fails.

Usage: sizes.py SOURCE_ROOT
"""
import re
import sys

import tree

SHOWN = 10
FILE_LINES = 400
FUNCTION_LINES = 40

HEAD = re.compile(r"^(?!static const|struct|enum|union|#)[A-Za-z_][^;={]*?"
                  r"\b(\w+)\s*\([^;{]*\)[^;{]*\n\{\n(.*?)^\}",
                  re.DOTALL | re.MULTILINE)


def functions(name: str, text: str) -> list[tuple[int, str]]:
    return [(match.group(2).count("\n"), f"{match.group(1)} in {name}")
            for match in HEAD.finditer(tree.code_of(text))]


def show(title: str, sizes: list[tuple[int, str]], limit: int) -> None:
    print(f"{title} (look again over {limit} lines):")
    for lines, name in sorted(sizes, reverse=True)[:SHOWN]:
        print(f"  {lines:5} {'*' if lines > limit else ' '} {name}")


def main() -> None:
    root = sys.argv[1]
    files, found = [], []
    for name in tree.files(root, ".c", ".h", ".py", ".sh"):
        text = tree.read(root, name)
        files.append((text.count("\n"), name))
        if name.endswith(".c"):
            found += functions(name, text)
    show("Largest files", files, FILE_LINES)
    show("Largest functions", found, FUNCTION_LINES)


if __name__ == "__main__":
    main()
