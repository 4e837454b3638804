# SPDX-License-Identifier: MIT
"""A PostgreSQL server of a test's own, in a private folder.

It listens on a socket in that folder, and on loopback at a port that the
kernel chose where asked to; trusts everybody; and is stopped by process id.
PostgreSQL refuses to run as root: then it runs as nobody.
"""

import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from private import as_nobody

LIMIT_S = 120
SKIPPED = 77
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off",
        "shared_buffers=16MB", "max_connections=40")


def programs():
    """The folder of the newest server that is installed, or None."""
    found = [path for path in glob.glob("/usr/lib/postgresql/*/bin")
             if os.path.exists(path + "/initdb")]
    on_path = shutil.which("postgres")
    if on_path:
        found.append(os.path.dirname(os.path.realpath(on_path)))
    return max(found, default=None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """with Server() as server: subprocess.run([...], env=server.env)"""

    def __init__(self, tcp=False):
        self.bin = programs()
        self.port = free_port() if tcp else 5432
        self.addresses = "127.0.0.1" if tcp else ""
        self.process = None

    def program(self, name):
        return os.path.join(self.bin, name)

    def __enter__(self):
        # Near the root: the path of a socket is short.
        self.folder = tempfile.mkdtemp(prefix="belay-pg-", dir="/tmp")
        os.chmod(self.folder, 0o777)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("PG", "BELAY"))
                    and name != "LD_PRELOAD"}
        self.env.update(PGHOST=self.folder, PGPORT=str(self.port),
                        PGUSER="postgres", PGDATABASE="postgres", LC_ALL="C",
                        PSQL_HISTORY="/dev/null")
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    @staticmethod
    def become_nobody():
        os.setsid()
        if os.geteuid() == 0:
            as_nobody()

    def start(self):
        data = self.folder + "/data"
        subprocess.run(
            [self.program("initdb"), "-D", data, "-A", "trust", "-N", "-U",
             "postgres", "--locale=C", "-E", "UTF8"], cwd=self.folder,
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            timeout=LIMIT_S, preexec_fn=self.become_nobody, env=self.env)
        settings = [*FAST, "listen_addresses=" + self.addresses,
                    "port=%d" % self.port]
        command = [self.program("postgres"), "-D", data, "-k", self.folder]
        for setting in settings:
            command += ["-c", setting]
        with open(self.folder + "/log", "wb") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, preexec_fn=self.become_nobody, env=self.env)
        self.wait_ready()

    def wait_ready(self):
        end = time.monotonic() + LIMIT_S
        while self.psql("select 1", check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.folder + "/log", encoding="utf-8") as log:
                    raise RuntimeError("no server: " + log.read())
            time.sleep(0.05)

    def psql(self, sql, check=True):
        return subprocess.run(
            [self.program("psql"), "-X", "-A", "-t", "-c", sql], env=self.env,
            check=check, capture_output=True, text=True, timeout=LIMIT_S,
            stdin=subprocess.DEVNULL)

    def wait_for_query(self, like):
        """Until the server runs such a query."""
        sql = ("select 1 from pg_stat_activity where state = 'active' and "
               f"query like '{like}' and pid <> pg_backend_pid()")
        for _ in range(LIMIT_S * 20):
            if self.psql(sql).stdout.strip():
                return
        raise AssertionError("never ran: " + like)

    def stop(self):
        """Fast: whoever is connected is sent away."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
