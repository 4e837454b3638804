#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The guide to policies names every member, bit and type of <belay/policy.h>.

Usage: policy_is_documented.py SOURCE_ROOT
"""
import re
import sys

import tree

HEADER = "interpose/include/belay/policy.h"
GUIDE = "docs/write-a-policy.md"


def members(code: str) -> list[str]:
    """Of all structs: plain ones, and pointers to functions."""
    found = []
    for body in re.findall(r"^struct \w+ \{\n(.*?)^\};", code,
                           re.DOTALL | re.MULTILINE):
        for declaration in body.split(";"):
            match = (re.search(r"\(\*(\w+)\)\s*\(", declaration)
                     or re.search(r"(\w+)(?:\[\w+\])?\s*$", declaration))
            found += [match.group(1)] if match else []
    return found


def listed(text: str, macro: str, prefix: str) -> list[str]:
    """The values that a list macro defines."""
    body = re.search(rf"#define {macro}\(X\)((?:.*\\\n)*.*)", text).group(1)
    return [prefix + name for name in re.findall(r"\bX\((\w+),", body)]


def main() -> None:
    root = sys.argv[1]
    text, guide = tree.read(root, HEADER), tree.read(root, GUIDE)
    wanted = members(tree.code_of(text))
    wanted += listed(text, "BELAY_VALUES", "BELAY_VALUE_")
    wanted += listed(text, "BELAY_VERDICTS", "BELAY_VERDICT_")
    wanted += re.findall(r"^static inline \w+ (belay_\w+)\(", text,
                         re.MULTILINE)
    if len(wanted) < 60:
        tree.end([f"{HEADER}: only {len(wanted)} names were found in it"])
    known = set(re.findall(r"\w+", " ".join(
        re.findall(r"`[^`]+`|^    .*$", guide, re.MULTILINE))))
    tree.end([f"{GUIDE}: does not say what {name} is"
              for name in sorted(set(wanted) - known)])


if __name__ == "__main__":
    main()
