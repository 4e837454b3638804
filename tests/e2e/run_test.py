#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`belay run` is the program that it runs: its status, signals, files, words.

    run_test.py BELAY CALLER STATIC PLUGIN
"""

import contextlib
import json
import os
import pty
import re
import resource
import select
import signal
import stat
import subprocess
import sys

import private
from private import Command, NOBODY, as_nobody, can_be_nobody, other_shm

STATIC = os.path.abspath(sys.argv[3])
PLUGIN = os.path.abspath(sys.argv[4])  # the caller, as a library


class ExitStatus(Command):
    def assert_ends_with(self, status, *args):
        self.assertEqual(self.run_belay("run", *args).returncode, status)

    def test_the_status_is_the_programs(self):
        for status in (0, 1, 125, 255):
            self.assert_ends_with(status, self.caller, f"exit={status}")
            self.assert_ends_with(status, self.caller, f"_exit={status}")

    def test_a_signal_that_ends_the_program_ends_belay(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV,
                       signal.SIGABRT, signal.SIGRTMIN + 3):
            self.assert_ends_with(-number, self.caller, f"die={int(number)}")

    def test_only_the_program_leaves_a_core(self):
        unlimited = lambda: resource.setrlimit(
            resource.RLIMIT_CORE,
            (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        done = subprocess.Popen([self.belay, "run", self.caller, "die=6"],
                                stderr=subprocess.DEVNULL, cwd=self.folder,
                                preexec_fn=unlimited)
        _, status = os.waitpid(done.pid, 0)
        done.returncode = status
        self.assertFalse(os.WCOREDUMP(status))

    def test_a_program_that_is_not_there(self):
        done = self.run_belay("run", "no-such-program")
        self.assertEqual(done.returncode, 127)
        self.assertEqual(done.stderr, 'belay: Cannot run "no-such-program": '
                                      'No such program in $PATH\n')
        done = self.run_belay("run", "./none")
        self.assertEqual(done.returncode, 127)
        self.assertEqual(done.stderr, 'belay: Cannot run "./none": No such '
                                      'file or directory\n')
        done = self.run_belay("run", "")
        self.assertEqual((done.returncode, done.stderr),
                         (127, 'belay: Cannot run "": Its name is empty\n'))

    def test_a_program_that_cannot_be_executed(self):
        plain = self.write("plain", "text")
        done = self.run_belay("run", plain)
        self.assertEqual((done.returncode, done.stderr), (
            126, f'belay: Cannot run "{plain}": Permission denied\n'))
        done = self.run_belay("run", self.folder)
        self.assertEqual((done.returncode, done.stderr), (
            126, f'belay: Cannot run "{self.folder}": Is a directory\n'))
        done = self.run_belay("run", "plain",
                              env={**os.environ, "PATH": self.folder})
        self.assertEqual((done.returncode, done.stderr), (
            126, 'belay: Cannot run "plain": Permission denied\n'))

    def test_a_script_is_run_by_its_interpreter(self):
        script = self.write("script", f"#! {self.caller} exit=9\n", 0o755)
        # Its own path is no verb.
        done = self.run_belay("run", script)
        self.assertEqual(done.returncode, 9)

    def test_a_script_without_one_is_run_by_the_shell(self):
        script = self.write("script", 'exit "$1"\n', 0o755)
        self.assert_ends_with(7, script, "7")

    def test_an_interpreter_that_is_not_there_is_named(self):
        script = self.write("script", "#!/no/such/interpreter -x\n", 0o755)
        done = self.run_belay("run", script)
        self.assertEqual((done.returncode, done.stderr), (
            127, f'belay: Cannot run "{script}": Its interpreter '
                 '"/no/such/interpreter": No such file or directory\n'))


class Signals(Command):
    def test_signals_are_passed_on(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
                       signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM,
                       signal.SIGALRM, signal.SIGWINCH, signal.SIGCONT,
                       signal.SIGRTMIN + 2):
            process, _ = self.start("run", self.caller,
                                    f"catch={int(number)}", "say",
                                    f"await={int(number)}")
            process.send_signal(number)
            out, _ = self.end(process)
            self.assertEqual(out, f"caught {int(number)}\n")
            self.assertEqual(process.returncode, 0)

    def test_a_signal_that_the_program_does_not_catch_ends_both(self):
        process, _ = self.start("run", self.caller, "say", "wait")
        process.send_signal(signal.SIGUSR2)
        process.wait(private.LIMIT)
        self.assertEqual(process.returncode, -signal.SIGUSR2)

    def test_a_timer_that_was_set_before_reaches_the_program(self):
        process, _ = self.start(
            "run", self.caller, "catch=14", "say", "await=14",
            preexec_fn=lambda: signal.setitimer(signal.ITIMER_REAL, 0.2))
        self.assertEqual(self.end(process)[0], "caught 14\n")

    def test_what_the_program_gets_of_signals_is_what_belay_got(self):
        def odd():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

        def even():
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)

        show = ["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"]
        for prepare in (odd, even):
            bare = subprocess.run(show, capture_output=True, text=True,
                                  check=True, preexec_fn=prepare)
            done = self.run_belay("run", *show, preexec_fn=prepare)
            self.assertEqual((done.stdout, done.returncode),
                             (bare.stdout, 0))

    def test_nohup_holds(self):
        process, _ = self.start(
            "run", self.caller, "say", "wait", preexec_fn=lambda:
            signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        self.end(process)
        self.assertEqual(process.returncode, 0)

    def test_when_the_program_stops_belay_stops_and_goes_on_with_it(self):
        # The kernel stops no job that has nobody to wake it: its group must
        # be another one than ours.
        process, _ = self.start("run", self.caller, "catch=10", "say",
                                "await=10", preexec_fn=os.setpgrp)
        process.send_signal(signal.SIGTSTP)
        self.assertTrue(os.WIFSTOPPED(self.change_of(process, os.WUNTRACED)))
        process.send_signal(signal.SIGCONT)
        self.assertTrue(os.WIFCONTINUED(
            self.change_of(process, os.WCONTINUED)))
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(self.end(process)[0], "caught 10\n")
        self.assertEqual(process.returncode, 0)

    def change_of(self, process, flags):
        """Waits for it; an alarm ends us if it never comes."""
        signal.alarm(private.LIMIT)
        _, status = os.waitpid(process.pid, flags)
        signal.alarm(0)
        return status

    def test_a_stop_that_only_the_program_gets_does_not_stop_belay(self):
        process, pid = self.start("run", sys.executable, "-c",
                                  "import os; print(os.getpid(), flush=True);"
                                  "input()")
        os.kill(int(pid), signal.SIGSTOP)
        os.kill(int(pid), signal.SIGCONT)
        self.end(process)
        self.assertNotEqual(process.returncode, -signal.SIGSTOP)

    def test_a_terminals_interrupt_reaches_the_program_once(self):
        count = ("import signal as s; print('ready', flush=True);"
                 "two = {s.SIGINT, s.SIGUSR1};"
                 "s.pthread_sigmask(s.SIG_BLOCK, two); first = s.sigwait(two);"
                 "more = s.sigtimedwait(two, 0.5);"
                 "print('once' if first == s.SIGINT and not more else 'wrong',"
                 "flush=True)")
        # Blocked before it says that it is ready.
        count = count.replace("print('ready', flush=True);", "", 1).replace(
            "first =", "print('ready', flush=True); first =", 1)
        pid, fd = pty.fork()
        if pid == 0:
            os.execv(self.belay, [self.belay, "run", sys.executable, "-c",
                                  count])
        seen = self.read_until(fd, b"ready")
        os.write(fd, b"\x03")
        seen = self.read_until(fd, b"once", seen)
        _, status = os.waitpid(pid, 0)
        os.close(fd)
        self.assertIn(b"once", seen)
        self.assertEqual(status, 0, seen)

    def read_until(self, fd, word, seen=b""):
        while word not in seen:
            ready, _, _ = select.select([fd], [], [], private.LIMIT)
            self.assertTrue(ready, seen)
            try:
                seen += os.read(fd, 4096)
            except OSError:
                break
        return seen

    def test_a_broken_stderr_ends_nobody(self):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([self.belay, "run", self.caller, "finish=3",
                               "exit=5"], stderr=write, check=False)
        os.close(write)
        self.assertEqual(done.returncode, 5)
        self.assertEqual(self.sessions(), [])


class Environment(Command):
    def test_variables_are_set_and_taken_away(self):
        done = self.run_belay("run", "-E", "A=1=2", "--env=B=", "-E", "C",
                              "-E", "A=3", "printenv", "A", "B", "C",
                              env={**os.environ, "C": "x", "B": "y"})
        self.assertEqual(done.stdout, "3\n\n")
        self.assertEqual(done.returncode, 1)

    def test_the_users_preloads_come_after_ours(self):
        names = lambda text: [os.path.basename(path) for path in
                              text.strip().split(":")]
        library = "/lib/x86_64-linux-gnu/libm.so.6"
        for args, env in ((["-E", f"LD_PRELOAD={library}"], {}),
                          ([], {"LD_PRELOAD": library})):
            done = self.run_belay("run", "-a", "aio", *args, "printenv",
                                  "LD_PRELOAD", env={**os.environ, **env})
            self.assertEqual(names(done.stdout), [
                "libbelay-interpose.so.0", "libbelay-aio.so", "libm.so.6"])

    def test_a_belay_in_a_belay_watches_with_one_set_of_libraries(self):
        inner, outer = self.path("inner"), self.path("outer")
        done = self.run_belay("run", "-j", outer, self.belay, "run",
                              "-j", inner, "sh", "-c",
                              f'echo "$LD_PRELOAD"; exec {self.caller} finish')
        self.assertEqual(done.stdout.count("libbelay-interpose"), 1)
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.calls_in(inner), 1)
        self.assertEqual(self.calls_in(outer), 0)

    def test_a_call_library_that_the_program_loads_later_is_watched(self):
        said = self.path("said")
        done = self.run_belay(
            "run", "-j", said, sys.executable, "-c", f"""
