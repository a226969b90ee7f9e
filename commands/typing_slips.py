"""What stands in a script that nobody meant to type: odd line ends, a byte-order mark, spaces that are none. Pure.

A script is kept byte for byte; these are notes, and `mended` is for whoever presses the button beside one. That a Bat
or PowerShell script has other line ends than Windows harms nothing (the agent makes them CRLF); a shell script with
CRLF does not run, for the shell takes the CR for a part of each last word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from commands.models import CommandType
from commands.shellcheck import Level

_BREAK = re.compile(r"\r\n|\r|\n")
_SPACES = re.compile("[\u00a0\u2002-\u200a\u202f\u205f\u3000]")
_QUOTES = re.compile("[\u2018-\u201f\u2032\u2033\uff02\uff07]")
_DASHES = re.compile("(?<=[ \t])[\u2010-\u2015\u2212\uff0d](?=[A-Za-z0-9])")
_STRAIGHT = dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\uff07", "'")
_MARK = "\ufeff"
_NAMES = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}


@dataclass(frozen=True, slots=True)
class Note:
    line: int  # of the first place
    level: Level
    sentence: str
    fix: str = ""  # what `mended` takes; "" where only a person can mend it


def notes_on(content: str, command_type: str) -> list[Note]:
    """What hurts most comes first."""
    found = [
        *_on_mark(content, command_type),
        *_on_line_ends(content, command_type),
        *_on_lost_encoding(content),
        *_on_characters(content),
        *_on_end(content),
    ]
    return sorted(found, key=lambda note: Level.values.index(note.level))


def mended(content: str, fix: str) -> str:
    """The script without it; unchanged when there is no such fix."""
    mend = _MENDS.get(fix)
    return mend(content) if mend else content


def _line_end(command_type: str) -> str:
    return "\n" if command_type == CommandType.SHELL else "\r\n"


def _on_mark(content: str, command_type: str) -> Iterator[Note]:
    at = content.find(_MARK)
    if at < 0:
        return
    level, sentence = Level.WARNING, _("The script begins with a byte-order mark; it becomes a part of the first word.")
    if content.startswith(_MARK + "#!"):
        level = Level.ERROR
        sentence = _("A byte-order mark stands before #!, so that the system can’t see what is to run the script.")
    elif at > 0:
        sentence = _("There is a byte-order mark in the middle of the script, as after joining two files.")
    elif command_type == CommandType.POWERSHELL:
        level, sentence = Level.INFO, _("The script begins with a byte-order mark.")
    yield Note(_line_of(content, at), level, sentence, "bom")


def _on_line_ends(content: str, command_type: str) -> Iterator[Note]:
    first: dict[str, int] = {}
    for number, found in enumerate(_BREAK.finditer(content), start=1):
        first.setdefault(found[0], number)
    odd = [number for end, number in first.items() if end != _line_end(command_type)]
    if odd:
        params = {"names": " + ".join(name for end, name in _NAMES.items() if end in first)}
        level, sentence = _on_ends_of(command_type, is_mixed=len(first) > 1)
        yield Note(min(odd), level, sentence % params, "lf" if command_type == CommandType.SHELL else "crlf")


def _on_ends_of(command_type: str, *, is_mixed: bool) -> tuple[Level, str]:
    if command_type == CommandType.SHELL:
        if is_mixed:
            return Level.ERROR, _(
                "The line ends are mixed: %(names)s. A shell takes only LF; a CR becomes a part of the command."
            )
        return Level.ERROR, _(
            "The lines end with %(names)s. A shell takes only LF; a CR becomes a part of the command."
        )
    if is_mixed:
        return Level.WARNING, _("The line ends are mixed: %(names)s. Windows expects CRLF.")
    return Level.INFO, _("The lines end with %(names)s; Windows expects CRLF, and gets it from the agent.")


def _on_lost_encoding(content: str) -> Iterator[Note]:
    if (at := content.find("\x00")) >= 0:  # two bytes a character, read as if it were one
        sentence = _("There are zero bytes in the script; it seems to have been UTF-16.")
        yield Note(_line_of(content, at), Level.ERROR, sentence, "zeros")
    if (at := content.find("\ufffd")) >= 0:
        sentence = _("There are characters that could not be read (U+FFFD): the text was in another encoding.")
        yield Note(_line_of(content, at), Level.WARNING, sentence)


def _on_characters(content: str) -> Iterator[Note]:
    told = [
        (_SPACES, "spaces", _("There is a space that separates no words: U+%(code)s.")),
        (_QUOTES, "quotes", _("There is a typographic quotation mark, which may quote nothing: U+%(code)s.")),
        (_DASHES, "dashes", _("There is a dash before what looks like an option, but no hyphen: U+%(code)s.")),
    ]
    for odd, fix, sentence in told:
        if found := odd.search(content):
            code = f"{ord(found[0]):04X}"
            yield Note(_line_of(content, found.start()), Level.WARNING, sentence % {"code": code}, fix)


def _on_end(content: str) -> Iterator[Note]:
    if content.strip() and not content.endswith(("\n", "\r")):
        yield Note(_line_of(content, len(content)), Level.INFO, _("The last line has no line end."), "final-newline")


def _line_of(content: str, at: int) -> int:
    return len(_BREAK.findall(content, 0, at)) + 1


def _with_last_line_end(content: str) -> str:
    ends = _BREAK.findall(content)
    return content + (ends[-1] if ends else "\n")


_MENDS: dict[str, Callable[[str], str]] = {
    "lf": lambda content: _BREAK.sub("\n", content),
    "crlf": lambda content: _BREAK.sub("\r\n", content),
    "bom": lambda content: content.replace(_MARK, ""),
    "spaces": lambda content: _SPACES.sub(" ", content),
    "quotes": lambda content: _QUOTES.sub(lambda found: _STRAIGHT.get(found[0], '"'), content),
    "dashes": lambda content: _DASHES.sub("-", content),
    "zeros": lambda content: content.replace("\x00", ""),
    "final-newline": _with_last_line_end,
}
