#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that use POSIX AIO do the same under Belay, and it counts right.

    aio_programs_test.py BELAY

fio counts its own requests, so that what was recorded must equal that. Its
random numbers have a fixed seed, so that it reads and writes the same in every
run; how often it syncs depends on time.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BELAY = os.path.abspath(sys.argv.pop(1))
TIMEOUT_S = 120
BLOCK = 4096
FIO = ["fio", "--name=job", "--ioengine=posixaio", "--size=1m",
       f"--bs={BLOCK}", "--iodepth=8", "--output-format=json"]
KINDS = {"read": "aio.read", "write": "aio.write", "sync": "aio.fsync"}


class Programs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="belay-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_in_folder(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True,
                              timeout=TIMEOUT_S, cwd=self.folder)
        return done.returncode, done.stdout, done.stderr

    def watch(self, command):
        """What the command does under Belay, and the summary."""
        path = os.path.join(self.folder, "summary")
        done = self.run_in_folder([BELAY, "run", "--strict", "--json", path,
                                   "--", *command])
        with open(path, encoding="utf-8") as file:
            summary = json.load(file)
        lost = {name: n for name, n in summary["lost"].items() if n}
        self.assertEqual(lost, {})
        calls = {o["operation"]: o for o in summary["operations"]}
        return done, summary, calls

    def jobs(self, done):
        """Of each job: its error, and what it counted itself."""
        # An error message may stand before the report.
        report = json.loads(done[1][done[1].index("{"):])
        return [{"error": job["error"],
                 **{kind: job[kind]["total_ios"] for kind in KINDS}}
                for job in report["jobs"]]

    def assert_same(self, done, bare):
        """They ended the same way, having read and written the same."""
        self.assertEqual(done[0], bare[0])
        here, there = self.jobs(done), self.jobs(bare)
        for what in ("error", "read", "write"):
            self.assertEqual([job[what] for job in here],
                             [job[what] for job in there], what)

    def compare(self, *arguments):
        """Runs fio without and with Belay."""
        bare = self.run_in_folder([*FIO, *arguments])
        self.assertEqual(bare[0], 0, bare[2])
        done, summary, calls = self.watch([*FIO, *arguments])
        self.assert_same(done, bare)
        for kind, operation in KINDS.items():
            counted = sum(job[kind] for job in self.jobs(done))
            seen = calls.get(operation, {"calls": 0, "finished": 0,
                                         "bytes": 0})
            self.assertEqual(seen["calls"], counted, operation)
            self.assertEqual(seen["finished"], counted, operation)
            if kind != "sync":
                self.assertEqual(seen["bytes"], counted * BLOCK, operation)
        for call in calls.values():
            for what in ("refused", "failed", "canceled", "uncollected",
                         "in_flight", "unknown"):
                self.assertEqual(call[what], 0, what)
        self.assertGreater(sum(c["calls"] for c in calls.values()), 0)
        return summary, calls

    def test_fio_reads(self):
        _, calls = self.compare("--rw=randread")
        self.assertEqual(list(calls), ["aio.read"])

    def test_fio_reads_writes_and_syncs(self):
        summary, calls = self.compare("--rw=randrw", "--fsync=16")
        self.assertEqual(set(calls), set(KINDS.values()))
        # Itself, and the process that it forks for the job.
        self.assertEqual(summary["processes"], 2)

    def test_fio_verifies_what_it_wrote(self):
        _, calls = self.compare("--rw=write", "--verify=crc32c")
        self.assertEqual(calls["aio.read"]["calls"],
                         calls["aio.write"]["calls"])

    def test_fio_in_one_process(self):
        summary, _ = self.compare("--rw=randrw", "--thread=1", "--numjobs=2")
        self.assertEqual(summary["processes"], 1)

    def test_fio_in_four_processes(self):
        summary, _ = self.compare("--rw=randrw", "--numjobs=4")
        self.assertEqual(summary["processes"], 5)

    def test_fio_on_a_full_device_fails_the_same_way(self):
        command = [*FIO, "--rw=write", "--filename=/dev/full"]
        bare = self.run_in_folder(command)
        self.assertNotEqual(bare[0], 0)
        done, summary, calls = self.watch(command)
        self.assert_same(done, bare)
        # It looks at the errors, and collects nothing any more.
        write = calls["aio.write"]
        self.assertEqual(write["calls"], 8)
        self.assertEqual(write["finished"] + write["in_flight"], 8)
        unfinished = sum(u["count"] for u in summary["unfinished"])
        self.assertEqual(unfinished, write["in_flight"])

    @unittest.skipUnless(shutil.which("stress-ng"), "there is no stress-ng")
    def test_stress_ng_never_collects(self):
        command = ["stress-ng", "--aio", "1", "--aio-ops", "200",
                   "--temp-path", self.folder]
        self.assertEqual(self.run_in_folder(command)[0], 0)
        done, _, calls = self.watch(command)
        self.assertEqual(done[0], 0, done[2])
        for operation, call in calls.items():
            self.assertEqual(call["finished"] + call["in_flight"] +
                             call["refused"], call["calls"], operation)
            self.assertEqual(call["finished"], call["uncollected"], operation)
        self.assertGreater(calls["aio.read"]["uncollected"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
