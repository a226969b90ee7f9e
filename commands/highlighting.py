"""A script in lines of coloured pieces, parameters marked. Pieces name CSS classes; every text is to be escaped.

The texts of a line's pieces in a row are the line; the lines joined by line breaks are the script with its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pygments.lexer import Lexer
from pygments.lexers import BashLexer, BatchLexer, PerlLexer, PowerShellLexer, PythonLexer, RubyLexer, TextLexer
from pygments.token import Comment, Keyword, Name, Token, _TokenType
from pygments.token import String as Text

from commands.models import CommandType, Script
from commands.parameters import Kind, Segment, segments

LONGEST_LINE = 2_000  # characters; beyond that, as in packed data, colours only cost time
_CLASSES = {Comment: "c", Keyword: "k", Text: "s", Name.Builtin: "k"}
_LEXERS: dict[str, type[Lexer]] = {
    CommandType.SHELL: BashLexer,
    CommandType.POWERSHELL: PowerShellLexer,
    CommandType.BAT: BatchLexer,
}
_SHEBANG = re.compile(r"#!.*\b(python|perl|ruby)", re.IGNORECASE)
_OF_SHEBANG = {"python": PythonLexer, "perl": PerlLexer, "ruby": RubyLexer}
_LINE_BREAK = re.compile(r"\r\n|\r")

# Format characters, fillers and separators that draw nothing or turn the text around. Variation selectors are harmless.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
HIDDEN = re.compile(f"([\x00-\x08\x0b-\x1f\x7f-\x9f\xa0{INVISIBLE}])")
_PLACEHOLDER = "x"  # what a parameter looks like to a lexer: a part of a word


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    css: str = ""  # c comment · k keyword · s string
    name: str = ""  # of the parameter
    kind: Kind = Kind.TEXT

    @property
    def code(self) -> str:
        """U+202E where the text is one character that can't be seen, or turns around what is: it is named (C47)."""
        return f"U+{ord(self.text):04X}" if HIDDEN.fullmatch(self.text) else ""


Line = list[Piece]


def lines(content: str, command_type: str, values: Mapping[str, str] | None) -> list[Line]:
    """`values` are filled in; parameters without one are marked as such. None: what is in braces is text."""
    parts = [Segment(content)] if values is None else segments(content, values)
    coloured = _coloured(list(_with_plain_breaks(parts)), _lexer(_LINE_BREAK.sub("\n", content), command_type))
    return [list(_apart(line)) for line in _in_lines(coloured)]


def lines_of(script: Script) -> list[Line]:
    """As it is saved, its parameters marked."""
    return lines(script.content, script.type, {} if script.enable_parameter else None)


def _apart(line: Line) -> Iterator[Piece]:
    """What can't be seen becomes a piece of its own."""
    for piece in line:
        if piece.kind == Kind.TEXT:
            yield from (replace(piece, text=text) for text in HIDDEN.split(piece.text) if text)
        else:
            yield piece


def _with_plain_breaks(parts: list[Segment]) -> Iterator[Segment]:
    """A CRLF may be half the script's, half a value's: the break is the CR, wherever the LF stands."""
    before = ""
    for part in parts:
        text = part.text.removeprefix("\n") if before.endswith("\r") else part.text
        before = part.text or before
        yield replace(part, text=_LINE_BREAK.sub("\n", text))


def _coloured(parts: list[Segment], lexer: Lexer) -> Iterator[Piece]:
    """Colours are those of the script, whatever is filled in: a value can't colour what follows it."""
    script = "".join(part.text if part.kind == Kind.TEXT else _PLACEHOLDER for part in parts)
    runs = _runs(lexer, script)
    for part in parts:
        if part.kind != Kind.TEXT:
            css, _text = next(_take(runs, len(_PLACEHOLDER)))
            yield Piece(part.text, css, part.name, part.kind)
            continue
        for css, text in _take(runs, len(part.text)):
            yield Piece(text, css)


def _runs(lexer: Lexer, script: str) -> list[tuple[str, str]]:
    """(CSS class, text), last one first; the texts are the script, character for character."""
    if max((len(line) for line in script.splitlines()), default=0) > LONGEST_LINE:
        return [("", script)]
    found = [(_css(token), text) for _at, token, text in lexer.get_tokens_unprocessed(script) if text]
    return found[::-1] if "".join(text for _css, text in found) == script else [("", script)]


def _take(runs: list[tuple[str, str]], length: int) -> Iterator[tuple[str, str]]:
    """The next so many characters."""
    while length > 0:
        css, text = runs.pop()
        if len(text) > length:
            runs.append((css, text[length:]))
            text = text[:length]
        length -= len(text)
        yield css, text


def _css(token: _TokenType) -> str:
    while token is not Token:
        if token in _CLASSES:
            return _CLASSES[token]
        token = token.parent
    return ""


def _lexer(content: str, command_type: str) -> Lexer:
    if shebang := _SHEBANG.match(content):
        return _OF_SHEBANG[shebang[1].lower()]()
    return _LEXERS.get(command_type, TextLexer)()


def _in_lines(pieces: Iterator[Piece]) -> list[Line]:
    """A line break at the very end begins no line."""
    found: list[Line] = [[]]
    for piece in pieces:
        first, *others = piece.text.split("\n")
        _append(found[-1], piece, first)
        for text in others:
            found.append([])
            _append(found[-1], piece, text)
    return found[:-1] if len(found) > 1 and not found[-1] else found


def _append(line: Line, piece: Piece, text: str) -> None:
    if not text and piece.kind == Kind.TEXT:
        return
    before = line[-1] if line else None
    if before and before.kind == piece.kind == Kind.TEXT and before.css == piece.css:
        line[-1] = replace(before, text=before.text + text)
    else:
        line.append(replace(piece, text=text))
