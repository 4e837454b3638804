#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules on the command line: what is said of wrong ones, and what the session
gets of right ones.

    rules_test.py BELAY CALLER ODD RICH

ODD is a policy that goes wrong where $ODD says, RICH an adapter of all kinds.
"""

import json
import os
import re
import shutil
import struct
import subprocess
import sys

import private
from private import Command, LIMIT

ODD, RICH = map(os.path.abspath, sys.argv[3:5])
READ = "aio.read fault stall=1us"


class Rules(Command):
    def assert_refused(self, args, said, **more):
        """Nothing is started, and this is said."""
        done = self.run_belay("run", *args, "echo", "started", **more)
        self.assertEqual((done.stderr, done.stdout, done.returncode),
                         (said, "", 125))
        self.assertEqual(self.sessions(), [])

    def odd(self, how, *more):
        return {"args": ["--policy-path=" + os.path.dirname(ODD), "-p",
                         "aio.read odd", *more],
                "env": {**os.environ, "ODD": how}}


class Wrong(Rules):
    def test_a_wrong_rule_is_shown_with_a_mark_where_it_is_wrong(self):
        self.assert_refused(["-p", "aio.read fault error="],
                            'belay: -p:1:22: "error=" has no value; an empty '
                            "text is written ''\n"
                            "    aio.read fault error=\n"
                            "                         ^\n")

    def test_a_wrong_rule_of_a_file_is_told_with_its_line_and_column(self):
        file = self.write("x.rules", f"# all well\n{READ}\n\n"
                          "aio.write\tfault erro r=EIO 'x\n")
        self.assert_refused(["-P", file], f"belay: {file}:4:28: the quote ' "
                            "does not end\n"
                            "    aio.write fault erro r=EIO 'x\n"
                            "                               ^\n")

    def test_a_file_of_another_system_is_read(self):
        file = self.write("x.rules", "\ufeffaio.read fault stall=1us\r\n\r\n"
                          "aio.write fault stall=1us\r\n")
        done = self.run_belay("run", "-n", "-P", file)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout, "  1  aio.read fault stall=1us\n"
                         "     aio.read   yes\n"
                         "  2  aio.write fault stall=1us\n"
                         "     aio.write  yes\n")

    def test_all_wrong_rules_are_told_at_once(self):
        file = self.write("x.rules", f"aio.read\n{READ}\naio.write\n")
        done = self.run_belay("run", "-p", "aio.fsync", "-P", file, "-p",
                              READ, "-p", "x", "true")
        self.assertEqual([line.split(" ")[1] for line in
                          done.stderr.splitlines() if "belay" in line],
                         ["-p:1:10:", f"{file}:1:9:", f"{file}:3:10:",
                          "-p:1:2:"])
        self.assertEqual(done.returncode, 125)

    def test_letters_of_several_bytes_and_others_keep_the_mark_in_place(self):
        done = self.run_belay("run", "-p", "ä\x01 x", "true")
        line, mark = done.stderr.splitlines()[1:]
        self.assertEqual(line, "    ä? x")
        self.assertEqual(mark, "     ^")

    def test_a_policy_that_is_not_there_is_answered_with_the_nearest(self):
        self.assert_refused(["-p", "aio.read timeot after=1s"],
                            'belay: -p:1:10: no policy "timeot"; did you '
                            'mean "timeout"?\n'
                            "    aio.read timeot after=1s\n"
                            "             ^\n")

    def test_a_policy_like_none_is_answered_with_all(self):
        done = self.run_belay("run", "-p", "aio.read frobnicate", "true")
        self.assertRegex(done.stderr, r'no policy "frobnicate"; there are: '
                                      r"fault, (.*, )?timeout")

    def test_a_policy_of_ones_own_is_a_path_with_a_slash(self):
        for name, said in (
                ("odd.so", 'no policy "odd.so"; a file is given by a path '
                           "with a slash: ./odd.so"),
                ("./odd.so", 'cannot open the policy "./odd.so": No such '
                             "file or directory")):
            self.assert_refused(["-p", "aio.read " + name],
                                f"belay: -p:1:10: {said}\n"
                                f"    aio.read {name}\n             ^\n",
                                cwd=self.folder)

    def test_a_file_of_rules_that_cannot_be_read(self):
        self.assert_refused(["-P", "/no/such"], "belay: Cannot read rules: "
                            'path="/no/such", error="No such file or '
                            'directory"\n')
        self.assert_refused(["-P", self.folder], "belay: Cannot read rules: "
                            f'path="{self.folder}", error="Is a directory"\n')
        self.assert_refused(["-P", "/dev/zero"], "belay: Cannot read rules: "
                            'path="/dev/zero", error="More than 1 MiB of '
                            'rules"\n')

    def test_folders_of_policies_that_cannot_be(self):
        plain = self.write("plain", "")
        for folder, why in (("/no/such", "No such file or directory"),
                            (plain, "It is no folder")):
            said = f'belay: Cannot look for policies: path="{folder}", ' \
                   f'error="{why}"\n'
            self.assert_refused(["--policy-path=" + folder, "-p", READ], said)
            self.assert_refused(["-p", READ], said, env={
                **os.environ, "BELAY_POLICY_PATH": "/:" + folder})

    def test_options_that_need_rules_or_bring_them(self):
        for args, said in (
                (["-n"], "Which rules? belay run -n -p RULE"),
                (["--record=x"], "Which rules? belay run --record=x -p RULE "
                                 "PROGRAM"),
                (["--replay=x", "-p", READ], 'Option "--replay" brings its '
                 'own rules: leave "--rule" and "--rules" out'),
                (["--replay=x", "--seed=1"], 'Option "--replay" brings its '
                 'own seed: leave "--seed" out'),
                (["--seed=x", "-p", READ], 'Option "--seed" wants a number '
                 f'from 0 to {2 ** 64 - 1}, not "x"')):
            self.assert_refused(args, f"belay: {said}\n")

    def test_a_record_that_cannot_be_written_is_told_before_the_start(self):
        self.assert_refused(["-p", READ, "--record=/no/such"], "belay: Cannot "
                            'write the record: path="/no/such", error="No '
                            'such file or directory"\n')


class Replay(Rules):
    """A record is of the program that it was made with."""

    def setUp(self):
        super().setUp()
        self.record = self.path("record")
        done = self.read("--record=" + self.record, "-p",
                         "aio.read fault error=EIO when every=4")
        self.assertIn("acted on 4 of 16 calls", done.stderr)

    def read(self, *args):
        return self.run_belay(
            "run", *args, "--", "fio", "--name=x", "--ioengine=posixaio",
            "--rw=read", "--bs=4k", "--size=64k", "--continue_on_error=io",
            "--filename=" + self.path("data"), cwd=self.folder)

    def edited(self, old, new):
        with open(self.record, encoding="utf-8") as file:
            text, count = re.subn(old, new, file.read(), flags=re.M)
        self.assertGreater(count, 0)
        return "--replay=" + self.write("edited", text)

    def test_the_same_calls_fail_and_nothing_is_said_of_it(self):
        done = self.read("--replay=" + self.record)
        self.assertIn("acted on 4 of 16 calls", done.stderr)
        self.assertEqual(len(re.findall("^belay: ", done.stderr, re.M)), 1)

    def test_another_program_has_none_of_the_calls(self):
        done = self.run_belay("run", "--replay=" + self.record, self.caller,
                              "finish")
        self.assertIn(f'belay: 4 of 4 faults of the record "{self.record}" '
                      "did not happen again: it is of another program, or the "
                      "program made other calls this time\n", done.stderr)

    def test_calls_that_did_not_come_are_counted(self):
        done = self.read(self.edited(r"^fired 1 16 ", "fired 1 17 "))
        self.assertIn("belay: 1 of 4 faults of the record ", done.stderr)

    def test_another_build_is_told_of(self):
        for build in ("00ff", "-"):
            done = self.read(self.edited(r" [0-9a-f]{40}$", " " + build))
            self.assertRegex(done.stderr, r'^belay: \S+/edited: "/\S+/fio" is '
                             "another build than the one that was recorded: ")
            self.assertIn("acted on 4 of 16 calls", done.stderr)

    def test_a_file_that_is_not_there_is_no_other_build(self):
        done = self.read(self.edited(r" /\S+/fio", " /no/such/fio"))
        self.assertNotIn("another build", done.stderr)
        self.assertIn("acted on 4 of 16 calls", done.stderr)

    def test_what_is_no_record_or_damaged(self):
        for path, said in ((self.folder, 'Cannot read the record: path="PATH",'
                            ' error="Is a directory"'),
                           ("/dev/null", 'Cannot read the record: path="PATH",'
                            ' error="Invalid argument"'),
                           (self.write("x", ""), "PATH: it is empty"),
                           (self.write("y", "x\n"), "PATH:1: it is no record: "
                            'its first line is not "belay-record 1"'),
                           (self.write("z", "belay-record 1\nseed 1\nrule 1 "
                                       "aio.read fault\nfired 1 3 /usr/bi"),
                            "PATH:4: what fired is RULE N PATH+0xADDRESS "
                            "BUILD-ID: fired 1 3 /usr/bin/fio+0x2f1c4 -")):
            self.assert_refused(["--replay=" + path],
                                f"belay: {said}\n".replace("PATH", path, 1))


class OddPolicies(Rules):
    """What a policy does wrong happens in another process, and is told."""

    def assert_told(self, how, said):
        self.assert_refused(said=f'belay: -p:1:10: policy "odd" {said}\n'
                            "    aio.read odd\n             ^\n",
                            **self.odd(how))

    def test_one_that_crashes(self):
        for where, when in (("constructor", "when it was loaded"),
                            ("load", 'in its "load"'),
                            ("config", 'in its "config"')):
            self.assert_told("crash-" + where,
                             f"crashed {when}: Segmentation fault")

    def test_one_that_ends_the_process(self):
        self.assert_told("exit-constructor", "ended the process when it was "
                                             "loaded, with status 3")
        self.assert_told("exit-config", 'ended the process in its "config", '
                                        "with status 3")

    def test_one_that_hangs_is_not_waited_for(self):
        wheres = {"constructor": "when it was loaded", "load": 'in its "load"',
                  "config": 'in its "config"'}
        running = {}
        for where in wheres:
            how = self.odd("hang-" + where)
            running[where] = subprocess.Popen(
                [self.belay, "run", *how["args"], "echo"], env=how["env"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(self.stop_if, running[where])
        for where, when in wheres.items():
            out, err = running[where].communicate(timeout=LIMIT)
            self.assertIn(f'policy "odd" hangs {when}; 10 s are all that it '
                          "gets\n", err)
            self.assertEqual((out, running[where].returncode), ("", 125))

    def stop_if(self, process):
        if process.poll() is None:
            process.kill()
            process.wait(LIMIT)

    def test_one_that_fails(self):
        self.assert_told("refuse-load", "cannot work: the moon is full")
        self.assert_told("fail-load", "cannot work: it does not say why")
        self.assert_told("refuse-config", "refuses this rule: the moon is "
                                          "full")
        self.assert_told("fail-config", "refuses this rule: it does not say "
                                        "why")

    def test_one_of_another_abi_or_shape(self):
        self.assert_told("other-abi", "has ABI 7; this version of Belay has 1")
        self.assert_told("other-size", "says that its size is 8: it is none")
        self.assert_told("other-name", "has a name that is no word")

    def test_one_that_is_older_has_no_hooks_that_it_does_not_know(self):
        how = self.odd("older-size")
        done = self.run_belay("run", *how["args"], self.caller, "finish",
                              env=how["env"])
        self.assertEqual(done.returncode, 0)
        self.assertIn("1  aio.read odd\n", done.stderr)
        self.assertNotIn("Cannot", done.stderr)

    def test_one_that_says_something_at_the_end_has_its_name_there(self):
        how = self.odd("refuse-unload", "-p", "aio.read timeout after=1s")
        done = self.run_belay("run", *how["args"], self.caller, "finish",
                              env=how["env"])
        self.assertIn("belay: odd: the moon is full\n", done.stderr)
        self.assertEqual(done.returncode, 0)

    def test_a_library_that_is_none(self):
        shutil.copy(os.path.join(os.path.dirname(self.belay),
                                 "symbols.so"), self.path("none.so"))
        self.assert_refused(
            ["--policy-path=" + self.folder, "-p", "aio.read none"],
            'belay: -p:1:10: policy "none" is none: it does not export '
            '"belay_policy"\n    aio.read none\n             ^\n')

    def test_a_file_that_is_no_library(self):
        self.write("text.so", "text")
        self.assert_refused(
            ["--policy-path=" + self.folder, "-p", "aio.read text"],
            'belay: -p:1:10: policy "text" cannot be loaded: '
            f"{self.folder}/text.so: file too short\n"
            "    aio.read text\n             ^\n")

    def test_one_that_does_not_load_is_told_of_once(self):
        how = self.odd("crash-load", "-p", "aio.write odd", "-p",
                       "aio.write none")
        done = self.run_belay("run", *how["args"], "true", env=how["env"])
        self.assertEqual(done.stderr.count("crashed"), 1)
        self.assertIn('no policy "none"', done.stderr)

    def test_one_that_refuses_one_rule_takes_the_others(self):
        how = self.odd("", "-p", "aio.read odd number=13")
        self.assert_refused(how["args"], 'belay: -p:1:10: policy "odd" '
                            "refuses this rule: 13 brings bad luck\n"
                            "    aio.read odd number=13\n             ^\n")


class Policies(Rules):
    """belay policies"""

    def test_all_are_shown_with_their_titles(self):
        done = self.run_belay("policies")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^fault - makes calls go wrong$")
        self.assertNotIn("after=", done.stdout)

    def test_one_is_shown_with_its_arguments(self):
        done = self.run_belay("policies", "timeout")
        self.assertEqual(done.stdout, "timeout - cancels what takes too long\n"
                         "  after=DURATION  how long a call may take from its "
                         "Begin (must be given)\n\nHow values are written:\n"
                         "  duration        a time with a unit: 20us, 1.5s, "
                         "2min\n")
        for args in (["-v"], ["fault"]):
            text = self.run_belay("policies", *args).stdout
            self.assertRegex(text, r"at=finish\|begin +\w.*\(finish\)\n")
            self.assertRegex(text, r"\n  force +\w")
            self.assertRegex(text, r"\n  cancel\[=DURATION\] +\w")

    def test_those_of_other_folders_come_first(self):
        shutil.copy(ODD, self.path("fault.so"))
        for args, more in ((["--policy-path=" + self.folder], {}),
                           ([], {"env": {**os.environ, "BELAY_POLICY_PATH":
                                         self.folder}})):
            done = self.run_belay("policies", *args, **more)
            self.assertIn("fault - goes wrong\n", done.stdout)
            self.assertEqual(done.stdout.count("fault"), 1)

    def test_one_that_cannot_be_used_is_told_of(self):
        for how, said in (("crash-constructor", "crashed when it was loaded: "
                           "Segmentation fault"),
                          ("other-abi", "has ABI 7; this version of Belay has "
                                        "1")):
            done = self.run_belay("policies", ODD,
                                  env={**os.environ, "ODD": how})
            self.assertEqual((done.stderr, done.returncode),
                             (f'belay: Policy "{ODD}" {said}: path="{ODD}"\n',
                              1))

    def test_one_that_is_not_there(self):
        for name, said in (("fautl", 'No policy "fautl"; did you mean '
                                     '"fault"?'),
                           ("./x.so", 'Cannot open the policy "./x.so": No '
                                      "such file or directory")):
            done = self.run_belay("policies", name)
            self.assertEqual((done.stderr, done.stdout, done.returncode),
                             (f"belay: {said}\n", "", 1))


class RightRules(Rules):
    """What the program and its session get."""

    def environment(self, *args, **more):
        """What the program gets, and the session's files."""
        process, _ = self.start("run", *args, "sh", "-c",
                                'env >"$0"; echo; cat', self.path("env"),
                                **more)
        folder = self.session_folder()
        files = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                files[name] = file.read()
        _, err = self.end(process)
        self.assertEqual(process.returncode, 0, err)
        with open(self.path("env"), encoding="utf-8") as env:
            names = dict(line.rstrip().split("=", 1) for line in env
                         if line.startswith("BELAY_"))
        return names, files, folder

    def test_the_session_has_them_one_a_line_in_their_order(self):
        file = self.write("x.rules", "# first\n\n  aio.write timeout after=2s  # all\n"
                          "aio.fsync\tfault stall=1s when nth=3")
        names, files, folder = self.environment(
            "-p", READ, "-P", file, "-p", "aio.* timeout after=1s",
            "--seed=4711")
        self.assertEqual(files["rules"].decode(),
                         f"{READ}\naio.write timeout after=2s\n"
                         "aio.fsync\tfault stall=1s when nth=3\n"
                         "aio.* timeout after=1s\n")
        self.assertEqual(names["BELAY_RULES"], folder + "/rules")
        self.assertEqual(names["BELAY_SEED"], "4711")
        self.assertNotIn("BELAY_POLICY_PATH", names)
        self.assertNotIn("replay", files)
        self.assertEqual(self.sessions(), [])

    def test_their_state_has_its_memory_from_the_start(self):
        for args, entries in (([], 1024),
                              (["--record=" + self.path("r")], 262144)):
            _, files, _ = self.environment("-p", READ, "--seed=7", *args)
            state = files["rules.state"]
            magic, layout, count, size, seed, began, recording, replaying, \
                room = struct.unpack_from("=QIIQQQIII", state)
            self.assertEqual((magic, layout, count, size, seed, replaying),
                             (0x454c4241595f5255, 3, 1, len(state), 7, 0))
            self.assertEqual(recording, bool(args))
            self.assertLessEqual(room, entries)
            self.assertGreaterEqual(room, 1024)
            self.assertGreater(began, 0)

    def test_a_path_of_a_policy_becomes_absolute(self):
        folder = self.path("it's a \"folder\"")
        os.mkdir(folder)
        shutil.copy(ODD, folder + "/odd.so")
        _, files, _ = self.environment("-p", "aio.read  './odd.so' number=1 "
                                       "if size>1", cwd=folder)
        quoted = (folder + "/odd.so").replace('"', '\\"')
        self.assertEqual(files["rules"].decode(),
                         f'aio.read  "{quoted}" number=1 if size>1\n')

    def test_folders_of_policies_become_absolute(self):
        shutil.copy(ODD, self.folder)
        for args, more in ((["--policy-path=.:/"], {}),
                           ([], {"env": {**os.environ,
                                         "BELAY_POLICY_PATH": ".:/"}})):
            names, files, _ = self.environment(*args, "-p", "aio.read odd",
                                               cwd=self.folder, **more)
            self.assertEqual(names["BELAY_POLICY_PATH"], self.folder + ":/")
            self.assertEqual(files["rules"], b"aio.read odd\n")

    def test_without_rules_nothing_is_there(self):
        names, files, _ = self.environment(env={
            **os.environ, "BELAY_RULES": "/no/such", "BELAY_SEED": "3"})
        self.assertNotIn("BELAY_RULES", names)
        self.assertNotIn("BELAY_SEED", names)
        self.assertFalse({"rules", "rules.state"} & set(files))

    def test_files_without_a_rule_are_told_of(self):
        done = self.run_belay("run", "-P", self.write("x", "# none\n"),
                              "true")
        self.assertIn("belay: There is no rule in what was given\n",
                      done.stderr)
        self.assertEqual(done.returncode, 0)

    def test_what_cannot_be_written_stops_a_strict_run_only(self):
        with private.other_shm("size=60k"):
            done = self.run_belay("run", "-p", READ, "echo", "x")
            self.assertEqual(done.stdout, "x\n")
            self.assertIn("belay: Cannot", done.stderr)
            done = self.run_belay("run", "-s", "-p", READ, "echo", "x")
            self.assertEqual((done.stdout, done.returncode), ("", 125))


