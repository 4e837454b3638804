#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the tables of docs/call-contract.md with those of the code.

Usage: contract_is_documented.py PROGRAM DOCUMENT

PROGRAM prints the tables. Each of its lines must stand in DOCUMENT, in their
order, and DOCUMENT must have no row that PROGRAM does not print. (The codes
have a third column there, which is prose.)
"""
import subprocess
import sys


def main() -> int:
    program, document = sys.argv[1:]
    printed = subprocess.run([program], check=True, capture_output=True,
                             text=True).stdout.splitlines()
    with open(document, encoding="utf-8") as file:
        rows = [line for line in file.read().splitlines()
                if line.startswith("|")]
    faults = []
    at = 0
    for line in printed:
        found = [i for i in range(at, len(rows)) if rows[i].startswith(line)]
        if found:
            at = found[0] + 1
        else:
            faults.append(f"not there, or out of order: {line}")
    for row in rows:
        if row.startswith("| `") and not row.startswith(tuple(printed)):
            faults.append(f"the code has no such row: {row}")
    for fault in faults:
        print(f"{document}: {fault}", file=sys.stderr)
    return 1 if faults or not printed else 0


if __name__ == "__main__":
    sys.exit(main())
