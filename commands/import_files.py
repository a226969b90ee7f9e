"""A file that somebody brings, from bytes to values that know their line. Size first, then encoding, then the parser.

JSON and YAML become the same tree. Nothing is unpacked, no tag of YAML builds anything, an alias is refused, and every
scalar of YAML stays the text it is: `on`, `no` and `012` are words. What can be read in spite of a mistake is read, so
that all mistakes can be told at once: a key that is there twice is noted in its mapping.

    root = read(data, name="commands.yaml")     raises Unreadable
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]  # an RFC 8259 string, as Python reads it
from typing import Any

import yaml
from django.utils.translation import gettext as _

LARGEST = 1_000_000  # bytes of a file
DEEPEST = 20  # levels
MOST_VALUES = 120_000  # 500 commands with four parameters and ten tags each have 60,000

_YAML_NAME = re.compile(r"\.ya?ml$", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[\w.+-]{1,20}")
_WORDS = {"true": True, "false": False, "null": None}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PARSER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Unreadable(Exception):
    """Nothing can be made of it. `status` is the HTTP status that says so: 413, 415 or 422."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


@dataclass(slots=True)
class Node:
    """A value and the line it begins in. A number is the text it was written as."""

    line: int
    value: str | bool | Number | Plain | list[Node] | dict[str, Node] | None
    twice: list[tuple[str, int]] = field(default_factory=list)  # keys that were there before, with their lines


class Number(str):
    """Of JSON."""


class Plain(str):
    """A word of YAML without quotes: text, but also what `true` and `60` are written as."""


def read(data: bytes, *, name: str = "") -> Node:
    """`name` is that of the file, or its format; it tells YAML that begins with a bracket from JSON."""
    if len(data) > LARGEST:
        sentence = _("The file is too large: %(size)s MB, at most %(most)s MB.")
        raise Unreadable(sentence % {"size": f"{len(data) / 1e6:.1f}", "most": f"{LARGEST / 1e6:g}"}, 413)
    text = _decoded(data)
    if not text.strip():
        raise Unreadable(_("There is nothing in it."))
    is_yaml = bool(_YAML_NAME.search(name)) or not text.lstrip().startswith(("{", "["))
    return _Yaml(text).read() if is_yaml else _Json(text).read()


def kind_of(data: bytes) -> str:
    """What bytes that are no text seem to be, for a sentence; "" for text in UTF-8."""
    for magic, kind in _magic().items():
        if data.startswith(magic):
            return kind
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _has_zeros_between(data):
        return _("text in UTF-16")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _("text in GBK") if _is_gbk(data) else _("text in another encoding, or no text")
    return _("no text") if "\x00" in text else ""


def _magic() -> dict[bytes, str]:
    program, picture = _("a program"), _("a picture")
    return {
        b"PK\x03\x04": _("a zip archive"),
        b"\x1f\x8b": _("a gzip archive"),
        b"BZh": _("a bzip2 archive"),
        b"\xfd7zXZ": _("an xz archive"),
        b"7z\xbc\xaf": _("a 7z archive"),
        b"%PDF": _("a PDF document"),
        b"\x7fELF": program,
        b"MZ": program,
        b"\x89PNG": picture,
        b"\xff\xd8\xff": picture,
    }


def _decoded(data: bytes) -> str:
    if kind := kind_of(data):
        sentence = _("The file seems to be %(kind)s. Save it as JSON or YAML in UTF-8.")
        raise Unreadable(sentence % {"kind": kind}, 415)
    return data.decode("utf-8-sig")


def _has_zeros_between(data: bytes) -> bool:
    """Every other byte, as of ASCII in UTF-16 without its mark."""
    head = data[:64]
    return len(head) >= 4 and (not any(head[1::2]) or not any(head[::2]))


def _is_gbk(data: bytes) -> bool:
    try:
        return any(char >= "\u4e00" for char in data.decode("gbk"))
    except UnicodeDecodeError:
        return False


def _too_deep(line: int) -> Unreadable:
    sentence = _("Line %(line)d: more than %(most)d levels are in one another.")
    return Unreadable(sentence % {"line": line, "most": DEEPEST})


def _too_many() -> Unreadable:
    return Unreadable(_("There are more than %(most)s values in the file.") % {"most": f"{MOST_VALUES:,}"})