import ctypes
words = (ctypes.c_char_p * 3)(b"caller", b"finish=3", None)
ctypes.CDLL("{PLUGIN}").main(2, words)""")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.calls_in(said), 3)

    def calls_in(self, path):
        with open(path, encoding="utf-8") as text:
            return sum(o["calls"] for o in json.load(text)["operations"])

    def test_what_an_outer_belay_has_set_is_not_taken_over(self):
        done = self.run_belay("run", self.caller, "begin=20", env={
            **os.environ, "BELAY_CALLS": "16", "BELAY_NOT": "*",
            "BELAY_SESSION": "/no/such/session"})
        self.assertRegex(done.stderr, r"test\.work +20 ")
        self.assertNotIn("Not recorded", done.stderr)

    def test_belay_off_lets_everything_through(self):
        done = self.run_belay("run", self.caller, "finish=3", "exit=4",
                              env={**os.environ, "BELAY": "off"})
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr, 'belay: No process of "caller" was '
                         'watched: BELAY=off is in its environment\n')

    def test_only_and_not_choose_programs(self):
        script = f"{self.caller} finish=3; {self.caller} finish=3; true"
        for args, calls in ((["--only=caller"], 6), (["--only=sh"], 0),
                            (["--not=call*"], 0), (["--not=sh"], 6),
                            (["--only=sh", "--only=/*/caller"], 6),
                            (["--only=caller", "--not=caller"], 0)):
            self.run_belay("run", "-j", self.path("j"), *args, "sh", "-c",
                           script)
            self.assertEqual(self.calls_in(self.path("j")), calls, args)

    def test_the_program_has_the_descriptors_that_belay_had(self):
        read, write = os.pipe()
        show = ["ls", "/proc/self/fd"]
        bare = subprocess.run(show, capture_output=True, text=True, check=True,
                              pass_fds=[read])
        done = self.run_belay("run", *show, pass_fds=[read])
        os.close(read)
        os.close(write)
        self.assertEqual(done.stdout, bare.stdout)

    def test_it_runs_with_closed_standard_files(self):
        def close():
            for fd in (0, 1, 2):
                os.close(fd)

        process = subprocess.Popen([self.belay, "run", self.caller, "finish=2",
                                    "exit=6"], preexec_fn=close)
        self.assertEqual(process.wait(private.LIMIT), 6)

    def test_a_folder_that_is_gone_is_no_hindrance(self):
        gone = self.path("gone")
        os.mkdir(gone)
        done = self.run_belay("run", "sh", "-c", "exit 3", preexec_fn=lambda:
                              (os.chdir(gone), os.rmdir(gone)))
        self.assertEqual(done.returncode, 3)


class Summary(Command):
    def json_of(self, *args, status=0, **more):
        done = self.run_belay("run", "-j", self.path("j"), *args, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        with open(self.path("j"), encoding="utf-8") as text:
            return json.load(text), done

    def test_every_kind_of_end_is_counted(self):
        seen, done = self.json_of(self.caller, "finish=100", "fail=3",
                                  "refuse=2", "cancel=4", "begin=5", "again=6")
        self.assertEqual(done.stderr, "")
        self.assertEqual(seen["processes"], 1)
        work, = seen["operations"]
        latency = work.pop("latency_ns")
        self.assertEqual(work, {
            "operation": "test.work", "calls": 114, "refused": 2,
            "refused_pending": 6, "cancels": 4, "finished": 107, "failed": 3,
            "canceled": 4, "uncollected": 0, "in_flight": 5, "unknown": 0,
            "bytes": 409600})
        self.assertTrue(0 < latency["p50"] <= latency["p90"] <= latency["p99"]
                        <= latency["max"])
        left, = seen["unfinished"]
        self.assertEqual((left["count"], left["state"]), (5, "PENDING"))
        self.assertRegex(left["place"], r"^begin_work \(caller\.c:\d+\)$")
        self.assertTrue(0 < seen["cost_ns"] < 100000)
        self.assertEqual(set(seen["lost"].values()), {0})

    def test_many_processes_that_leave_the_same_call_are_one_entry(self):
        seen, _ = self.json_of(
            "/bin/sh", "-c",
            'for i in $(seq 100); do "$0" begin=2; done', self.caller)
        left, = seen["unfinished"]
        self.assertEqual(left["count"], 200)
        self.assertEqual(seen["operations"][0]["in_flight"], 200)
        self.assertEqual(set(seen["lost"].values()), {0})

    def test_children_count_and_leave_nothing(self):
        seen, _ = self.json_of(self.caller, "children=20")
        self.assertEqual(seen["operations"][0]["calls"], 20)
        self.assertEqual(seen["processes"], 21)
        self.assertEqual(self.sessions(), [])

    def test_ten_thousand_short_processes_leave_few_files(self):
        seen, _ = self.json_of("--keep", self.caller, "children=10000")
        self.assertEqual(seen["operations"][0]["calls"], 10000)
        self.assertEqual(seen["processes"], 10001)
        self.assertEqual(os.listdir(self.session_folder()), ["summary"])

    def test_a_table_that_is_full_is_said(self):
        seen, done = self.json_of("--calls=16", self.caller, "begin=20")
        self.assertEqual(seen["lost"]["calls"], 4)
        done = self.run_belay("run", "--calls=16", self.caller, "begin=20")
        self.assertIn("Not recorded: 4 times the call table was full "
                      "(--calls=N makes it larger)\n", done.stderr)

    def test_a_shared_memory_that_calls_fill(self):
        with other_shm("size=800k"):
            seen, _ = self.json_of("--calls=100000", self.caller,
                                   "begin=10000", "exit=4", status=4)
        left, = seen["unfinished"]
        self.assertGreater(left["count"], 511)
        self.assertGreater(seen["lost"]["calls"], 0)
        self.assertEqual(left["count"] + seen["lost"]["calls"], 10000)

    def test_the_text_is_a_table_and_sentences(self):
        done = self.run_belay("run", self.caller, "finish=100", "begin=2")
        lines = done.stderr.split("\n")
        self.assertEqual(lines[0], 'belay: Calls of "caller" in 1 process:')
        self.assertRegex(lines[1], r"^operation +calls +refused +cancelled "
                                   r"+failed +in flight +p50 +p90 +p99 +max "
                                   r"+bytes$")
        self.assertRegex(lines[2], r"^test\.work +102 +0 +0 +0 +2 +\S+ ns .* "
                                   r"+400 KiB$")
        self.assertEqual(lines[3], "Never finished:")
        self.assertRegex(lines[4], r"^  test\.work: 2 begun at begin_work "
                                   r"\(caller\.c:\d+\), the oldest \S+ \ws ago "
                                   r"in process \d+, PENDING$")
        self.assertRegex(lines[5], r"^Recording costs about \d+ ns a call; ")
        self.assertEqual(lines[6:], [""])
        self.assertEqual(done.stdout, "")

    def test_it_is_said_that_nothing_was_watched_and_why(self):
        for args, why in (
                (["-E", "BELAY=off"], "BELAY=off is in its environment"),
                (["--only=other"], "--only and --not left none"),
                (["--not=caller"], "--only and --not left none")):
            done = self.run_belay("run", *args, self.caller, "finish=1")
            self.assertEqual(done.stderr, 'belay: No process of "caller" was '
                                          f'watched: {why}\n')

    def test_a_program_without_calls_is_one_line(self):
        done = self.run_belay("run", "true")
        self.assertEqual(done.stderr, 'belay: "true" made no asynchronous '
                         'calls that Belay watches ("belay apis" lists '
                         'them)\n')

    def test_a_json_file_that_cannot_be_written_loses_nothing(self):
        """Neither the program's status nor the summary."""
        for path, error in (("/no/such/folder/x", "No such file or directory"),
                            ("/dev/full", "No space left on device")):
            done = self.run_belay("run", "-j", path, self.caller, "finish=7",
                                  "exit=3")
            self.assertEqual(done.returncode, 3)
            self.assertEqual(done.stderr.split("\n")[0],
                             'belay: Cannot write the summary: '
                             f'path="{path}", error="{error}"')
            self.assertRegex(done.stderr, r"test\.work +7 ")

    def test_a_killed_program_is_kept_for_ps(self):
        done = self.run_belay("run", self.caller, "finish=3", "begin=2",
                              "die=9")
        name, = self.sessions()
        pid = re.search(r"in process (\d+), ", done.stderr)[1]
        self.assertIn(f'belay: Process {pid} died with calls in flight: '
                      f'"belay ps {name}" shows them, "belay ps {name} '
                      '--prune" removes them\n', done.stderr)
        self.assertRegex(done.stderr, r"test\.work +5 +0 +0 +0 +2 ")

    def test_a_killed_program_without_calls_in_flight_leaves_nothing(self):
        self.run_belay("run", self.caller, "finish=3", "die=9")
        self.assertEqual(self.sessions(), [])

    def test_a_process_that_goes_on_is_said_and_kept(self):
        process, _ = self.start("run", self.caller, "begin=2", "child",
                                "finish=3", "begin", "detach", "say", "wait")
        # The child holds the pipes too: only wait for belay.
        process.wait(private.LIMIT)
        name, = self.sessions()
        tables = [n for n in os.listdir("/dev/shm/belay-0/" + name)
                  if n.startswith("calls.")]
        self.assertEqual(len(tables), 1)
        pid = tables[0].split(".")[1]
        _, err = self.end(process)
        self.assertIn(f'belay: 1 process ({pid}) still runs: "belay ps '
                      f'{name}" shows the calls in flight\n', err)

    def test_a_session_is_kept_on_demand(self):
        done = self.run_belay("run", "--keep", self.caller, "finish=3")
        name, = self.sessions()
        self.assertIn(f'belay: The session is kept: "belay ps {name}"\n',
                      done.stderr)


