"""Terminal output as lines of text pieces: colours through an allowlist of SGR codes, everything else made harmless.

Output is hostile (C46, C47). Nothing here makes markup: a piece is text and the names of CSS classes from this module.
Carriage returns overwrite as on a terminal. Cursor moves and modes are removed. What could hide or fake something is
shown as a symbol: control characters, strings for the terminal (titles, links, clipboard), bidi controls, invisibles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from commands.highlighting import INVISIBLE

HIDDEN = re.compile(f"([\x00-\x08\x0b-\x1f\x7f-\x9f{INVISIBLE}])")  # what can't be seen in a text of lines
SYMBOL = "a-ctl"
HUES = "krgybmcw"  # SGR 30 to 37; 90 to 97 are their bright twins
NORMAL = tuple(f"a-{hue}" for hue in HUES)
BRIGHT = tuple(f"a-h{hue}" for hue in HUES)
_ON = {1: {"bold"}, 2: {"dim"}, 3: {"italic"}, 4: {"underline"}, 7: {"inv"}}
_OFF = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"inv"}}
_HUES = {39: ""} | {30 + n: name for n, name in enumerate(NORMAL)} | {90 + n: name for n, name in enumerate(BRIGHT)}
SHOWN_OF_STRING = 80  # characters of a string for the terminal that its symbol's tooltip tells

_TOKEN = re.compile(
    rf"""
      \x1b\[(?P<sgr>[0-9;:]*)m
    | (?P<erase>\x1b\[0?K)                          # from the cursor to the end of the line
    | (?P<removed>\x1b\[[0-?]*[ -/]*[@-~]           # any other CSI
        | \x1b[ -/]+[0-~] | \x1b[0-OQ-WYZ\\`-~])    # character sets, cursor saving, keypad modes
    | \x1b(?P<string>[\]PX^_][^\x07\x1b\n]*)(?:\x07|\x1b\\)
    | (?P<newline>\n)
    | (?P<return>\r)
    | (?P<backspace>\x08)
    | (?P<symbol>[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f{INVISIBLE}])
    | (?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f{INVISIBLE}]+)
    """,
    re.VERBOSE,
)


class Piece(NamedTuple):
    text: str
    classes: str = ""  # of CSS, all from this module
    title: str = ""  # what a symbol stands for


@dataclass(frozen=True, slots=True)
class Line:
    number: int  # from 1
    pieces: tuple[Piece, ...]
    is_overwritten: bool = False  # a carriage return or backspace replaced part of it; the download has all

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


class _Style(NamedTuple):
    hue: str = ""
    marks: frozenset[str] = frozenset()  # of bold, dim, italic, underline, inv

    @property
    def classes(self) -> str:
        """Inverse text has the two colours of the viewer, whatever its own: always readable."""
        hue = "" if "inv" in self.marks else self.hue
        return " ".join(filter(None, [hue, *(f"a-{mark}" for mark in sorted(self.marks))]))


@dataclass(slots=True)
class _Row:
    """The line being written: one cell a character, and where the cursor stands."""

    cells: list[Piece] = field(default_factory=list)
    cursor: int = 0
    is_overwritten: bool = False

    def write(self, cells: list[Piece]) -> None:
        end = self.cursor + len(cells)
        self.is_overwritten |= self.cells[self.cursor : end] != cells[: len(self.cells) - self.cursor]
        self.cells[self.cursor : end] = cells
        self.cursor = end

    def erase(self) -> None:
        self.is_overwritten |= self.cursor < len(self.cells)
        del self.cells[self.cursor :]

    def pieces(self) -> tuple[Piece, ...]:
        def key(cell: Piece) -> tuple[str, str]:
            return cell.classes, cell.title

        return tuple(Piece("".join(cell.text for cell in run), *look) for look, run in groupby(self.cells, key))


def lines(text: str) -> Iterator[Line]:
    """The lines of an output, without their line ends. An end of line at the very end begins no further line."""
    number, row, style = 1, _Row(), _Style()
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token.group(token.lastgroup or 0)
        if kind == "newline":
            yield Line(number, row.pieces(), row.is_overwritten)
            number, row = number + 1, _Row()
        elif kind == "sgr":
            style = _styled(style, value)
        else:
            _put(row, kind, value, style)
    if row.cells or row.is_overwritten:
        yield Line(number, row.pieces(), row.is_overwritten)


def _put(row: _Row, kind: str | None, value: str, style: _Style) -> None:
    match kind:
        case "text":
            row.write([Piece(char, style.classes) for char in value])
        case "return":
            row.cursor = 0
        case "backspace":
            row.cursor = max(0, row.cursor - 1)
        case "erase":
            row.erase()
        case "symbol":
            row.write([symbol(value)])
        case "string":
            row.write([Piece("␛", SYMBOL, f"ESC {value[:SHOWN_OF_STRING]}")])


def symbol(char: str) -> Piece:
    """A character that would not be seen, made visible: a control picture, or its code point."""
    code = ord(char)
    title = f"U+{code:04X} {unicodedata.name(char, '')}".strip()
    if code < 0x20:
        return Piece(chr(0x2400 + code), SYMBOL, title)
    return Piece("␡" if code == 0x7F else f"U+{code:04X}", SYMBOL, title)


def marked(text: str) -> Iterator[Piece]:
    """A text that is no terminal's output, such as a name: what can't be seen in it is made visible."""
    for at, part in enumerate(HIDDEN.split(text)):
        if part:
            yield symbol(part) if at % 2 else Piece(part)


def _styled(style: _Style, parameters: str) -> _Style:
    """The style after one SGR sequence; codes that are not in the allowlist, backgrounds among them, change nothing."""
    codes = iter(parameters.split(";"))
    for code in codes:
        head, *rest = code.split(":")
        if head in ("38", "48"):
            hue = _extended([part for part in rest if part] if rest else _arguments(codes))
            style = style._replace(hue=hue) if head == "38" and hue else style
        elif not code or (code.isdigit() and len(code) <= 3):
            style = _changed(style, int(code or 0))
    return style


def _changed(style: _Style, code: int) -> _Style:
    if code == 0:
        return _Style()
    if code in _ON:
        return style._replace(marks=style.marks | _ON[code])
    if code in _OFF:
        return style._replace(marks=style.marks - _OFF[code])
    if code in _HUES:
        return style._replace(hue=_HUES[code])
    return style


def _arguments(codes: Iterator[str]) -> list[str]:
    """What follows `38;`: `5;n` or `2;r;g;b`."""
    mode = next(codes, "")
    count = {"5": 1, "2": 3}.get(mode, 0)
    return [mode, *(next(codes, "") for _ in range(count))]


def _extended(arguments: list[str]) -> str:
    """The class for one of the 256 colours or a true colour; "" where the arguments make no sense."""
    mode, *numbers = arguments or [""]
    values = [int(number) for number in numbers if number.isdigit() and len(number) <= 3]
    if mode == "5" and len(values) == 1 and values[0] < 256:
        return _indexed(values[0])
    if mode == "2" and len(values) >= 3:
        return _nearest(values[-3:])
    return ""


def _indexed(n: int) -> str:
    if n < 16:
        return (NORMAL + BRIGHT)[n]
    if n >= 232:
        return _nearest([8 + 10 * (n - 232)] * 3)
    cube = [(n - 16) // 36, (n - 16) // 6 % 6, (n - 16) % 6]
    return _nearest([0 if level == 0 else 55 + 40 * level for level in cube])


def _nearest(rgb: Sequence[int]) -> str:
    """By the channels above the middle, as terminals of eight colours did it; greys by how bright they are."""
    low, high = min(rgb), max(rgb)
    if high - low < 32:
        return "a-k" if high < 96 else "a-hk" if high < 160 else "a-w" if high < 232 else "a-hw"
    channels = sum((2 * level > low + high) << bit for bit, level in enumerate(rgb))
    return (BRIGHT if low > 127 else NORMAL)[channels]
