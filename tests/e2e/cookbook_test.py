#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every command of the cookbook, the reference of rules and README prints what
is shown there; of README with other numbers.

    cookbook_test.py BELAY SOURCE_ROOT KITCHEN [WORD]...

With words, only the sections whose titles have one of them. The files of the
cookbook are there for each section, in an empty folder; PostgreSQL is reached
without any options, and KITCHEN, an example, by its name. See transcripts.py for how a section is written.
"""

import os
import shutil
import sys
import tempfile
import unittest

import transcripts
from postgres import SKIPPED, Server, programs

LIMIT_S = 60
RECIPES_AT_LEAST = 10

# The programs that the page uses, and drivers of Debian's own python3.
NEEDED = ("fio", "jq", "pgbench", "psql", "stress-ng")
DRIVERS = "import psycopg2"


class Cookbook(unittest.TestCase):
    environment: dict[str, str] = {}
    files: list[transcripts.Fence] = []

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="belay-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        for fence in self.files:
            with open(os.path.join(self.folder, fence.name), "w",
                      encoding="utf-8") as file:
                file.write(fence.text)

    def follow(self, fences, look):
        """Runs the commands of a section, one after the other."""
        for fence in fences:
            for command in transcripts.commands(fence):
                fault = transcripts.fault(command, self.folder,
                                          self.environment, LIMIT_S, look)
                if fault:
                    self.fail(f"line {fence.line}:\n{fault}")


def add(title, fences, look):
    def test(self):
        self.follow(fences, look)
    test.__doc__ = title
    setattr(Cookbook, "test_" + title, test)


def environment(server, *paths):
    """The server's, and a PATH on which these and Debian's python3 are."""
    made = {name: value for name, value in server.env.items()
            if not name.startswith("BELAY")}
    made["PATH"] = ":".join([*map(os.path.dirname, paths), "/usr/bin",
                             made.get("PATH", "/bin")])
    made["PYTHONUNBUFFERED"] = "1"
    return made


def missing():
    lacks = [name for name in NEEDED if not shutil.which(name)]
    if os.system(f"/usr/bin/python3 -c '{DRIVERS}' 2>/dev/null") != 0:
        lacks.append(DRIVERS)
    return lacks if programs() else [*lacks, "a PostgreSQL server"]


def consoles_of(page):
    """The sections of a document that show commands; notes its files."""
    found = {}
    for title, fences in transcripts.sections(page).items():
        Cookbook.files += [fence for fence in fences if fence.name]
        consoles = [f for f in fences if f.language == "console"]
        if consoles:
            found[title or os.path.basename(page)] = consoles
    return found


def main():
    belay, root, kitchen, *words = sys.argv[1:]
    recipes = consoles_of(os.path.join(root, "docs", "cookbook.md"))
    if len(recipes) < RECIPES_AT_LEAST:
        sys.exit(f"The cookbook has only {len(recipes)} recipes")
    exact = {**recipes, **consoles_of(os.path.join(root, "docs", "rules.md"))}
    about = consoles_of(os.path.join(root, "README.md"))
    for title, consoles in {**exact, **about}.items():
        if not words or any(word in title for word in words):
            add(title, consoles,
                transcripts.blurred if title in about else str)
    if missing():
        print("skipped: there is no", ", ".join(missing()))
        sys.exit(SKIPPED)
    with Server() as server:
        Cookbook.environment = environment(server, os.path.abspath(belay),
                                           os.path.abspath(kitchen))
        unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == "__main__":
    main()
