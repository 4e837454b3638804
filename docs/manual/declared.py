# SPDX-License-Identifier: MIT
"""What COM's headers and IDL files declare, with the comments that explain it.

A comment explains the declarations right below it, when it begins with their
names:

    NAME(), NAME() - what it does        (functions; methods in an IDL file)
    NAME - what it is                    (interfaces)

    paragraphs; indented ones, as in "argument: what it is", "- a point"
    Return: CODE; CODE: when; CODE: when.

A comment below which another one follows is the heading of what comes then.
A header's first comment is its own.
"""
import dataclasses
import os
import re

SPECIFIER = r"\b(?:WINOLEAPI|STDAPI|RPCRTAPI)"
PIECE = re.compile(r"/\*(?P<comment>.*?)\*/|(?P<function>" + SPECIFIER +
                   r"(?:_\(|\s)[^;{]*;)|(?P<other>\S)", re.DOTALL)
INTERFACE = re.compile(r"\[(?P<attributes>(?:[^\]\[]|\n)*)\]\s*interface\s+"
                       r"(?P<name>\w+)\s*(?::\s*(?P<base>\w+)\s*)?\{"
                       r"(?P<body>.*?)^\}", re.DOTALL | re.MULTILINE)
METHOD = re.compile(r"/\*(?P<comment>.*?)\*/|(?P<method>[\w\s*]+?\b\w+\s*\("
                    r"(?:[^;])*?\)\s*;)|(?P<other>[^\s])", re.DOTALL)
TITLE = re.compile(r"(?P<names>[\w./]+(?:\(\))?(?:, \w+(?:\(\))?)*) - "
                   r"(?P<what>.*)")


class Fault(Exception):
    """Something that is not as it should be, with its place."""


@dataclasses.dataclass
class Comment:
    """Paragraphs of a comment, with the lines' indentation kept."""
    names: list[str]
    what: str
    paragraphs: list[str]
    where: str


@dataclasses.dataclass
class Function:
    """A function or a method. Arguments are (declaration, name)."""
    name: str
    type: str
    arguments: list[tuple[str, str]]
    where: str
    comment: Comment | None = None
    heading: Comment | None = None


@dataclasses.dataclass
class Interface:
    name: str
    base: str
    iid: str
    async_iid: str
    comment: Comment
    methods: list[Function]


@dataclasses.dataclass
class Header:
    """A header: its own comment, and its functions."""
    name: str
    comment: Comment
    functions: list[Function]


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def where(path: str, text: str, at: int) -> str:
    return f"{path}:{text.count(chr(10), 0, at) + 1}"


def comment_of(text: str, place: str) -> Comment:
    lines = [re.sub(r"^\s*\* ?", "", line).rstrip()
             for line in text.strip().splitlines()]
    # What is returned is a paragraph of its own, with an empty line or not.
    text = re.sub(r"\n(Return:)", r"\n\n\1", "\n".join(lines).strip("\n"))
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", text)]
    title = TITLE.fullmatch(re.sub(r"\s+", " ", paragraphs[0]).strip())
    if not title:
        return Comment([], "", paragraphs, place)
    names = [name.strip().removesuffix("()")
             for name in title.group("names").split(",")]
    return Comment(names, title.group("what"), paragraphs[1:], place)


def argument_of(text: str) -> tuple[str, str]:
    """A parameter without its attributes, and its name."""
    text = re.sub(r"\s+", " ", re.sub(r"\[.*?\]", "", text)).strip()
    name = re.search(r"(\w+)(?:\[\])?$", text)
    return text, name.group(1) if name and " " in text else ""


def function_of(text: str, place: str) -> Function:
    text = re.sub(SPECIFIER + r"_\((.*?)\)", r"\1", text)
    text = re.sub(r"\b(?:WINOLEAPI|STDAPI)\b", "HRESULT", text)
    text = re.sub(r"\b(?:RPCRTAPI|RPC_ENTRY|STDMETHODCALLTYPE)\b", "", text)
    match = re.fullmatch(r"\s*(.*?)\b(\w+)\s*\((.*)\)\s*;", text, re.DOTALL)
    if not match:
        raise Fault(f"{place}: not the declaration of a function: {text}")
    type_, name, rest = match.groups()
    # Attributes have commas of their own.
    rest = re.sub(r"\[.*?\]", "", rest, flags=re.DOTALL)
    arguments = [argument_of(part) for part in rest.split(",")
                 if part.strip() not in ("", "void")]
    return Function(name, re.sub(r"\s+", " ", type_).strip(), arguments,
                    place)


def without_directives(text: str) -> str:
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*",
                  lambda m: re.sub(r"[^\n]", " ", m.group()), text,
                  flags=re.MULTILINE)


def give(function: Function, comment: Comment | None,
         heading: Comment | None) -> Function:
    """The comment is the function's if it names it."""
    if comment and function.name in comment.names:
        function.comment = comment
    function.heading = heading
    return function


def header(path: str) -> Header:
    text = without_directives(read(path))
    first = above = heading = None
    used = False
    functions = []
    for match in PIECE.finditer(text):
        place = where(path, text, match.start())
        if match.lastgroup == "comment":
            if "SPDX" in match.group():
                continue
            comment = comment_of(match.group("comment"), place)
            if first is None:
                first = comment
                continue
            if above and not used:
                heading = above
            above, used = comment, False
        elif match.lastgroup == "function":
            functions.append(give(function_of(match.group(), place), above,
                                  heading))
            used = True
        else:
            above = None
    if first is None:
        raise Fault(f"{path}: has no comment that says what it is for")
    return Header(os.path.basename(path), first, functions)


def methods_of(path: str, text: str, at: int, body: str) -> list[Function]:
    above, methods = None, []
    for match in METHOD.finditer(re.sub(r"typedef[^;]*;", blank, body)):
        place = where(path, text, at + match.start())
        if match.lastgroup == "comment":
            above = comment_of(match.group("comment"), place)
        elif match.lastgroup == "method":
            methods.append(give(function_of(match.group(), place), above,
                                None))
        else:
            above = None
    return methods


def blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def interfaces(path: str) -> list[Interface]:
    """The interfaces of an IDL file, documented or not."""
    text = read(path)
    found = []
    for match in INTERFACE.finditer(text):
        above = re.search(r"/\*((?:(?!\*/).)*)\*/\s*$", text[:match.start()],
                          re.DOTALL)
        place = where(path, text, match.start("name"))
        comment = comment_of(above.group(1) if above else "", place)
        if match.group("name") not in comment.names:
            comment = Comment([], "", [], place)
        iids = dict(re.findall(r"\b(async_uuid|uuid)\s*\(([-\w]+)\)",
                               match.group("attributes")))
        found.append(Interface(
            match.group("name"), match.group("base") or "", iids["uuid"],
            iids.get("async_uuid", ""), comment,
            methods_of(path, text, match.start("body"),
                       match.group("body"))))
    return found
