"""Dangers of a shell script: each simple command is asked for by the rule of its program (shell_rules.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.dangers.danger import Danger
from commands.dangers.shell_rules import SHELLS, Call, of_call, of_redirects
from commands.dangers.shell_words import KEYWORDS, Reader, Simple, Word

_TAKES_SCRIPTS = SHELLS | {
    "su",
    "ssh",
    "eval",
    "trap",
    "watch",
    "docker",
    "kubectl",
    "nsenter",
    "find",
    "xargs",
    "runuser",
}

# Programs that run another: options of theirs that have a value of their own, and how many words come before it.
_PREFIXES: dict[str, tuple[str, int]] = {
    "sudo": ("ughpCTr", 0),
    "doas": ("uC", 0),
    "env": ("u", 0),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "exec": ("a", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "nice": ("n", 0),
    "ionice": ("cnp", 0),
    "timeout": ("sk", 1),
    "stdbuf": ("ioe", 0),
    "xargs": ("InPLdaEs", 0),
    "busybox": ("", 0),
    "chroot": ("", 1),
    "flock": ("wE", 1),
    "ssh": ("bcDEeFIiJLlmOopQRSWw", 1),
}
_ASSIGNMENT = re.compile(r"\w+\+?=")

_DATABASE = re.compile(r"\bdrop\s+(?:database|schema)\b|\bflushall\b|\bflushdb\b|\bdropDatabase\b", re.IGNORECASE)
_FORK_BOMB = re.compile(r"([:\w]{1,64})\s{0,9}\(\)\s{0,9}\{\s{0,9}\1\s{0,9}\|\s{0,9}\1\s{0,9}&\s{0,9}\}")
_SHEBANG_OF_OTHERS = re.compile(r"\ufeff?#!.*\b(?:python|perl|ruby|node|php)")
_STRING = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")
_SEARCHERS = {"grep", "egrep", "fgrep", "rg", "ag"}


def dangers_in(content: str) -> list[Danger]:
    if _SHEBANG_OF_OTHERS.match(content):
        return list(_in_strings(content))
    reader = Reader(content)
    found = [danger for simple in reader.simples() for danger in _of_simple(reader, simple, 0)]
    bombs = (content.count("\n", 0, bomb.start()) + 1 for bomb in _FORK_BOMB.finditer(_without_comments(content)))
    return [*found, *(Danger(line, "fork-bomb") for line in bombs)]


def _without_comments(content: str) -> str:
    """Blank lines where there were only comments."""
    return "\n".join("" if line.lstrip().startswith("#") else line for line in content.split("\n"))


def _in_strings(content: str) -> Iterator[Danger]:
    """Of another language only the strings are looked at: they may be handed to a shell."""
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.lstrip().startswith("#"):
            for string in _STRING.finditer(line):
                reader = Reader(string[1] or string[2] or "")
                for simple in reader.simples():
                    for danger in _of_simple(reader, simple, 1):
                        yield Danger(number, danger.code, danger.where, danger.name)


def _of_simple(reader: Reader, simple: Simple, depth: int) -> Iterator[Danger]:
    for found in of_redirects(simple):
        yield Danger(simple.line, *found)
    if _DATABASE.search(" ".join(simple.texts)) and not _SEARCHERS & set(simple.texts):
        yield Danger(simple.line, "database")
    for call in _calls(simple):
        for found in of_call(call):
            yield Danger(simple.line, *found)
        if call.program in _TAKES_SCRIPTS:
            for word in call.words:
                if word.is_quoted and (" " in word.text or call.program == "eval"):
                    for inner in reader.within(word.text, simple.line, depth + 1):
                        yield from _of_simple(reader, inner, depth + 1)
            for operator, word in simple.redirects:
                if operator == "<<<":
                    for inner in reader.within(word.text, simple.line, depth + 1):
                        yield from _of_simple(reader, inner, depth + 1)


def _calls(simple: Simple) -> Iterator[Call]:
    """The program, and the one that it runs: of `sudo -u root rm -rf x` both `sudo` and `rm`.

    Of `xargs xargs …` one: it has all the words of the others, and there may be thousands of them.
    """
    words = simple.words
    before: set[str] = set()
    while words:
        while words and (words[0].text in KEYWORDS or _ASSIGNMENT.match(words[0].text)):
            words = words[1:]
        if not words:
            return
        program = words[0].text.rsplit("/", 1)[-1]
        if program not in before:
            yield Call(simple, program, words[1:])
        before.add(program)
        words = _after_prefix(program, words[1:]) if program in _PREFIXES else []


def _after_prefix(program: str, words: list[Word]) -> list[Word]:
    with_value, before = _PREFIXES[program]
    while words:
        text = words[0].text
        if text.startswith("-"):
            has_value = len(text) == 2 and text[1] in with_value
            words = words[2:] if has_value else words[1:]
        elif before:
            before, words = before - 1, words[1:]
        else:
            break
    return words
