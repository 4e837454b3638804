#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`belay trace` records every call, whatever the program does to itself.

    trace_test.py BELAY BUILD
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import unittest

from traced import TIMEOUT_S, TraceCase, children, exists, wait_for

TraceCase.belay, BUILD = map(os.path.abspath, sys.argv[1:3])
BENCH = os.path.join(BUILD, "tests", "bench")
NULL = ["-a", os.path.join(BENCH, "libbelay-null.so")]
STRESS = os.path.join(BENCH, "null_stress")
# Of two threads each: more than the buffers hold.
CALLS = 400000
FORKS = os.path.join(BUILD, "tests", "e2e", "null_forks")
CLOSES = os.path.join(BUILD, "tests", "victims", "closes-descriptors")


class Recording(TraceCase):
    def test_fio_and_its_trace_count_the_same(self):
        trace = self.trace([], [
            "fio", "--name=job", "--ioengine=posixaio", "--rw=randrw",
            "--bs=4k", "--size=8m", "--iodepth=16", "--numjobs=2",
            "--filename=" + self.path("data"), "--output-format=json"])
        self.assert_ok(trace)
        report = json.loads(trace.stdout[trace.stdout.index("{"):])
        events = trace.events()
        self.assert_whole(events)
        for kind in ("read", "write"):
            begun = sum(event == "begin" and f'"aio.{kind}"' in fields
                        for event, fields in events)
            self.assertEqual(begun, sum(job[kind]["total_ios"]
                                        for job in report["jobs"]))

    def test_the_report_tells_what_rules_did_and_how_to_do_it_again(self):
        rules = ["-p", "aio.read fault error=EIO when every=10", "-p",
                 "aio.* timeout after=10min", "-p", "aio.read timeout after=11min"]
        trace = self.trace(["-j", "summary", *rules], [
            "fio", "--name=it's", "--ioengine=posixaio", "--rw=randread",
            "--bs=4k", "--size=1m", "--continue_on_error=io",
            "--filename=" + self.path("data")])
        said, = self.summary()["rules"]
        told, = self.report(trace.output)["rules"]
        fired = [rule["fired"] for rule in said["rules"]]
        self.assertEqual([rule["actions"] for rule in told["rules"]], [
            {"fail-finish": fired[0]}, {"arm": fired[1]},
            {"shadowed": said["rules"][2]["shadowed"]}])
        self.assertGreater(fired[0], 0)
        self.assertEqual((told["seed"], told["again"]),
                         (said["seed"], said["again"]))
        # It chooses a folder of its own, and the same calls fail in it.
        env = {**os.environ, "XDG_STATE_HOME": self.path("state"),
               "PATH": os.path.dirname(self.belay) + ":" + os.environ["PATH"]}
        done = subprocess.run(told["again"], shell=True, env=env, text=True,
                              cwd=self.folder, capture_output=True,
                              timeout=TIMEOUT_S)
        self.assertIn("belay report ", done.stderr)
        again, = self.report(self.path("state"))["rules"]
        self.assertEqual(again["seed"], told["seed"])
        self.assertEqual(again["rules"], told["rules"])

    def test_the_command_to_do_it_again_names_no_folder(self):
        rule = ["-p", "aio.read fault stall=1us", "--seed=3"]
        for before, option in (([], ["-o", "DIR"]), ([], ["-oDIR"]),
                               ([], ["--output", "DIR"]),
                               ([], ["--output=DIR"]), (["-k"], ["-soDIR"]),
                               (["-k"], ["-so", "DIR"])):
            output = self.new_output()
            option = [word.replace("DIR", output) for word in option]
            done = subprocess.run(
                [self.belay, "trace", *before, *option, *rule, "--", "true",
                 "", "a\nb"], capture_output=True, text=True,
                timeout=TIMEOUT_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            again = self.report(output)["rules"][0]["again"]
            self.assertEqual(shlex.split(again), [
                "belay", "trace", *before, *(["-s"] if before else []), *rule,
                "--", "true", "", "a\nb"])

    def test_two_traces_at_once_do_not_meet(self):
        first = self.start([], ["sh", "-c", "read line < fifo; exec true"])
        os.mkfifo(self.path("fifo"))
        second = self.trace([], ["sh", "-c", "exec sleep 0"])
        with open(self.path("fifo"), "w", encoding="utf-8") as fifo:
            fifo.write("go\n")
        first = self.finish(first)
        for trace, name in ((first, "true"), (second, "sleep")):
            self.assert_ok(trace)
            names = re.findall(r'\bname = "[^"]*/(\w+)"', "\n".join(
                fields for event, fields in trace.events()
                if event == "process"))
            self.assertEqual(names[-1:], [name])
            self.assertEqual(len(names), 2)

    def test_nothing_is_left_of_a_daemon_that_was_ours(self):
        process = self.start([], ["sh", "-c", "echo $LTTNG_HOME; > ready;"
                                  "while test -e ready; do :; done"])
        wait_for("the program", lambda: os.path.exists(self.path("ready")))
        daemon = self.daemon_of(process)
        helpers = children(daemon, "lttng-consumerd")
        self.assertNotEqual(helpers, [])
        os.unlink(self.path("ready"))
        trace = self.finish(process)
        self.assert_ok(trace)
        home = trace.stdout.strip()
        self.assertTrue(home.startswith("/"), home)
        self.assertFalse(os.path.exists(home), home)
        self.assertFalse(exists(daemon))
        for helper in helpers:
            wait_for("the helper's end", lambda pid=helper: not exists(pid))

    def test_it_works_for_an_ordinary_user_without_a_home(self):
        trace = self.trace([], ["id", "-u"], prefix=self.as_nobody(),
                           env=dict(os.environ, HOME="/nonexistent"))
        self.assert_ok(trace)
        self.assertEqual(trace.counts()["process"], 1)

    def test_a_full_speed_run_loses_nothing_with_lossless(self):
        trace = self.trace([*NULL, "--lossless"], [STRESS, "2", "200000"])
        self.assert_ok(trace)
        counts = trace.counts()
        self.assertEqual(counts["finish"], 400000)
        self.assertEqual(counts["begin"], 400000 + counts["refuse"])


class HardProgram(TraceCase):
    def closes(self, how):
        os.mkdir(self.path("files"))
        bare = subprocess.run([CLOSES, how, self.path("files"), "10"])
        self.assertEqual(bare.returncode, 0)
        trace = self.trace([], [CLOSES, how, self.path("files"), "20000"])
        self.assertEqual(trace.returncode, 0, (how, trace.stderr))
        self.assert_whole(trace.events())
        self.assertEqual(trace.counts()["finish"], 20000)

    def test_a_daemon_closes_each_descriptor(self):
        self.closes("each")

    def test_a_daemon_closes_beyond_the_limit(self):
        self.closes("far")

    def test_a_daemon_closes_the_descriptors_it_finds(self):
        self.closes("listed")

    def test_a_daemon_closes_a_range(self):
        self.closes("range")

    def test_a_daemon_closes_from_three_on(self):
        self.closes("from")

    def test_a_program_chooses_its_descriptors(self):
        self.closes("chosen")

    def test_each_of_a_thousand_forks_with_threads_is_traced(self):
        trace = self.trace(NULL, [FORKS, "1000"])
        self.assert_ok(trace)
        events = trace.events()
        self.assert_whole(events)
        processes = {fields for event, fields in events if event == "process"}
        self.assertEqual(len(processes), 1001)
        begun = [int(fields.split(",")[0].split("=")[1]) >> 40
                 for event, fields in events if event == "begin"]
        self.assertEqual(len(set(begun)), 1001)
        # The threads' calls, and one of each child.
        self.assertEqual(len(begun), int(trace.stdout) + 1000)


class Buffers(TraceCase):
    def run_with_stopped_consumer(self, options):
        """Starts a program whose events nobody collects for a while."""
        os.mkfifo(self.path("go"))
        process = self.start(
            [*NULL, "--json", self.path("summary"), *options],
            ["sh", "-c", f"> ready; read x < go; {STRESS} 2 {CALLS}; "
             "echo $? > over; read x < go"])
        # By then it has its buffers, which only a consumer can make.
        self.wait_for_file("ready")
        consumer = self.consumer_of(process)
        os.kill(consumer, signal.SIGSTOP)
        self.addCleanup(self.wake, consumer)
        self.tell("go")
        return process, consumer

    @staticmethod
    def wake(consumer):
        if exists(consumer):
            os.kill(consumer, signal.SIGCONT)

    def wait_for_file(self, name):
        wait_for(name, lambda: os.path.exists(self.path(name)), 120)

    def tell(self, fifo):
        with open(self.path(fifo), "w", encoding="utf-8") as file:
            file.write("go\n")

    @staticmethod
    def waiting(pid):
        """How many threads wait for room, as LTTng does: poll(NULL, 0, ms)."""
        calls = []
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/syscall",
                          encoding="utf-8") as file:
                    calls.append(file.read().split()[:3])
            except OSError:
                pass  # has ended
        return calls.count(["7", "0x0", "0x0"])

    def emitted(self):
        """How many events the calls of null_stress are, by the counters."""
        calls, = self.summary()["operations"]
        self.assertEqual(calls["finished"], 2 * CALLS)
        # Each call that was let through was seen to complete, too.
        return calls["calls"] + calls["refused"] + 2 * calls["finished"]

    def test_what_finds_no_room_is_counted(self):
        process, consumer = self.run_with_stopped_consumer([])
        # Nothing holds the program up.
        self.wait_for_file("over")
        os.kill(consumer, signal.SIGCONT)
        self.tell("go")
        trace = self.finish(process)
        self.assert_ok(trace)
        lost = self.summary()["lost"]["events"]
        self.assertGreater(lost, 0)
        # Beside the calls, a few events explain them.
        self.assertAlmostEqual(trace.total() + lost, self.emitted() + 6,
                               delta=6)
        self.assertLess(trace.total(), self.emitted())

    def test_lossless_waits_for_room(self):
        process, consumer = self.run_with_stopped_consumer(["--lossless"])
        program = wait_for("the program", lambda: [
            pid for shell in children(process.pid, "sh")
            for pid in children(shell, "null_stress")])[0]

        # Both of its threads wait, and it has not ended.
        wait_for("the program waits", lambda: self.waiting(program) == 2)
        self.assertFalse(os.path.exists(self.path("over")))
        os.kill(consumer, signal.SIGCONT)
        self.tell("go")
        trace = self.finish(process)
        self.assert_ok(trace)
        self.assertEqual(self.summary()["lost"]["events"], 0)
        self.assertAlmostEqual(trace.total(), self.emitted() + 6, delta=6)

    def test_lossless_waits_for_no_daemon_that_is_gone(self):
        process, consumer = self.run_with_stopped_consumer(["--lossless"])
        os.kill(self.daemon_of(process), signal.SIGKILL)
        os.kill(consumer, signal.SIGKILL)
        self.wait_for_file("over")
        self.tell("go")
        trace = self.finish(process)
        self.assert_ok(trace)
        self.assertIn("belay: The trace is incomplete: ", trace.stderr)


