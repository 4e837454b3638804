#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program does under Belay what it does without.

Usage: identical.py BELAY PROGRAM [ARGUMENT]...

PROGRAM must succeed bare, under `belay run`, with a call table that is always
full, traced, and with everything switched off, and print the same in all
cases.
"""
import difflib
import os
import subprocess
import sys
import tempfile

TIMEOUT_S = 120


def run(*command: str, **variables: str) -> list[str]:
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=TIMEOUT_S,
                          env={**os.environ, **variables})
    lines = done.stdout.splitlines()
    if done.returncode:
        tail = "\n".join(lines[-10:])
        sys.exit(f"{command}: exit status {done.returncode}\n{tail}\n"
                 f"{done.stderr}")
    return lines


def compare(bare: list[str], other: list[str], how: str) -> None:
    found = list(difflib.unified_diff(bare, other, "bare", how, lineterm=""))
    if found:
        sys.exit("\n".join(found))


def main() -> None:
    belay, *program = sys.argv[1:]
    bare = run(*program)
    if not bare:
        sys.exit("the program says nothing: there is nothing to compare")
    with tempfile.TemporaryDirectory(prefix="belay-test-") as folder:
        watch = (belay, "run", "--strict", "--json", folder + "/summary")
        trace = (belay, "trace", "-o", folder + "/trace", "--")
        compare(bare, run(*watch, "--", *program), "under belay run")
        compare(bare, run(*watch, "--calls", "1", "--", *program), "full")
        compare(bare, run(*trace, *program), "traced")
        compare(bare, run(*watch, "--", *program, BELAY="off"), "off")


main()
