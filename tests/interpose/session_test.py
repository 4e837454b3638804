#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the interposer does where it cannot, or shall not, watch a program.

    session_test.py BUILD
"""

import ctypes
import glob
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

from guest_session import GuestSession

BUILD = os.path.abspath(sys.argv[1])
ROOT_ONLY = unittest.skipUnless(os.getuid() == 0, "needs root")
LINE = re.compile(r'belay: [A-Z][^\n]*="[^\n]*"\n')


def refuse_madvise():
    """Like a kernel that knows no MADV_WIPEONFORK."""
    def op(code, k, true=0, false=0):
        return struct.pack("HBBI", code, true, false, k)

    madvise, einval = 28, 22
    program = (op(0x20, 0) + op(0x15, madvise, 0, 1) +
               op(0x06, 0x00050000 | einval) + op(0x06, 0x7fff0000))
    code = ctypes.create_string_buffer(program)
    head = struct.pack("HxxxxxxP", 4, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, head, 0, 0):
        os._exit(98)


class Case(unittest.TestCase):
    def setUp(self):
        self.session = GuestSession(BUILD)
        self.session.__enter__()
        self.away = tempfile.mkdtemp(prefix="belay-test-")

    def tearDown(self):
        self.session.__exit__()
        shutil.rmtree(self.away)

    def run_guest(self, *verbs, **more):
        """Runs guest with what subprocess.run() takes."""
        env = self.session.env(**more.pop("env", {}))
        return subprocess.run(
            [self.session.guest, *map(str, verbs)], env=env, text=True,
            timeout=60, **{"capture_output": True, **more})

    def assert_untouched(self, done, lines=0, status=0):
        """The program ran as ever; so many lines say what is off."""
        self.assertEqual(done.returncode, status, done)
        if lines == 0:
            self.assertEqual(done.stderr, "")
        else:
            self.assertRegex(done.stderr, "^%s$" % (LINE.pattern * lines))

    def assert_unwatched(self, done, lines=0):
        self.assert_untouched(done, lines)
        counters = self.session.counters()
        self.assertEqual(counters["processes"] + counters["tables"], 0)

    def assert_strict(self, lines=1, **more):
        """With BELAY_STRICT the program does not start."""
        done = self.run_guest("pairs", 1, env={"BELAY_STRICT": "1"}, **more)
        self.assert_untouched(done, lines, 125)


class Excluded(Case):
    def test_off_passes_everything_through(self):
        self.assert_unwatched(self.session.do("pairs", 5, BELAY="off"))

    def test_off_passes_what_is_resolved_by_module_through(self):
        null = os.path.join(self.session.bench, "null_stress")
        done = self.session.run(
            [null, "2", "100"], BELAY="off",
            LD_PRELOAD=os.path.join(self.session.bench, "libbelay-null.so"))
        self.assert_unwatched(done)

    def test_a_library_s_calls_without_a_session_pass_through(self):
        null = os.path.join(self.session.bench, "null_stress")
        done = self.session.run(
            [null, "2", "100"],
            BELAY_SESSION=f"/dev/shm/belay-{os.geteuid()}/gone",
            LD_PRELOAD=os.path.join(self.session.bench, "libbelay-null.so"))
        self.assert_unwatched(done)

    def test_off_is_not_strict(self):
        self.assert_unwatched(self.session.do(
            "pairs", 1, BELAY="off", BELAY_STRICT="1",
            BELAY_SESSION="/nowhere"))

    def test_only_what_is_named_is_watched(self):
        for patterns, watched in (
                ("guest", 1), ("other", 0), ("other:guest", 1),
                ("other::guest:", 1), ("gu?st", 1), ("*/interpose/guest", 1),
                (self.session.guest, 1), ("/other/guest", 0), ("", 1)):
            with self.subTest(patterns), GuestSession(BUILD) as session:
                done = session.do("pairs", 1, BELAY_ONLY=patterns)
                self.assert_untouched(done)
                self.assertEqual(session.counters()["processes"], watched)

    def test_what_is_named_by_not_is_not_watched(self):
        for only, excluded, watched in (
                (None, "guest", 0), (None, "other", 1), (None, "o*:g*", 0),
                ("guest", "guest", 0), ("guest", "", 1)):
            with self.subTest((only, excluded)), \
                    GuestSession(BUILD) as session:
                done = session.do("pairs", 1, BELAY_ONLY=only,
                                  BELAY_NOT=excluded)
                self.assert_untouched(done)
                self.assertEqual(session.counters()["processes"], watched)

    def test_a_child_is_watched_where_its_parent_is_not(self):
        done = self.session.run(
            ["sh", "-c", '"$0" pairs 3; true', self.session.guest],
            BELAY_ONLY="guest")
        self.assert_untouched(done)
        counters = self.session.counters()
        self.assertEqual(counters["guest.call.calls"], 3)
        self.assertEqual(counters["processes"], 1)

    @ROOT_ONLY
    def test_a_program_with_other_rights_is_not_watched(self):
        secure = os.path.join(self.away, "guest")
        shutil.copy(self.session.guest + "_secure", secure)
        done = self.session.run([secure, "pairs", "5"])
        self.assert_untouched(done)
        self.assertEqual(self.session.counters()["processes"], 1)
        os.chown(secure, 0, 65534)
        os.chmod(secure, 0o2755)
        done = self.session.run([secure, "pairs", "5"], BELAY_STRICT="1")
        self.assert_untouched(done)
        self.assertEqual(self.session.counters()["processes"], 1)
        # Nor as if it were preloaded by hand.
        process = subprocess.Popen([secure, "pairs", "5", "wait"], text=True,
                                   env=self.session.env(), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "waiting\n")
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
            self.assertNotIn("/calls.", file.read())
        process.communicate("")


class Folders(Case):
    def test_a_session_that_is_gone_is_not_a_word_worth(self):
        shutil.rmtree(self.session.folder)
        self.assert_untouched(self.session.do("pairs", 5))
        self.assert_strict()

    def test_a_session_that_goes_meanwhile_is_not_either(self):
        process = self.session.start("pairs", 5, "wait", "pairs", 5,
                                     "fork{", "pairs", 5, "}")
        shutil.rmtree(self.session.folder)
        self.assertEqual(process.communicate("")[1], "")
        self.assertEqual(process.returncode, 0)

    def test_a_folder_that_others_may_read_is_not_used(self):
        os.chmod(self.session.folder, 0o750)
        self.assert_unwatched(self.session.do("pairs", 5), lines=1)
        self.assert_strict()

    @ROOT_ONLY
    def test_somebody_else_s_folder_is_not_used(self):
        os.chown(self.session.folder, 65534, -1)
        self.assert_unwatched(self.session.do("pairs", 5), lines=1)
        self.assert_strict()

    def test_a_link_is_not_followed(self):
        link = os.path.join(self.away, "link")
        os.symlink(self.session.folder, link)
        self.assert_unwatched(
            self.session.do("pairs", 5, BELAY_SESSION=link), lines=1)

    def test_a_relative_path_is_refused(self):
        """The program may go elsewhere before it ends."""
        where, name = os.path.split(self.session.folder)
        env = {"BELAY_SESSION": name}
        done = self.run_guest("pairs", 5, env=env, cwd=where)
        self.assert_unwatched(done, lines=1)
        self.assertIn("not absolute", done.stderr)
        env["BELAY_STRICT"] = "1"
        self.assert_untouched(
            self.run_guest("pairs", 5, env=env, cwd=where), 1, 125)

    def test_a_file_is_no_folder(self):
        self.assert_unwatched(
            self.session.do("pairs", 5, BELAY_SESSION=self.session.guest),
            lines=1)

    def test_a_summary_of_another_kind_is_left_alone(self):
        path = os.path.join(self.session.folder, "summary")
        with open(path, "wb") as file:
            file.write(b"\0" * 100)
        self.assert_untouched(self.session.do("pairs", 5))
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"\0" * 100)
        self.assertEqual(self.session.names(), ["summary"])

    def test_by_hand_the_folder_is_made_and_left_empty(self):
        folder = f"/dev/shm/belay-{os.geteuid()}/by-hand"
        process = self.session.start("pairs", 5, "wait", BELAY_SESSION=None)
        found = glob.glob(f"{folder}/calls.{process.pid}.*")
        self.assertEqual(process.communicate("")[1], "")
        self.assertEqual((process.returncode, len(found)), (0, 1))
        self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
        self.assertEqual(glob.glob(f"{folder}/calls.{process.pid}.*"), [])

    def test_a_child_that_lost_the_right_to_the_folder_says_one_line(self):
        os.chmod(self.session.folder, 0o700)
        process = self.session.start("pairs", 5, "wait", "fork{", "pairs", 5,
                                     "fork{", "pairs", 1, "}", "}")
        os.chmod(self.session.folder, 0o777)
        said = process.communicate("")[1]
        self.assertEqual(process.returncode, 0)
        self.assertRegex(said, "^%s$" % LINE.pattern)


class Space(Case):
    def test_a_file_size_limit_is_no_signal(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        self.assert_unwatched(
            self.run_guest("pairs", 5, preexec_fn=limit), lines=1)
        self.assert_strict(preexec_fn=limit)

    def test_a_line_that_is_over_the_limit_is_no_signal(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        with open(os.path.join(self.away, "said"), "w+") as said:
            done = self.run_guest("pairs", 5, preexec_fn=limit, stderr=said,
                                  stdout=subprocess.DEVNULL,
                                  capture_output=False)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(said.read(), "")

    @ROOT_ONLY
    def test_a_full_memory_file_system_is_no_signal(self):
        for strict in ("0", "1"):
            script = ('mount -t tmpfs -o size=64k,mode=0700 none "$0" && '
                      'exec "$@"')
            done = self.session.run(
                ["unshare", "-m", "sh", "-c", script, self.session.folder,
                 "env", "LD_PRELOAD=" + self.session.interposer,
                 self.session.guest, "pairs", "5"],
                LD_PRELOAD=None, BELAY_STRICT=strict)
            self.assert_untouched(done, 1, 125 if strict == "1" else 0)
        self.assert_unwatched(self.session.do("_exit", 0, BELAY="off"))

    @ROOT_ONLY
    def test_one_that_calls_fill_is_none_either(self):
        script = ('mount -t tmpfs -o size=800k,mode=0700 none "$0" && '
                  '"$1" make "$0" && LD_PRELOAD="$2" "$3" begin 10000 exec '
                  'pairs 5 && "$1" read "$0"')
        done = self.session.run(
            ["unshare", "-m", "sh", "-c", script, self.session.folder,
             os.path.join(self.session.bench, "session_counters"),
             self.session.interposer, self.session.guest],
            LD_PRELOAD=None, BELAY_CALLS="100000")
        self.assert_untouched(done)
        counters = dict(line.split() for line in done.stdout.splitlines())
        seen, lost = (int(counters[name]) for name in
                      ("guest.call.calls", "lost.calls"))
        self.assertGreater(seen, 511 + 5)
        self.assertGreater(lost, 0)
        self.assertEqual(seen + lost, 10000 + 5)
        self.assertEqual(counters["processes"], "2")

    def test_a_kernel_that_cannot_wipe_on_fork_is_said_once(self):
        self.assert_unwatched(
            self.run_guest("pairs", 5, "fork{", "pairs", 1, "}",
                           preexec_fn=refuse_madvise), lines=1)
        self.assert_strict(preexec_fn=refuse_madvise)

    def test_too_little_address_space_is_said_once(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
        self.assert_unwatched(
            self.run_guest("pairs", 5, "fork{", "pairs", 1, "}",
                           preexec_fn=limit,
                           env={"BELAY_CALLS": "4000000"}), lines=1)

    def test_numbers_of_calls_that_make_no_sense_are_not_used(self):
        for calls in ("0", "-1", "many", "99999999999", ""):
            with self.subTest(calls):
                self.assert_untouched(
                    self.session.do("begin", 4096, BELAY_CALLS=calls))
        counters = self.session.counters()
        self.assertEqual(counters["lost.calls"], 0)

    def test_calls_beyond_the_table_are_counted_as_lost(self):
        self.assert_untouched(
            self.session.do("begin", 25, BELAY_CALLS="20"))
        counters = self.session.counters()
        self.assertEqual(counters["guest.call.calls"], 20)
        self.assertEqual(counters["lost.calls"], 5)

    def test_threads_that_had_one_call_leave_room_for_others(self):
        self.assert_untouched(self.session.do(
            "idle-threads", 200, "begin", 100, BELAY_CALLS="300"))
        counters = self.session.counters()
        self.assertEqual(counters["guest.call.calls"], 300)
        self.assertEqual(counters["lost.calls"], 0)


class Lines(Case):
    def test_something_off_is_one_line(self):
        self.assert_untouched(self.session.do("complain", "complain"), 1)

    def test_no_line_lands_in_a_file_of_the_program_s(self):
        path = os.path.join(self.away, "data")
        done = self.session.do("stderr", path, "complain", "pairs", 5)
        self.assert_untouched(done)
        self.assertEqual(os.path.getsize(path), 0)

    def test_nor_in_one_beside_the_file_that_was_stderr(self):
        path = os.path.join(self.away, "data")
        with open(os.path.join(self.away, "said"), "w+") as said:
            done = self.run_guest("stderr", path, "complain", stderr=said,
                                  stdout=subprocess.DEVNULL,
                                  capture_output=False)
        self.assertEqual((done.returncode, os.path.getsize(path)), (0, 0))

    def test_nor_in_one_that_it_opened_first(self):
        path = os.path.join(self.away, "data")
        done = self.session.run(
            ["sh", "-c", 'p=$1; shift; exec "$0" stderr "$p" complain 2>&-',
             self.session.guest, path])
        self.assert_untouched(done)
        self.assertEqual(os.path.getsize(path), 0)

    def test_a_closed_stderr_is_no_harm(self):
        os.chmod(self.session.folder, 0o755)
        done = self.session.run(
            ["sh", "-c", 'exec "$0" pairs 5 2>&-', self.session.guest],
            BELAY_ONLY="guest")
        self.assert_unwatched(done)

    def test_a_stderr_that_nobody_reads_is_no_harm(self):
        reader, writer = os.pipe()
        os.close(reader)

        def restore():
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        done = self.run_guest("complain", "pairs", 5, stderr=writer,
                              stdout=subprocess.DEVNULL, capture_output=False,
                              preexec_fn=restore)
        os.close(writer)
        self.assertEqual(done.returncode, 0)

    def test_tracing_that_fails_is_all_that_is_off(self):
        alone = os.path.join(self.away, "libbelay-interpose.so")
        shutil.copy(self.session.interposer, alone)
        more = {"LD_PRELOAD": alone, "BELAY_TRACE": "1",
                "LD_LIBRARY_PATH": os.path.join(BUILD, "core")}
        self.assert_untouched(self.session.do("pairs", 5, **more), 1)
        self.assertEqual(self.session.counters()["guest.call.calls"], 5)
        self.assert_untouched(
            self.session.do("pairs", 5, BELAY_STRICT="1", **more), 1, 125)
        self.assertEqual(self.session.names(), ["summary"])


class Guests(Case):
    def test_calls_before_our_start_count_and_those_after_our_end_pass(self):
        null = os.path.join(self.session.bench, "libbelay-null.so")
        early = os.path.join(BUILD, "tests", "interpose", "libearly.so")
        done = self.session.run(
            ["/bin/true"],
            LD_PRELOAD=f"{self.session.interposer}:{null}:{early}")
        self.assert_untouched(done)
        counters = self.session.counters()
        self.assertEqual(counters["null.call.calls"], 3)
        self.assertEqual(counters["null.call.finished"], 3)
        self.assertEqual(self.session.names(), ["summary"])

    def test_a_program_that_may_open_nothing_ends_as_it_would(self):
        for end in ([], ["_exit", 0], ["quick_exit"]):
            self.assert_untouched(
                self.session.do("pairs", 5, "confine", "pairs", 2, *end))
        counters = self.session.counters()
        self.assertEqual((counters["processes"], counters["tables"]), (0, 3))
        self.assertEqual(counters["guest.call.calls"], 21)

    def test_nor_does_a_child_of_its_open_anything(self):
        self.assert_untouched(self.session.do(
            "pairs", 5, "confine", "fork{", "pairs", 2, "}"))
        self.assertEqual(self.session.counters()["tables"], 1)

    def test_a_thread_s_first_call_allocates_nothing(self):
        keys = os.path.join(BUILD, "tests", "interpose", "libkeys.so")
        for preload in (self.session.interposer,
                        f"{self.session.interposer}:{keys}"):
            self.assert_untouched(
                self.session.do("frugal", LD_PRELOAD=preload))
        self.assertEqual(self.session.counters()["guest.call.calls"], 6)

    def test_a_program_gets_no_thread_of_ours(self):
        process = self.session.start("pairs", 5, "wait")
        threads = os.listdir(f"/proc/{process.pid}/task")
        opened = os.listdir(f"/proc/{process.pid}/fd")
        process.communicate("")
        self.assertEqual(len(threads), 1)
        self.assertEqual(sorted(opened), ["0", "1", "2"])

    def guests(self):
        found = [os.path.join(BUILD, "core", "libbelay-call.so.0"),
                 *glob.glob(os.path.join(BUILD, "interpose", "libbelay-*.so"))]
        self.assertGreater(len(found), 2)
        return found

    def test_our_libraries_need_64_bytes_of_each_thread_at_most(self):
        total = 0
        for path in self.guests():
            said = subprocess.run(["readelf", "-lW", path], check=True,
                                  text=True, capture_output=True).stdout
            for line in said.splitlines():
                if line.split()[:1] == ["TLS"]:
                    total += int(line.split()[5], 16)
        self.assertGreater(total, 0)
        self.assertLessEqual(total, 64)

    def test_what_is_preloaded_needs_only_libc_and_its_own(self):
        for path in self.guests():
            said = subprocess.run(["readelf", "-dW", path], check=True,
                                  text=True, capture_output=True).stdout
            for name in re.findall(r"\(NEEDED\).*\[(.*)\]", said):
                self.assertRegex(
                    name, r"^(libc\.so\.6|ld-linux-x86-64\.so\.2|libbelay-"
                          r"(call|interpose)\.so\.\d+)$", path)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
