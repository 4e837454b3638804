#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The AIO adapter has every name and version that libc has.

Usage: aio_exports.py ADAPTER

A name or version that is missing is a program that is not seen, or, worse,
one that gets another version's function. What counts is what aio.h declares
and the libc that this test runs on exports.
"""
import re
import subprocess
import sys

HEADER = "/usr/include/aio.h"
# It sets how many threads libc may use: no operation begins or ends in it.
NOT_WRAPPED = {"aio_init"}


def versions(library: str) -> set[str]:
    text = subprocess.run(["nm", "-D", "--defined-only",
                           "--with-symbol-versions", library],
                          check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in text.splitlines()}


def libc() -> str:
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return re.search(r"/\S*/libc\.so\.6$", maps.read(),
                         re.MULTILINE).group(0)


def declared() -> set[str]:
    with open(HEADER, encoding="utf-8") as header:
        return set(re.findall(r"\b((?:aio|lio)_\w+) \(", header.read()))


def main() -> None:
    names = declared() - NOT_WRAPPED
    wanted = {s for s in versions(libc()) if s.split("@")[0] in names}
    ours = {s for s in versions(sys.argv[1]) if not s.startswith("belay_")
            and "@" in s}
    if len(wanted) < len(names):
        sys.exit(f"{libc()} has {len(wanted)} of {len(names)} names")
    for symbol in sorted(wanted - ours):
        print(f"lacks {symbol}")
    for symbol in sorted(ours - wanted):
        print(f"has {symbol}, which libc has not")
    sys.exit(wanted != ours)


main()
