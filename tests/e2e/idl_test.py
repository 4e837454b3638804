#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`belay idl`: what it makes compiles, and what it cannot make it refuses.

    idl_test.py BELAY SOURCE_ROOT BUILD_ROOT
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BELAY, SOURCE, BUILD = (os.path.abspath(path) for path in sys.argv[1:4])
LIMIT = 60
HEADERS = ["core/com/include", "core/com/include/belay/com", "core/include"]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]
ATTRIBUTES = """[
    object,
    uuid(1B2C3D4E-0000-4000-8000-%012d),
    async_uuid(1B2C3D4E-0000-4000-8001-%012d),
    pointer_default(unique)
]
"""


def interface(number, name, body, base="IUnknown", attributes=ATTRIBUTES):
    if "%" in attributes:
        attributes = attributes % (number, number)
    return f"{attributes}interface {name} : {base}\n{{\n{body}\n}}\n"


def adder(number=1, name="IAdder", **more):
    return interface(number, name, "    HRESULT Add([in] LONG a, [in] LONG b, "
                                   "[out] LONG *sum);", **more)


IMPORT = 'import "unknwn.idl";\n'


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="belay-idl.")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as file:
            return file.read()

    def idl(self, *args, cwd=None, env=None):
        return subprocess.run([BELAY, "idl", *args], cwd=cwd or self.folder,
                              env=env, capture_output=True, text=True,
                              timeout=LIMIT, check=False)

    def make(self, *args, cwd=None):
        done = self.idl(*args, cwd=cwd)
        self.assertEqual((done.returncode, done.stderr, done.stdout),
                         (0, "", ""))

    def refuse(self, status, message, *args, env=None):
        """It ends so, says that, and writes nothing."""
        before = self.tree()
        done = self.idl(*args, env=env)
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        self.assertRegex(done.stderr, message)
        self.assertEqual(self.tree(), before)

    def tree(self):
        return {os.path.join(folder, name): os.stat(
                    os.path.join(folder, name)).st_mtime_ns
                for folder, _, names in os.walk(self.folder)
                for name in names}

    def compile(self, name, *options, compiler="gcc"):
        includes = [f"-I{root}/{path}" for root in (SOURCE, BUILD)
                    for path in HEADERS]
        done = subprocess.run(
            [compiler, *WARNINGS, *options, f"-I{self.folder}", *includes,
             "-c", "-o", self.path("out.o"), self.path(name)],
            capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def compile_all(self, name):
        """Each of the three files in each language that it is for."""
        self.write("user.c", f'#include "{name}.h"\n')
        for options in ([], ["-DCOBJMACROS"], ["-DCONST_VTABLE"],
                        ["-DCOBJMACROS", "-DWIDL_C_INLINE_WRAPPERS"],
                        ["-DINITGUID"]):
            self.compile("user.c", "-std=c11", *options)
            self.compile("user.c", "-xc++", "-std=c++17", *options)
        self.compile("user.c", "-xc++", "-DCINTERFACE", "-DCOBJMACROS")
        self.compile(f"{name}_i.c", "-std=c11")
        self.compile(f"{name}_i.c", "-xc++")
        self.compile(f"{name}_p.c", "-std=c11")
        if shutil.which("clang"):
            self.compile(f"{name}_p.c", "-std=c11", compiler="clang")


class Makes(Case):
    def test_three_files_that_compile(self):
        self.write("adder.idl", IMPORT + adder())
        self.make("adder.idl")
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["adder.h", "adder.idl", "adder_i.c", "adder_p.c"])
        self.compile_all("adder")

    def test_a_header_like_widl_writes_it(self):
        self.write("adder.idl", IMPORT + adder())
        self.make("adder.idl")
        idl = os.path.join(SOURCE, "core", "com", "idl")
        widl = shutil.which("x86_64-w64-mingw32-widl") or shutil.which("widl")
        subprocess.run([widl, "-m64", "-I", idl, "-h", "-o", "own.h",
                        "adder.idl"], cwd=self.folder, timeout=LIMIT,
                       check=True)
        own = self.read("own.h").replace("__own_h__", "__adder_h__")
        self.assertEqual(self.read("adder.h"), own)

    def test_files_that_do_not_depend_on_where_they_were_made(self):
        texts = []
        for place in ("here", "over there/and deeper"):
            file = self.write(f"{place}/adder.idl", IMPORT + adder())
            self.make("-o", self.path(place, "out"), file, cwd="/")
            texts.append([self.read(place, "out", "adder" + ending)
                          for ending in (".h", "_i.c", "_p.c")])
        self.assertEqual(texts[0], texts[1])
        self.assertNotIn(self.folder, "".join(texts[0]))

    def test_a_folder_that_is_not_there_and_paths_with_spaces(self):
        file = self.write("my files/my adder.idl", IMPORT + adder())
        self.make("-o", self.path("new folder", "and another"), file)
        self.assertEqual(sorted(os.listdir(self.path("new folder",
                                                     "and another"))),
                         ["my adder.h", "my adder_i.c", "my adder_p.c"])
        self.compile("new folder/and another/my adder_i.c")
        self.compile("new folder/and another/my adder_p.c")

    def test_names_without_idl_or_with_dots(self):
        for name, made in (("a.b.idl", "a.b"), ("plain", "plain")):
            self.write(name, IMPORT + adder())
            self.make(name)
            self.compile(made + "_p.c")

    def test_a_file_that_imports_another(self):
        self.write("adder.idl", IMPORT + adder())
        self.write("more.idl", 'import "adder.idl";\n'
                   + interface(2, "IMore", "HRESULT Give([in] IAdder *a);")
                   + interface(3, "IDerived", "HRESULT Forget();",
                               base="IAdder"))
        self.make("adder.idl")
        self.make("more.idl")
        self.compile_all("more")

    def test_imports_from_other_folders(self):
        self.write("one/adder.idl", IMPORT + adder())
        self.write("two/number.idl", IMPORT + "typedef LONG NUMBER;\n")
        self.write("three/more.idl",
                   'import "adder.idl";\nimport "number.idl";\n'
                   + interface(2, "IMore", "HRESULT Give([in] IAdder *a, "
                                           "[in] NUMBER b);"))
        self.make("-I", "one", "--include=two", "three/more.idl")
        self.assertIn("NUMBER b", self.read("more.h"))

    def test_an_included_file(self):
        self.write("sub/part.h", "#define LIMIT 4\n")
        self.write("sub/adder.idl", IMPORT + '#include "part.h"\n' + interface(
            1, "IX", "HRESULT Put([in] LONG values[LIMIT]);"))
        self.make("sub/adder.idl")
        self.compile_all("adder")

    def test_two_interfaces_one_of_them_derived(self):
        self.write("two.idl", IMPORT + adder(9) + interface(
            1, "IDerived", "HRESULT Forget();", base="IAdder"))
        self.make("two.idl")
        self.compile_all("two")
        proxies = self.read("two_p.c")
        # In the order of their IIDs, which is that of all lists.
        self.assertEqual(re.findall(r"^    &IID_(Async\w+),$", proxies, re.M),
                         ["AsyncIDerived", "AsyncIAdder"])

    def test_an_interface_without_an_asynchronous_form(self):
        plain = ATTRIBUTES.replace("    async_uuid(1B2C3D4E-0000-4000-8001-"
                                   "%012d),\n", "")
        self.write("plain.idl", IMPORT + adder(attributes=plain % 1))
        self.make("plain.idl")
        self.compile_all("plain")
        self.assertIn("    2,\n    0,\n    (LONG_PTR)&_plain_ProxyNames,",
                      self.read("plain_p.c"))

    def test_an_interface_that_only_has_such_a_name(self):
        plain = ATTRIBUTES.replace("    async_uuid(1B2C3D4E-0000-4000-8001-"
                                   "%012d),\n", "")
        self.write("odd.idl", IMPORT + adder(attributes=plain % 1)
                   + adder(2, "AsyncIAdder", attributes=plain % 2))
        self.make("odd.idl")
        self.compile_all("odd")
        self.assertNotIn("AsyncIIDLookup", self.read("odd_p.c"))

    def test_a_file_of_which_nothing_is_marshaled(self):
        self.write("local.idl", IMPORT + adder(
            attributes=ATTRIBUTES.replace("object", "object, local")))
        self.write("types.idl", IMPORT + "typedef LONG NUMBER;\n")
        for name in ("local", "types"):
            self.make(name + ".idl")
            self.compile_all(name)

    def test_begin_returns_an_hresult_and_finish_the_methods_type(self):
        self.write("odd.idl", IMPORT + interface(
            1, "IOdd", "ULONG Count();\nvoid Ping([in] LONG n);\n"
                       "HRESULT Begin_All();"))
        self.make("odd.idl")
        self.compile_all("odd")
        header = self.read("odd.h")
        for line in ("virtual HRESULT STDMETHODCALLTYPE Begin_Count(",
                     "virtual ULONG STDMETHODCALLTYPE Finish_Count(",
                     "HRESULT (STDMETHODCALLTYPE *Begin_Ping)(",
                     "void (STDMETHODCALLTYPE *Finish_Ping)("):
            self.assertIn("    " + line, header)
        self.assertIn("void (STDMETHODCALLTYPE *Ping)(", header)

    def test_a_class_a_constant_and_local_methods(self):
        self.write("lib.idl", IMPORT + "const long LIMIT = 10;\n"
                   + interface(1, "IX",
                               "[local] HRESULT Any([in] void *p);\n"
                               "[call_as(Any)] HRESULT One([in] LONG p);")
                   + interface(2, "IEmpty", "")
                   + "[uuid(1B2C3D4E-0000-4000-8000-000000000010), "
                     "version(1.0)] library Lib { [uuid(1B2C3D4E-0000-4000-"
                     "8000-000000000011)] coclass X { [default] interface "
                     "IX; } }\n")
        self.make("lib.idl")
        self.compile_all("lib")
        self.assertIn("CLSID_X", self.read("lib_i.c"))

    def test_many_interfaces_take_as_long_each_as_a_few(self):
        def seconds(count):
            self.write("x.idl", IMPORT + "".join(
                adder(i, f"IAdder{i}") for i in range(count)))
            before = os.times()
            self.make("x.idl")
            after = os.times()
            return (after.children_user - before.children_user +
                    after.children_system - before.children_system)

        self.assertLess(seconds(2000), 10 * max(seconds(500), 0.1))

    def test_counts_that_widl_takes_for_one_another(self):
        self.write("x.idl", IMPORT + """typedef struct Two {
    ULONG a, b;
    [size_is(a * b)] LONG *first;
    [size_is(a + b)] LONG *second;
} Two;
""" + interface(1, "ITwo", """
    HRESULT Good([in] ULONG a, [in] ULONG b, [in, size_is(a * b)] LONG *x,
        [in, size_is(a*b)] LONG *y, [in, size_is(a)] LONG *z,
        [in, size_is(a / 2), length_is(b + 1)] LONG *v,
        [in, size_is(4 * 2)] LONG *w);
    HRESULT Bad([in] ULONG a, [in] ULONG b, [in, size_is(a * b)] LONG *x,
        [out, size_is(, a + b)] LONG **y);
    HRESULT Pass([in] Two *two);
    HRESULT Alone([in] ULONG a, [in, size_is(a + a)] LONG *x);"""))
        done = self.idl("x.idl")
        self.assertEqual((done.returncode, done.stderr.splitlines()), (0, [
            'belay: x.idl:5: Warning: Two: widl computes "a*b" here, too, and '
            'not "a+b"; let one struct have one computed count',
            'belay: x.idl:21: Warning: ITwo.Bad: widl computes "a*b" here, '
            'too, and not "a+b"; let one method have one computed count']))

    def test_the_warnings_of_widl_once(self):
        self.write("w.idl", IMPORT + interface(
            1, "IX", "HRESULT Put([in, switch_is(a)] LONG a);"))
        done = self.idl("w.idl")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), len(set(lines)), done.stderr)


