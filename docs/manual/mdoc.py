# SPDX-License-Identifier: MIT
"""Writes mdoc: paragraphs of a comment as they are to look in a manual page."""
import re
import textwrap

CODE = r"\b(?:[A-Z]+_)?[ES]_[A-Z]\w*"
CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_\w+)+|NULL|TRUE|FALSE|INFINITE")
# What stands before and behind a word, and what it is.
WORD = re.compile(r"(?P<open>[(\[\"']*)(?P<word>.*?)"
                  r"(?P<own>'s)?(?P<close>[.,;:!?)\]\"']*)")
CALL = re.compile(r"(?P<of>[\w]+::)?(?P<name>\w+)\(\)")
POINT = re.compile(r" ?- ")


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\e").replace('"', "\\(dq") + '"'


class Page:
    """One page's text: knows which names have a page of their own."""

    def __init__(self, pages: dict[str, str], mine: set[str]) -> None:
        self.pages, self.mine = pages, mine
        self.terms: set[str] = set()
        self.lines: list[str] = []
        self.seen: set[str] = set()

    def line(self, *text: str) -> None:
        self.lines += text

    def macro_of(self, word: str) -> str:
        """A word as a macro, or "" where it is only a word."""
        call = CALL.fullmatch(word)
        if call and call.group("of"):
            interface = call.group("of").removesuffix("::")
            self.see(interface)
            return f"Fn {interface}::{call.group('name')}"
        name = call.group("name") if call else word
        page = self.pages.get(name)
        if page and name not in self.mine and page not in self.mine:
            self.see(name)
            return f"Xr {page} 3"
        if call:
            return f"Fn {name}"
        if page:
            return f"Nm {name}" if name in self.mine else ""
        if CONSTANT.fullmatch(word):
            return f"Dv {word}"
        if stress := re.fullmatch(r"\*(\w+)\*", word):
            return f"Em {stress.group(1)}"
        return ""

    def see(self, name: str) -> None:
        page = self.pages.get(name)
        if page and page not in self.mine:
            self.seen.add(page)

    def sentence(self, text: str) -> None:
        self.words(sentence(text, self.terms))

    def words(self, text: str) -> None:
        """Running text: macros get lines of their own, sentences, too."""
        plain: list[str] = []

        def flush() -> None:
            if plain:
                lines = textwrap.wrap(" ".join(plain), 78,
                                      break_long_words=False,
                                      break_on_hyphens=False)
                self.line(*("\\&" + line if line[0] in ".'" else line
                            for line in lines))
                plain.clear()

        text = re.sub(r"`([^`]*)`", lambda m: m.group(1), text)
        for word in text.split():
            match = WORD.fullmatch(word)
            macro = self.macro_of(match.group("word"))
            # A full stop behind a bracket, as in "(f())", is the bracket's.
            call = re.match(r"^(\(?)([\w:]+\(\))('s)?([.,;:!?)\]]*)$", word)
            if call and (macro := self.macro_of(call.group(2))):
                opened, own, closed = (call.group(1), call.group(3),
                                       call.group(4))
            elif macro:
                opened, own, closed = (match.group("open"),
                                       match.group("own"),
                                       match.group("close"))
            if macro and '"' not in opened + closed + "":
                flush()
                name, rest = macro.split(" ", 1)
                parts = [name, *opened, rest]
                if own:
                    parts += ["Ns", own + closed]
                else:
                    parts += list(closed)
                self.line("." + " ".join(parts))
            else:
                plain.append(word.replace("\\", "\\e").replace("-1", "\\-1"))
                if re.search(r"[.!?]\)?$", word) and not word.endswith("..."):
                    flush()
        flush()

    def paragraph(self, text: str) -> None:
        self.line(".Pp")
        self.words(text)

    def points(self, text: str) -> None:
        """Lines that begin with "- " and go on indented."""
        self.line(".Bl -bullet -compact")
        for point in re.split(r"^ *- ", text, flags=re.MULTILINE)[1:]:
            self.line(".It")
            self.words(point)
        self.line(".El")

    def definitions(self, entries: list[tuple[str, str, str]]) -> None:
        """Entries are (macro, term, text)."""
        self.line(".Bl -tag -width Ds")
        for macro, term, text in entries:
            self.line(f".It {macro} {term}")
            self.words(text)
        self.line(".El")

    def text(self, paragraphs: list[str]) -> None:
        """Paragraphs, lists of points and of terms, and what is shown."""
        for paragraph in paragraphs:
            entries = defined(paragraph, self.terms)
            if entries:
                self.definitions(entries)
            elif paragraph.startswith("\t"):
                self.line(*(f".Dl {line.strip()}"
                            for line in paragraph.splitlines()))
            elif POINT.match(paragraph):
                self.points(paragraph)
            else:
                self.paragraph(paragraph)

    def returned(self, text: str, usual: dict[str, str],
                 values: dict[str, str], inside: bool) -> None:
        """What "Return:" says: a list of codes, and what is no code."""
        codes, rest = codes_of(text)
        if inside:
            self.line(".Pp")
        if codes:
            if inside:
                self.line("It returns")
            self.line(".Bl -tag -width Ds")
            for code, meaning in codes:
                value = values.get(code)
                self.line(f".It Dv {code}" + (f" Pq {value}" if value else ""))
                self.sentence(meaning or usual.get(code, ""))
            self.line(".El")
            if rest:
                self.line(".Pp")
                self.sentence(re.sub(r"^(?=as |what )", "otherwise ", rest))
        elif inside:
            self.words(f"It returns {rest}")
        else:
            self.sentence(rest)

    def __str__(self) -> str:
        """Without the paragraphs that headings and lists make themselves."""
        text = "\n".join(self.lines) + "\n"
        text = re.sub(r"^(\.S[hs] .*\n)(?:\.Pp\n)+", r"\1", text,
                      flags=re.MULTILINE)
        return re.sub(r"^\.Pp\n(?=\.Bl (?!.*-compact))", "", text,
                      flags=re.MULTILINE)


