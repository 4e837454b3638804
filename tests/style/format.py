#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""C code is laid out by clang-format, and shell scripts please shellcheck.

Usage: format.py SOURCE_ROOT clang-format|shellcheck PROGRAM
"""
import os
import subprocess
import sys

import tree


def scripts(root: str) -> list[str]:
    """Shell scripts by their first line: some have no ending."""
    found = []
    for name in tree.files(root):
        with open(os.path.join(root, name), "rb") as file:
            first = file.readline(80)
        if first.startswith(b"#!") and first.rstrip().endswith(b"sh"):
            found.append(name)
    return found


def main() -> int:
    root, what, program = sys.argv[1:]
    if what == "clang-format":
        names = tree.files(root, ".c", ".h")
        options = ["--dry-run", "--Werror"]
    else:
        names = scripts(root)
        options = ["--external-sources", "--format=gcc"]
    if not names:
        print(f"{root}: there is nothing to look at", file=sys.stderr)
        return 1
    return subprocess.run([program, *options, *names], cwd=root,
                          check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
