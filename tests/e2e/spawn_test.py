#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that start others with vfork() and posix_spawn(): python3's way.

    spawn_test.py BELAY CALLER

A child of vfork() runs in its parent's memory until it execs: nothing of the
parent's may be folded, ended or given back there.
"""

import json
import os
import sys

import private
from private import Command
from traced import TraceCase

# argv: CALLER WAY CHILDREN. Makes calls of its own before, during and after.
PARENT = """
import ctypes, errno, os, subprocess, sys

caller, way, children = sys.argv[1], sys.argv[2], int(sys.argv[3])
libc = ctypes.CDLL(None, use_errno=True)
libc.aio_return.restype = ctypes.c_ssize_t


class Block(ctypes.Structure):  # struct aiocb on 64-bit Linux
    _fields_ = [("fd", ctypes.c_int), ("opcode", ctypes.c_int),
                ("priority", ctypes.c_int), ("buffer", ctypes.c_void_p),
                ("size", ctypes.c_size_t), ("value", ctypes.c_void_p),
                ("signal", ctypes.c_int), ("notify", ctypes.c_int),
                ("rest", ctypes.c_char * 256)]


def read_from(fd):
    data = ctypes.create_string_buffer(1)
    block = Block(fd=fd, buffer=ctypes.addressof(data), size=1, notify=1)
    assert libc.aio_read(ctypes.byref(block)) == 0
    return block, data


def collect(call):
    block, data = call
    blocks = (ctypes.c_void_p * 1)(ctypes.addressof(block))
    while libc.aio_error(ctypes.byref(block)) == errno.EINPROGRESS:
        libc.aio_suspend(blocks, 1, None)
    assert libc.aio_return(ctypes.byref(block)) == 1
    assert data.raw == b"x"


spawned = 0
def counted(*args, _real=os.posix_spawn, **more):
    global spawned
    spawned += 1
    return _real(*args, **more)


os.posix_spawn = counted
subprocess._USE_POSIX_SPAWN = way == "posix_spawn"
subprocess._USE_VFORK = way == "vfork"
close_fds = way != "posix_spawn"
ends = os.pipe()
during = read_from(ends[0])
for i in range(children):
    subprocess.run([caller, "finish=3"], check=True, close_fds=close_fds)
    try:
        subprocess.run(["/nonexistent/program"], close_fds=close_fds)
        sys.exit("it was found")
    except FileNotFoundError:
        pass
os.write(ends[1], b"x")
collect(during)
os.write(ends[1], b"x")
collect(read_from(ends[0]))
assert spawned == (2 * children if way == "posix_spawn" else 0), spawned
"""

WAYS = ("vfork", "posix_spawn", "fork")
CHILDREN = 20


class Counted(Command):
    def test_the_calls_of_parent_and_children_are_counted_exactly(self):
        for way in WAYS:
            with self.subTest(way):
                done = self.run_belay(
                    "run", "-j", self.path("j"), "--", sys.executable, "-c",
                    PARENT, self.caller, way, str(CHILDREN))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                with open(self.path("j"), encoding="utf-8") as text:
                    seen = json.load(text)
                calls = {each["operation"]:
                         (each["calls"], each["finished"], each["in_flight"])
                         for each in seen["operations"]}
                self.assertEqual(calls, {
                    "aio.read": (2, 2, 0),
                    "test.work": (3 * CHILDREN, 3 * CHILDREN, 0)})
                self.assertEqual(set(seen["lost"].values()), {0})
                self.assertEqual(self.sessions(), [])


class Traced(TraceCase):
    def test_the_calls_of_parent_and_children_are_in_the_trace(self):
        for way in WAYS:
            with self.subTest(way):
                trace = self.trace([], [sys.executable, "-c", PARENT,
                                        Command.caller, way, "3"])
                self.assert_ok(trace)
                events = trace.events()
                self.assert_whole(events)
                begun = [fields for event, fields in events
                         if event == "begin"]
                self.assertEqual(
                    [sum(f'"{name}"' in fields for fields in begun)
                     for name in ("aio.read", "test.work")], [2, 9])


if __name__ == "__main__":
    private.enter()
    TraceCase.belay = os.path.abspath(sys.argv[1])
    private.main(belay=sys.argv[1], caller=sys.argv[2])