class _Json:
    """JSON as RFC 8259 has it, and what Python's own parser does not tell: lines, keys twice, how deep."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.count = 0
        self._line, self._counted = 1, 0

    def read(self) -> Node:
        root = self._value(0)
        self._skip()
        if self.at < len(self.text):
            raise self._wrong(_("something follows the end"))
        return root

    @property
    def line(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def _wrong(self, why: str) -> Unreadable:
        return Unreadable(_("Line %(line)d: this is not JSON: %(why)s.") % {"line": self.line, "why": why})

    def _skip(self) -> str:
        """The next character after white space; "" at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def _value(self, depth: int) -> Node:
        next_one = self._skip()
        line = self.line
        self.count += 1
        if depth > DEEPEST:
            raise _too_deep(line)
        if self.count > MOST_VALUES:
            raise _too_many()
        if next_one == "{":
            return self._object(line, depth)
        if next_one == "[":
            return self._array(line, depth)
        if next_one == '"':
            return Node(line, self._string())
        if found := _NUMBER.match(self.text, self.at):
            self.at = found.end()
            return Node(line, Number(found[0]))
        return Node(line, self._word())

    def _word(self) -> bool | None:
        found = _WORD.match(self.text, self.at)
        word = found[0] if found else self.text[self.at : self.at + 1]
        if word not in _WORDS:
            raise self._wrong(
                _("a value is expected, not “%(word)s”") % {"word": word} if word else _("it ends too soon")
            )
        self.at += len(word)
        return _WORDS[word]

    def _string(self) -> str:
        try:
            text, self.at = scanstring(self.text, self.at + 1, True)
        except JSONDecodeError as error:
            self.at = min(error.pos, len(self.text))
            is_control = bool(_CONTROL.match(self.text, self.at)) or self.text[self.at : self.at + 1] in ("\n", "\t")
            raise self._wrong(
                _("a text holds a line break or another control character")
                if is_control
                else _("a text does not end, or has a backslash that means nothing")
            ) from None
        return str(text)

    def _array(self, line: int, depth: int) -> Node:
        self.at += 1
        items: list[Node] = []
        while self._goes_on(items, "]"):
            items.append(self._value(depth + 1))
        return Node(line, items)

    def _object(self, line: int, depth: int) -> Node:
        self.at += 1
        pairs: dict[str, Node] = {}
        node = Node(line, pairs)
        while self._goes_on(pairs, "}"):
            if self._skip() != '"':
                raise self._wrong(_("a key in double quotes is expected"))
            at = self.line
            key = self._string()
            if self._skip() != ":":
                raise self._wrong(_("a colon is expected after a key"))
            self.at += 1
            value = self._value(depth + 1)
            if key in pairs:
                node.twice.append((key, at))
            else:
                pairs[key] = value
        return node

    def _goes_on(self, before: list[Node] | dict[str, Node], end: str) -> bool:
        """Whether another item follows; takes the comma before it, or the closing bracket."""
        next_one = self._skip()
        if next_one == end:
            self.at += 1
            return False
        if not before:
            return True
        if next_one != ",":
            why = _("it ends too soon") if not next_one else _("a comma or %(bracket)s is expected") % {"bracket": end}
            raise self._wrong(why)
        self.at += 1
        if self._skip() == end:
            raise self._wrong(_("a comma stands before the closing bracket"))
        return True


class _Yaml:
    """The events of PyYAML's parser; nothing is constructed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.count = 0

    def read(self) -> Node:
        try:
            return self._document(yaml.parse(self.text, Loader=_PARSER))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._wrong(mark.line + 1 if mark else 1, self._why(error)) from None
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 1
            raise self._wrong(line, _("it holds a control character")) from None
        except RecursionError:
            raise _too_deep(1) from None

    def _wrong(self, line: int, why: str) -> Unreadable:
        return Unreadable(_("Line %(line)d: this is not YAML: %(why)s.") % {"line": line, "why": why.rstrip(".")})

    def _why(self, error: yaml.MarkedYAMLError) -> str:
        mark = error.problem_mark
        lines = self.text.split("\n")
        if mark and mark.line < len(lines) and lines[mark.line][: mark.column + 1].strip(" ").startswith("\t"):
            return _("a line is indented by a tab; YAML takes spaces")
        return str(error.problem or error.context or error)

    def _document(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        open_ones: list[_Collection] = []
        documents = 0
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Unreadable(_("Line %(line)d: a second document begins; one is expected.") % {"line": line})
            elif isinstance(event, yaml.CollectionEndEvent):
                open_ones.pop()
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event, line, len(open_ones))
                if open_ones:
                    open_ones[-1].add(node)
                root = root or node
                if isinstance(event, yaml.CollectionStartEvent):
                    open_ones.append(_Collection(node))
        if root is None:
            raise Unreadable(_("There is nothing in it."))
        return root

    def _node(self, event: Any, line: int, depth: int) -> Node:
        self.count += 1
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            sentence = _("Line %(line)d: anchors (&) and aliases (*) are not taken; write it out.")
            raise Unreadable(sentence % {"line": line})
        if event.tag:
            raise Unreadable(_("Line %(line)d: tags (!) are not taken.") % {"line": line})
        if depth > DEEPEST:
            raise _too_deep(line)
        if self.count > MOST_VALUES:
            raise _too_many()
        if isinstance(event, yaml.MappingStartEvent):
            return Node(line, {})
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(line, [])
        return Node(line, event.value if event.style else Plain(event.value))


class _Collection:
    """A list or a mapping of YAML that has not ended; in a mapping keys and values take turns."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.key: Node | None = None

    def add(self, node: Node) -> None:
        value = self.node.value
        if isinstance(value, list):
            value.append(node)
        elif self.key is None:
            if not isinstance(node.value, str):
                raise Unreadable(_("Line %(line)d: a key is a word, not a list.") % {"line": node.line})
            self.key = node
        elif isinstance(value, dict):
            key, self.key = str(self.key.value), None
            if key in value:
                self.node.twice.append((key, node.line))
            else:
                value[key] = node
