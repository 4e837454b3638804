#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The event loops of docs/com-windows.md serve calls, word for word.

    windows_page_test.py BELAY SOURCE_ROOT BUILD_ROOT

Each is the main thread of a program that has an object in a single-threaded
apartment; a thread of the multithreaded one calls it, and ends the program.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BELAY, SOURCE, BUILD = (os.path.abspath(path) for path in sys.argv[1:4])
LIMIT = 60
PROGRAM = r"""
%(includes)s
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define COBJMACROS
#include <windows.h>
#include <belay/com/apartment.h>
#include "primes.h"

extern const ExtendedProxyFileInfo primes_ProxyFileInfo;

static HRESULT query(IPrimes *self, REFIID iid, void **out)
{
    int ours = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IPrimes);

    *out = ours ? self : NULL;
    return ours ? S_OK : E_NOINTERFACE;
}

static ULONG count_references(IPrimes *self)
{
    return 2;
}

static pthread_t owner;

static HRESULT count(IPrimes *self, ULONG below, ULONG *ret)
{
    *ret = below + 1;
    return pthread_equal(owner, pthread_self()) ? S_OK : E_FAIL;
}

static IPrimesVtbl methods = {
    .QueryInterface = query,
    .AddRef = count_references,
    .Release = count_references,
    .Count = count,
};
static IPrimes object = {&methods};

static void *client(void *stream)
{
    IPrimes *primes;
    ULONG n = 0;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    CoGetInterfaceAndReleaseStream(stream, &IID_IPrimes, (void **)&primes);
    for (int i = 0; i < 3; i++)
        if (FAILED(IPrimes_Count(primes, n, &n)))
            exit(1);
    printf("%%u\n", n);
    exit(0);
}

%(functions)s

int main(void)
{
    pthread_t thread;
    IStream *stream;
    %(variables)s

    owner = pthread_self();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    belay_register_proxies(&primes_ProxyFileInfo);
    CoMarshalInterThreadInterfaceInStream(
        &IID_IPrimes, (IUnknown *)&object, &stream);
    pthread_create(&thread, NULL, client, stream);
%(statements)s
return 2;
}
"""


def block_with(words):
    """The one block of C that has the words: its functions, the rest."""
    with open(os.path.join(SOURCE, "docs/com-windows.md"),
              encoding="utf-8") as file:
        blocks = [text for text in re.findall(r"^```c\n(.*?)^```", file.read(),
                                              re.DOTALL | re.MULTILINE)
                  if words in text]
    assert len(blocks) == 1, (words, blocks)
    functions, end, rest = blocks[0].rpartition("\n}\n")
    return functions + end, rest


class Loops(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="belay-windows.")
        self.addCleanup(shutil.rmtree, self.folder)
        self.run_here(BELAY, "idl", SOURCE + "/docs/examples/primes/primes.idl")

    def run_here(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True,
                              text=True, timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def serves(self, words, package=None, includes="", variables="", loop=""):
        flags = []
        if package:
            found = subprocess.run(["pkg-config", "--cflags", "--libs",
                                    package], capture_output=True, text=True,
                                   check=False)
            if found.returncode:
                self.skipTest(f"{package} is not installed")
            flags = found.stdout.split()
        functions, statements = block_with(words)
        with open(os.path.join(self.folder, "loop.c"), "w",
                  encoding="utf-8") as file:
            file.write(PROGRAM % {
                "includes": includes, "functions": functions,
                "variables": variables, "statements": statements + loop})
        folders = [f"-I{root}/{path}" for root in (SOURCE, BUILD) for path in (
            "core/com/include", "core/com/include/belay/com", "core/include")]
        libraries = [f"{BUILD}/core/com", f"{BUILD}/core"]
        self.run_here("cc", "-Wall", "-Werror", "-o", "loop", "loop.c",
                      "primes_i.c", "primes_p.c", *folders,
                      f"-L{libraries[0]}", "-lbelay-com",
                      *(f"-Wl,-rpath,{path}" for path in libraries),
                      f"-Wl,-rpath-link,{libraries[1]}", *flags, "-pthread")
        self.assertEqual(self.run_here("./loop"), "3\n")

    def test_poll(self):
        self.serves("poll(&fd, 1, -1)")

    def test_glib(self):
        self.serves("g_unix_fd_add", "glib-2.0",
                    includes="#include <glib-unix.h>",
                    loop="g_main_loop_run(g_main_loop_new(NULL, FALSE));")

    def test_libuv(self):
        self.serves("uv_poll_init", "libuv", includes="#include <uv.h>",
                    variables="uv_loop_t *loop = uv_default_loop();\n"
                              "    uv_poll_t apartment;",
                    loop="uv_run(loop, UV_RUN_DEFAULT);")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
