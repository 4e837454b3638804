#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line: help, manual pages, completion, and what it says to errors.

    command_test.py BELAY CALLER SOURCE_ROOT VERSION RICH_ADAPTER
"""

import os
import re
import shutil
import subprocess
import sys

import private
from private import Command

SOURCE, VERSION, RICH = sys.argv[3:6]
COMMANDS = ["run", "trace", "report", "ps", "apis", "policies", "idl",
            "doctor"]


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as text:
        return text.read()


class Errors(Command):
    """Each says what is wrong, and what would be right."""

    def assert_says(self, args, status, message):
        done = self.run_belay(*args)
        self.assertEqual((done.returncode, done.stderr, done.stdout),
                         (status, message + "\n", ""))

    def test_an_unknown_command_is_answered_with_the_nearest(self):
        self.assert_says(["rnu"], 2, 'belay: Unknown command "rnu". Did you '
                                     'mean "run"?')

    def test_a_program_for_a_command_is_answered_with_belay_run(self):
        self.assert_says(["/bin/ls"], 2,
                         'belay: Unknown command "/bin/ls". "belay --help" '
                         'lists what there is; to run a program: belay run '
                         '/bin/ls')

    def test_an_unknown_option_of_belay(self):
        self.assert_says(["--versoin"], 2, 'belay: Unknown option '
                         '"--versoin". Did you mean "--version"?')

        self.assert_says(["-x"], 2, 'belay: Unknown option "-x". "belay '
                         '--help" lists what there is')

    def test_an_unknown_option_is_answered_with_the_nearest(self):
        self.assert_says(["run", "--aps=x", "true"], 125,
                         'belay: Unknown option "--aps". Did you mean '
                         '"--apis"?')
        self.assert_says(["ps", "--purne"], 2, 'belay: Unknown option '
                         '"--purne". Did you mean "--prune"?')

    def test_an_option_like_none_is_answered_with_the_help(self):
        self.assert_says(["run", "--frobnicate", "true"], 125,
                         'belay: Unknown option "--frobnicate". "belay run '
                         '--help" lists the options')
        self.assert_says(["run", "-x", "true"], 125,
                         'belay: Unknown option "-x". "belay run --help" '
                         'lists the options')

    def test_an_argument_that_is_missing_or_too_much(self):
        self.assert_says(["run", "--calls"], 125, 'belay: Option "--calls" '
                         'needs an argument: --calls=N')
        self.assert_says(["run", "-E"], 125, 'belay: Option "--env" needs an '
                         'argument: --env=VAR=VAL')
        self.assert_says(["run", "--keep=yes", "true"], 125,
                         'belay: Option "--keep" takes no argument')

    def test_a_number_that_is_none_or_too_large(self):
        for bad in ("many", "0", "-1", "99999999", "4k", "", " 5",
                    "99999999999999999999"):
            self.assert_says(["run", "--calls=" + bad, "true"], 125,
                             'belay: Option "--calls" wants a number from 1 '
                             f'to 16777215, not "{bad}"')

    def test_a_program_that_is_missing(self):
        for command in ("run", "trace"):
            self.assert_says([command], 125,
                             f'belay: Which program? belay {command} '
                             '[OPTION]... PROGRAM [ARGUMENT]...')

    def test_a_pattern_that_fits_no_program(self):
        for option in ("only", "not"):
            for bad in ("a:b", "./true", "bin/true", ""):
                self.assert_says(["run", f"--{option}={bad}", "true"], 125,
                                 f'belay: Option "--{option}" wants a '
                                 "program's name or absolute path without "
                                 f'colons, not "{bad}"')

    def test_a_variable_without_a_name(self):
        self.assert_says(["run", "-E", "=1", "true"], 125,
                         'belay: Option "--env" wants VAR=VAL or VAR, not '
                         '"=1"')

    def test_an_unknown_api_is_answered_with_the_nearest_or_all(self):
        for args, status in ((["run", "-a", "aoi", "true"], 125),
                             (["run", "-a", "aio,aoi", "true"], 125),
                             (["apis", "aoi"], 1)):
            self.assert_says(args, status, 'belay: Unknown API "aoi". Did '
                                           'you mean "aio"?')
        done = self.run_belay("run", "-a", "frobnicate", "true")
        self.assertRegex(done.stderr, r'^belay: Unknown API "frobnicate"\. '
                                      r'There are: (.*, )?aio(, .*)?\n$')
        self.assertEqual(done.returncode, 125)

    def test_what_is_no_adapter_is_no_api(self):
        for name in ("call", "interpose", "lttng", ""):
            done = self.run_belay("run", "-a", name, "true")
            self.assertIn(f'Unknown API "{name}"', done.stderr)
            self.assertEqual(done.returncode, 125)

    def test_an_adapter_of_ones_own_that_is_not_there(self):
        self.assert_says(["run", "-a", "./none.so", "true"], 125,
                         'belay: Cannot open the adapter "./none.so": No '
                         'such file or directory')

    def test_a_file_that_is_no_adapter(self):
        for file in (self.caller, "/dev/null", "/"):
            for args, status in ((["run", "-a", file, "true"], 125),
                                 (["apis", file], 1)):
                self.assert_says(args, status, f'belay: "{file}" is no '
                                 'adapter: it does not export '
                                 '"belay_adapter"')

    def test_the_path_of_an_adapter_needs_a_slash(self):
        for args, status in ((["run", "-a", "libx.so", "true"], 125),
                             (["apis", "libx.so"], 1)):
            self.assert_says(args, status, 'belay: Unknown API "libx.so". An '
                             'adapter of your own is given by a path with a '
                             'slash: ./libx.so')

    def test_too_many_operands(self):
        self.assert_says(["ps", "1", "2"], 2, 'belay: Too many operands: '
                                              'belay ps [PID|SESSION]')
        self.assert_says(["apis", "aio", "b"], 2, 'belay: Too many operands: '
                                                  'belay apis [-v] [API]')
        self.assert_says(["policies", "a", "b"], 2, 'belay: Too many '
                         'operands: belay policies [-v] [POLICY]')

    def test_a_variable_for_a_program(self):
        self.assert_says(["run", "LD_PRELOAD=x.so", "true"], 127,
                         'belay: There is no program "LD_PRELOAD=x.so". To '
                         'set a variable for the program, say -E '
                         "'LD_PRELOAD=x.so'")

    def test_a_build_in_a_folder_that_the_loader_cannot_take(self):
        folder = self.path("a b")
        shutil.copytree(os.path.dirname(os.path.dirname(self.belay)), folder,
                        symlinks=True,
                        ignore=shutil.ignore_patterns("*.o", "*.a", "tests",
                                                      "meson*", "*.json"))
        done = subprocess.run([folder + "/tools/belay", "run", "true"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, 'belay: Cannot preload "' + folder +
                         '/interpose/libbelay-interpose.so.0": The loader '
                         'allows neither spaces nor colons in its path\n')
        self.assertEqual(done.returncode, 125)

    def test_a_belay_that_is_not_complete(self):
        os.mkdir(self.path("tools"))
        shutil.copy(self.belay, self.path("tools"))
        for command, said in (
                (["run", "true"], "belay: Belay is not complete: "),
                (["report", "x"], "belay: Cannot read traces: "),
                (["trace", "true"], "belay: Belay is not complete: "),
                (["apis"], "belay: No adapter is installed")):
            done = subprocess.run([self.path("tools/belay"), *command],
                                  capture_output=True, text=True, check=False)
            self.assertTrue(done.stderr.startswith(said), done.stderr)
            self.assertIn(done.returncode, (1, 125))


class Help(Command):
    def help_of(self, command):
        done = self.run_belay(command, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def options_of(self, command):
        """The options that --help lists: {"apis": "a", "only": ""}."""
        found = re.findall(r"^ {2,6}(?:-(\w), )?--([\w-]+)(?:=|$| )",
                           self.help_of(command), re.MULTILINE)
        return {name: letter for letter, name in found}

    def test_each_command_explains_itself(self):
        for command in COMMANDS:
            text = self.help_of(command)
            self.assertTrue(text.startswith(f"Usage: belay {command} "), text)
            self.assertIn("exit status is", text)
            self.assertEqual(text, self.run_belay("help", command).stdout)
            self.assertLessEqual(max(map(len, text.split("\n"))), 85, command)
            self.assertIn("help", self.options_of(command))

    def test_help_lists_all_commands(self):
        for args in ([], ["--help"], ["-h"], ["help"], ["help", "--help"],
                     ["help", "help"]):
            done = self.run_belay(*args)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(re.findall(r"^  (\w+) ", done.stdout, re.M),
                             COMMANDS)

    def test_the_version_is_said(self):
        for option in ("--version", "-V"):
            self.assertEqual(self.run_belay(option).stdout,
                             f"belay {VERSION}\n")

    def test_options_end_where_the_program_begins(self):
        done = self.run_belay("run", "echo", "--help", "-x")
        self.assertEqual(done.stdout, "--help -x\n")
        done = self.run_belay("run", "--", "echo", "--", "-x")
        self.assertEqual(done.stdout, "-- -x\n")

    def test_the_manual_has_the_options_of_each_command_and_no_others(self):
        for command in COMMANDS:
            page = read("docs", "man", f"belay-{command}.1")
            found = re.findall(r"^\.It Fl (?:(\w) , Fl )?-([\w-]+)", page,
                               re.MULTILINE)
            self.assertEqual({name: letter for letter, name in found},
                             self.options_of(command), command)

    def test_the_manual_names_all_commands(self):
        page = read("docs", "man", "belay.1")
        for command in COMMANDS:
            self.assertIn(f".It Cm {command}\n", page)
            self.assertIn(f".Xr belay-{command} 1", page)

    def test_the_manual_is_well_formed(self):
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is not installed")
        for name in sorted(os.listdir(os.path.join(SOURCE, "docs", "man"))):
            done = subprocess.run(
                ["mandoc", "-T", "lint", "-W", "warning",
                 os.path.join(SOURCE, "docs", "man", name)],
                capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""))


class Apis(Command):
    def test_all_that_an_adapter_tells_is_shown(self):
        done = self.run_belay("apis", "-v", os.path.abspath(RICH))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, """\
