#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what Belay costs and prints it beside its budget.

    bench.py BUILD GROUP...

Cases alternate process by process on one processor; within a process many
chunks of 0.1 to 1 ms are timed. The smallest chunk of a case is compared with
the smallest of another: on a machine that others use, only an undisturbed
chunk says what the work costs. Medians stand beside.

Ends with 0 when it could measure, whatever it measured: a machine may be
slow, and the numbers are for people. The check for regressions is
instructions.py, which counts instead of timing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

import com_bench
import pq_bench
import rules_bench
from lttng_session import Daemon, Folder, as_nobody

PROCESSES = int(os.environ.get("BENCH_PROCESSES", "9"))
HERE = os.path.dirname(os.path.abspath(__file__))


def read_budgets():
    budgets = {}
    with open(os.path.join(HERE, "budgets"), encoding="utf-8") as lines:
        for line in lines:
            words = line.split("#")[0].split(None, 3)
            if words:
                name, limit, unit = words[:3]
                floor = limit.startswith(">=")
                budgets[name] = (float(limit.lstrip(">=")), unit, floor)
    return budgets


class Bench:
    def __init__(self, build, folder):
        self.build = os.path.abspath(build)
        self.folder = folder
        self.budgets = read_budgets()
        self.cpus = sorted(os.sched_getaffinity(0))
        self.session = "/dev/shm/belay-%d/bench-%d" % (os.getuid(), os.getpid())
        self.rows = []

    def path(self, *parts):
        path = os.path.join(self.build, *parts)
        if not os.path.exists(path):
            raise FileNotFoundError(path)
        return path

    def program(self, name):
        return self.path("tests", "bench", name)

    def preload(self, library, trace=False):
        """The environment of a program under a preload, by hand."""
        env = {"LD_PRELOAD": library, "BELAY_SESSION": self.session}
        if trace:
            env["BELAY_TRACE"] = "1"
        return env

    def make_session(self):
        """A session of our own, as `belay run` would make it."""
        self.drop_session()
        os.makedirs(os.path.dirname(self.session), 0o700, exist_ok=True)
        os.mkdir(self.session, 0o700)
        subprocess.run([self.program("session_counters"), "make",
                        self.session], check=True)

    def drop_session(self):
        shutil.rmtree(self.session, ignore_errors=True)

    def run(self, argv, env=None, cpus=None, **more):
        """Runs a program pinned; returns the numbers that it printed."""
        cpus = cpus or {self.cpus[-1]}
        output = subprocess.run(
            argv, env=dict(self.folder.env, **(env or {})), check=True,
            text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus), **more).stdout
        return [float(word) for word in output.split()]

    def alternate(self, cases, processes=PROCESSES, cpus=None, pause=0):
        """Runs {name: (argv, env)} in turn; returns {name: (min, median)}."""
        seen = {name: [] for name in cases}
        for _ in range(processes):
            for name, (argv, env) in cases.items():
                seen[name].append(self.run(argv, env, cpus))
                time.sleep(pause)
        result = {}
        for name, numbers in seen.items():
            medians = sorted(n[1] for n in numbers)
            result[name] = (min(n[0] for n in numbers),
                            medians[len(medians) // 2])
            self.case(name, *result[name])
        return result

    @staticmethod
    def title(text):
        print("\n%s" % text)
        print("  %-34s %12s %12s" % ("case", "min", "median"))

    @staticmethod
    def case(name, smallest, median):
        print("  %-34s %12.1f %12.1f" % (name, smallest, median), flush=True)

    def compare(self, name, value):
        limit, unit, floor = self.budgets[name]
        good = value >= limit if floor else value <= limit
        self.rows.append((name, value, unit, limit, floor, good))

    def table(self):
        print("\n  %-24s %10s %-6s %12s" % ("budget", "measured", "", "limit"))
        for name, value, unit, limit, floor, good in self.rows:
            print("  %-24s %10.3f %-6s %s %9g  %s"
                  % (name, value, unit, ">=" if floor else "<=", limit,
                     "PASS" if good else "OVER BUDGET"))
        over = sum(not row[-1] for row in self.rows)
        print("\n%d of %d within budget" % (len(self.rows) - over,
                                            len(self.rows)))


def checked(session, what):
    """A full buffer makes events cheap: such a measurement is none."""
    discarded = session.discarded()
    if discarded:
        print("  NOTE: %d events of %s were discarded: its figures are too low"
              % (discarded, what))


def pairs(bench):
    """begin+finish on the null library, against LTTng's bare events"""
    null = bench.path("tests", "bench", "libbelay-null.so")
    chunks = ["100", "1000"]
    bare = [bench.program("null_pairs")] + chunks
    lttng = bench.program("lttng_pairs")
    with Daemon(bench.folder, bench.cpus[0]) as daemon:
        session = daemon.start(["belay_bench:*", "belay:*"], "8M", 8)
        bench.title("one begin+finish pair on the null library, ns")
        seen = bench.alternate({
            "bare": (bare, None),
            "preload": (bare, bench.preload(null)),
            "traced": (bare, bench.preload(null, True)),
            "LTTng, 2 events of 3 integers": ([lttng, "three"] + chunks, None),
            "LTTng, 2 events, same fields": ([lttng, "fields"] + chunks, None),
        }, pause=0.2)
        checked(session, "the pairs")
        session.stop()
    smallest = {name: numbers[0] for name, numbers in seen.items()}
    added = smallest["preload"] - smallest["bare"]
    three = smallest["LTTng, 2 events of 3 integers"] - smallest["bare"]
    same = smallest["LTTng, 2 events, same fields"] - smallest["bare"]
    bench.compare("pair.preload", added)
    bench.compare("pair.preload.of-lttng", added / three)
    bench.compare("pair.traced.of-lttng",
                  (smallest["traced"] - smallest["preload"]) / same)


def threads(bench):
    """the same by one thread and by two, each on its own processor"""
    null = bench.path("tests", "bench", "libbelay-null.so")
    program = bench.program("null_threads")
    if len(bench.cpus) < 2:
        print("only one processor: nothing to compare")
        return
    bench.title("pairs by several threads, ns of all together")
    cases = {}
    for count in ("1", "2"):
        argv = [program, count, "2000", "1000"]
        cases["bare, threads: " + count] = (argv, None)
        cases["preload, threads: " + count] = (argv, bench.preload(null))
    seen = bench.alternate(cases, cpus=set(bench.cpus))
    bench.compare("threads.two", seen["preload, threads: 1"][0]
                  / seen["preload, threads: 2"][0])


def in_flight(bench):
    """a million calls in flight: memory, and time of each"""
    count = 1000000
    program = bench.program("null_in_flight")
    null = bench.path("tests", "bench", "libbelay-null.so")

    def one(env):
        process = subprocess.Popen(
            [program, str(count)], env=dict(bench.folder.env, **env),
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        own = ""
        while not own.endswith(" "):
            byte = process.stdout.read(1)
            if not byte:
                break
            own += byte
        shared = 0
        for entry in os.scandir(bench.session):
            if entry.name.startswith("calls.%d." % process.pid):
                shared += entry.stat().st_blocks * 512
        rest, _ = process.communicate()
        begin, finish = (float(word) for word in rest.split())
        return int(own) * 1024 + shared, begin, finish

    bare = one({})
    ours = one(dict(bench.preload(null), BELAY_CALLS=str(count + 1)))
    print("\n1,000,000 calls in flight")
    print("  %-34s %12s %12s %12s" % ("case", "bytes/call", "begin ns",
                                      "finish ns"))
    for name, (size, begin, finish) in (("bare", bare), ("preload", ours)):
        print("  %-34s %12.1f %12.1f %12.1f" % (name, size / count, begin,
                                                finish))
    print("  (the table's file in /dev/shm is counted, counters and all)")
    bench.compare("in-flight.memory", (ours[0] - bare[0]) / count)


def cached_file(bench):
    """A file of 64 blocks in memory."""
    file = tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="belay-bench-")
    file.write(b"x" * 64 * 4096)
    file.flush()
    return file


def aio(bench):
    """cached reads through POSIX AIO, one in flight, on one processor"""
    library = bench.path("interpose", "libbelay-aio.so")
    with cached_file(bench) as file, \
            Daemon(bench.folder, bench.cpus[0]) as daemon:
        session = daemon.start(["belay:*"], "8M", 8)
        argv = [bench.program("aio_chunks"), "read", "200", "100", file.name]
        bench.title("a cached 4 KiB read, ns")
        seen = bench.alternate({
            "bare": (argv, None),
            "preload": (argv, bench.preload(library)),
            "traced": (argv, bench.preload(library, True)),
        }, processes=PROCESSES + 4, pause=0.05)
        checked(session, "the reads")
        session.stop()
    bare = seen["bare"][0]
    bench.compare("aio.read.preload", seen["preload"][0] / bare)
    bench.compare("aio.read.traced", seen["traced"][0] / bare)


def polls(bench):
    """aio_error() alone"""
    library = bench.path("interpose", "libbelay-aio.so")
    with cached_file(bench) as file:
        for state in ("pending", "complete"):
            argv = [bench.program("aio_chunks"), "poll-" + state, "200",
                    "10000", file.name]
            bench.title("aio_error() of a call that is %s, ns" % state)
            seen = bench.alternate({
                "bare": (argv, None),
                "preload": (argv, bench.preload(library)),
            })
            bench.compare("poll." + state,
                          seen["preload"][0] - seen["bare"][0])


def starts(bench):
    """how long `true` takes to start and end"""
    # Both by name: only in a build tree does the loader have to search
    # for those that an adapter needs, and the search takes 60 us.
    library = ":".join((bench.path("interpose", "libbelay-interpose.so.0"),
                        bench.path("interpose", "libbelay-aio.so")))
    true = shutil.which("true")
    argv = [bench.program("starts"), "31"]
    by_hand = {"BENCH_PRELOAD": library, "BELAY_SESSION": bench.session}
    cases = {
        "bare": (argv + [true], None),
        "preload by hand": (argv + [true], by_hand),
    }
    try:
        belay = bench.path("tools", "belay")
        cases["belay run"] = (argv + [belay, "run", "--apis", "aio", "--",
                                      true], None)
    except FileNotFoundError:
        print("belay is not built: `belay run` is not measured")
    bench.title("start and end of `true`, ns")
    # The summary on stderr is no part of what is measured, but printing is.
    sink = subprocess.DEVNULL
    seen = {name: [] for name in cases}
    for _ in range(PROCESSES):
        for name, (command, env) in cases.items():
            seen[name].append(bench.run(command, env, stderr=sink))
    best = {}
    for name, numbers in seen.items():
        best[name] = min(n[0] for n in numbers)
        bench.case(name, best[name],
                   sorted(n[1] for n in numbers)[len(numbers) // 2])
    bench.compare("start.preload",
                  (best["preload by hand"] - best["bare"]) / 1e6)
    if "belay run" in best:
        bench.compare("start.run", (best["belay run"] - best["bare"]) / 1e6)
    traced_starts(bench, argv, dict(by_hand, BELAY_TRACE="1"))


def traced_starts(bench, argv, env):
    true = shutil.which("true")
    with Daemon(bench.folder, bench.cpus[0]) as daemon:
        session = daemon.start(["belay_bench:*", "belay:*"])
        bench.title("the same in a session that runs, ns")
        seen = bench.alternate({
            "bare program with LTTng events":
                (argv + [bench.program("lttng_pairs"), "true"], None),
            "traced": (argv + [true], env),
        }, cpus=set(bench.cpus))
        session.stop()
    bench.compare("start.traced", seen["traced"][0]
                  / seen["bare program with LTTng events"][0])


def make_trace(bench, pairs_count):
    """A trace of that many calls; returns its folder."""
    null = bench.path("tests", "bench", "libbelay-null.so")
    with Daemon(bench.folder) as daemon:
        session = daemon.start(["belay:*"], "8M", 8, lossless=True)
        bench.run([bench.program("null_pairs"),
                   str(pairs_count // 1000 - 1), "1000"],
                  dict(bench.preload(null, True),
                       LTTNG_UST_ALLOW_BLOCKING="1"),
                  cpus=set(bench.cpus))
        discarded = session.stop()
    if discarded:
        print("  NOTE: %d events discarded" % discarded)
    return session.output


def cpu_seconds(argv, env):
    """(seconds of processor time, MB resident) of a command."""
    pid = os.posix_spawn(argv[0], argv, env, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise RuntimeError("%s: status %d" % (argv, status))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def report(bench):
    """belay report against babeltrace2 that only counts"""
    calls = int(os.environ.get("BENCH_REPORT_CALLS", "5000000"))
    belay = bench.path("tools", "belay")
    trace = make_trace(bench, calls)
    commands = {
        "babeltrace2, counting": [
            shutil.which("babeltrace2"), trace,
            "--component=sink.utils.counter", "--params=step=+0"],
        "belay report": [belay, "report", trace],
    }
    seen = {name: [] for name in commands}
    memory = {}
    for _ in range(3):
        for name, argv in commands.items():
            seconds, memory[name] = cpu_seconds(argv, bench.folder.env)
            seen[name].append(seconds)
    print("\nreading a trace of %d events" % (2 * calls))
    print("  %-34s %12s %12s" % ("case", "M events/s", "MB"))
    speed = {}
    for name, numbers in seen.items():
        speed[name] = 2 * calls / min(numbers)
        print("  %-34s %12.2f %12.1f" % (name, speed[name] / 1e6,
                                         memory[name]))
    bench.compare("report.speed",
                  speed["belay report"] / speed["babeltrace2, counting"])
    bench.compare("report.memory", memory["belay report"])
    shutil.rmtree(trace)


GROUPS = {
    "pairs": pairs,
    "threads": threads,
    "in-flight": in_flight,
    "aio": aio,
    "polls": polls,
    "starts": starts,
    "report": report,
    **rules_bench.GROUPS,
    **pq_bench.GROUPS,
    **com_bench.GROUPS,
}


def main():
    if len(sys.argv) < 3 or any(g not in GROUPS for g in sys.argv[2:]):
        sys.exit(__doc__ + "\ngroups: " + " ".join(GROUPS))
    as_nobody(sys.argv[1])
    with Folder() as folder:
        bench = Bench(sys.argv[1], folder)
        bench.make_session()
        try:
            for group in sys.argv[2:]:
                GROUPS[group](bench)
        finally:
            bench.drop_session()
        bench.table()


if __name__ == "__main__":
    main()