class Summary(Rules):
    def seed_of(self, *args):
        done = self.run_belay("run", *args, self.caller, "finish")
        return re.search(r"Rules, with seed (\d+):\n  1  (.*)\n     acted on "
                         r"0 calls\n", done.stderr), done.stderr

    def test_it_has_the_seed_which_is_another_one_each_time(self):
        seeds = {self.seed_of("-p", READ)[0][1] for _ in range(3)}
        self.assertEqual(len(seeds), 3)
        self.assertEqual(self.seed_of("-p", READ, "--seed=18446744073709551615"
                                      )[0][1], "18446744073709551615")

    def test_it_has_the_command_that_does_the_same_again(self):
        args = ["-p", "aio.read fault stall=1us if path~'*/a b'", "-E",
                "X=it's"]
        found, text = self.seed_of(*args)
        self.assertEqual(found[2], args[1])
        again = re.search(r"^To do this again: belay (.*)$", text, re.M)[1]
        done = subprocess.run(["sh", "-c", f"printf '%s\n' {again}"],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.splitlines(),
                         ["run", "--seed=" + found[1], *args, self.caller,
                          "finish"])
        _, text = self.seed_of("-p", READ, "--seed", "5")
        self.assertIn(f"again: belay run -p '{READ}' --seed 5 ", text)

    def test_as_json(self):
        file = self.path("json")
        self.run_belay("run", "-p", READ, "--seed=9", "-j", file, self.caller,
                       "finish")
        with open(file, encoding="utf-8") as text:
            rules, = json.load(text)["rules"]
        self.assertEqual(rules["seed"], 9)
        self.assertEqual(rules["not_canceled"], [])
        self.assertTrue(rules["again"].startswith("belay run -p '"))
        self.assertEqual(rules["rules"], [{
            "number": 1, "rule": READ, "matched": 0, "fired": 0,
            "shadowed": 0, "crowded": 0, "idle": 0, "asked": 0,
            "canceled": 0, "not_canceled": 0, "unable": 0}])

    def test_without_rules_it_says_nothing_of_them(self):
        done = self.run_belay("run", self.caller, "finish")
        self.assertNotIn("Rules", done.stderr)


