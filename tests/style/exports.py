#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shared libraries export what they promise, and weigh little on a guest.

Usage: exports.py SOURCE_ROOT BUILD_ROOT COMPILER...

The build says which export map each library was linked with.
- A name in a map is exported, and nothing is that no line of it allows.
- Where a map has a pattern (belay_*), the exported functions are those that
  the public headers declare; so are those of the COM runtime.
- A library that is preloaded needs libc and Belay's own libraries only, binds
  at load, and all of them together take at most 64 bytes of thread-local
  storage.
"""
import fnmatch
import os
import re
import subprocess
import sys

import com_manual
import tree

ROOMS = ("core/", "interpose/", "plugins/", "tools/")
HEADERS = {
    "belay-call": ("core/include/belay/call.h",
                   "core/include/belay/clock.h",
                   "core/include/belay/observer.h",
                   "core/include/belay/status.h"),
}
# The interposer has the call library in it.
HEADERS["belay-interpose"] = (*HEADERS["belay-call"],
                              "interpose/include/belay/adapter.h")
# Libraries that are loaded only on demand, not preloaded.
ON_DEMAND = ("core/com/", "interpose/lttng/", "tools/", "plugins/")
LIBC = re.compile(r"(libc|libpthread|libdl|libm|ld-linux-x86-64)\.so\.\d+$")
TLS_MAX = 64


def libraries(build: str) -> list[tuple[str, str]]:
    """Each shared library of the rooms, with its export map or ""."""
    text = tree.read(build, "build.ninja")
    found = []
    pattern = r"^build (\S+\.so[.\d]*): c_LINKER .*\n((?: .*\n)*)"
    for match in re.finditer(pattern, text, re.MULTILINE):
        name, settings = match.groups()
        if name.startswith(ROOMS):
            map_ = re.search(r"--version-script[,=]([^\s']+)", settings)
            found.append((name, map_.group(1) if map_ else ""))
    return found


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def exported(path: str) -> set[str]:
    lines = run("nm", "-D", "--defined-only", path).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines
            if line.split()[-2] != "A"}


def promised(map_: str) -> list[str]:
    with open(map_, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/|#[^\n]*", "", file.read(), flags=re.DOTALL)
    names = []
    for part in re.findall(r"global:(.*?)(?:local:|\})", text, re.DOTALL):
        names += [name.strip() for name in part.split(";") if name.strip()]
    return names


def declared(root: str, headers: tuple[str, ...]) -> set[str]:
    """Functions that headers declare, but for those defined in them."""
    found = set()
    for header in headers:
        code = tree.code_of(tree.read(root, header))
        code = re.sub(r"^\s*#(?:\\.|[^\n\\])*", "", code,
                      flags=re.DOTALL | re.MULTILINE)
        code = re.sub(r"static inline[^{;]*\{.*?^\}", "", code,
                      flags=re.DOTALL | re.MULTILINE)
        code = re.sub(r"\b(?:struct|enum) \w+ \{.*?^\};", "", code,
                      flags=re.DOTALL | re.MULTILINE)
        found |= set(re.findall(r"\b(belay_\w+)\s*\([^;]*?\)\s*;", code))
    return found


def export_faults(root: str, name: str, map_: str, path: str) -> list[str]:
    if not map_:
        return [f"{name}: is linked without an export map"]
    faults = []
    names, symbols = promised(map_), exported(path)
    patterns = [n for n in names if "*" in n]
    for symbol in sorted(symbols):
        if not any(fnmatch.fnmatchcase(symbol, n) for n in names):
            faults.append(f"{name}: exports {symbol}, which is not in {map_}")
    for missing in sorted(set(names) - set(patterns) - symbols):
        faults.append(f"{name}: lacks {missing}, which is in {map_}")
    library = re.sub(r"^.*/lib|\.so.*$", "", name)
    if patterns and library in HEADERS:
        wanted = declared(root, HEADERS[library])
        mine = {s for s in symbols
                if any(fnmatch.fnmatchcase(s, p) for p in patterns)}
        faults += [f"{name}: exports {s}, which no public header declares"
                   for s in sorted(mine - wanted)]
        faults += [f"{name}: lacks {s}, which a public header declares"
                   for s in sorted(wanted - mine)]
    elif patterns:
        faults.append(f"{name}: its map has a pattern, {patterns[0]}")
    return faults


def com_faults(root: str, build: str, compiler: list[str],
               path: str) -> list[str]:
    """The COM runtime's functions, as the compiler sees them declared."""
    code = com_manual.preprocessed(root, build, compiler)
    wanted = set(com_manual.FUNCTION.findall(code))
    lines = run("nm", "-D", "--defined-only", path).splitlines()
    mine = {line.split()[-1] for line in lines if line.split()[-2] == "T"}
    return [f"{path}: exports {name}(), which no public header declares"
            for name in sorted(mine - wanted)] + \
           [f"{path}: lacks {name}(), which a public header declares"
            for name in sorted(wanted - mine)]


def guest_faults(name: str, path: str) -> list[str]:
    dynamic = run("readelf", "-dW", path)
    faults = []
    for needed in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if not LIBC.match(needed) and not needed.startswith("libbelay-"):
            faults.append(f"{name}: needs {needed}")
    if "BIND_NOW" not in dynamic and "NOW" not in dynamic:
        faults.append(f"{name}: does not bind at load")
    if "TEXTREL" in dynamic:
        faults.append(f"{name}: writes to its code at load")
    return faults


def tls_size(path: str) -> int:
    sizes = re.findall(r"^\s+TLS\s+\S+ \S+ \S+ \S+ (0x[0-9a-f]+)",
                       run("readelf", "-lW", path), re.MULTILINE)
    return sum(int(size, 16) for size in sizes)


def main() -> None:
    root, build, *compiler = sys.argv[1:]
    faults, tls = [], 0
    found = libraries(build)
    if not found:
        faults.append(f"{build}: has no shared library")
    for name, map_ in found:
        path = os.path.join(build, name)
        faults += export_faults(root, name, map_, path)
        if "/libbelay-com.so" in name:
            faults += com_faults(root, build, compiler, path)
        if not name.startswith(ON_DEMAND):
            faults += guest_faults(name, path)
            tls += tls_size(path)
    print(f"{len(found)} libraries; {tls} bytes of thread-local storage")
    if tls > TLS_MAX:
        faults.append(f"the preloads take {tls} bytes of thread-local "
                      f"storage; {TLS_MAX} are all they may")
    tree.end(faults)


if __name__ == "__main__":
    main()
