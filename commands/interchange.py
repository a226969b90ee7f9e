"""Commands read from a file, as `commands.exporting` writes it or by hand. README "Commands as files" has the format.

read(data) -> Document      an edition, or all that is wrong with it, for each command
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.plain_input import visible
from commands import checking, import_files
from commands.definitions import Definition
from commands.import_files import Node, Number, Plain, Unreadable
from commands.models import CommandType
from commands.parameters import names_in
from commands.saving import Edition

FORMAT = "cloud-assistant-console/commands"
VERSION = 1
MOST = 500  # commands in a file: the quota of a region

_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` is where in the document: `commands[3].timeout`, counted from 0."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return _("%(path)s: %(sentence)s (line %(line)d)") % {
            "path": self.path,
            "sentence": self.sentence.rstrip(".。"),
            "line": self.line,
        }


@dataclass(slots=True)
class Entry:
    """One command of a file. `edition` is None when something is wrong with it."""

    index: int
    line: int
    name: str
    edition: Edition | None
    problems: list[Problem]
    notes: list[str] = field(default_factory=list)  # what is there, but has no effect


@dataclass(slots=True)
class Document:
    entries: list[Entry]
    problems: list[Problem]  # of the document itself: nothing of it is to be imported

    @property
    def all_problems(self) -> list[Problem]:
        return [*self.problems, *(problem for entry in self.entries for problem in entry.problems)]


def read(data: bytes, *, name: str = "") -> Document:
    """Raises Unreadable for what is no such file at all."""
    root = import_files.read(data, name=name)
    reader = _Reader(root, "")
    reader.only_known({"format", "version", "commands"})
    if not isinstance(root.value, dict):
        return Document([], reader.problems)
    _check_version(reader)
    items = reader.items("commands")
    if len(items) > MOST:
        sentence = _("There are %(n)s commands in the file, at most %(most)d are taken.")
        raise Unreadable(sentence % {"n": f"{len(items):,}", "most": MOST}, 413)
    if (found := reader.get("commands")) and found.value == []:
        reader.wrong("commands", _("there is no command in the file"))
    entries = [_entry(index, item) for index, item in enumerate(items)]
    _refuse_names_twice(entries)
    return Document(entries, reader.problems)


def _check_version(reader: _Reader) -> None:
    known = len(reader.problems)
    given = reader.text("format", is_needed=True)
    if given != FORMAT and len(reader.problems) == known:
        reader.wrong("format", _("“%(format)s” is expected") % {"format": FORMAT})
    version = reader.whole("version", VERSION, is_needed=True)
    if version != VERSION:
        sentence = _("version %(version)s is not known here; this console reads version %(known)d")
        reader.wrong("version", sentence % {"version": version, "known": VERSION})


def _refuse_names_twice(entries: list[Entry]) -> None:
    first: dict[str, Entry] = {}
    for entry in entries:
        before = first.setdefault(entry.name, entry)
        if entry.name and before is not entry:
            sentence = _("the name is there twice, in line %(line)d, too") % {"line": before.line}
            entry.problems.append(Problem(f"commands[{entry.index}].name", entry.line, sentence))
            entry.edition = None


def _entry(index: int, node: Node) -> Entry:
    path = f"commands[{index}]"
    reader = _Reader(node, path)
    if not isinstance(node.value, dict):
        reader.wrong("", _("a command with its name, type and content is expected"))
        return Entry(index, node.line, "", None, reader.problems)
    edition = _edition(reader)
    shape = [problem.path for problem in reader.problems]
    problems = [*reader.problems]
    for problem in checking.problems_of(edition):
        found = _placed(problem, reader)
        if found.path not in shape:  # what has no shape keeps to no limit either: once is enough
            problems.append(found)
    problems.sort(key=lambda problem: problem.line)
    return Entry(
        index, node.line, visible(edition.name), None if problems else edition, problems, list(_unused(edition))
    )


def _unused(edition: Edition) -> Iterator[str]:
    used = {name.lower() for name in names_in(edition.content)} if edition.enable_parameter else set()
    for definition in edition.definitions:
        if definition.name.lower() not in used:
            sentence = _("The parameter %(name)s is not used in the content and is left out.")
            yield sentence % {"name": definition.name}


def _edition(reader: _Reader) -> Edition:
    reader.only_known(
        {"name", "type", "content", "content_base64", "description", "working_dir", "timeout", "use_parameters"}
        | {"launcher", "tags", "parameters"}
    )
    return Edition(
        name=reader.text("name", is_needed=True).strip(),
        type=_type(reader),
        content=_content(reader),
        description=reader.text("description"),
        working_dir=reader.text("working_dir"),
        timeout=reader.whole("timeout", 60),
        enable_parameter=reader.flag("use_parameters"),
        launcher=reader.text("launcher"),
        tags=reader.texts_by_key("tags"),
        definitions=[_definition(inner) for inner in reader.readers("parameters")],
    )


def _type(reader: _Reader) -> str:
    given = reader.text("type", is_needed=True)
    if given and given not in CommandType.values:
        reader.wrong("type", _("one of %(types)s is expected") % {"types": ", ".join(CommandType.values)})
    return given


def _content(reader: _Reader) -> str:
    """By the key alone: nothing is guessed from what a text looks like (B81)."""
    if not reader.has("content_base64"):
        return reader.text("content", is_needed=True)
    if reader.has("content"):
        reader.wrong("content_base64", _("content and content_base64 are both there; one is expected"))
    text = re.sub(r"\s", "", reader.text("content_base64"))
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        is_text = isinstance(error, UnicodeDecodeError)
        reader.wrong("content_base64", _("it holds no text in UTF-8") if is_text else _("this is not Base64"))
        return ""


def _definition(reader: _Reader) -> Definition:
    reader.only_known({"name", "description", "default", "required", "allowed", "pattern", "secret"})
    return Definition(
        name=reader.text("name", is_needed=True),
        description=reader.text("description"),
        default=reader.text("default"),
        is_required=reader.flag("required"),
        allowed=tuple(reader.texts("allowed")),
        pattern=reader.text("pattern"),
        is_secret=reader.flag("secret"),
    )


def _placed(problem: checking.Problem, reader: _Reader) -> Problem:
    """A problem of an edition, at the key of the file that it is about."""
    key = problem.field
    if problem.field.startswith("parameter-"):
        for inner in reader.readers("parameters", is_quiet=True):
            if inner.text("name", is_quiet=True) == problem.of:
                part = problem.field.removeprefix("parameter-")
                return Problem(*inner.place(part), problem.sentence)
    elif problem.field == "tags" and problem.of:
        path, line = reader.place("tags")
        tags = reader.get("tags")
        if tags and isinstance(tags.value, dict) and problem.of in tags.value:
            line = tags.value[problem.of].line
        return Problem(f"{path}.{visible(problem.of[:40])}", line, problem.sentence)
    elif key == "content" and reader.has("content_base64"):
        key = "content_base64"
    return Problem(*reader.place(key), problem.sentence)


class _Reader:
    """Takes values out of a mapping, and notes what has not the shape that was asked for."""

    def __init__(self, node: Node, path: str) -> None:
        self.node = node
        self.path = path
        self.problems: list[Problem] = []
        for key, line in node.twice:
            self.problems.append(Problem(self._join(key), line, _("the key is there twice")))

    def _join(self, key: str) -> str:
        return ".".join(part for part in (self.path, visible(key[:40])) if part)

    def get(self, key: str) -> Node | None:
        return self.node.value.get(key) if isinstance(self.node.value, dict) else None

    def has(self, key: str) -> bool:
        return self.get(key) is not None

    def place(self, key: str) -> tuple[str, int]:
        """Path and line of a key; of the mapping, where the key is missing."""
        found = self.get(key)
        return self._join(key) or "/", found.line if found else self.node.line

    def wrong(self, key: str, sentence: str) -> None:
        self.problems.append(Problem(*self.place(key), sentence))

    def only_known(self, keys: set[str]) -> None:
        if not isinstance(self.node.value, dict):
            self.wrong("", _("an object with keys is expected"))
            return
        for key in self.node.value:
            if key not in keys:
                self.wrong(key, _("there is no such key"))

    def text(self, key: str, *, is_needed: bool = False, is_quiet: bool = False) -> str:
        found = self.get(key)
        if found is None:
            if is_needed and not is_quiet:
                self.wrong(key, _("it is missing"))
            return ""
        if not isinstance(found.value, str) or isinstance(found.value, Number):
            if not is_quiet:
                self.wrong(key, _("a text is expected"))
            return ""
        return str(found.value)

    def whole(self, key: str, default: int, *, is_needed: bool = False) -> int:
        found = self.get(key)
        if found is None:
            if is_needed:
                self.wrong(key, _("it is missing"))
            return default
        if not isinstance(found.value, Number | Plain) or not _WHOLE.fullmatch(found.value):
            self.wrong(key, _("a whole number is expected"))
            return default
        return int(found.value)

    def flag(self, key: str) -> bool:
        found = self.get(key)
        if found is None:
            return False
        value = found.value
        if isinstance(value, Plain) and value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            self.wrong(key, _("true or false is expected"))
        return value is True

    def items(self, key: str, *, is_quiet: bool = False) -> list[Node]:
        found = self.get(key)
        if found is None or (isinstance(found.value, Plain) and not found.value):
            if key == "commands":
                self.wrong(key, _("it is missing"))
            return []
        if not isinstance(found.value, list):
            if not is_quiet:
                self.wrong(key, _("a list is expected"))
            return []
        return found.value

    def readers(self, key: str, *, is_quiet: bool = False) -> Iterator[_Reader]:
        """One for each mapping of a list. What they find is ours as well."""
        for index, item in enumerate(self.items(key, is_quiet=is_quiet)):
            inner = _Reader(item, f"{self._join(key)}[{index}]")
            yield inner
            if not is_quiet:
                self.problems += inner.problems

    def texts(self, key: str) -> Iterator[str]:
        for index, item in enumerate(self.items(key)):
            if isinstance(item.value, str) and not isinstance(item.value, Number):
                yield str(item.value)
            else:
                self.problems.append(Problem(f"{self._join(key)}[{index}]", item.line, _("a text is expected")))

    def texts_by_key(self, key: str) -> dict[str, str]:
        found = self.get(key)
        if found is None or (isinstance(found.value, Plain) and not found.value):
            return {}
        if not isinstance(found.value, dict):
            self.wrong(key, _("an object with keys is expected"))
            return {}
        inner = _Reader(found, self._join(key))
        texts = {name: inner.text(name) for name in found.value}
        self.problems += inner.problems
        return texts
