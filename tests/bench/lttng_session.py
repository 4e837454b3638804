# SPDX-License-Identifier: MIT
"""A private LTTng session daemon, for one benchmark or test.

As root the daemon would be the machine's own: whoever uses this calls
as_nobody() first. Everything lives in one temporary folder and is stopped by
process id.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 60


NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
PRIVATE = "LTTNG_SESSION_PRIVATE"
SKIPPED = 77


def as_nobody(build):
    """Runs this program again where a daemon is not the machine's own.

    That is as an ordinary user or, where the build tree is for root's eyes
    only, with a /run/lttng that nobody else sees.
    """
    if os.geteuid() != 0 or PRIVATE in os.environ:
        return
    command = [sys.executable] + sys.argv
    paths = [os.path.abspath(build), os.path.abspath(sys.argv[0])]
    if all(subprocess.run(NOBODY + ["test", "-r", path]).returncode == 0
           for path in paths):
        os.execvp(NOBODY[0], NOBODY + command)
    os.environ[PRIVATE] = "1"
    script = ("mkdir -p /run/lttng && mount -t tmpfs private /run/lttng"
              " || exit %d; exec \"$@\"" % SKIPPED)
    os.execvp("unshare", ["unshare", "--mount", "--propagation=private",
                          "sh", "-c", script, "sh"] + command)


class Folder:
    """A temporary folder that is also HOME and LTTNG_HOME."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="belay-bench-")
        self.env = dict(os.environ, HOME=self.path, LTTNG_HOME=self.path,
                        LC_ALL="C")
        for name in list(self.env):
            if name.startswith("BELAY") or name == "LD_PRELOAD":
                del self.env[name]
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Daemon:
    """lttng-sessiond in a folder of its own."""

    def __init__(self, folder, cpu=None):
        self.folder = folder
        self.cpu = cpu
        self.sessions = 0

    def __enter__(self):
        log_path = os.path.join(self.folder.path, "sessiond.log")
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["lttng-sessiond", "--no-kernel"], env=self.folder.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=self.pin)
        end = time.monotonic() + DEADLINE_S
        while subprocess.run(["lttng", "--no-sessiond", "list"],
                             env=self.folder.env, capture_output=True
                             ).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("lttng-sessiond did not start: see "
                                   + log_path)
            time.sleep(0.02)
        return self

    def pin(self):
        if self.cpu is not None:
            os.sched_setaffinity(0, {self.cpu})

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def lttng(self, *arguments):
        return subprocess.run(["lttng", "--no-sessiond"] + list(arguments),
                              env=self.folder.env, check=True, text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT).stdout

    def start(self, events, subbuf="4M", count=4, lossless=False):
        """Starts a session; the traces are in the folder that it returns."""
        self.sessions += 1
        name = "bench%d" % self.sessions
        output = os.path.join(self.folder.path, name)
        self.lttng("create", name, "--output=" + output)
        channel = ["enable-channel", "--userspace", "--session=" + name,
                   "--subbuf-size=" + subbuf, "--num-subbuf=%d" % count,
                   "--buffers-uid", "--discard", "all"]
        if lossless:
            channel.append("--blocking-timeout=inf")
        self.lttng(*channel)
        for event in events:
            self.lttng("enable-event", "--userspace", "--session=" + name,
                       "--channel=all", event)
        self.lttng("start", name)
        return Session(self, name, output)


class Session:
    def __init__(self, daemon, name, output):
        self.daemon = daemon
        self.name = name
        self.output = output

    def discarded(self):
        text = self.daemon.lttng("list", self.name)
        return sum(int(n) for n in
                   re.findall(r"Discarded events: (\d+)", text))

    def stop(self):
        """Stops and keeps the traces."""
        self.daemon.lttng("stop", self.name)
        discarded = self.discarded()
        self.daemon.lttng("destroy", self.name)
        return discarded
