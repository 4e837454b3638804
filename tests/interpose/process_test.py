#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Processes under the interposer: how they start, fork, exec and end.

    process_test.py BUILD
"""

import os
import random
import signal
import subprocess
import sys
import time
import unittest

from guest_session import GuestSession

BUILD = os.path.abspath(sys.argv[1])


class Case(unittest.TestCase):
    def setUp(self):
        self.session = GuestSession(BUILD)
        self.session.__enter__()

    def tearDown(self):
        self.session.__exit__()

    def do(self, *verbs, **more):
        """Has guest do the verbs; it must succeed and say nothing."""
        done = self.session.do(*verbs, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done

    def assert_counted(self, calls, finished=None, processes=1, **more):
        counters = self.session.counters()
        expected = {"guest.call.calls": calls,
                    "guest.call.finished":
                        calls if finished is None else finished,
                    "processes": processes, "tables": 0, "lost.calls": 0,
                    **{name.replace("_", "."): value
                       for name, value in more.items()}}
        found = {name: counters.get(name, 0) for name in expected}
        self.assertEqual(found, expected, counters)


class Ends(Case):
    def test_a_return_from_main_folds_and_removes_the_table(self):
        self.do("pairs", 10, "refused", 3)
        self.assert_counted(13, 10, guest_call_refused=3)
        self.assertEqual(self.session.names(), ["summary"])

    def test_an_exit_without_destructors_does_too(self):
        self.do("pairs", 10, "_exit", 0)
        self.assert_counted(10)

    def test_a_quick_exit_does_too(self):
        self.do("pairs", 10, "quick_exit")
        self.assert_counted(10)
        self.assertEqual(self.session.names(), ["summary"])

    def test_the_status_is_the_program_s(self):
        self.assertEqual(self.session.do("_exit", 42).returncode, 42)

    def test_calls_in_flight_at_the_end_are_counted_as_begun(self):
        self.do("begin", 7)
        self.assert_counted(7, 0)

    def test_a_killed_process_leaves_a_table_that_can_be_read(self):
        done = self.session.do("pairs", 10, "begin", 3, "kill")
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assert_counted(13, 10, processes=0, tables=1, slots=3)

    def test_threads_that_still_make_calls_do_not_disturb_the_end(self):
        for _ in range(20):
            with GuestSession(BUILD) as session:
                done = session.do("leave-threads")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                counters = session.counters()
                self.assertEqual(counters["processes"], 1)
                self.assertEqual(counters["tables"], 0)
                # Four threads work, each with a call that may end meanwhile.
                self.assertAlmostEqual(counters["guest.call.calls"],
                                       counters["guest.call.finished"],
                                       delta=8)

    def test_a_process_killed_while_it_folds_counts_nothing_twice(self):
        cpu = random.Random(7)
        for _ in range(60):
            with GuestSession(BUILD) as session:
                process = session.start("pairs", 1000, "wait")
                self.assertEqual(process.line, "waiting\n")
                process.stdin.close()
                until = time.monotonic() + cpu.uniform(0, 0.0006)
                while time.monotonic() < until:
                    pass
                process.kill()
                process.wait()
                process.stdout.close()
                process.stderr.close()
                counters = session.counters()
                self.assertEqual(counters["guest.call.calls"], 1000, counters)
                self.assertEqual(counters["guest.call.finished"], 1000)


class Children(Case):
    def test_children_make_tables_of_their_own(self):
        for verb in ("fork{", "_Fork{", "clone{"):
            with self.subTest(verb), GuestSession(BUILD) as session:
                self.session = session
                self.do("pairs", 5, "begin", 2, verb, "pairs", 10, "begin", 1,
                        "}", "pairs", 100)
                self.assert_counted(118, 115, processes=2)
                self.assertEqual(session.names(), ["summary"])

    def test_children_do_not_have_their_parent_s_table(self):
        process = self.session.start("pairs", 5, "fork{", "wait", "}")
        task = f"/proc/{process.pid}/task/{process.pid}/children"
        with open(task, encoding="ascii") as file:
            child = file.read().strip()
        mapped = {}
        for pid in (str(process.pid), child):
            with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
                mapped[pid] = "/calls." in file.read()
        process.communicate("")
        self.assertEqual(mapped, {str(process.pid): True, child: False})

    def test_grandchildren_do_too(self):
        self.do("pairs", 1, "fork{", "pairs", 2, "spawn{", "pairs", 4, "}",
                "exec", "pairs", 8, "}", "pairs", 16)
        self.assert_counted(31, processes=4)

    def test_a_child_that_makes_no_call_leaves_nothing(self):
        self.do("pairs", 5, "fork{", "}", "pairs", 5)
        self.assert_counted(10)

    def test_a_child_that_ends_in_its_parent_s_memory_ends_only_itself(self):
        self.do("pairs", 5, "vfork{", "}", "pairs", 5)
        self.assert_counted(10)

    def test_a_child_in_the_middle_of_calls_has_none_of_them(self):
        self.do("fork-inside{", "pairs", 1, "}")
        self.assert_counted(41, 21, processes=2)

    def test_a_child_that_finishes_its_parent_s_calls_counts_its_own(self):
        self.do("fork-heap{", "}")
        counters = self.session.counters()
        for name, count in (("calls", 2), ("finished", 2), ("histogram", 2)):
            self.assertEqual(counters["guest.heap." + name], count)
        self.assertEqual((counters["processes"], counters["slots"]), (2, 0))

    def test_a_child_after_threads_were_there_starts_anew(self):
        self.do("threads", 8, 100, "fork{", "threads", 8, 100, "pairs", 5,
                "}", "threads", 8, 100)
        self.assert_counted(2405, processes=2)

    def test_a_child_that_starts_with_threads_counts_all_their_calls(self):
        for _ in range(20):
            with GuestSession(BUILD) as session:
                self.session = session
                self.do("pairs", 1, "fork{", "threads", 8, 50, "}")
                self.assert_counted(401, processes=2)

    def test_exec_folds_what_the_image_before_left(self):
        self.do("pairs", 5, "exec", "pairs", 50, "exec", "pairs", 500)
        self.assert_counted(555, processes=3)

    def test_exec_with_calls_in_flight_counts_them(self):
        self.do("begin", 3, "pairs", 5, "exec", "pairs", 50)
        self.assert_counted(58, 55, processes=2)

    def test_many_short_processes_leave_only_the_summary(self):
        count = int(os.environ.get("PROCESSES", "10000"))
        script = "i=0; while [ $i -lt %d ]; do i=$((i+1)); %s; done" % (
            count, '"$0" pairs 1')
        done = self.session.run(["sh", "-c", script, self.session.guest],
                                timeout=600)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        counters = self.session.counters()
        self.assertEqual(counters["guest.call.calls"], count)
        # The shell is a process of the session, too; forks that made no call
        # and called exec at once are not.
        self.assertEqual(counters["processes"], count + 1)
        self.assertEqual(self.session.names(), ["summary"])

    def test_fifty_processes_at_once_add_up_exactly(self):
        env = self.session.env()
        started = [subprocess.Popen(
            [self.session.guest, "threads", "3", "200", "pairs", "400"],
            env=env) for _ in range(50)]
        for process in started:
            self.assertEqual(process.wait(120), 0)
        self.assert_counted(50000, processes=50)


class Signals(Case):
    def counts(self, done):
        calls, handled = map(int, done.stdout.split())
        self.assertGreater(handled, 0)
        return calls, handled

    def test_a_handler_that_interrupts_bookkeeping_is_counted(self):
        calls, handled = self.counts(self.do("storm", 4000))
        self.assert_counted(calls + 3 * handled)

    def test_a_handler_that_forks_does_not_disturb_a_call(self):
        calls, handled = self.counts(self.do("forkstorm", 200))
        self.assert_counted(calls + 3 * handled, processes=1 + handled)

    def test_a_cancelled_thread_leaves_the_guard(self):
        self.do("cancel", "pairs", 5)
        self.assert_counted(5)


class Readers(Case):
    def test_a_reader_never_sees_half_of_a_call(self):
        process = self.session.start("pairs", 1, "wait", "turns", 500000)
        reader = subprocess.Popen(
            [self.session.reader, self.session.table(process), "32"],
            stdout=subprocess.PIPE, text=True)
        process.communicate("")
        said = reader.communicate(timeout=120)[0]
        self.assertEqual(process.returncode, 0)
        self.assertEqual(reader.returncode, 0, said)
        self.assert_counted(1000001)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
