#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what Belay adds to a call and to a start, and fails on more.

    instructions.py BUILD

Runs a program under callgrind twice, with few and with many calls: the
difference is what the calls alone took, start-up left out. Unlike times these
numbers are the same on every run and on a busy machine. So is how many pages
a program touches from its start to its end. What rules add is counted over the
same without rules.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from bench import read_budgets
from rules_bench import NEVER_HERE, NEVER_THIS, write_rules

TOLERANCE = 1.10
FEW, MANY, UNITS = 2, 12, 1000   # chunks, and calls in each
SKIPPED = 77
TRUE = shutil.which("true")


def instructions(argv, env, folder):
    """How many instructions a program executes."""
    out = os.path.join(folder, "callgrind.out")
    subprocess.run(["valgrind", "--tool=callgrind", "-q",
                    "--callgrind-out-file=" + out] + argv,
                   env=env, check=True, stdout=subprocess.DEVNULL, timeout=300)
    with open(out, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    raise RuntimeError("callgrind wrote no total")


def of_one(argv, env, folder):
    """Instructions of one unit; argv has a place for how many chunks."""
    counts = [instructions([word.replace("{}", str(n)) for word in argv],
                           env, folder) for n in (FEW, MANY)]
    return (counts[1] - counts[0]) / (MANY - FEW) / UNITS


def pages(env):
    """How many page faults `true` has: the fewest of a few runs."""
    fewest = []
    for _ in range(5):
        pid = os.posix_spawn(TRUE, [TRUE], env)
        _, status, usage = os.wait4(pid, 0)
        if status != 0:
            raise RuntimeError("%s: status %d" % (TRUE, status))
        fewest.append(usage.ru_minflt + usage.ru_majflt)
    return min(fewest)


def judge(name, added, bare, limit):
    """Says what was counted. Nothing added, but where that is the budget:
    nothing was preloaded."""
    good = (abs(added) < 1 if limit == 0
            else 1 <= added <= limit * TOLERANCE)
    print("%-25s %6.1f more than %6.1f, budget %4.0f + 10 %%  %s"
          % (name, added, bare, limit, "ok" if good else "WRONG"))
    if good and limit and added < limit / TOLERANCE:
        print("  lower the budget in tests/bench/budgets to %.0f" % added)
    return good


def count(argv, plain, preload, rules, folder):
    """{name: (added, bare)} of a preload, and of rules under it."""
    bare = of_one(argv, plain, folder)
    loaded = of_one(argv, preload, folder)
    counted = {"": (loaded - bare, bare)}
    for name, (rule, number) in rules.items():
        env = dict(preload, BELAY_RULES=write_rules(folder, rule, number))
        counted[name] = (of_one(argv, env, folder) - loaded, loaded)
    return counted


def main():
    build = os.path.abspath(sys.argv[1])
    if shutil.which("valgrind") is None:
        print("valgrind is not installed")
        sys.exit(SKIPPED)
    bench = os.path.join(build, "tests", "bench")
    cases = {
        "instructions.pair": (
            [os.path.join(bench, "null_pairs"), "{}", str(UNITS)],
            os.path.join(bench, "libbelay-null.so"), {
                ".idle": (NEVER_HERE, 100),
                ".idle.other": (NEVER_THIS, 100),
                ".deadline": ("null.call timeout after=1h", 1),
            }),
        "instructions.poll": (
            [os.path.join(bench, "aio_chunks"), "poll-pending", "{}",
             str(UNITS), "/dev/null"],
            os.path.join(build, "interpose", "libbelay-aio.so"), {}),
    }
    budgets = read_budgets()
    good = True
    with tempfile.TemporaryDirectory(prefix="belay-instructions-") as folder, \
            tempfile.TemporaryDirectory(prefix="belay-instructions-",
                                        dir="/dev/shm") as session:
        plain = {name: value for name, value in os.environ.items()
                 if not name.startswith("BELAY") and name != "LD_PRELOAD"}
        for name, (argv, library, rules) in cases.items():
            env = dict(plain, LD_PRELOAD=library, BELAY_SESSION=session)
            counted = count(argv, plain, env, rules, folder)
            for part, (added, bare) in counted.items():
                good &= judge(name + part, added, bare,
                              budgets[name + part][0])
        bare = pages(plain)
        added = pages(env) - bare
        good &= judge("start.pages", added, bare, budgets["start.pages"][0])
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