class DryRun(Rules):
    def test_the_program_is_not_started_and_may_be_missing(self):
        for program in (["echo", "started"], []):
            done = self.run_belay("run", "-n", "-p", READ, *program)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertNotIn("started", done.stdout)
            self.assertEqual(self.sessions(), [])

    def test_each_call_that_a_rule_names_has_its_answer(self):
        done = self.run_belay("run", "-a", RICH, "-n",
                              "-p", "rich.* fault short=1",
                              "-p", "rich.*  fault stall=1ms  # comment",
                              "-p", "*.close timeout after=1s",
                              "-p", "rich.* fault if sql~x host=y")
        self.assertEqual(done.stderr, "")
        rows = done.stdout.splitlines()
        self.assertTrue(rows[1].startswith(
            '     rich.send             no: "short" does not work on '
            '"rich.send"'), rows)
        self.assertIn("what is sent is sent", rows[1])
        self.assertEqual(rows[:1] + rows[2:-1],
                         ["  1  rich.* fault short=1",
                          "     rich.close            yes",
                          "  2  rich.*  fault stall=1ms",
                          "     rich.send             yes",
                          "     rich.close            yes",
                          "  3  *.close timeout after=1s",
                          "     rich.close            yes",
                          "     com.INTERFACE.METHOD  yes; COM's methods are "
                          "known when the program runs",
                          "  4  rich.* fault if sql~x host=y",
                          "     rich.send             yes: by the seed one of "
                          "LATE GONE"])
        self.assertTrue(rows[-1].startswith("     rich.close            no: "),
                        rows)

    def test_calls_of_com_are_named_by_interface_and_method(self):
        for rule, answer in (
                ("com.ICalc.Slow timeout after=1s", "com.ICalc.Slow  yes"),
                ("com.*.Slow fault error=E_ABORT", "com.*.Slow  yes: E_ABORT"),
                ("*.Slow fault hang", "com.INTERFACE.METHOD  yes")):
            for apis in (["-a", "com"], ["-a", "aio,com"], []):
                done = self.run_belay("run", *apis, "-n", "-p", rule)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(
                    done.stdout.splitlines()[1:],
                    [f"     {answer}; COM's methods are known when the "
                     "program runs"])

    def test_the_errors_are_shown_that_a_rule_can_bring(self):
        for rule, shown in (("fault", ": by the seed one of LATE GONE"),
                            ("fault stall=1s", ""), ("fault hang", ""),
                            ("fault error=GONE", ": GONE"),
                            ("fault stall=1s error=BUSY at=begin", ": BUSY"),
                            ("fault error=0x7 force", ": 0x7"),
                            ("timeout after=1s", "")):
            done = self.run_belay("run", "-a", RICH, "-n", "-p",
                                  "rich.send " + rule)
            self.assertEqual(done.stdout, f"  1  rich.send {rule}\n"
                             f"     rich.send  yes{shown}\n", done.stderr)

    def test_a_rule_that_fits_no_call_is_wrong(self):
        for rule, said in (
                ("rich.sned fault", 'names no operation (did you mean '
                                    '"rich.send"?)'),
                ("rich.send fault error=LATER", 'did you mean "LATE"?'),
                ("rich.send fault error=BUSY", "only with at=begin"),
                ("rich.send fault if sq=3", "sq"),
                ("rich.close fault when nht=3", "nht")):
            done = self.run_belay("run", "-a", RICH, "-n", "-p", rule)
            self.assertIn(said, done.stderr)
            self.assertEqual((done.stdout, done.returncode), ("", 125))

    def test_wrong_rules_are_told_of(self):
        done = self.run_belay("run", "-n", "-p", "aio.read timeot after=1s")
        self.assertIn('did you mean "timeout"?', done.stderr)
        self.assertEqual(done.returncode, 125)


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
