#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""belay doctor: what a user may have wrong, before a run.

    doctor_test.py BELAY CALLER STATIC OWN_AIO AIO_VICTIM COM_RULED
"""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys

import private
from private import Command

STATIC, OWN_AIO, VICTIM, COM = map(os.path.abspath, sys.argv[3:7])
LOADER = b"/lib64/ld-linux-x86-64.so.2"


class Doctor(Command):
    def doctor(self, *args, belay=None, **more):
        """What it says: {"ok": [...], "note": [...], "problem": [...]}."""
        more.setdefault("env", self.environment())
        done = subprocess.run([belay or self.belay, "doctor", *args],
                              capture_output=True, text=True, check=False,
                              timeout=private.LIMIT, **more)
        self.assertEqual(done.stderr, "")
        *lines, last = done.stdout.splitlines()
        said = {"ok": [], "note": [], "problem": []}
        for line in lines:
            word, text = line[:9].strip(), line[9:]
            if word:
                said[word].append(text)
            else:
                self.assertRegex(text, "^-> .")
        count = len(said["problem"])
        self.assertEqual(last, "No problem was found." if not count else
                         f"{count} problem{'s' * (count > 1)} found.")
        self.assertEqual(done.returncode, bool(count), done.stdout)
        return said

    def environment(self, **more):
        """One in which LTTng's folder is ours."""
        env = {**os.environ, "LTTNG_HOME": self.folder, **more}
        env.pop("LD_LIBRARY_PATH", None)
        return env

    def assert_finds(self, level, pattern, *args, **more):
        said = self.doctor(*args, **more)[level]
        self.assertTrue(any(re.search(pattern, text) for text in said), said)


