#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes manual pages of the COM runtime's headers and IDL files.

Usage: com_pages.py DIR FILE.h|FILE.idl...

Writes DIR/NAME.3 for each function, for each interface that has a comment, and
belay-com.3, which lists them. Old pages in DIR are removed. What the comments
lack (declared.py says how they are written) is an error, with its place.
"""
import os
import re
import sys

import declared
import mdoc

OVERVIEW = "belay-com"
DATE = "November 21, 2026"
# What <objbase.h> brings; the others are named in full.
BASE = ("combaseapi.h", "comarshal.h", "cocall.h")


class Manual:
    """All that is documented, and the pages made of it."""

    def __init__(self, files: list[str]) -> None:
        self.headers = [declared.header(name) for name in files
                        if name.endswith(".h")]
        self.interfaces = [one for name in files if name.endswith(".idl")
                           for one in declared.interfaces(name)
                           if one.comment.names[:1] == [one.name]]
        self.functions = {one.name: one for header in self.headers
                          for one in header.functions}
        self.values = values_of(files)
        self.usual = self.usual_codes()
        self.pages = self.page_names()
        self.made: dict[str, str] = {}

    def page_names(self) -> dict[str, str]:
        """The page that each name is explained in."""
        pages = {name: one.name for one in self.interfaces
                 for name in one.comment.names}
        for function in self.functions.values():
            if not function.comment:
                raise declared.Fault(
                    f"{function.where}: {function.name}() has no comment "
                    f"above it that begins with \"{function.name}() - \"")
            pages[function.name] = function.comment.names[0]
        return pages

    def usual_codes(self) -> dict[str, str]:
        """What codes mean where only their name is said: a header's list."""
        found = {}
        for header in self.headers:
            for paragraph in header.comment.paragraphs:
                for point in re.split(r"^ *- ", paragraph,
                                      flags=re.MULTILINE)[1:]:
                    code = re.match(rf"({mdoc.CODE}): (.*?)[;.]?\s*$", point,
                                    re.DOTALL)
                    if code:
                        found[code.group(1)] = code.group(2)
        return found

    def make(self) -> dict[str, str]:
        for header in self.headers:
            for name in dict.fromkeys(self.pages[one.name]
                                      for one in header.functions):
                self.function_page(header, name)
        for interface in self.interfaces:
            self.interface_page(interface)
        self.overview()
        for name, page in self.pages.items():
            if name != page:
                self.made[name] = f".so man3/{page}.3\n"
        return self.made

    def begin(self, name: str, names: list[str], what: str) -> mdoc.Page:
        page = mdoc.Page(self.pages, {*names, name})
        page.line('.\\" SPDX-License-Identifier: MIT',
                  '.\\" Made by com_pages.py: change the header\'s comment.',
                  f".Dd {DATE}", f".Dt {name.upper()} 3", ".Os", ".Sh NAME")
        page.line(*(f".Nm {one}" + " ," * (one != names[-1])
                    for one in names))
        page.line(f".Nd {mdoc.quoted(re.sub('`', '', what))}")
        return page

    def finish(self, page: mdoc.Page, name: str, more: set[str]) -> None:
        others = sorted((page.seen | more | {OVERVIEW}) - {name},
                        key=str.lower)
        page.line(".Sh SEE ALSO")
        page.line(*(f".Xr {one} 3" + " ," * (one != others[-1])
                    for one in others))
        self.made[name] = str(page)

    def function_page(self, header: declared.Header, name: str) -> None:
        functions = [one for one in header.functions
                     if self.pages[one.name] == name]
        comment = functions[0].comment
        check(functions, comment)
        page = self.begin(name, [one.name for one in functions],
                          comment.what)
        page.line(".Sh LIBRARY", "libbelay-com",
                  ".Pq pkg-config belay-com", ".Sh SYNOPSIS")
        page.line(".In " + ("objbase.h" if header.name in BASE
                            else f"belay/com/{header.name}"))
        for function in functions:
            prototype(page, function, function.name)
        page.line(".Sh DESCRIPTION")
        page.terms = {argument for one in functions for _, argument
                      in one.arguments}
        self.body(page, functions, comment)
        more = {self.pages[one.name] for one in header.functions
                if one.heading is functions[0].heading}
        self.finish(page, name, more)

    def body(self, page: mdoc.Page, functions: list[declared.Function],
             comment: declared.Comment) -> None:
        paragraphs = [one for one in comment.paragraphs
                      if not one.startswith("Return:")]
        heading = functions[0].heading
        if not paragraphs:
            paragraphs = [mdoc.sentence(comment.what, set())]
        if heading:
            paragraphs += heading.paragraphs[1:]
        page.text(paragraphs)
        for one in comment.paragraphs:
            if one.startswith("Return:"):
                page.line(".Sh RETURN VALUES")
                page.returned(one.removeprefix("Return:"), self.usual,
                              self.values, False)

    def interface_page(self, interface: declared.Interface) -> None:
        page = self.begin(interface.name, interface.comment.names,
                          interface.comment.what)
        page.line(".Sh LIBRARY", "libbelay-com",
                  ".Pq pkg-config belay-com", ".Sh SYNOPSIS", ".In objbase.h")
        base = f" : {interface.base}" if interface.base else ""
        page.line(f".Vt interface {interface.name}{base} ;")
        for method in interface.methods:
            prototype(page, method, f"{interface.name}::{method.name}")
        page.line(".Sh DESCRIPTION")
        page.text(interface.comment.paragraphs)
        page.line(".Pp", "Its IID is", f".Dv IID_{interface.name} ,",
                  f".Li {interface.iid} .")
        if interface.async_iid:
            page.line("That of its asynchronous form is",
                      f".Dv IID_Async{interface.name} ,",
                      f".Li {interface.async_iid} .")
        for method in interface.methods:
            self.method(page, method)
        self.finish(page, interface.name, {interface.base} & {
            one.name for one in self.interfaces})

    def method(self, page: mdoc.Page, method: declared.Function) -> None:
        comment = method.comment
        if not comment:
            raise declared.Fault(
                f"{method.where}: {method.name}() has no comment above it "
                f"that begins with \"{method.name}() - \"")
        check([method], comment)
        page.terms = {argument for _, argument in method.arguments}
        page.line(f".Ss {method.name}")
        page.sentence(comment.what)
        for one in comment.paragraphs:
            if not one.startswith("Return:"):
                page.text([one])
                continue
            page.returned(one.removeprefix("Return:"), self.usual,
                          self.values, True)

    def overview(self) -> None:
        page = self.begin(OVERVIEW, [OVERVIEW], "COM's functions and "
                          "interfaces, as this library has them")
        page.line(".Sh LIBRARY", "libbelay-com",
                  ".Pq pkg-config belay-com", ".Sh SYNOPSIS", ".In objbase.h",
                  ".In belay/com/apartment.h", ".Sh DESCRIPTION")
        base = next(one for one in self.headers if one.name == "objbase.h")
        page.text(base.comment.paragraphs)
        for header in self.headers:
            if not header.functions:
                continue
            page.line(f".Ss {header.name}: {header.comment.what}")
            page.text(header.comment.paragraphs)
            page.line(".Pp")
            page.line(".Bl -tag -width Ds -compact")
            for one in header.functions:
                page.line(f".It Xr {one.name} 3")
                page.words(one.comment.what)
            page.line(".El")
        if self.interfaces:
            page.line(".Ss Interfaces", ".Bl -tag -width Ds -compact")
            for interface in self.interfaces:
                page.line(f".It Xr {interface.name} 3")
                page.words(interface.comment.what)
            page.line(".El")
        page.line(".Sh SEE ALSO", ".Xr belay 1 ,", ".Xr belay-idl 1")
        self.made[OVERVIEW] = str(page)


