# SPDX-License-Identifier: MIT
"""Runs programs under `belay trace`, and reads what it wrote."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

TIMEOUT_S = 240
EVENT = re.compile(r"belay:(\w+): \{ cpu_id = \d+ \}, \{ (.*) \}$")
ID = re.compile(r"\bid = (\d+)")


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("did not happen: " + what)
        time.sleep(0.01)


def children(pid, name):
    """Process ids of a process's living children of a name."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                stat = file.read()
        except OSError:
            continue
        # Kernel names are cut to 15 letters.
        comm, rest = stat.split("(", 1)[1].rsplit(")", 1)
        if (rest.split()[1] == str(pid) and rest.split()[0] != "Z"
                and comm == name[:15]):
            found.append(int(entry))
    return found


def exists(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Trace:
    """What `belay trace` did, and what is in the trace."""

    def __init__(self, output, returncode, stdout, stderr):
        self.output = output
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    def events(self):
        """[(event, fields as text), ...]"""
        reader = subprocess.run(["babeltrace2", self.output], text=True,
                                capture_output=True, timeout=TIMEOUT_S)
        if reader.returncode:
            raise AssertionError(reader.stderr)
        return [EVENT.search(line).groups()
                for line in reader.stdout.splitlines()]

    def total(self):
        """How many events there are, found fast."""
        reader = subprocess.run(
            ["babeltrace2", self.output, "-c", "sink.utils.counter", "-p",
             "step=+0"], text=True, capture_output=True, timeout=TIMEOUT_S)
        return int(re.search(r"(\d+) Event messages", reader.stdout).group(1))

    def counts(self):
        counts = {}
        for event, _ in self.events():
            counts[event] = counts.get(event, 0) + 1
        return counts


class TraceCase(unittest.TestCase):
    belay = None

    def setUp(self):
        # Near the root: LTTng's socket paths are short.
        self.folder = tempfile.mkdtemp(prefix="belay-test-", dir="/tmp")
        os.chmod(self.folder, 0o777)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.number = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def new_output(self):
        self.number += 1
        return self.path(f"trace{self.number}")

    def start(self, options, command, output=None, prefix=(), env=None):
        output = output or self.new_output()
        process = subprocess.Popen(
            [*prefix, self.belay, "trace", "-o", output, *options, "--",
             *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=env, cwd=self.folder,
            start_new_session=True)
        process.output = output
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """Only where a test failed is there something to end."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()
        process.stderr.close()

    @staticmethod
    def finish(process):
        stdout, stderr = process.communicate(timeout=TIMEOUT_S)
        return Trace(process.output, process.returncode, stdout, stderr)

    def trace(self, options, command, **more):
        return self.finish(self.start(options, command, **more))

    def assert_ok(self, trace):
        self.assertEqual(trace.returncode, 0, trace.stderr)

    def assert_whole(self, events):
        """Every begin has its one end, and nothing ends that did not begin."""
        begun, ended = set(), set()
        for event, fields in events:
            found = ID.match(fields)
            if event == "begin":
                self.assertNotIn(found.group(1), begun)
                begun.add(found.group(1))
            elif (event == "finish"
                  or (event == "refuse" and '"pending"' not in fields)):
                self.assertIn(found.group(1), begun)
                self.assertNotIn(found.group(1), ended)
                ended.add(found.group(1))
        self.assertEqual(begun, ended)

    def as_nobody(self):
        """A prefix: runs a command as an ordinary user, if we are root."""
        if os.geteuid() != 0:
            return []
        prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup",
                  "--clear-groups"]
        if subprocess.run([*prefix, "test", "-r", self.belay]).returncode:
            self.skipTest("an ordinary user cannot reach this tree")
        return prefix

    def daemon_of(self, process):
        """The session daemon that a running `belay trace` started."""
        return wait_for("a session daemon", lambda: children(
            process.pid, "lttng-sessiond"))[0]

    def consumer_of(self, process):
        return wait_for("a consumer daemon", lambda: children(
            self.daemon_of(process), "lttng-consumerd"))[0]

    def report(self, folder):
        """What `belay report` tells of a trace."""
        done = subprocess.run([self.belay, "report", "--json", folder],
                              capture_output=True, text=True,
                              timeout=TIMEOUT_S)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def summary(self, name="summary"):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)