class Daemons(TraceCase):
    def test_a_program_survives_its_session_daemon(self):
        os.mkfifo(self.path("go"))
        process = self.start(NULL, [
            "sh", "-c", f"read x < go; for i in 1 2 3 4 5 6 7 8; do "
            f"{STRESS} 2 20000 || exit 9; done; exit 7"])
        daemon = self.daemon_of(process)
        with open(self.path("go"), "w", encoding="utf-8") as file:
            file.write("go\n")
        wait_for("a program that runs", lambda: any(
            children(shell, "null_stress")
            for shell in children(process.pid, "sh")))
        os.kill(daemon, signal.SIGKILL)
        trace = self.finish(process)
        # The program's own status; and one line says what is missing.
        self.assertEqual(trace.returncode, 7, trace.stderr)
        self.assertIn("belay: The trace is incomplete: ", trace.stderr)
        self.assertFalse(exists(daemon))

    def test_a_killed_belay_leaves_no_daemon(self):
        process = self.start([], ["sh", "-c",
                                  "echo $LTTNG_HOME > home; exec sleep 600"])
        daemon = self.daemon_of(process)
        program = wait_for("the program", lambda: children(
            process.pid, "sleep"))[0]
        process.kill()
        process.wait()
        wait_for("the daemon's end", lambda: not exists(daemon))
        os.kill(program, signal.SIGKILL)
        # The next one removes what it left, when that is old enough.
        with open(self.path("home"), encoding="utf-8") as file:
            home = file.read().strip()
        self.assertTrue(os.path.exists(home))
        self.assert_ok(self.trace([], ["true"]))
        self.assertTrue(os.path.exists(home))
        os.utime(home, (0, 0))
        self.assert_ok(self.trace([], ["true"]))
        self.assertFalse(os.path.exists(home))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main()
