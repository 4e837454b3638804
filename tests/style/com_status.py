#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/com-status.md has each interface and function of COM, once.

Usage: com_status.py SOURCE_ROOT BUILD_ROOT COMPILER...

Interfaces are those of the IDL files, and of their async_uuid; functions and
classes those that the compiler sees in the headers. Each of the statements
stands there, with a test of its number or of the name that is said.
"""
import os
import re
import sys

import com_manual
import tree

PAGE = "docs/com-status.md"
IDL = "core/com/idl"


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of a section's table, below its head."""
    part = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text,
                     re.DOTALL | re.MULTILINE)
    lines = [line for line in (part.group(1) if part else "").splitlines()
             if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in lines[2:]]


def names(text: str, heading: str) -> list[str]:
    return [name for row in rows(text, heading)
            for name in re.findall(r"`(\w+)`", row[0])]


def interfaces(root: str) -> set[str]:
    found = set()
    for name in os.listdir(os.path.join(root, IDL)):
        if not name.endswith(".idl"):
            continue
        code = tree.code_of(tree.read(root, f"{IDL}/{name}"))
        for attributes, interface in re.findall(
                r"\[([^\]\[]*)\]\s*interface (\w+)", code):
            found.add(interface)
            if "async_uuid" in attributes:
                found.add(f"Async{interface}")
    return found


def compare(heading: str, listed: list[str], there: set[str]) -> list[str]:
    faults = [f"{PAGE}: {heading}: {name} is there twice"
              for name in sorted(set(listed)) if listed.count(name) > 1]
    faults += [f"{PAGE}: {heading}: there is no {name}"
               for name in sorted(set(listed) - there)]
    faults += [f"{PAGE}: {heading}: lacks {name}"
               for name in sorted(there - set(listed))]
    return faults if there else [f"{heading}: nothing was found"]


def statement_fault(root: str, number: str, proof: str) -> str:
    """Why a test is not what a row says that it is."""
    if proof == "needs a second process":
        return ""
    link = re.fullmatch(r"\[[^\]]*\]\(\.\./([^)]+)\)(?:: `(\w+)`)?", proof)
    if not link:
        return f"there is no test in \"{proof}\""
    path, name = link.groups()
    text = tree.read(root, path)
    wanted = rf"\b{name}\(void" if name else rf"^\t\{{{number}, \""
    if re.search(wanted, text, re.MULTILINE):
        return ""
    return f"{path} has no test {name or number}"


def statement_faults(root: str, text: str) -> list[str]:
    found = rows(text, "What is proved")
    faults = [f"{PAGE}: statement {row[0]}: {fault}" for row in found
              if (fault := statement_fault(root, row[0], row[2]))]
    if [row[0] for row in found] != [str(n) for n in range(1, 84)]:
        faults.append(f"{PAGE}: the statements are not 1 to 83")
    return faults


def main() -> None:
    root, build, *compiler = sys.argv[1:]
    text = tree.read(root, PAGE)
    code = com_manual.preprocessed(root, build, compiler)
    faults = compare("Interfaces", names(text, "Interfaces"),
                     interfaces(root))
    faults += compare("Functions", names(text, "Functions"),
                      set(com_manual.FUNCTION.findall(code)))
    faults += compare("Classes", names(text, "Classes"),
                      set(re.findall(r"extern const GUID (CLSID_\w+)", code)))
    faults += statement_faults(root, text)
    tree.end(faults)


if __name__ == "__main__":
    main()
