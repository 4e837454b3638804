# SPDX-License-Identifier: MIT
"""A session for guest, the program with an adapter inside."""

import os
import subprocess

from null_session import NullSession


class GuestSession(NullSession):
    """Runs guest under the interposer and reads what was counted."""

    def __init__(self, build):
        super().__init__(build)
        build = os.path.abspath(build)
        self.guest = os.path.join(build, "tests", "interpose", "guest")
        self.reader = os.path.join(build, "tests", "interpose", "table_reader")
        self.interposer = os.path.join(build, "interpose",
                                       "libbelay-interpose.so")

    def env(self, **more):
        env = super().env()
        env["LD_PRELOAD"] = self.interposer
        for name, value in more.items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        return env

    def do(self, *verbs, timeout=120, **more):
        """Has guest do the verbs; returns its CompletedProcess."""
        return self.run([self.guest, *map(str, verbs)], timeout=timeout,
                        **more)

    def start(self, *verbs, **more):
        """The same, but comes back once guest says a line."""
        process = subprocess.Popen(
            [self.guest, *map(str, verbs)], env=self.env(**more), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        process.line = process.stdout.readline()
        return process

    def names(self):
        return sorted(os.listdir(self.folder))

    def table(self, process):
        name = next(name for name in self.names()
                    if name.startswith(f"calls.{process.pid}."))
        return os.path.join(self.folder, name)
