#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`belay ps`: what is in flight in the living and in the dead.

    ps_test.py BELAY CALLER AIO_VICTIM
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import private
from private import Command, NOBODY, as_nobody, can_be_nobody


VICTIM = os.path.abspath(sys.argv[3])


class InFlight(Command):
    def ps(self, *args, **more):
        done = self.run_belay("ps", *args, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def table_of(self, folder=None):
        """The path of the one call table, its PID and start time."""
        folder = folder or self.session_folder()
        names = [n for n in os.listdir(folder) if n.startswith("calls.")]
        self.assertEqual(len(names), 1, names)
        _, pid, start = names[0].split(".")
        return os.path.join(folder, names[0]), pid, start

    def test_the_calls_of_a_live_process(self):
        process, _ = self.start("run", self.caller, "finish=9", "begin=3",
                                "say", "wait")
        _, pid, _ = self.table_of()
        lines = self.ps().splitlines()
        self.assertRegex(lines[0], r"^ +PID  PROGRAM +OPERATION +STATE +AGE  "
                                   r"ARGUMENTS +BEGUN AT$")
        self.assertEqual(len(lines), 4)
        for line in lines[1:]:
            self.assertRegex(line, rf"^ *{pid}  caller +test\.work +PENDING "
                                   r"+[\d.]+ \ws  fd=0<pipe:\[\d+\]> "
                                   r"size=4096  begin_work "
                                   r"\(caller\.c:\d+\)$")
        name, = self.sessions()
        for wanted in (pid, name, self.session_folder()):
            self.assertEqual(len(self.ps(wanted).splitlines()), 4)
        self.end(process)
        self.assertEqual(process.returncode, 0)

    def test_the_oldest_call_stands_first(self):
        process, _ = self.start("run", self.caller, "begin=50", "say", "wait")
        units = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
        ages = [float(n) * units[u] for n, u in
                re.findall(r"PENDING +([\d.]+) (\w+)", self.ps())]
        self.assertEqual(len(ages), 50)
        self.assertEqual(ages, sorted(ages, reverse=True))
        self.end(process)

    def test_what_rules_do_to_calls_in_flight_and_did_in_the_process(self):
        process, _ = self.start(
            "run", "-p", "aio.read timeout after=1h", "-p", "aio.write fault",
            "-p", "aio.read fault hang", VICTIM, "pending")
        text = self.ps()
        lines = text.splitlines()
        self.assertRegex(lines[0], "  AGE  DEADLINE +RULES  ARGUMENTS ")
        self.assertRegex(lines[1], r" aio\.read +PENDING .*s +in 59 min \d+ s"
                                   r"  1,3    fd=\d")
        self.assertRegex(text, r"\nRules that acted in aio-victim-plain, "
                               r"process \d+:\n"
                               r"    1  aio\.read timeout after=1h: 1 call\n"
                               r"    3  aio\.read fault hang: 1 call\n$")
        # It sees what is held when it looks at the call.
        process.stdin.write("\n" * 3)
        process.stdin.flush()
        end = time.monotonic() + private.LIMIT
        while "  1,3 held  fd=" not in self.ps():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        # It would wait for what is held.
        os.kill(int(lines[1].split()[0]), signal.SIGKILL)
        self.end(process)

    def test_rules_that_have_not_acted_are_not_shown(self):
        process, _ = self.start("run", "-p", "aio.write fault stall=1us",
                                VICTIM, "pending")
        text = self.ps()
        self.assertNotIn("ule", text)
        self.assertNotIn("RULES", text)
        self.assertNotIn("DEADLINE", text)
        self.end(process)

    def test_no_call_in_flight(self):
        process, _ = self.start("run", self.caller, "finish=9", "say", "wait")
        self.assertEqual(self.ps(), "No call is in flight in 1 watched "
                                    "process.\n")
        self.end(process)

    def test_nothing_watched(self):
        self.assertEqual(self.ps(), 'No process is watched now; start one '
                                    'with "belay run PROGRAM".\n')

    def test_a_process_that_was_killed(self):
        self.run_belay("run", self.caller, "begin=2", "die=9")
        _, pid, _ = self.table_of()
        for wanted in ([], [pid], self.sessions()):
            lines = self.ps(*wanted).splitlines()
            self.assertEqual(len(lines), 3)
            self.assertRegex(lines[1], rf"^ *{pid}  caller \(dead\)  "
                                       r"test\.work  PENDING .*  fd=0 "
                                       r"size=4096  begin_work "
                                       r"\(caller\.c:\d+\)$")

    def test_a_program_that_was_replaced_is_not_believed(self):
        copy = shutil.copy(self.caller, self.path("program"))
        self.run_belay("run", copy, "begin", "die=9")
        self.assertIn("begin_work (caller.c:", self.ps())
        with open(copy, "r+b") as program:
            text = program.read().replace(b"GNU\0", b"GNV\0")
            program.seek(0)
            program.write(text)
        shutil.copy("/usr/bin/true", copy)
        self.assertRegex(self.ps(), r"  program\+0x[0-9a-f]+\n$")
        os.unlink(copy)
        self.assertRegex(self.ps(), r"  program\+0x[0-9a-f]+\n$")

    def test_a_process_preloaded_by_hand(self):
        env = dict(os.environ)
        env["LD_PRELOAD"] = self.run_belay(
            "run", "printenv", "LD_PRELOAD").stdout.strip()
        process = subprocess.Popen(
            [self.caller, "begin", "say", "wait"], env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        self.assertIn("test.work", self.ps(str(process.pid)))
        self.assertIn("test.work", self.ps("by-hand"))
        process.communicate(timeout=private.LIMIT)
        self.assertEqual(process.returncode, 0)

    def test_another_users_process_is_shown_to_root_without_its_symbols(self):
        if not can_be_nobody(self.belay, self.caller):
            self.skipTest("needs root, and files that nobody can read")
        process, _ = self.start("run", self.caller, "begin", "say", "wait",
                                preexec_fn=as_nobody)
        self.assertRegex(self.ps(), r"test\.work .* caller\+0x[0-9a-f]+\n$")
        self.assertIn("begin_work", self.ps(preexec_fn=as_nobody))
        self.end(process)


class Unknown(Command):
    def assert_says(self, args, status, line):
        done = self.run_belay("ps", *args)
        self.assertEqual((done.returncode, done.stderr, done.stdout),
                         (status, line + "\n", ""))

    def test_a_process_that_is_not_there(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        self.assert_says([str(gone.pid)], 1,
                         f"belay: There is no process {gone.pid}, and none of "
                         "that number left a call table")

    def test_a_process_that_is_not_watched(self):
        self.assert_says(["1"], 1, 'belay: Process 1 is not watched: start it '
                                   'with "belay run PROGRAM"')

    def test_a_number_that_is_no_process(self):
        for number in ("0", "99999999999"):
            self.assert_says([number], 2, f'belay: "{number}" is no PID')

    def test_a_session_that_is_not_there(self):
        self.assert_says(["nothing"], 1, 'belay: There is no session '
                                         '"nothing". "belay ps" shows all')
        self.run_belay("run", "--keep", "true")
        name, = self.sessions()
        typed = name[:-1]
        self.assert_says([typed], 1, f'belay: There is no session "{typed}". '
                                     f'Did you mean "{name}"?')


class Damaged(Command):
    def test_a_damaged_table_is_said_and_the_others_are_shown(self):
        for _ in range(2):
            self.run_belay("run", self.caller, "begin", "die=9")
        first, second = self.sessions()
        folder = f"/dev/shm/belay-0/{first}/"
        name, = [n for n in os.listdir(folder) if n.startswith("calls.")]
        os.truncate(folder + name, 5000)
        done = self.run_belay("ps")
        self.assertEqual((done.returncode, done.stderr), (
            0, f'belay: Cannot read a call table: path="{folder}{name}", '
               'error="it is cut short"\n'))
        self.assertIn("(dead)", done.stdout)
        os.truncate(f"{folder}{name}", 0)
        with open(folder + name, "wb") as to:
            to.write(b"x" * 100000)
        done = self.run_belay("ps")
        self.assertIn('error="it is no call table"', done.stderr)
        self.assertIn("caller (dead)", self.run_belay("ps", second).stdout)

    def test_what_another_version_left_is_told_of_at_once(self):
        for _ in range(3):
            self.run_belay("run", self.caller, "begin", "die=9")
        for session in self.sessions()[:2]:
            folder = f"/dev/shm/belay-0/{session}/"
            name, = [n for n in os.listdir(folder) if n.startswith("calls.")]
            with open(folder + name, "r+b") as file:
                file.seek(8)  # its layout
                file.write(b"\xff\xff\0\0")
        done = self.run_belay("ps")
        self.assertEqual((done.returncode, done.stderr), (
            0, "belay: 2 call tables of dead processes are of another version "
               'of Belay: "belay ps --prune" removes your own\n'))
        self.assertIn("(dead)", done.stdout)
        self.assertIn(name, self.run_belay("ps", session).stderr)
        self.assertIn("Removed 3 call tables and 3 sessions",
                      self.run_belay("ps", "--prune").stdout)


class Prune(Command):
    def prune(self, *args, **more):
        done = self.run_belay("ps", "--prune", *args, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_what_the_dead_left_is_removed(self):
        for _ in range(2):
            self.run_belay("run", self.caller, "begin", "die=9")
        first, second = self.sessions()
        self.assertEqual(self.prune(first),
                         "Removed 1 call table and 1 session.\n")
        self.assertEqual(self.sessions(), [second])
        self.assertEqual(self.prune(),
                         "Removed 1 call table and 1 session.\n")
        self.assertEqual(self.sessions(), [])
        self.assertEqual(self.prune(),
                         "Removed 0 call tables and 0 sessions.\n")

    def test_a_run_that_goes_on_is_left_alone(self):
        # Its first process has died already; belay will still count it.
        process, _ = self.start("run", "-j", self.path("j"), "sh", "-c",
                                f"{self.caller} begin die=9; echo; read x")
        self.assertEqual(self.prune(),
                         "Removed 0 call tables and 0 sessions.\n")
        self.end(process)
        with open(self.path("j"), encoding="utf-8") as text:
            self.assertIn('"in_flight": 1', text.read())

    def test_a_process_that_outlives_its_run_is_left_alone(self):
        process, _ = self.start("run", self.caller, "begin", "child", "begin",
                                "detach", "say", "wait")
        process.wait(private.LIMIT)
        self.assertEqual(self.prune(),
                         "Removed 0 call tables and 0 sessions.\n")
        self.assertIn("test.work", self.run_belay("ps").stdout)
        self.end(process)
        # Its end of the pipe was its end: the summary has it now.
        self.assertEqual(self.prune(),
                         "Removed 0 call tables and 1 session.\n")

    def test_other_users_sessions_are_left_alone(self):
        if not can_be_nobody(self.belay, self.caller):
            self.skipTest("needs root, and files that nobody can read")
        self.run_belay("run", self.caller, "begin", "die=9",
                       preexec_fn=as_nobody)
        self.assertEqual(self.prune(),
                         "Removed 0 call tables and 0 sessions.\n")
        self.assertEqual(len(self.sessions(NOBODY)), 1)

    def test_what_is_not_belays_is_left_alone(self):
        self.run_belay("run", self.caller, "begin", "die=9")
        foreign = self.session_folder() + "/mine"
        with open(foreign, "w", encoding="utf-8") as to:
            to.write("precious")
        self.assertEqual(self.prune(),
                         "Removed 1 call table and 0 sessions.\n")
        self.assertTrue(os.path.exists(foreign))

    def pids(self):
        return re.findall(r"^ *(\d+) ", self.run_belay("ps").stdout, re.M)

    def test_one_dead_process_is_pruned_by_its_number(self):
        for _ in range(2):
            self.run_belay("run", self.caller, "begin", "die=9")
        first, second = self.pids()
        self.assertEqual(self.prune(first),
                         "Removed 1 call table and 1 session.\n")
        self.assertEqual(self.pids(), [second])
        done = self.run_belay("ps", "--prune", first)
        self.assertEqual((done.returncode, done.stderr), (
            1, f"belay: There is no process {first}, and none of that number "
               "left a call table\n"))

    def test_a_living_process_is_not_pruned_by_its_number(self):
        process, _ = self.start("run", self.caller, "begin", "child", "begin",
                                "detach", "say", "wait")
        process.wait(private.LIMIT)
        pid, = self.pids()
        done = self.run_belay("ps", "--prune", pid)
        self.assertEqual((done.returncode, done.stderr), (
            1, f"belay: Process {pid} lives: its call table stays\n"))
        self.assertEqual(self.pids(), [pid])
        self.end(process)


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