class Refuses(Case):
    def setUp(self):
        super().setUp()
        # What a former run has left stays as it is.
        for name in ("x.h", "x_i.c", "x_p.c"):
            self.write(name, "former\n")

    def wrong(self, text, message, *args):
        self.write("x.idl", text)
        self.refuse(1, message, *args, "x.idl")
        self.assertEqual(self.read("x.h"), "former\n")

    def test_a_mistake_with_its_file_and_line(self):
        self.wrong(IMPORT + "\ninterface IX : IUnknown { HRESULT",
                   r"^x\.idl:3: error: syntax error")

    def test_a_type_that_is_not_known(self):
        self.wrong(IMPORT + interface(1, "IX", "HRESULT A([in] Foo *x);"),
                   r"^x\.idl:10: error: type .Foo. not found")

    def test_what_only_proxies_cannot_have(self):
        self.wrong(IMPORT + interface(1, "IX", "HRESULT A([in] void *x);"),
                   r"^x\.idl:10: error: parameter 'x' of function 'A' cannot "
                   r"derive from void \*\n$")

    def test_wchar_t_with_its_line(self):
        self.wrong(IMPORT + "/* wchar_t */\n" + interface(
            1, "IX", 'HRESULT A([in, string] wchar_t *x);\n'
                     'cpp_quote("wchar_t")'),
                   r"^belay: x\.idl:11: wchar_t has 32 bits on Linux and 16 on "
                   r"the wire; use WCHAR, which has 16 on both\n$")

    def test_wchar_t_in_an_included_file(self):
        self.write("sub/part.idl", "\ntypedef wchar_t *TEXT;\n")
        self.wrong(IMPORT + '#include "sub/part.idl"\n',
                   r"^belay: \S*sub/part\.idl:2: wchar_t has")

    def test_a_method_that_returns_a_floating_point_number(self):
        self.wrong(IMPORT + interface(1, "IX", "double Half([in] LONG x);"),
                   r"^belay: x\.idl: IX_Half returns a floating-point number")

    def test_a_base_without_an_asynchronous_form(self):
        plain = ATTRIBUTES.replace("    async_uuid(1B2C3D4E-0000-4000-8001-"
                                   "%012d),\n", "")
        self.wrong(IMPORT + adder(attributes=plain % 1)
                   + adder(2, "IDerived", base="IAdder"),
                   r"^x\.idl:\d+: error: .*incompatible parent")

    def test_a_file_that_is_imported_and_not_there(self):
        self.wrong('import "none.idl";\n', r"none\.idl")

    def test_an_import_with_a_folder_in_it(self):
        self.write("lib/adder.idl", IMPORT + adder())
        self.write("sub/y.idl", 'import "../lib/adder.idl";\n')
        self.refuse(1, r"lib/adder\.idl\nbelay: widl takes a folder in an "
                       r"import .*name its folder with -I\n$", "sub/y.idl")

    def test_automation(self):
        self.wrong('import "oaidl.idl";\n' + adder(),
                   r"^x\.idl:1: error: .* oaidl\.idl\n"
                   r"belay: There is no Automation here .*: import "
                   r'"unknwn\.idl" or "objidl\.idl"\n$')

    def test_a_file_that_is_not_there(self):
        self.refuse(1, '^belay: Cannot read "none.idl": No such file or '
                       'directory\n$', "none.idl")
        self.refuse(1, '^belay: Cannot read "\\.": it is no file\n$', ".")

    def test_a_file_that_is_no_text(self):
        for data, message in (
                (b"import\n\n\0", "it is no text: line 3 has a null byte"),
                ((IMPORT + adder()).encode("utf-16"),
                 "it is UTF-16; save it as UTF-8")):
            with open(self.path("x.idl"), "wb") as file:
                file.write(data)
            self.refuse(1, f'^belay: Cannot read "x.idl": {message}\n$',
                        "x.idl")

    def test_a_name_that_c_cannot_have(self):
        self.write("3d.idl", IMPORT + adder())
        self.refuse(1, '^belay: Cannot make C of "3d.idl": its name begins '
                       "with a digit; ", "3d.idl")

    def test_a_mistake_leaves_no_new_folder(self):
        os.mkdir(self.path("old"))
        for output in ("new", "new/and/more", "./new//and/", "old/new",
                       self.path("new", "and")):
            self.wrong(IMPORT + "Foo", r"^x\.idl:2: ", "-o", output)
        self.assertEqual(os.listdir(self.path("old")), [])
        self.assertFalse(os.path.exists(self.path("new")))

    def test_a_folder_that_cannot_be_written_to(self):
        self.write("x.idl", IMPORT + adder())
        self.write("file", "")
        self.refuse(1, '^belay: Cannot (make|write in) "file/out": ',
                    "-o", "file/out", "x.idl")

    def test_a_result_that_cannot_take_its_place(self):
        self.write("x.idl", IMPORT + adder())
        os.remove(self.path("x.h"))
        os.mkdir(self.path("x.h"))
        self.refuse(1, r'^belay: Cannot write ', "x.idl")

    def test_a_machine_without_widl(self):
        self.write("x.idl", IMPORT + adder())
        self.refuse(1, "^belay: There is no widl, the IDL compiler. Install "
                       "it: apt install mingw-w64-tools\n$", "x.idl",
                    env={"PATH": "/nonexistent"})

    def test_a_widl_that_writes_something_else(self):
        widl = self.write("bin/widl", "#!/bin/sh\nwhile [ $# -gt 1 ]; do\n"
                          "[ \"$1\" = -o ] && echo nothing >\"$2\"\nshift\n"
                          "done\n")
        os.chmod(widl, 0o755)
        self.write("x.idl", IMPORT + adder())
        self.refuse(1, r'^belay: Cannot complete "x_p\.c": this widl, '
                       r'".*/bin/widl", writes it in a way that belay does '
                       r'not know\n$', "x.idl", env={"PATH": self.path("bin")})

    def test_a_run_that_is_stopped(self):
        widl = self.write("bin/x86_64-w64-mingw32-widl",
                          '#!/bin/sh\ncase "$*" in *" -h "*)\n'
                          "touch started; exec sleep 60 ;; esac\n")
        os.chmod(widl, 0o755)
        self.write("x.idl", IMPORT + adder())
        path = self.path("bin") + ":" + os.environ["PATH"]
        with subprocess.Popen([BELAY, "idl", "x.idl"], cwd=self.folder,
                              env={"PATH": path}) as process:
            self.wait_for("started")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(LIMIT), -signal.SIGTERM)
        os.remove(self.path("started"))
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["bin", "x.h", "x.idl", "x_i.c", "x_p.c"])

    def wait_for(self, name):
        end = time.monotonic() + LIMIT
        while not os.path.exists(self.path(name)):
            self.assertLess(time.monotonic(), end, name)
            time.sleep(0.01)

    def test_wrong_usage(self):
        self.refuse(2, r"^belay: Which file\? belay idl \[OPTION\]\.\.\. "
                       r"FILE\.idl\n$")
        self.refuse(2, r"^belay: Too many operands: belay idl ", "a", "b")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
