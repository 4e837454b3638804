# SPDX-License-Identifier: MIT
"""Runs what a document shows, and holds its output against what stands there.

In a fence of the language `console` each line after "$ " is a command, which
goes on after a backslash at its end; the lines below are what it prints, on
stdout and stderr together. "..." as a line stands for any lines, within a line
for any characters. "[exit status N]" ends the output of a command that fails.
A fence of another language with a name after it is a file of that name:

    ```python retry.py
"""

import re
import subprocess
from dataclasses import dataclass, field

FENCE = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$",
                   re.DOTALL | re.MULTILINE)
STATUS = re.compile(r"\[exit status (\d+)\]$")


@dataclass
class Fence:
    language: str
    name: str
    text: str
    line: int


@dataclass
class Command:
    text: str
    status: int = 0
    expected: list[str] = field(default_factory=list)


def sections(path):
    """The fences of a document below each of its headings of level two; those
    before the first one below ""."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = {}
    starts = [(match.start(), match.group(1))
              for match in re.finditer(r"^## (.+)$", text, re.MULTILINE)]
    for match in FENCE.finditer(text):
        titles = [title for start, title in starts if start < match.start()]
        language, name, body = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        found.setdefault((["", *titles])[-1], []).append(
            Fence(language, name or "", body, line))
    return found


def commands(fence):
    """The commands of a console, each with what it prints."""
    found, going_on = [], False
    for line in fence.text.splitlines():
        status = STATUS.match(line)
        if going_on:
            found[-1].text += "\n" + line
        elif line.startswith("$ "):
            found.append(Command(line[2:]))
        elif status:
            found[-1].status = int(status.group(1))
            continue
        else:
            found[-1].expected.append(line)
            continue
        going_on = line.endswith("\\")
    return found


def pattern(lines):
    """A regular expression for lines as they stand in a document."""
    parts = []
    for line in lines:
        if line == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*?".join(re.escape(part)
                                    for part in line.split("...")) + "\n")
    return "".join(parts)


def run(command, folder, environment, limit):
    """Its exit status and what it printed, without spaces at ends of lines."""
    done = subprocess.run(["bash", "-c", command.text], cwd=folder,
                          env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=limit,
                          check=False)
    return done.returncode, re.sub(r"[ \t]+$", "", done.stdout,
                                   flags=re.MULTILINE)


def blurred(text):
    """With all numbers alike, measures too, and as many blanks."""
    text = re.sub(r"0x[0-9a-f]+|\d+(\.\d+)*( ([mun]?s|[KMG]iB|B)\b)?", "#", text)
    return re.sub(r"[ \t]+", " ", text)


def fault(command, folder, environment, limit, look=str):
    """What differs from the document, or "". look: makes alike what may vary."""
    status, output = run(command, folder, environment, limit)
    wanted = "\n".join(command.expected)
    if status == command.status and re.fullmatch(
            pattern(look(wanted).splitlines()), look(output)):
        return ""
    return (f"$ {command.text}\n--- is to print, and end with "
            f"{command.status}:\n{wanted}\n--- printed, and ended with "
            f"{status}:\n{output}")