class Machine(Doctor):
    def test_a_healthy_one(self):
        said = self.doctor()
        self.assertEqual(said["problem"], [])
        self.assertRegex(said["ok"][0], r"^Belay [\d.]+ is complete; APIs: "
                         r"(.*, )?aio.*; policies: .*fault.*timeout")
        self.assertRegex(said["ok"][1], r"^sessions are kept in /dev/shm/"
                                        r"belay-\d+: .* are free")
        self.assertEqual(self.sessions(), [])

    def test_belay_that_is_off(self):
        self.assert_finds("problem", "^BELAY=off is in the environment",
                          env=self.environment(BELAY="off"))

    def test_a_preload_of_the_users_own(self):
        self.assert_finds("note", r"^LD_PRELOAD is set, .*: libm\.so\.6$",
                          env=self.environment(LD_PRELOAD="libm.so.6"))

    def test_rights_that_are_never_gained(self):
        set_no_new_privs = 38
        self.assert_finds("note", "^no_new_privs is set", preexec_fn=lambda:
                          private.libc().prctl(set_no_new_privs, 1, 0, 0, 0))

    def test_a_belay_that_is_not_complete(self):
        os.mkdir(self.path("tools"))
        belay = shutil.copy(self.belay, self.path("tools"))
        self.assert_finds("problem", "^Belay is not complete: .*libbelay-"
                          "interpose.so.0: No such file", belay=belay)
        self.assert_finds("problem", "^no adapter is installed", belay=belay)

    def copy_of_belay(self, name):
        folder = self.path(name)
        shutil.copytree(os.path.dirname(os.path.dirname(self.belay)), folder,
                        symlinks=True,
                        ignore=shutil.ignore_patterns("*.o", "*.a", "tests",
                                                      "meson*", "*.json"))
        return folder + "/tools/belay"

    def test_a_belay_in_a_folder_that_the_loader_cannot_take(self):
        self.assert_finds("problem", "^the loader allows neither spaces nor "
                          "colons .*/a b/interpose$",
                          belay=self.copy_of_belay("a b"))

    def test_a_belay_where_nothing_may_be_executed(self):
        belay = self.copy_of_belay("x")
        folder = os.path.dirname(os.path.dirname(belay)) + "/interpose"
        copy = self.path("copy")
        shutil.copytree(folder, copy, symlinks=True)
        with private.other_mount(folder, "noexec"):
            shutil.copytree(copy, folder, symlinks=True, dirs_exist_ok=True)
            done = subprocess.run([belay, "doctor"], capture_output=True,
                                  text=True, check=False)
        self.assertIn("problem  nothing may be executed on the file system "
                      "of ", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_no_room_for_sessions(self):
        with private.other_shm("size=400k"):
            self.assert_finds("problem", "^/dev/shm/.* has no room: ")
        with private.other_shm("size=4m"):
            self.assert_finds("note", "^/dev/shm/.* has room for few ")

    def test_a_folder_for_sessions_that_others_may_enter(self):
        folder = f"/dev/shm/belay-{os.geteuid()}"
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        env = self.environment()
        env.pop("XDG_RUNTIME_DIR", None)
        self.assert_finds("problem", f"^sessions cannot be kept in {folder}: "
                          r"Others may enter it \(chmod 700\)$", env=env)

    def test_a_limit_on_the_size_of_files(self):
        self.assert_finds("problem", "^the limit on the size of files is too "
                          "small", preexec_fn=lambda: resource.setrlimit(
                              resource.RLIMIT_FSIZE, (1 << 16, 1 << 16)))


class Lttng(Doctor):
    def test_a_session_daemon_of_ones_own(self):
        os.mkdir(self.path(".lttng"))
        self.write(".lttng/lttng-sessiond.pid", f"{os.getpid()}\n")
        self.assert_finds("ok", "^your LTTng session daemon runs, process "
                          f'{os.getpid()}: "belay trace" uses it$')

    def test_none_that_runs_and_none_that_is_installed(self):
        with self.no_daemon_of_roots():
            for text in ("", "x\n", "-5\n", "2147483647\n"):
                os.makedirs(self.path(".lttng"), exist_ok=True)
                self.write(".lttng/lttng-sessiond.pid", text)
                self.assert_finds("problem", "there is no lttng-sessiond in "
                                  r"\$PATH$", env=self.environment(
                                      PATH=self.folder))
            shutil.copy("/bin/true", self.path("lttng-sessiond"))
            self.assert_finds("ok", '^LTTng is installed: "belay trace" starts'
                              " a session daemon of its own",
                              env=self.environment(PATH="/:" + self.folder))

    def no_daemon_of_roots(self):
        if not os.path.isdir("/var/run/lttng"):
            return contextlib.nullcontext()
        return private.other_mount("/var/run/lttng")

    def test_roots_daemon_is_used_by_who_may(self):
        if not os.path.isdir("/var/run/lttng"):
            os.makedirs("/var/run/lttng")
            self.addCleanup(os.rmdir, "/var/run/lttng")
        with private.other_mount("/var/run/lttng"):
            with open("/var/run/lttng/lttng-sessiond.pid", "w",
                      encoding="ascii") as file:
                file.write(f"{os.getpid()}\n")
            with open("/var/run/lttng/client-lttng-sessiond", "w",
                      encoding="ascii"):
                pass
            self.assert_finds("ok", "^LTTng's session daemon runs, process")
            if not private.can_be_nobody(self.belay):
                return
            os.chmod("/var/run/lttng/client-lttng-sessiond", 0o660)
            self.assert_finds("note", "^root's session daemon runs, process "
                              r'\d+, but you are not in the group "tracing"',
                              preexec_fn=private.as_nobody)


class Program(Doctor):
    def test_what_it_calls_is_told(self):
        said = self.doctor(VICTIM)
        self.assertIn(f'"{VICTIM}" can be preloaded', said["ok"])
        self.assertRegex("\n".join(said["ok"]), r'aio: "[\w-]+" calls '
                                                r"(aio|lio)_\w+, ")
        self.assertEqual(said["problem"], [])
        self.assertRegex("\n".join(said["note"]), "can load libraries while "
                                                  "it runs")

    def test_calls_that_need_no_adapter(self):
        self.assert_finds("ok", '^com: "com-ruled" talks COM: its methods are '
                          "watched, as com.INTERFACE.METHOD$", COM)
        self.assert_finds("ok", '^"caller" can make call objects of its own, '
                          "which are watched$", self.caller)

    def test_one_that_is_not_there(self):
        for args, said in ((["/no/such"], 'belay: Cannot run "/no/such": No '
                            "such file or directory\n"),
                           (["belay-none"], 'belay: Cannot run "belay-none": '
                            "No such program in $PATH\n")):
            done = self.run_belay("doctor", *args)
            self.assertEqual((done.stderr, done.returncode), (said, 1))

    def test_one_at_a_time(self):
        done = self.run_belay("doctor", "ls", "-l")
        self.assertEqual((done.stderr, done.returncode), (
            'belay: Unknown option "-l". "belay doctor --help" lists the '
            "options\n", 2))
        done = self.run_belay("doctor", "ls", "x")
        self.assertEqual((done.stderr, done.returncode), (
            "belay: One program at a time, without its arguments: belay "
            "doctor [PROGRAM]\n", 2))

    def test_a_static_one(self):
        self.assert_finds("problem", f'^"{STATIC}" is statically linked',
                          STATIC)

    def test_one_for_another_machine(self):
        for at, byte in ((4, 1), (18, 183)):
            path = self.changed(self.caller, at, bytes([byte]))
            self.assert_finds("problem", f'^"{path}" is no 64-bit x86 program',
                              path)

    def changed(self, program, at, new):
        """A copy with other bytes somewhere."""
        path = self.path("changed")
        with open(program, "rb") as file:
            data = bytearray(file.read())
        if isinstance(at, bytes):
            at = data.index(at)
        data[at:at + len(new)] = new
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o755)
        return path

    def test_one_for_another_c_library(self):
        musl = b"/lib/ld-musl-x86_64.so.1".ljust(len(LOADER), b"\0")
        path = self.changed(self.caller, LOADER, musl)
        self.assert_finds("problem", r'^"changed" is for another C library '
                          r"\(/lib/ld-musl-x86_64.so.1\)", path)

    def test_one_that_gains_rights(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make a setuid program")
        path = shutil.copy(self.caller, self.folder)
        os.chown(path, private.NOBODY, private.NOBODY)
        os.chmod(path, 0o4755)
        self.assert_finds("problem", f'^"{path}" runs with other rights than '
                          "yours", path)

    def test_one_that_lacks_a_library(self):
        path = shutil.copy(self.caller, self.folder)
        self.assert_finds("problem", r'^"caller" needs a library that is not '
                          r"there: libbelay-call\.so\.0$", path)

    def test_one_with_the_functions_in_itself(self):
        self.assert_finds("problem", '^aio: "own-aio" has these functions in '
                          "itself, .*: aio_read$", OWN_AIO)

    def test_one_that_makes_namespaces(self):
        self.assert_finds("note", r'^"unshare" calls unshare\(\) or setns\(\)',
                          "unshare")

    def test_a_script(self):
        script = self.write("script", f"#!{self.caller}\n", 0o755)
        said = self.doctor(script)
        self.assertIn(f'"{script}" is a script: what runs is "{self.caller}"',
                      said["note"])
        self.assertIn(f'"{self.caller}" can be preloaded', said["ok"])

    def test_a_text_that_says_nothing_is_the_shells(self):
        for text in ("echo x\n", "", "\x7fELF no more of it\n", "#!"):
            script = self.write("script", text, 0o755)
            said = self.doctor(script)
            self.assertIn(f'"{script}" is a script: what runs is "/bin/sh"',
                          said["note"])
            self.assertIn('"/bin/sh" can be preloaded', said["ok"])

    def test_what_env_starts_is_looked_at(self):
        env = {**os.environ, "PATH": os.path.dirname(VICTIM) + ":"
               + os.environ["PATH"]}
        name = os.path.basename(VICTIM)
        for words in (name, "-S " + name, f"-S{name} -x", f"\t{name}\t"):
            script = self.write("script", f"#!/usr/bin/env {words}\n", 0o755)
            said = self.doctor(script, env=env)
            self.assertIn(f'"{script}" is a script: what runs is "{name}", '
                          'which "/usr/bin/env" starts', said["note"])
            self.assertIn(f'"{VICTIM}" can be preloaded', said["ok"])
        for words in ("", "-i sh", "-S -i sh", "A=1 sh"):
            script = self.write("script", f"#!/usr/bin/env {words}\n", 0o755)
            self.assertIn(f'"{script}" is a script: what runs is '
                          '"/usr/bin/env"', self.doctor(script)["note"])

    def test_what_env_cannot_start(self):
        script = self.write("script", "#!/usr/bin/env belay-none\n", 0o755)
        done = self.run_belay("doctor", script)
        self.assertEqual((done.stderr, done.returncode), (
            'belay: Cannot run "belay-none": No such program in $PATH\n', 1))

    def test_a_script_that_starts_itself(self):
        script = self.write("script", "", 0o755)
        self.write("script", f"#!/usr/bin/env {script}\n", 0o755)
        self.assertEqual(len(self.doctor(script)["note"]), 5)

    def test_a_long_list_of_functions_ends_once(self):
        victim = os.path.join(os.path.dirname(VICTIM), "pq-victim")
        if not os.path.exists(victim):
            self.skipTest("there is no adapter for libpq here")
        line, = (text for text in self.doctor(victim)["ok"]
                 if text.startswith("pq: "))
        self.assertRegex(line, r'^pq: "pq-victim" calls (PQ\w+, )+\.\.\.$')

    def test_a_library_without_an_adapter(self):
        if not shutil.which("curl"):
            self.skipTest("curl is not installed")
        self.assert_finds("note", r'^"curl" uses libcurl\.so\.4 \(curl\), '
                          "which there is no adapter for", "curl")

    def test_one_that_cannot_be_read(self):
        # Without a table of sections.
        path = self.changed(self.caller, 0x28, bytes(8))
        self.assert_finds("note", "cannot be looked into", path)


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
