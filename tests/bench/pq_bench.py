# SPDX-License-Identifier: MIT
"""A group of bench.py: what a point SELECT through libpq costs."""

import contextlib
import os
import sys

from lttng_session import Daemon
from rules_bench import with_rules

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             os.pardir, "e2e"))
import postgres  # noqa: E402

# Of the calls that are made, but never fitting: another file calls, another
# text is sent, another operation is named.
IDLE = """pq.query timeout after=1h if caller~nowhere.so
pq.query fault error=server if sql~'drop *'
pq.prepare timeout after=1h"""
PROCESSES = 40


@contextlib.contextmanager
def pinned(cpu):
    """What is started meanwhile runs on one processor for ever."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def measure(bench, server, how):
    library = bench.path("interpose", "libbelay-pq.so")
    argv = [bench.program("pq_selects"), how, "120", "50"]
    where = {name: value for name, value in server.env.items()
             if name.startswith("PG")}
    preload = dict(where, **bench.preload(library))
    with Daemon(bench.folder, bench.cpus[0]) as daemon:
        session = daemon.start(["belay:*"], "8M", 8)
        seen = bench.alternate({
            "bare": (argv, where),
            "preload": (argv, preload),
            "idle": (argv, with_rules(bench, preload, IDLE)),
            "traced": (argv, dict(where, **bench.preload(library, True))),
        }, processes=PROCESSES)
        discarded = session.stop()
    if discarded:
        print("  NOTE: %d events were discarded: traced is too fast"
              % discarded)
    return {name: numbers[0] for name, numbers in seen.items()}


def selects(bench):
    """a point SELECT through libpq, server and client on one processor"""
    if postgres.programs() is None:
        print("no PostgreSQL server is installed: nothing is measured")
        return
    with contextlib.ExitStack() as stack:
        with pinned(bench.cpus[-1]):
            server = stack.enter_context(postgres.Server())
        for how, functions in (("exec", "PQexec()"),
                               ("send", "PQsendQuery() and PQgetResult()")):
            bench.title("a point SELECT by %s, ns" % functions)
            seen = measure(bench, server, how)
            for name in ("preload", "idle", "traced"):
                bench.compare("pq.%s.%s" % (how, name),
                              seen[name] / seen["bare"])


GROUPS = {"libpq": selects}
