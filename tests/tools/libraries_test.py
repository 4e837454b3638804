#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The libraries of a program are those that the loader would take.

    libraries_test.py LIBRARIES PROGRAM...

LIBRARIES prints what is found without running anything; ldd is the judge.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

LIBRARIES, *PROGRAMS = map(os.path.abspath, sys.argv[1:])
LOADER = "ld-linux-x86-64.so.2"


def found(program, **more):
    text = subprocess.run([LIBRARIES, program], capture_output=True, text=True,
                          check=True, **more).stdout
    lines = [line.partition(" ")[::2] for line in text.splitlines()]
    return {name: path and os.path.realpath(path) for name, path in lines
            if name != LOADER}


def loaded(program, **more):
    text = subprocess.run(["ldd", program], capture_output=True, text=True,
                          check=True, **more).stdout
    rows = re.findall(r"^\t(\S+) => (\S.*?)(?: \(0x\w+\))?$", text, re.M)
    return {name: "" if path == "not found" else os.path.realpath(path)
            for name, path in rows}


class Libraries(unittest.TestCase):
    def test_they_are_those_that_the_loader_takes(self):
        programs = PROGRAMS + [path for path in map(shutil.which, (
            "sh", "bash", "ls", "perl", "curl", "fio", "gcc", "ssh",
            "mount")) if path]
        seen = 0
        for program in programs + [os.path.realpath(sys.executable)]:
            with open(program, "rb") as file:
                if file.read(4) != b"\x7fELF":
                    continue
            self.assertEqual(found(program), loaded(program), program)
            seen += 1
        self.assertGreater(seen, 4)

    def test_folders_in_the_environment_come_first(self):
        with tempfile.TemporaryDirectory() as folder:
            libc = os.path.realpath(loaded("/bin/sh")["libc.so.6"])
            shutil.copy(libc, folder + "/libc.so.6")
            env = {**os.environ, "LD_LIBRARY_PATH": "/no/such:" + folder}
            self.assertEqual(found("/bin/sh", env=env)["libc.so.6"],
                             os.path.realpath(folder + "/libc.so.6"))

    def test_what_is_not_there_has_no_path(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copy(PROGRAMS[-1], folder)
            libraries = found(copy)
            self.assertEqual(libraries, loaded(copy))
            self.assertIn("", libraries.values())

    def test_what_is_no_program_has_none(self):
        for path in (__file__, "/no/such", "/dev/null", "/"):
            self.assertEqual(found(path), {})


if __name__ == "__main__":
    os.environ.pop("LD_LIBRARY_PATH", None)
    unittest.main(argv=sys.argv[:1])
