# SPDX-License-Identifier: MIT
"""Groups of bench.py: what rules cost that wait, and when they fire."""

import tempfile

# None of them can fit a call of the benchmark: what decides is the site, the
# operation, or an argument of each call.
NEVER_HERE = "null.call timeout after=1h if caller~nowhere.so"
NEVER_THIS = "other.call timeout after=1h"
NEVER_NOW = "null.call timeout after=1h if value>=1000000000"

MILLION = 1000000
AFTER_MS, BEGIN_MS = 6000, 5000


def write_rules(folder, rule, count=1):
    """A file of that many rules; returns its path."""
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix="rules-",
                                     delete=False) as to:
        to.write((rule + "\n") * count)
    return to.name


def with_rules(bench, env, rule, count=1):
    """An environment in which those rules apply, too."""
    return dict(env, BELAY_RULES=write_rules(bench.folder.path, rule, count))


def idle(bench):
    """rules that wait: 1, 10, 100 of them, against none"""
    null = bench.preload(bench.path("tests", "bench", "libbelay-null.so"))
    argv = [bench.program("null_pairs"), "100", "1000"]
    cases = {"bare": (argv, None), "preload, no rules": (argv, null)}
    rules = {"for other places": NEVER_HERE,
             "for other operations": NEVER_THIS,
             "for other arguments": NEVER_NOW}
    for name, rule in rules.items():
        for count in (1, 10, 100):
            cases["%d %s" % (count, name)] = (
                argv, with_rules(bench, null, rule, count))
    bench.title("one begin+finish pair with rules that wait, ns")
    seen = bench.alternate(cases)
    smallest = {name: numbers[0] for name, numbers in seen.items()}
    none = smallest["preload, no rules"]
    for count in (1, 10, 100):
        bench.compare("idle.%d" % count,
                      smallest["%d for other places" % count] - none)
    bench.compare("idle.other", smallest["100 for other operations"] - none)
    bench.compare("idle.condition",
                  (smallest["100 for other arguments"]
                   - smallest["10 for other arguments"]) / 90)


def firing(bench):
    """rules that act: a deadline that is armed and disarmed, and faults"""
    null = bench.preload(bench.path("tests", "bench", "libbelay-null.so"))
    argv = [bench.program("null_pairs"), "100", "1000"]
    tolerant = argv + ["0", "faulty"]
    rules = {
        "deadline": (argv, "null.call timeout after=1h"),
        "error at finish": (tolerant, "null.call fault error=EINVAL"),
        "error at begin": (tolerant, "null.call fault error=EINVAL at=begin"),
    }
    cases = {"bare": (argv, None), "preload, no rules": (argv, null)}
    for name, (program, rule) in rules.items():
        cases[name] = (program, with_rules(bench, null, rule))
    bench.title("one begin+finish pair at which a rule fires, ns")
    seen = bench.alternate(cases)
    none = seen["preload, no rules"][0]
    bench.compare("deadline.arm", seen["deadline"][0] - none)
    bench.compare("fault.finish", seen["error at finish"][0] - none)
    bench.compare("fault.begin", seen["error at begin"][0] - none)


def deadlines(bench):
    """a million deadlines armed at once, and how late each is"""
    env = dict(bench.preload(bench.path("tests", "bench", "libbelay-null.so")),
               BELAY_CALLS=str(MILLION + 1))
    env = with_rules(bench, env, "null.call timeout after=%dms" % AFTER_MS)
    numbers = bench.run(
        [bench.program("null_deadlines"), str(MILLION), str(AFTER_MS),
         str(BEGIN_MS)], env, cpus=set(bench.cpus))
    early, armed, median, p99, p999, latest = numbers[:6]
    print("\n%d deadlines, %d of them armed at once, then %d a second"
          % (MILLION, armed, MILLION * 1000 // BEGIN_MS))
    print("  %-34s %12s" % ("cancelled so late", "calls"))
    for step, count in enumerate(numbers[6:-1]):
        if count:
            print("  <= %28d us %12d" % (1 << step, count))
    print("  %-34s %12d" % ("later", numbers[-1]))
    print("  p50 %.0f us, p99 %.0f us, p99.9 %.0f us, latest %.0f us"
          % (median, p99, p999, latest))
    bench.compare("deadline.armed", armed)
    bench.compare("deadline.early", early)
    bench.compare("deadline.late", latest / 1000)


GROUPS = {"idle": idle, "firing": firing, "deadlines": deadlines}
