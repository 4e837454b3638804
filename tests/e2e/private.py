# SPDX-License-Identifier: MIT
"""What the tests of the command share: a /dev/shm of their own, and helpers.

Sessions of all users live in /dev/shm. Tests that list, remove or crowd them
out do so in a mount namespace of their own, which enter() makes.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

NOBODY = 65534
SKIPPED = 77
LIMIT = 60  # seconds that anything may take


def enter():
    """Starts this script again in a namespace with an empty /dev/shm."""
    if os.environ.get("BELAY_TEST_PRIVATE") != str(os.getpid()):
        os.environ["BELAY_TEST_PRIVATE"] = str(os.getpid())
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        os.execvp("unshare", ["unshare", "--mount", *user, sys.executable]
                  + sys.argv)
    if mount_shm("size=256m") != 0:
        print("skipped: cannot mount a /dev/shm of its own")
        sys.exit(SKIPPED)


def mount_shm(options):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777," + options,
                           "tmpfs", "/dev/shm"], check=False).returncode


@contextlib.contextmanager
def other_mount(folder, options="mode=755"):
    """Another, empty folder over this one, for a while."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder],
                   check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def other_shm(options):
    return other_mount("/dev/shm", "mode=1777," + options)


def libc():
    return ctypes.CDLL(None, use_errno=True)


class Command(unittest.TestCase):
    """A test that runs `belay`; the script's arguments set the paths."""

    belay = ""
    caller = ""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="belay-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.forget_sessions)

    def forget_sessions(self):
        for name in os.listdir("/dev/shm"):
            shutil.rmtree("/dev/shm/" + name, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as to:
            to.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def run_belay(self, *args, **more):
        """Runs it to its end, with no stdin."""
        more.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([self.belay, *args], capture_output=True,
                              text=True, timeout=LIMIT, check=False, **more)

    def start(self, *args, **more):
        """Starts it, and waits until the program has said something."""
        process = subprocess.Popen(
            [self.belay, *args], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
        self.addCleanup(self.stop, process)
        line = process.stdout.readline()
        if not line:
            self.fail("it ended at once: " + process.stderr.read())
        return process, line.strip()

    def stop(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT)
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def end(self, process):
        """Closes its stdin, and returns what it says until it ends."""
        out, err = process.communicate(timeout=LIMIT)
        return out, err

    def sessions(self, uid=None):
        folder = f"/dev/shm/belay-{os.geteuid() if uid is None else uid}"
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def session_folder(self):
        names = self.sessions()
        self.assertEqual(len(names), 1, names)
        return f"/dev/shm/belay-{os.geteuid()}/{names[0]}"


def as_nobody():
    """For preexec_fn: drops to nobody. Only root can."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def can_be_nobody(*paths):
    """Whether we can, and nobody can reach the paths."""
    if os.geteuid() != 0:
        return False
    tries = ["test", "-r", "/dev/null"]
    for path in paths:
        tries += ["-a", "-r", path]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(tries, preexec_fn=as_nobody,
                              check=False).returncode == 0
    return False


def main(**paths):
    for name, path in paths.items():
        setattr(Command, name, os.path.abspath(path))
    # What the machine's user has set is not for the tests.
    for name in list(os.environ):
        if name.startswith("BELAY") or name in ("LD_PRELOAD",
                                                "XDG_RUNTIME_DIR"):
            del os.environ[name]
    unittest.main(argv=sys.argv[:1], verbosity=1)