class Unwatched(Command):
    """What cannot be watched runs as it is, unless --strict."""

    def assert_runs_unwatched(self, status, line, *args, **more):
        done = self.run_belay("run", *args, **more)
        self.assertEqual((done.returncode, done.stderr.split("\n")[0]),
                         (status, line), done.stderr)
        done = self.run_belay("run", "--strict", *args, **more)
        self.assertEqual(done.returncode, 125, done.stderr)
        return done.stderr

    def test_a_static_program(self):
        line = (f'belay: "{STATIC}" is statically linked: it cannot be '
                'watched, only programs that it starts')
        said = self.assert_runs_unwatched(3, line, STATIC)
        self.assertEqual(said, line + "; not started, because of --strict\n")
        done = self.run_belay("run", STATIC, self.caller, "finish=5")
        self.assertRegex(done.stderr, r"test\.work +5 ")

    def test_a_static_interpreter_is_named(self):
        script = self.write("script", f"#!{STATIC}\n", 0o755)
        done = self.run_belay("run", "--strict", script)
        self.assertIn(f'belay: "{STATIC}" is statically linked', done.stderr)

    def test_the_loader_run_as_a_program_is_watched(self):
        done = self.run_belay("run", "/lib64/ld-linux-x86-64.so.2",
                              self.caller, "finish=5")
        self.assertRegex(done.stderr, r"test\.work +5 ")
        self.assertNotIn("static", done.stderr)

    def test_a_program_for_another_machine(self):
        header = bytearray(b"\x7fELF\1\1\1" + bytes(57))
        with open(self.path("other"), "wb") as to:
            to.write(header)
        os.chmod(self.path("other"), 0o755)
        done = self.run_belay("run", "--strict", self.path("other"))
        self.assertEqual((done.returncode, done.stderr), (
            125, f'belay: "{self.path("other")}" is no 64-bit x86 program: it '
                 'cannot be watched; not started, because of --strict\n'))

    @contextlib.contextmanager
    def with_setuid(self, mode, uid=0, gid=0):
        """A copy of a program that runs with root's rights."""
        os.chmod(self.folder, 0o755)
        copy = self.path("setuid")
        with open("/usr/bin/printenv", "rb") as original:
            with open(copy, "wb") as to:
                to.write(original.read())
        os.chown(copy, uid, gid)
        os.chmod(copy, mode)
        if os.statvfs(copy).f_flag & os.ST_NOSUID:
            self.skipTest("temporary files cannot be setuid here")
        yield copy

    def test_a_program_with_other_rights_is_left_alone(self):
        if not can_be_nobody(self.belay):
            self.skipTest("only root can make a setuid program")
        for mode in (0o4755, 0o2755):
            with self.with_setuid(mode) as program:
                line = (f'belay: "{program}" runs with other rights than '
                        'yours (setuid, setgid or capabilities): it is left '
                        'alone')
                self.assert_runs_unwatched(1, line, program, "LD_PRELOAD",
                                           "BELAY_SESSION",
                                           preexec_fn=as_nobody)
        done = self.run_belay("run", program, "LD_PRELOAD",
                              preexec_fn=as_nobody)
        self.assertEqual(done.stdout, "")

    def test_ones_own_setuid_program_gains_nothing_and_is_watched(self):
        if os.geteuid() != 0:
            self.skipTest("the program must be root's")
        with self.with_setuid(0o4755) as program:
            done = self.run_belay("run", program, "BELAY_SESSION")
            self.assertIn("/dev/shm/", done.stdout)
            self.assertNotIn("rights", done.stderr)


