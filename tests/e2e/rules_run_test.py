#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What rules do to a whole run: the same every time, in threads, children and
new images; recorded, replayed, and counted.

    rules_run_test.py BELAY RULED
"""

import json
import math
import os
import re
import subprocess
import sys

import private
from private import Command, LIMIT

EIO, EAGAIN = 5, 11
FAIL = "mine.work fault error=EIO"
DRAWS = 3200


class Run(Command):
    def run_ruled(self, rules, *verbs, options=()):
        """What the calls of each verb ended with, and what was said."""
        args = [arg for rule in rules for arg in ("-p", rule)]
        done = self.run_belay("run", *args, *options, self.caller, *verbs)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.results(done.stdout), done.stderr

    def results(self, text):
        lines = [line.split(":") for line in text.splitlines()]
        # A verb of threads has a colon in itself.
        return [[int(status) for status in line[-1].split()]
                for line in lines]

    def failing(self, rules, *verbs, options=()):
        """Which calls of each verb fail, counted from 1."""
        results, _ = self.run_ruled(rules, *verbs, options=options)
        return [[n for n, status in enumerate(line, 1) if status]
                for line in results]

    def record(self, rules, *verbs, options=(), name="record"):
        """Which calls rules fired at: (rule, n, site) each."""
        results, _ = self.run_ruled(
            rules, *verbs, options=["--record=" + self.path(name), *options])
        with open(self.path(name), encoding="utf-8") as file:
            lines = [line.split() for line in file]
        return results, {tuple(line[1:4]) for line in lines
                         if line[0] == "fired"}

    def counters(self, rules, *verbs, options=()):
        file = self.path("json")
        self.run_ruled(rules, *verbs, options=["--json=" + file, *options])
        with open(file, encoding="utf-8") as text:
            return json.load(text)["rules"][0]["rules"]


class Chance(Run):
    RULE = FAIL + " when p=0.1"

    def test_one_seed_makes_the_same_calls_fail_in_one_thread_and_in_16(self):
        runs = [self.record([self.RULE], verb, options=["--seed=7"])
                for verb in (f"t1:{DRAWS}", f"t16:{DRAWS // 16}",
                             f"t16:{DRAWS // 16}")]
        failed, fired = runs[0]
        self.assertEqual(len(fired), failed[0][0])
        self.assertGreater(len(fired), 0)
        for other in runs[1:]:
            self.assertEqual(other, runs[0])

    def test_another_seed_makes_other_calls_fail(self):
        one, other = (self.record([self.RULE], f"t1:{DRAWS}",
                                  options=["--seed=" + seed])[1]
                      for seed in "78")
        self.assertNotEqual(one, other)
        # What both have is what chance leaves them.
        self.assertLess(len(one & other), len(one) / 2)

    def test_a_share_of_the_calls_fails_whatever_the_seed(self):
        for chance, seed in ((0.01, 1), (0.1, 2), (0.5, 3), (0.9, 4)):
            results, _ = self.run_ruled([f"{FAIL} when p={chance}"],
                                        "t4:5000", options=[f"--seed={seed}"])
            expected = 20000 * chance
            # Six times the deviation: one in a thousand million fails.
            bound = 6 * math.sqrt(expected * (1 - chance))
            self.assertAlmostEqual(results[0][0], expected, delta=bound)

    def test_all_and_none_are_chances(self):
        self.assertEqual(self.failing([FAIL + " when p=1"], "a3"), [[1, 2, 3]])
        self.assertEqual(self.failing([FAIL + " when p=0"], "a3"), [[]])

    def test_places_and_rules_have_chances_of_their_own(self):
        rules = [FAIL + " when p=0.5", "mine.work fault error=EAGAIN when p=0.5"]
        results, _ = self.run_ruled(rules, "a400", "b400",
                                    options=["--seed=3"])
        self.assertNotEqual(results[0], results[1])
        for line in results:
            self.assertAlmostEqual(line.count(EIO), 200, delta=60)
            self.assertAlmostEqual(line.count(EAGAIN), 100, delta=60)


class Processes(Run):
    def test_a_forked_child_counts_on_from_its_parent(self):
        # First the child, then the parent, which has counters of its own.
        self.assertEqual(self.failing([FAIL + " when nth=7"], "a5", "fork",
                                      "a5"), [[], [2], [2]])
        self.assertEqual(self.failing([FAIL + " when every=3 per=process"],
                                      "a2", "fork", "b2"), [[], [1], [1]])

    def test_children_draw_as_their_parent_would(self):
        rule = [FAIL + " when p=0.3"]
        whole, = self.failing(rule, "a200", options=["--seed=5"])
        begun, child, parent = self.failing(rule, "a100", "fork", "a100",
                                            options=["--seed=5"])
        self.assertEqual(begun + [n + 100 for n in child], whole)
        self.assertEqual(child, parent)

    def test_a_new_image_counts_anew(self):
        self.assertEqual(self.failing([FAIL + " when nth=3"], "a5", "exec",
                                      "a5"), [[3], [3]])

    def test_rules_go_on_in_a_new_image_of_a_forked_child(self):
        self.assertEqual(self.failing([FAIL + " when nth=3"], "a2", "fork",
                                      "a2", "exec", "a4"),
                         [[], [1], [3], [1], [3]])


    def test_no_thread_of_ours_keeps_a_process(self):
        results, said = self.run_ruled(["mine.work timeout after=1h"], "a1",
                                       "leave")
        self.assertEqual(results, [[0]])
        self.assertIn("acted on 2 of 2 calls", said)


class Scopes(Run):
    def test_each_place_counts_for_itself(self):
        for scope in ("", " per=site"):
            self.assertEqual(self.failing([FAIL + " when nth=2" + scope],
                                          "a3", "b3", "a3"), [[2], [2], []])

    def test_a_process_counts_all_places(self):
        self.assertEqual(self.failing([FAIL + " when nth=5 per=process"],
                                      "a3", "b3", "exec", "b3", "a3"),
                         [[], [2], [], [2]])

    def test_a_thread_counts_its_own_calls(self):
        results, _ = self.run_ruled([FAIL + " when nth=2 per=thread"], "t8:3",
                                    "t5:3")
        self.assertEqual(results, [[8], [5]])

    def test_a_session_counts_all_processes(self):
        self.assertEqual(self.failing([FAIL + " when nth=8 per=session"],
                                      "a3", "fork", "b2", "exec", "a2"),
                         [[], [], [], [1], []])

    def test_once_is_once_in_each_scope(self):
        verbs = ("a2", "b2", "exec", "a2")
        for scope, failing in (("site", [[1], [1], [1]]),
                               ("process", [[1], [], [1]]),
                               ("session", [[1], [], []])):
            self.assertEqual(self.failing([f"{FAIL} when once per={scope}"],
                                          *verbs), failing, scope)
        results, _ = self.run_ruled([FAIL + " when once per=process"],
                                    "t16:50")
        self.assertEqual(results, [[1]])


class Several(Run):
    def test_the_first_error_wins_and_the_other_rule_is_counted(self):
        rules = [FAIL + " when every=2", "mine.work fault error=EAGAIN",
                 "mine.work fault short=0"]
        results, _ = self.run_ruled(rules, "a4")
        self.assertEqual(results, [[EAGAIN, EIO, EAGAIN, EIO]])
        first, second, third = self.counters(rules, "a4")
        self.assertEqual((first["fired"], first["shadowed"]), (2, 0))
        self.assertEqual((second["fired"], second["shadowed"]), (2, 2))
        self.assertEqual((third["fired"], third["shadowed"]), (0, 4))
        self.assertEqual([rule["matched"] for rule in (first, second, third)],
                         [4, 4, 4])

    def test_the_earliest_deadline_wins(self):
        rules = ["mine.work fault hang", "mine.work timeout after=1h",
                 "mine.work timeout after=30ms"]
        results, _ = self.run_ruled(rules, "a1")
        self.assertNotEqual(results, [[0]])
        _, late, early = self.counters(rules, "a1")
        self.assertEqual((late["shadowed"], late["canceled"]), (1, 0))
        self.assertEqual((early["shadowed"], early["canceled"]), (0, 1))

    def test_rules_that_come_after_six_others_are_counted(self):
        rules = ["mine.work fault stall=1us"] * 8
        counters = self.counters(rules, "a3")
        self.assertEqual([rule["fired"] for rule in counters],
                         [3] * 6 + [0] * 2)
        self.assertEqual([rule["crowded"] for rule in counters],
                         [0] * 6 + [3] * 2)


class Again(Run):
    RULE = FAIL + " when p=0.2"

    def replay(self, *verbs, name="record"):
        return self.run_ruled([], *verbs,
                              options=["--replay=" + self.path(name)])[0]

    def test_a_replay_makes_exactly_the_recorded_calls_fail(self):
        rules = [self.RULE, "mine.work fault error=EAGAIN when p=0.2"]
        results, fired = self.record(rules, "a100", "b100")
        self.assertGreater(len(fired), 0)
        self.assertEqual(self.replay("a100", "b100"), results)

    def test_a_replay_of_threads_does_so_too(self):
        results, fired = self.record([self.RULE], "t8:100")
        again = self.run_ruled([], "t8:100", options=[
            "--replay=" + self.path("record"),
            "--record=" + self.path("again")])[0]
        self.assertEqual(again, results)
        with open(self.path("again"), encoding="utf-8") as file:
            lines = [line.split() for line in file]
        self.assertEqual({tuple(line[1:4]) for line in lines
                          if line[0] == "fired"}, fired)

    def test_the_record_and_not_chance_says_what_fails(self):
        results, fired = self.record([self.RULE], "a100")
        failing = [n for n, status in enumerate(results[0], 1) if status]
        with open(self.path("record"), encoding="utf-8") as file:
            lines = file.readlines()
        kept = [line for line in lines if not line.startswith("fired") or
                int(line.split()[2]) in failing[1:3]]
        self.write("less", "".join(kept))
        again = self.replay("a100", name="less")
        self.assertEqual([n for n, status in enumerate(again[0], 1) if status],
                         failing[1:3])

    def test_a_record_of_nothing_makes_nothing_fail(self):
        _, fired = self.record([FAIL + " when nth=100"], "a3")
        self.assertEqual(fired, set())
        self.assertEqual(self.replay("a100"), [[0] * 100])

    def test_rules_without_a_trigger_act_in_a_replay_as_ever(self):
        results, fired = self.record(["mine.work fault error=EIO"], "a3")
        self.assertEqual((results, fired), ([[EIO] * 3], set()))
        self.assertEqual(self.replay("a4"), [[EIO] * 4])

    def test_the_command_of_the_summary_does_the_same_when_it_is_pasted(self):
        results, said = self.run_ruled(
            [self.RULE], "a100", "b100")
        again = re.search(r"^To do this again: belay (.*)$", said, re.M)[1]
        done = subprocess.run(["sh", "-c", f'"$0" {again}', self.belay],
                              capture_output=True, text=True, timeout=LIMIT,
                              check=True, stdin=subprocess.DEVNULL)
        self.assertEqual(self.results(done.stdout), results)
        self.assertIn(f"To do this again: belay {again}\n", done.stderr)


class OwnCalls(Run):
    """Calls that only the program knows."""

    def test_a_rule_that_names_them_is_taken_and_warned_of_in_a_line(self):
        results, said = self.run_ruled([FAIL], "a2")
        self.assertEqual(results, [[EIO] * 2])
        self.assertEqual(said.count("warning"), 1)
        self.assertIn('belay: -p:1:1: warning: "mine.work" names no operation '
                      "of the APIs that are watched, only calls that the "
                      "program brings itself\n", said)
        self.assertIn("acted on 2 of 2 calls", said)

    def test_one_of_nearly_coms_name_may_be_meant_for_com(self):
        for call in ("comm.ICalc.Add", "Com.ICalc.Add"):
            done = self.run_belay("run", "-n", "-p", call + " fault")
            self.assertEqual(
                done.stderr.splitlines()[0],
                f'belay: -p:1:1: warning: "{call}" names no operation of the '
                'APIs that are watched (did you mean "com.ICalc.Add"?), only '
                "calls that the program brings itself")

    def test_one_that_may_name_others_too_is_not_warned_of(self):
        results, said = self.run_ruled(["* fault error=EIO force"], "a1")
        self.assertEqual(results, [[EIO]])
        self.assertNotIn("warning", said)

    def test_a_slip_of_the_pen_is_refused(self):
        for call, meant in (("aio.raed", "aio.read"), ("aoi.*", "aio.*"),
                            ("aio.wr", "aio.write")):
            done = self.run_belay("run", "-p", call + " fault", self.caller)
            self.assertIn(f'"{call}" names no operation (did you mean '
                          f'"{meant}"?)', done.stderr)
            self.assertEqual(done.returncode, 125)

    def test_an_operation_that_a_watched_api_lacks_is_refused(self):
        for call in ("aio.frobnicate", "aio.frob*", "word"):
            done = self.run_belay("run", "-p", call + " fault", self.caller)
            self.assertIn(f'"{call}" names no operation', done.stderr)
            self.assertEqual(done.returncode, 125)

    def test_a_dry_run_shows_what_they_are(self):
        done = self.run_belay("run", "-n", "-p", FAIL)
        self.assertEqual(done.stdout, f"  1  {FAIL}\n     calls that the "
                                      "program brings itself\n")
        self.assertEqual(done.returncode, 0)


class ByHand(Run):
    """Rules without `belay`: what is wrong is told, and no rule acts."""

    def by_hand(self, rules, preload="libbelay-interpose.so", **more):
        interposer = os.path.join(os.path.dirname(self.belay), "..",
                                  "interpose", preload)
        done = subprocess.run(
            [self.caller, "a2"], timeout=LIMIT, capture_output=True,
            text=True, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "LD_PRELOAD": interposer,
                 "BELAY_RULES": rules, **more})
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.results(done.stdout), done.stderr

    def assert_unread(self, path, error):
        self.assertEqual(self.by_hand(path), (
            [[0, 0]], f'belay: Cannot read rules: path="{path}", '
            f'error="{error}"\n'))

    def test_rules_act(self):
        self.assertEqual(self.by_hand(self.write("rules", FAIL + "\n")),
                         ([[EIO, EIO]], ""))

    def test_rules_act_where_the_programs_call_library_comes_first(self):
        self.assertEqual(self.by_hand(self.write("rules", FAIL + "\n"),
                                      preload="libbelay-aio.so"),
                         ([[EIO, EIO]], ""))

    def test_what_is_no_text_of_rules_is_told(self):
        fifo, huge = self.path("fifo"), self.path("huge")
        os.mkfifo(fifo)
        with open(huge, "wb") as file:
            file.truncate(1 << 20)
        self.assert_unread(self.folder, "Is a directory")
        self.assert_unread("/dev/zero", "It is not a regular file")
        self.assert_unread(fifo, "It is not a regular file")
        self.assert_unread(huge, "It is larger than 1 MiB")
        self.assert_unread("/no/such", "No such file or directory")

    def test_a_seed_that_is_no_number_is_told(self):
        rules = self.write("rules", FAIL + "\n")
        for seed in ("abc", "", "1x", "-1", " 1", "18446744073709551616"):
            self.assertEqual(self.by_hand(rules, BELAY_SEED=seed), (
                [[EIO, EIO]], "belay: Wrong seed, taking 1: "
                f'BELAY_SEED="{seed}", error="It is not a number from 0 to '
                '18446744073709551615"\n'))
        self.assertEqual(self.by_hand(rules, BELAY_SEED="0x12")[1], "")


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