def values_of(files: list[str]) -> dict[str, str]:
    """The numbers of HRESULTs, from the headers that define them."""
    found = {}
    for name in files:
        found |= dict(re.findall(
            r"#define (\w+)\s+\(\(HRESULT\)(0x[0-9A-F]+)\)",
            declared.read(name)))
    return found


def prototype(page: mdoc.Page, function: declared.Function,
              name: str) -> None:
    page.line(f".Ft {mdoc.quoted(function.type)}", f".Fo {name}")
    page.line(*(f".Fa {mdoc.quoted(text)}"
                for text, _ in function.arguments or [("void", "")]))
    page.line(".Fc")


def check(functions: list[declared.Function],
          comment: declared.Comment) -> None:
    """A comment explains arguments that exist, and what is returned."""
    names = {argument for one in functions for _, argument in one.arguments}
    for paragraph in comment.paragraphs:
        if not re.match(r"[a-z]\w*:\s", paragraph):
            continue
        for term in re.findall(r"^(\S+?):?\s", paragraph, re.MULTILINE):
            if term not in names:
                raise declared.Fault(f"{comment.where}: {functions[0].name}() "
                                     f"has no argument \"{term}\"")
    returns = [one for one in comment.paragraphs if one.startswith("Return:")]
    if not returns and any(one.type != "void" for one in functions):
        raise declared.Fault(f"{comment.where}: nothing says what "
                             f"{functions[0].name}() returns: \"Return: ...\"")
    for one in functions:
        if one.name not in comment.names:
            raise declared.Fault(f"{one.where}: the comment above it does "
                                 f"not name {one.name}()")


def main() -> int:
    folder, *files = sys.argv[1:]
    try:
        pages = Manual(files).make()
    except declared.Fault as fault:
        print(fault, file=sys.stderr)
        return 1
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if name.endswith(".3"):
            os.unlink(os.path.join(folder, name))
    for name, text in pages.items():
        with open(os.path.join(folder, name + ".3"), "w",
                  encoding="utf-8") as file:
            file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