def sentence(text: str, terms: set[str]) -> str:
    """With a capital letter, unless a name is first, and a full stop."""
    text = text.strip()
    if not text:
        return ""
    first = re.match(r"([a-z]+)[\s,.]", text + ".")
    if first and first.group(1) not in terms:
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else text + "."


def defined(paragraph: str, terms: set[str]) -> list[tuple[str, str, str]]:
    """"term: text" for each line that is not indented, or nothing."""
    entries = []
    for line in paragraph.splitlines():
        match = re.match(r"(\w+): +(\S.*)", line)
        if match and (match.group(1) in terms or
                      CONSTANT.fullmatch(match.group(1))):
            macro = "Fa" if match.group(1) in terms else "Dv"
            entries.append([macro, match.group(1), match.group(2)])
        elif entries and line.startswith(" "):
            entries[-1][2] += " " + line.strip()
        else:
            return []
    return [tuple(entry) for entry in entries]


def codes_of(text: str) -> tuple[list[tuple[str, str]], str]:
    """The codes that "Return:" lists, each with its meaning, and the rest."""
    text = re.sub(r"\s+", " ", text).strip()
    codes, rest = [], []
    last = None
    for part in re.split(r"; *", text):
        match = re.match(rf"({CODE})(?::\s+(.*)|(\..*)?)$", part)
        if match and (match.group(2) or not match.group(3)):
            last = [match.group(1), match.group(2) or ""]
            codes.append(last)
        elif match:
            codes.append([match.group(1), ""])
            rest.append(match.group(3).lstrip(". "))
            last = None
        elif last and not re.match(r"as |what ", part):
            last[1] += "; " + part
        else:
            rest.append(part)
            last = None
    # A sentence of its own behind the last code is not about that code.
    if codes:
        code, meaning = codes[-1]
        head, stop, tail = meaning.partition(". ")
        if stop:
            codes[-1] = [code, head]
            rest.insert(0, tail)
    return [tuple(code) for code in codes], "; ".join(part for part in rest
                                                     if part.strip("."))
