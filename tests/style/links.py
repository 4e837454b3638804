#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Links between documents lead somewhere: to a file, and to a heading in it.
And every document below docs/ is linked from another one.

Usage: links.py SOURCE_ROOT
"""
import os
import re
import sys

import tree

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
ELSEWHERE = ("http://", "https://", "mailto:")


def without_code(text: str) -> str:
    text = re.sub(r"^```.*?^```", tree.blank, text,
                  flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", tree.blank, text)


def anchors(text: str) -> set[str]:
    """The names that headings get, as GitHub and others make them."""
    found = set()
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        heading = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(heading.strip().replace(" ", "-"))
    return found


def main() -> None:
    root = sys.argv[1]
    faults = []
    linked = set()
    for name in tree.files(root, ".md"):
        text = tree.read(root, name)
        for match in LINK.finditer(without_code(text)):
            link = match.group(1) or match.group(2)
            line = text.count("\n", 0, match.start()) + 1
            if link.startswith(ELSEWHERE):
                continue
            path, _, anchor = link.partition("#")
            target = name if not path else os.path.normpath(
                os.path.join(os.path.dirname(name), path))
            if target != name:
                linked.add(target)
            if not os.path.exists(os.path.join(root, target)):
                faults.append(f"{name}:{line}: there is no {target}")
            elif anchor and anchor not in anchors(tree.read(root, target)):
                faults.append(f"{name}:{line}: no heading #{anchor} "
                              f"in {target}")
    faults += [f"{name}: no document links to it"
               for name in tree.files(root, ".md")
               if name.startswith("docs/") and name not in linked]
    tree.end(faults)


if __name__ == "__main__":
    main()
