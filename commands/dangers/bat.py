"""What a batch file can destroy. Names ignore case; `^` continues a line, `rem` and `::` begin a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.dangers import powershell, windows
from commands.dangers.danger import Danger
from commands.dangers.shell_words import UNKNOWN
from commands.dangers.windows import Found

_COMMENT = re.compile(r"\s*(?:@\s*)?(?:rem(?:\s|$)|::)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\"[^\"\n]*\"|\^.|(&&|\|\||[&|()])", re.DOTALL)
_WORD = re.compile(r"(?:\"[^\"\n]*\"|\^.|[^\s\"^])+", re.DOTALL)
_VARIABLE = re.compile(r"%([\w()]+)(?::[^%\n]*)?%|!([\w()]+)!")
_SET = re.compile(
    r"^[ \t]*@?(?:if\b.*?\b)?set[ \t]+(?:/[ap][ \t]+)?\"?(\w+)=([^\"\r\n&]*)", re.IGNORECASE | re.MULTILINE
)
_FORK_BOMB = re.compile(r"%~?0\s{0,9}\|\s{0,9}%~?0")
_BEFORE = re.compile(
    r"@|(?:call|start(?:\s+\"[^\"\n]*\")?(?:\s+/\w+)*|do|else|cmd(?:\.exe)?\s+/[ck]"
    r"|if(?:\s+/i)?(?:\s+not)?\s+(?:exist\s+(?:\"[^\"\n]*\"|\S+)|errorlevel\s+\S+|defined\s+\S+"
    r"|(?:\"[^\"\n]*\"|[^\s=]+)\s*==\s*(?:\"[^\"\n]*\"|\S+)))\s+",
    re.IGNORECASE,
)
_LOOP = re.compile(r"for\b", re.IGNORECASE)
_POWERSHELL = re.compile(r"(?:.*[\\/])?(?:powershell|pwsh)(?:\.exe)?", re.IGNORECASE)


def dangers_in(content: str) -> list[Danger]:
    known = {found[1].lower(): found[2].strip() for found in _SET.finditer(content)}
    found = []
    for number, line in _lines(content):
        if not _COMMENT.match(line):
            found += [Danger(number, *each) for each in _of_line(line, known)]
    return found


def _lines(content: str) -> Iterator[tuple[int, str]]:
    """Numbered by where they begin."""
    begun, first = "", 0
    for number, line in enumerate(content.split("\n"), start=1):
        line = line.rstrip("\r")
        first = first or number
        if line.endswith("^") and not line.endswith("^^"):
            begun += line[:-1] + " "
            continue
        yield first, begun + line
        begun, first = "", 0
    if begun:
        yield first, begun


def _of_line(line: str, known: dict[str, str]) -> Found:
    if _FORK_BOMB.search(line):
        yield "fork-bomb", "", ""
    for statement in _statements(line):
        yield from _of_statement(statement, known)


def _statements(line: str) -> Iterator[str]:
    start = 0
    for found in _SEPARATOR.finditer(line):
        if found[1]:
            yield line[start : found.start()]
            start = found.end()
    yield line[start:]


def _of_statement(statement: str, known: dict[str, str]) -> Found:
    statement = " ".join(statement.split())
    while found := _BEFORE.match(statement):
        statement = statement[found.end() :].lstrip()
    if _LOOP.match(statement):
        return
    words = _WORD.findall(statement)
    if not words:
        return
    name = words[0].strip('"').lower()
    if _POWERSHELL.fullmatch(name):
        script = statement[len(words[0]) :].strip().replace('"', "")
        yield from (
            (danger.code, danger.where, danger.name) for danger in powershell.dangers_in(_after_options(script))
        )
    elif name in ("del", "erase", "rd", "rmdir"):
        yield from _removal(words[1:], known)
    else:
        yield from windows.of_program(name, [_filled(word, known)[0].strip('"') for word in words[1:]])


def _after_options(script: str) -> str:
    return re.sub(r"(?i)^(?:-(?:nop\w*|noni\w*|nol\w*|w\w*\s+\S+|ex\w*\s+\S+|ep\s+\S+)\s+)*(?:-c\w*\s+)?", "", script)


def _removal(words: list[str], known: dict[str, str]) -> Found:
    switches = {switch for word in words if word.startswith("/") for switch in word.lower().split("/")}
    if "s" not in switches:
        return
    for word in words:
        if word.startswith("/"):
            continue
        path, unset = _filled(word, known)
        if where := windows.folder(path):
            yield ("remove-unset", where, unset) if unset else ("remove", where, "")


def _filled(word: str, known: dict[str, str]) -> tuple[str, str]:
    """The word with its variables, and the first one that nobody has set."""
    unset = ""

    def value(found: re.Match[str]) -> str:
        nonlocal unset
        name = (found[1] or found[2]).lower()
        if known.get(name):
            return UNKNOWN if _VARIABLE.search(known[name]) else known[name]
        if name in windows.ENVIRONMENT:
            return windows.ENVIRONMENT[name]
        if name in windows.ELSEWHERE:
            return UNKNOWN
        unset = unset or found[0]
        return ""

    filled = _VARIABLE.sub(value, word)
    filled = re.sub(r"\{\{[^{}]{0,200}\}\}|%~?\w*[0-9]|%%~?\w+", UNKNOWN, filled)
    return filled.replace("^", ""), unset