class NoRoom(Command):
    """Belay's own troubles are one line; the program runs all the same."""

    def assert_unrecorded(self, line, **more):
        done = self.run_belay("run", self.caller, "finish=3", "exit=4", **more)
        self.assertEqual((done.returncode, done.stderr), (4, line + "\n"))
        done = self.run_belay("run", "--strict", self.caller, "finish=3",
                              **more)
        self.assertEqual((done.returncode, done.stderr), (125, line + "\n"))
        if os.path.isdir("/dev/shm/belay-0"):
            self.assertEqual(self.sessions(), [])

    def shape(self, text):
        return re.sub(r"caller-\d+", "NAME", text)

    def test_a_limit_of_0_on_the_size_of_files(self):
        done = self.run_belay("run", self.caller, "finish=3", "exit=4",
                              preexec_fn=lambda: resource.setrlimit(
                                  resource.RLIMIT_FSIZE, (0, 0)))
        self.assertEqual(done.returncode, 4)
        self.assertEqual(self.shape(done.stderr), (
            'belay: Cannot record calls: cannot make the summary: path="'
            '/dev/shm/belay-0/NAME", error="The limit on the size of files '
            'is too small (ulimit -f)"\n'))
        self.assertEqual(self.sessions(), [])

    def test_a_limit_of_0_where_stderr_is_a_file(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        with open(self.path("said"), "w", encoding="utf-8") as said:
            done = subprocess.run([self.belay, "run", self.caller, "exit=4"],
                                  stderr=said, preexec_fn=limit,
                                  timeout=private.LIMIT, check=False)
        self.assertEqual(done.returncode, 4)
        done = self.run_belay("run", "sh", "-c", f"echo >{self.path('said')}",
                              preexec_fn=limit)
        self.assertEqual(done.returncode, -signal.SIGXFSZ)

    def test_a_small_stack(self):
        done = self.run_belay("run", self.caller, "finish=1", "exit=4",
                              preexec_fn=lambda: resource.setrlimit(
                                  resource.RLIMIT_STACK, (131072, 131072)))
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertRegex(done.stderr, r"test\.work +1 +0 +0 +0 +0 ")

    def test_a_limit_between_the_summary_and_a_table(self):
        for strict, status in (([], 4), (["--strict"], 125)):
            done = self.run_belay("run", *strict, self.caller, "finish=3",
                                  "exit=4", preexec_fn=lambda:
                                  resource.setrlimit(resource.RLIMIT_FSIZE,
                                                     (600000, 600000)))
            self.assertEqual(done.returncode, status)
            self.assertIn("belay: Cannot make a call table: path=",
                          done.stderr)
            self.assertEqual(self.sessions(), [])

    def test_a_full_shared_memory(self):
        with other_shm("size=64k"):
            for strict, status in (([], 4), (["--strict"], 125)):
                done = self.run_belay("run", *strict, self.caller, "finish=3",
                                      "exit=4")
                self.assertEqual(done.returncode, status)
                self.assertEqual(self.shape(done.stderr), (
                    'belay: Cannot record calls: cannot make the summary: '
                    'path="/dev/shm/belay-0/NAME", error="No space left on '
                    'device"\n'))
                self.assertEqual(self.sessions(), [])

    def test_a_shared_memory_that_the_summary_fills(self):
        with other_shm("size=500k"):
            for strict, status in (([], 4), (["--strict"], 125)):
                done = self.run_belay("run", *strict, self.caller, "finish=3",
                                      "exit=4")
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn("belay: Cannot make a call table: ", done.stderr)
                self.assertIn("No space left on device", done.stderr)
                self.assertEqual(self.sessions(), [])

    def test_a_shared_memory_that_cannot_be_written(self):
        with other_shm("ro"):
            self.assert_unrecorded('belay: Cannot record calls: path="/dev/'
                                   'shm/belay-0", error="Read-only file '
                                   'system"')
            os.mkdir(self.path("run"), 0o700)
            done = self.run_belay("run", "--keep", self.caller, "finish=3",
                                  env={**os.environ,
                                       "XDG_RUNTIME_DIR": self.path("run")})
            self.assertRegex(done.stderr, r"test\.work +3 ")
            self.assertEqual(len(os.listdir(self.path("run/belay-0"))), 1)

    def test_a_folder_that_somebody_else_made_first(self):
        os.mkdir("/dev/shm/belay-0", 0o700)
        if os.geteuid() == 0 and can_be_nobody():
            os.chown("/dev/shm/belay-0", NOBODY, NOBODY)
            self.assert_folder_refused("It belongs to another user")
            os.chown("/dev/shm/belay-0", 0, 0)
        os.chmod("/dev/shm/belay-0", 0o770)
        self.assert_folder_refused("Others may enter it (chmod 700)")
        os.rmdir("/dev/shm/belay-0")
        os.symlink(self.folder, "/dev/shm/belay-0")
        self.addCleanup(os.unlink, "/dev/shm/belay-0")
        self.assert_folder_refused("Not a directory")
        self.assertEqual(os.listdir(self.folder), [])

    def assert_folder_refused(self, why):
        done = self.run_belay("run", self.caller, "finish=3", "exit=4")
        self.assertEqual((done.returncode, done.stderr), (
            4, 'belay: Cannot record calls: path="/dev/shm/belay-0", '
               f'error="{why}"\n'))

    def test_a_umask_that_forbids_everything(self):
        done = self.run_belay("run", "--keep", self.caller, "finish=3",
                              preexec_fn=lambda: os.umask(0o777))
        self.assertRegex(done.stderr, r"test\.work +3 ")
        mode = os.stat(self.session_folder()).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o700)

    def test_a_home_that_cannot_be_written(self):
        for home in ("/proc/no/home", ""):
            done = self.run_belay("trace", self.caller, "finish=3",
                                  env={**os.environ, "HOME": home,
                                       "XDG_STATE_HOME": ""})
            self.assertEqual(done.returncode, 125)
            self.assertRegex(done.stderr, r"^belay: Cannot trace: .*say -o "
                                          r"DIR( to write elsewhere)?\n$")
            # And nothing of that concerns `belay run`.
            done = self.run_belay("run", self.caller, "finish=3",
                                  env={**os.environ, "HOME": home})
            self.assertRegex(done.stderr, r"test\.work +3 ")


class OrdinaryUser(Command):
    def test_everything_works_for_an_ordinary_user(self):
        if not can_be_nobody(self.belay, self.caller):
            self.skipTest("needs root, and files that nobody can read")
        done = self.run_belay("run", self.caller, "finish=3", "begin=1",
                              "die=9", preexec_fn=as_nobody)
        self.assertRegex(done.stderr, r"test\.work +4 ")
        name, = self.sessions(NOBODY)
        done = self.run_belay("ps", name, preexec_fn=as_nobody)
        self.assertRegex(done.stdout, r"caller \(dead\) +test\.work +PENDING")
        done = self.run_belay("ps", "--prune", preexec_fn=as_nobody)
        self.assertEqual(done.stdout,
                         "Removed 1 call table and 1 session.\n")


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
