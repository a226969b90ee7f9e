"""What there is to say of a script while somebody writes it: the Checks beside the editor. Nothing here keeps it from
being saved but the cloud's limits, which `checking` knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cloud import limits
from commands import checking, dangers, definitions, highlighting, shellcheck, typing_slips
from commands.dangers import Danger
from commands.editing import EditForm
from commands.highlighting import Line
from commands.models import CommandType
from commands.parameters import Kind, fill_in, names_in, size_after_base64
from commands.saving import Edition

KILOBYTE = 1024
AMBER = 0.9  # of the limit
QUICKLY_CHECKED = 6 * KILOBYTE  # after Base64: ShellCheck takes some 0.2 s for it
MOST_FINDINGS = 20  # of a kind are shown; the rest is counted
PREVIEW_LINES = 12
TOO_LARGE_TO_READ = 4  # times the limit; what is larger is only counted
_ICONS = {"error": "bad", "warning": "warn", "info": "info", "style": "info"}
_ORDER = ["bad", "warn", "info", "ok"]
_OF_CONTENT = {"too-large", "unusable", "parameter-name", "too-many"}  # not "empty": somebody is about to begin


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the Checks."""

    icon: str  # bad, warn, info, ok
    sentence: str
    line: int = 0  # of the script; 0: of none
    column: int = 0
    code: str = ""  # of ShellCheck
    detail: str = ""
    fix: str = ""  # of typing_slips.mended
    names: tuple[str, ...] = ()  # of parameters, each a link to its row
    is_danger: bool = False

    @property
    def urgency(self) -> tuple[bool, int]:
        """What is dangerous comes before all that is only wrong, then what hurts most."""
        return not self.is_danger, _ORDER.index(self.icon)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of the preview; without pieces it stands for lines left out."""

    number: int = 0
    pieces: Line | None = None


@dataclass(frozen=True, slots=True)
class Look:
    items: list[Item]
    preview: list[Excerpt]
    unfilled: list[str]  # parameters that must be given at each run
    size: Size
    is_complete: bool = True

    @property
    def has_codes(self) -> bool:
        return any(item.code for item in self.items)


@dataclass(frozen=True, slots=True)
class Size:
    """Of a script after Base64, which is what the limit counts."""

    bytes: int
    most: int

    @classmethod
    def of(cls, script: str) -> Self:
        return cls(size_after_base64(script), limits.content_bytes())

    @property
    def kilobytes(self) -> str:
        return f"{self.bytes / KILOBYTE:.1f}"

    @property
    def most_kilobytes(self) -> str:
        return f"{self.most / KILOBYTE:g}"

    @property
    def icon(self) -> str:
        if self.bytes > self.most:
            return "bad"
        return "warn" if self.bytes >= AMBER * self.most else "ok"


def look_over(form: EditForm) -> Look:
    """Everything. Of a form that was checked."""
    size = Size.of(form.script)
    if size.bytes > TOO_LARGE_TO_READ * size.most:
        return Look([*_of_limits(form.edition), _of_size(size)], [], [], size)
    return _look(form, size, _of_shellcheck(form.edition))


def glance_at(form: EditForm) -> Look:
    """What can be said at once, for a page that is only being opened: ShellCheck takes seconds for a long script."""
    size = Size.of(form.script)
    if size.bytes <= QUICKLY_CHECKED or form.edition.type != CommandType.SHELL:
        return look_over(form)
    waits = Item("info", _("ShellCheck has not looked at this long script yet."))
    return replace(_look(form, size, iter([waits])), is_complete=False)


def _look(form: EditForm, size: Size, of_shellcheck: Iterator[Item]) -> Look:
    edition = form.edition
    items = [
        *_of_limits(edition),
        *_of_typing(edition),
        *_of_dangers(edition),
        *of_shellcheck,
        *_of_parameters(form),
        _of_size(size),
    ]
    preview, unfilled = _preview(edition)
    return Look(sorted(items, key=lambda item: item.urgency), preview, unfilled, size)


def _of_limits(edition: Edition) -> Iterator[Item]:
    for problem in checking.problems_of(edition):
        if problem.field in ("content", "parameters") and problem.code in _OF_CONTENT:
            yield Item("bad", problem.sentence)


def _of_typing(edition: Edition) -> Iterator[Item]:
    for note in typing_slips.notes_on(edition.content, edition.type):
        yield Item(_ICONS[note.level], note.sentence, line=note.line, fix=note.fix)


def _of_shellcheck(edition: Edition) -> Iterator[Item]:
    report = shellcheck.check(
        edition.content, edition.type, has_parameters=edition.enable_parameter, launcher=edition.launcher
    )
    if report.note:
        yield Item("info", report.note)
    for found in report.findings[:MOST_FINDINGS]:
        yield Item(
            _ICONS[found.level],
            _("%(level)s: %(message)s") % {"level": found.level.label, "message": found.said},
            line=found.line,
            column=found.column,
            code=found.code,
        )
    more = len(report.findings) - MOST_FINDINGS
    if more > 0:
        text = ngettext("%(n)d more finding of ShellCheck", "%(n)d more findings of ShellCheck", more)
        yield Item("info", text % {"n": more})


def _of_dangers(edition: Edition) -> Iterator[Item]:
    found = _dangers_in(edition)
    for danger in found[:MOST_FINDINGS]:
        sentence = _("Dangerous: %(why)s.") % {"why": danger.why}
        needed = _("Running this will need a typed confirmation.")
        yield Item("warn", sentence, line=danger.line, detail=needed, is_danger=True)
    more = len(found) - MOST_FINDINGS
    if more > 0:
        text = ngettext("%(n)d more dangerous line", "%(n)d more dangerous lines", more)
        yield Item("warn", text % {"n": more}, is_danger=True)
    if not found:
        yield Item("ok", _("No dangerous patterns"))


def _dangers_in(edition: Edition) -> list[Danger]:
    """As it stands, and with its defaults: `rm -rf /{{folder}}` is harmless only while somebody names a folder."""
    values, _unfilled = _defaults_of(edition)
    filled = fill_in(edition.content, values)
    both = dict.fromkeys([edition.content, filled])
    found = {(one.line, one.why): one for script in both for one in dangers.dangers_in(script, edition.type)}
    return [found[key] for key in sorted(found)]


def _of_parameters(form: EditForm) -> Iterator[Item]:
    count = len(names_in(form.script))
    if not form.edition.enable_parameter:
        if count:
            yield Item("info", names_are_text(count))
        return
    unused = tuple(row.name for row in form.parameter_rows if row.line is None)
    if unused:
        text = ngettext(
            "%(n)d parameter is not used, and will not be saved:",
            "%(n)d parameters are not used, and will not be saved:",
            len(unused),
        )
        yield Item("warn", text % {"n": len(unused)}, names=unused)
    if count:
        yield Item("ok", ngettext("%(n)d parameter found", "%(n)d parameters found", count) % {"n": count})


def names_are_text(count: int) -> str:
    text = ngettext(
        "%(n)d name in braces is text: parameters are switched off.",
        "%(n)d names in braces are text: parameters are switched off.",
        count,
    )
    return text % {"n": count}


def _of_size(size: Size) -> Item:
    text = _("%(n)s of %(max)s KB after Base64") % {"n": size.kilobytes, "max": size.most_kilobytes}
    return Item(size.icon, text)


def _preview(edition: Edition) -> tuple[list[Excerpt], list[str]]:
    """The lines that have parameters, filled in as far as there are defaults; and which have none but need a value."""
    values, unfilled = _defaults_of(edition)
    if not values and not unfilled:
        return [], []
    lines = highlighting.lines(edition.content, edition.type, values)
    chosen = [at for at, line in enumerate(lines) if any(piece.kind not in _PLAIN for piece in line)][:PREVIEW_LINES]
    return list(_excerpts(lines, chosen)), unfilled


def _defaults_of(edition: Edition) -> tuple[dict[str, str], list[str]]:
    """What the parameters are when nobody says anything; and those that somebody has to."""
    names = names_in(edition.content) if edition.enable_parameter else []
    known = {one.name.lower(): one for one in edition.definitions}
    found = [known.get(name.lower()) or definitions.Definition(name) for name in names]
    unfilled = [one.name for one in found if one.is_secret or (one.is_required and not one.default)]
    return {one.name: one.default for one in found if one.name not in unfilled}, unfilled


_PLAIN = (Kind.TEXT, Kind.BUILT_IN)


def _excerpts(lines: list[Line], chosen: list[int]) -> Iterator[Excerpt]:
    last = -1
    for at in chosen:
        if at > last + 1:
            yield Excerpt()
        yield Excerpt(at + 1, lines[at])
        last = at
    if chosen and last + 1 < len(lines):
        yield Excerpt()