rich - everything (librich.so.1)
  rich.send
    arguments: fd:fd sql:text
    for rules: path host port (texts that are asked for where a rule names them)
    cancel:    finish-due: the client must still finish it
    errors:    LATE GONE
    at begin:  BUSY GONE
    faults:    fail-begin fail-finish hold
    no faults: short (what is sent is sent)
  rich.close
    arguments:
    cancel:    none: the API cannot cancel it
    faults:    fail-begin fail-finish short hold
""")

    def test_in_short_it_shows_names(self):
        done = self.run_belay("apis", os.path.abspath(RICH))
        self.assertEqual(done.stdout, "rich - everything (librich.so.1)\n"
                         "  rich.send\n  rich.close\n")


class Completion(Command):
    """Bash's own machinery, told where the cursor is."""

    LIBRARY = "/usr/share/bash-completion/bash_completion"

    def setUp(self):
        super().setUp()
        if not os.path.exists(self.LIBRARY):
            self.skipTest("bash-completion is not installed")

    def complete(self, *words):
        script = ('. "$1"; . "$2"; shift 2; COMP_WORDS=("$@"); '
                  'COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; '
                  'COMP_LINE=${COMP_LINE// = /=}; '
                  'COMP_POINT=${#COMP_LINE}; COMPREPLY=(); _belay; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(
            ["bash", "-c", script, "bash", self.LIBRARY,
             os.path.join(SOURCE, "tools", "completion", "belay"),
             self.belay, *words], capture_output=True, text=True,
            timeout=private.LIMIT, check=False)
        return done.stdout.split()

    def test_the_options_of_each_command_are_completed_and_no_others(self):
        for command in COMMANDS:
            text = self.run_belay(command, "--help").stdout
            expected = re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+=?)", text, re.M)
            self.assertEqual(sorted(self.complete(command, "--")),
                             sorted(expected), command)

    def test_commands_are_completed(self):
        self.assertEqual(self.complete("r"), ["run", "report"])
        self.assertEqual(self.complete("help", "t"), ["trace"])

    def test_apis_are_completed_one_after_another(self):
        self.assertIn("aio", self.complete("apis", "a"))
        self.assertIn("aio", self.complete("run", "-a", "a"))
        self.assertIn("aio", self.complete("run", "--apis", "=", "a"))
        self.assertIn("aio,aio", self.complete("run", "-a", "aio,a"))

    def test_policies_are_completed(self):
        self.assertEqual(self.complete("policies", "fa"), ["fault"])

    def test_the_program_is_completed_as_a_command_of_its_own(self):
        self.assertIn("unshare", self.complete("run", "--keep", "unsha"))
        self.assertIn("unshare", self.complete("run", "--json", "=", "x", "--",
                                               "unsha"))

    def test_sessions_and_processes_are_completed(self):
        process, _ = self.start("run", self.caller, "begin", "say", "wait")
        name, = self.sessions()
        pid = re.search(r"^ *(\d+) ", self.run_belay("ps").stdout, re.M)[1]
        found = self.complete("ps", "")
        self.assertIn(name, found)
        self.assertIn(pid, found)
        self.end(process)


if __name__ == "__main__":
    private.enter()
    private.main(belay=sys.argv[1], caller=sys.argv[2])
