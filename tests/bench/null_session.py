# SPDX-License-Identifier: MIT
"""A session of its own, for programs that are preloaded without the tools."""

import os
import shutil
import subprocess
import tempfile


class NullSession:
    """Runs programs under the null adapter and reads what was counted."""

    def __init__(self, build):
        self.bench = os.path.join(os.path.abspath(build), "tests", "bench")

    def __enter__(self):
        root = "/dev/shm/belay-%d" % os.getuid()
        os.makedirs(root, 0o700, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="test-", dir=root)
        self.counters_program("make")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def counters_program(self, verb):
        return subprocess.run(
            [os.path.join(self.bench, "session_counters"), verb, self.folder],
            check=True, text=True, stdout=subprocess.PIPE).stdout

    def env(self, **more):
        env = {name: value for name, value in os.environ.items()
               if not name.startswith("BELAY")}
        env.update(LD_PRELOAD=os.path.join(self.bench, "libbelay-null.so"),
                   BELAY_SESSION=self.folder, **more)
        return env

    def run(self, argv, timeout=120, **more):
        """Runs a program to its end; returns its CompletedProcess."""
        return subprocess.run(argv, env=self.env(**more), text=True,
                              capture_output=True, timeout=timeout)

    def counters(self):
        """{"null.call.calls": 12, ..., "lost.calls": 0}"""
        lines = self.counters_program("read").splitlines()
        return {name: int(value) for name, value in map(str.split, lines)}
