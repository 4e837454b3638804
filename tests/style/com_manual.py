#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each function of COM's headers has a page in the manual, and nothing else has.

Usage: com_manual.py SOURCE_ROOT BUILD_ROOT PAGES COMPILER...

The functions are those that the compiler sees in the installed headers, not
those that the maker of the pages has found. What a page refers to must exist.
"""
import os
import re
import subprocess
import sys

import tree

HEADERS = ("core/com/include/belay/com", "core/include/belay")
MADE = "core/com/include/belay/com"
IDL = "core/com/idl"
FUNCTION = re.compile(r'__attribute__\(\(visibility\("default"\)\)\)'
                      r"[^;{}()=]*?\b(\w+)\s*\([^;{}]*\)\s*;")


def preprocessed(root: str, build: str, compiler: list[str]) -> str:
    """All public headers as one text, as a program gets them."""
    folder = os.path.join(root, HEADERS[0])
    names = sorted(name for name in os.listdir(folder) if name.endswith(".h"))
    source = "".join(f"#include <belay/com/{name}>\n" for name in names)
    paths = [os.path.join(root, "core/com/include"),
             os.path.join(build, "core/com/include"),
             folder, os.path.join(build, MADE),
             os.path.join(root, "core/include")]
    return subprocess.run(
        [*compiler, "-E", "-P", "-x", "c", *(f"-I{path}" for path in paths),
         "-"], input=source, check=True, capture_output=True,
        text=True).stdout


def page_faults(name: str, text: str, pages: dict[str, str],
                known: set[str], manual: set[str]) -> list[str]:
    link = re.fullmatch(r"\.so man3/(\S+)\.3\n", text)
    if link:
        target = pages.get(link.group(1), "")
        return [] if re.search(rf"^\.Nm {name}\b", target, re.MULTILINE) \
            else [f"{name}.3: leads to a page without {name}"]
    faults = [f"{name}.3: lacks {part}" for part in
              ("NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO")
              if f"\n.Sh {part}\n" not in text]
    head = text.partition(".Sh SYNOPSIS")[0]
    for named in re.findall(r"^\.Nm (\S+)", head, re.MULTILINE):
        if named not in known:
            faults.append(f"{name}.3: there is no {named}")
        if named not in pages:
            faults.append(f"{name}.3: {named} has no page that leads to it")
    for other, section in re.findall(r"^\.(?:It )?Xr (\S+) (\d)", text,
                                     re.MULTILINE):
        if other not in (pages if section == "3" else manual):
            faults.append(f"{name}.3: there is no page {other}({section})")
    return faults


def main() -> None:
    root, build, folder, *compiler = sys.argv[1:]
    code = preprocessed(root, build, compiler)
    functions = set(FUNCTION.findall(code))
    interfaces = set()
    for name in os.listdir(os.path.join(root, IDL)):
        if name.endswith(".idl"):
            interfaces |= set(re.findall(r"^interface (\w+)[^;]*$",
                                         tree.read(root, f"{IDL}/{name}"),
                                         re.MULTILINE))
    pages = {name.removesuffix(".3"): tree.read(folder, name)
             for name in os.listdir(folder)}
    manual = {name[:-2] for name in os.listdir(os.path.join(root, "docs/man"))}
    faults = [f"{name}() has no page" for name in sorted(functions)
              if name not in pages]
    known = functions | interfaces | {"belay-com"}
    faults += [f"{name}.3: there is no {name}" for name in sorted(pages)
               if name not in known]
    for name, text in sorted(pages.items()):
        faults += page_faults(name, text, pages, known, manual)
    if len(functions) < 30:
        faults.append(f"only {len(functions)} functions were found")
    print(f"{len(functions)} functions, {len(pages)} pages")
    tree.end(faults)


if __name__ == "__main__":
    main()
