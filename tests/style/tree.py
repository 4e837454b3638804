# SPDX-License-Identifier: MIT
"""What the style tests share: the files of the tree, and how to report.

Every test is called with the folder of the source tree, prints one line for
each fault as FILE:LINE: WHAT, and ends with 1 if there was one.
"""
import os
import re
import subprocess
import sys


def files(root: str, *endings: str) -> list[str]:
    """Paths below root that belong to the project, with one of the endings."""
    try:
        listed = subprocess.run(
            ["git", "-C", root, "-c", f"safe.directory={root}", "ls-files",
             "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = walked(root)
    found = [name for name in listed
             if name and os.path.isfile(os.path.join(root, name))]
    return sorted(name for name in found
                  if not endings or name.endswith(endings))


def walked(root: str) -> list[str]:
    """The same for a tree without git."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders
                      if name not in (".git", "__pycache__")
                      and not name.startswith("build")]
        found += [os.path.relpath(os.path.join(folder, name), root)
                  for name in names]
    return found


def read(root: str, name: str) -> str:
    with open(os.path.join(root, name), encoding="utf-8") as file:
        return file.read()


def blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def code_of(text: str) -> str:
    """C source with comments blanked out and strings emptied, line by line."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
    return re.sub(
        pattern,
        lambda m: blank(m) if m.group().startswith("/") else '""',
        text, flags=re.DOTALL)


def end(faults: list[str]) -> None:
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)
