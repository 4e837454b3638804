#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each hazard of docs/hazards.md has a test that exists, or is out of reach.

Usage: hazards.py SOURCE_ROOT
"""
import pathlib
import re
import sys

ROW = re.compile(r"^\| (H\d+) \|.*\|(.*)\|$", re.MULTILINE)


def main() -> None:
    root = pathlib.Path(sys.argv[1])
    rows = list(ROW.finditer((root / "docs" / "hazards.md").read_text()))
    files = [path for path in (root / "tests").rglob("*")
             if path.suffix in (".c", ".py")]
    text = "\n".join(path.read_text() for path in files)
    paths = " ".join(str(path) for path in files)
    bad = [] if len(rows) > 20 else ["docs/hazards.md: hardly any hazards"]
    for row in rows:
        tests = re.findall(r"`([^`]+)`", row[2])
        if not tests and "*out of reach*" not in row[0]:
            bad.append(f"{row[1]}: neither a test nor out of reach")
        bad += [f"{row[1]}: no such test: {test}" for test in tests
                if f"def {test}(" not in text and f"void {test}(" not in text
                and not ("." in test and test in paths)]
    if bad:
        sys.exit("\n".join(bad))


main()
