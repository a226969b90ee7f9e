"""The form that creates and edits a command: what is typed becomes an `Edition`, or one sentence for each thing wrong.

The script comes twice (textarea.py): `content` from the textarea and `content_exact` with its very bytes. Untouched it
comes back as it was, with the editor's script or without; a line typed where no script ran ends like most others.

Parameters and tags have as many fields as there are: `param-{name}-description`, `-default`, `-required`, `-allowed`,
`-secret`, and `tag-{n}-key`, `tag-{n}-value`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.plain_input import PlainForm, as_typed_number
from cloud import limits
from commands import allowed_values, checking, textarea
from commands.definitions import Definition
from commands.models import Command, CommandType
from commands.parameters import Kind, is_name, segments
from commands.saving import Edition

NOTE_CHARACTERS = 200  # the column's
MOST_ROWS = 100  # of parameters; far more than a command can have, and few enough for a form to be sent (B03)
BLANK_TAGS = 5  # rows to fill in where no script adds them
_OF_PARAMETER = re.compile("param-(.+)-(description|default|required|allowed|secret)", re.DOTALL)
_OF_TAG = re.compile(r"tag-(\d{1,3})-(?:key|value)", re.ASCII)


@dataclass
class ParameterRow:
    """One `{{name}}` as the form has it; its field names begin with `key`."""

    name: str
    line: int | None = None  # of its first appearance; None: not used in the content
    description: str = ""
    default: str = ""
    is_required: bool = False
    allowed: str = ""  # as typed: `5, 10` or `/[0-9]+/`
    is_secret: bool = False
    is_new: bool = False  # in the content, but nobody was shown this row
    errors: dict[str, list[str]] = field(default_factory=dict)  # description, default, allowed, name -> sentences

    @property
    def key(self) -> str:
        return f"param-{self.name}"

    @property
    def is_blank(self) -> bool:
        return not (self.description or self.default or self.allowed or self.is_required or self.is_secret)

    @property
    def shown_default(self) -> str:
        """That of a secret is refused, and repeated nowhere."""
        return "" if self.is_secret else self.default

    @property
    def in_lines(self) -> set[str]:
        """What one line can't hold: a field of one line would lose its line breaks."""
        return {what for what in ("description", "default", "allowed") if "\n" in getattr(self, what)}

    @property
    def is_legal(self) -> bool:
        return is_name(self.name)

    def definition(self) -> Definition:
        """Raises allowed_values.Unreadable."""
        allowed, pattern = allowed_values.read(self.allowed)
        return Definition(
            name=self.name,
            description=self.description,
            default=self.default,
            is_required=self.is_required,
            allowed=allowed,
            pattern=pattern,
            is_secret=self.is_secret,
        )


@dataclass
class TagRow:
    n: int
    key: str = ""
    value: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        return not (self.key or self.value)


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence, and the place on the page where it is mended."""

    sentence: str
    href: str


def fields_of(edition: Edition) -> QueryDict:
    """What the form would send that shows this."""
    data = QueryDict(mutable=True)
    for name in ("name", "type", "content", "description", "working_dir", "launcher"):
        data[name] = getattr(edition, name)
    data["content_exact"] = textarea.pack(edition.content)
    data["timeout"] = str(edition.timeout)
    _tick(data, "enable_parameter", edition.enable_parameter)
    for known in edition.definitions:
        data[f"param-{known.name}-description"] = known.description
        data[f"param-{known.name}-default"] = known.default
        data[f"param-{known.name}-allowed"] = known.rule
        _tick(data, f"param-{known.name}-required", known.is_required)
        _tick(data, f"param-{known.name}-secret", known.is_secret)
    for n, (key, value) in enumerate(edition.tags.items(), start=1):
        data[f"tag-{n}-key"], data[f"tag-{n}-value"] = key, value
    return data


def _tick(data: QueryDict, name: str, is_ticked: bool) -> None:
    if is_ticked:
        data[name] = "on"


class Text(forms.CharField):
    """Text that may be left out: what may not is told by `checking`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFC", super().to_python(value) or "")


class Script(forms.CharField):
    """Nothing of it is changed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, **kwargs)


class EditForm(PlainForm):
    """Bound to what was typed or to what is to be shown first: `fields_of` an edition."""

    name = Text(
        label=gettext_lazy("Command name"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    type = Text(label=gettext_lazy("Command type"))
    content = Script(
        label=gettext_lazy("Command content"),
        widget=forms.Textarea(
            attrs={"rows": 16, "class": "mono", "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}
        ),
    )
    content_exact = forms.CharField(required=False)
    enable_parameter = forms.BooleanField(label=gettext_lazy("Use parameters"), required=False)
    description = Text(
        label=gettext_lazy("Command description"), widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "true"})
    )
    working_dir = Text(
        label=gettext_lazy("Execution path"),
        help_text=gettext_lazy("Must exist on every instance."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    timeout = Text(
        label=gettext_lazy("Timeout (s)"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    launcher = Text(
        label=gettext_lazy("Launcher"),
        help_text=gettext_lazy(
            'The program that starts the script, such as python3 -u {{ACS::ScriptFileName|Ext(".py")}}.'
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )
    note = Text(
        label=gettext_lazy("Version note"),
        max_length=NOTE_CHARACTERS,
        error_messages={"max_length": gettext_lazy("A version note can have at most 200 characters.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    from_cloud = forms.BooleanField(label=gettext_lazy("Go on from what the cloud has now"), required=False)

    data: QueryDict

    def __init__(self, data: QueryDict, *, command: Command | None = None) -> None:
        super().__init__(data.copy())
        self.command = command
        bounds = {"min": limits.TIMEOUT_MIN, "max": limits.timeout_max()}
        self._say_where_it_runs()
        self.fields["timeout"].help_text = _("%(min)s–%(max)s. The process is killed after this.") % bounds
        for name in dict.fromkeys(key for key in self.data if _OF_PARAMETER.fullmatch(key) or _OF_TAG.fullmatch(key)):
            is_tag = _OF_TAG.fullmatch(name) is not None
            self.fields[name] = Text(strip=is_tag, widget=forms.TextInput if is_tag else forms.Textarea)
        self._give_exact_script_to_show()

    def _say_where_it_runs(self) -> None:
        """Where no path is given; a script shows the other default when another type is chosen."""
        homes = {"linux": _("home directory of the execution user"), "windows": r"C:\Windows\System32"}
        system = "linux" if self.command_type == CommandType.SHELL else "windows"
        attributes = {f"data-{name}": home for name, home in homes.items()}
        self.fields["working_dir"].widget.attrs.update(attributes, placeholder=homes[system])

    def _give_exact_script_to_show(self) -> None:
        """What the page carries is what is meant now, so that the next answer is about that."""
        contents, exacts = self.data.getlist("content"), self.data.getlist("content_exact")
        if len(contents) <= 1 and len(exacts) <= 1:
            self.data["content"] = self.script
            self.data["content_exact"] = textarea.pack(self.script)

    @cached_property
    def script(self) -> str:
        """The script that is meant."""
        typed, exact = self.data.get("content", ""), textarea.unpack(self.data.get("content_exact", ""))
        return textarea.as_meant(typed, exact, self.command_type)

    def mend(self, script: str) -> None:
        """Show and carry another script."""
        self.__dict__["script"] = script
        self.data["content"] = script
        self.data["content_exact"] = textarea.pack(script)

    @property
    def command_type(self) -> str:
        """Fixed once there is a command (B52)."""
        return self.command.type if self.command else self.data.get("type", CommandType.SHELL.value)

    # Rows

    @cached_property
    def parameter_rows(self) -> list[ParameterRow]:
        """Those of the content in order of appearance, then what else something is said of."""
        given: dict[str, ParameterRow] = {}
        for name in dict.fromkeys(match[1] for key in self.data if (match := _OF_PARAMETER.fullmatch(key))):
            given.setdefault(name.lower(), self._row(name))
        lines = lines_of_parameters(self.script)
        used = []
        for name, line in lines.items():
            row = given.pop(name.lower(), None) or ParameterRow(name, is_new=True)
            row.name, row.line = name, line
            used.append(row)
        shown = used[:MOST_ROWS] + [row for row in used[MOST_ROWS:] if not row.is_blank]
        return shown + [row for row in given.values() if not row.is_blank or not row.is_legal]

    def _row(self, name: str) -> ParameterRow:
        def said(what: str) -> str:
            return self.data.get(f"param-{name}-{what}", "").replace("\r\n", "\n")

        return ParameterRow(
            name=name,
            description=said("description").strip(),
            default=said("default"),
            is_required=said("required") == "on",
            allowed=said("allowed").strip(),
            is_secret=said("secret") == "on",
        )

    @cached_property
    def tag_rows(self) -> list[TagRow]:
        """Filled-in ones, and blank ones up to the most there may be."""
        numbers = dict.fromkeys(match[1] for key in self.data if (match := _OF_TAG.fullmatch(key)))
        given = [
            (self.data.get(f"tag-{n}-key", "").strip(), self.data.get(f"tag-{n}-value", "").strip()) for n in numbers
        ]
        rows = [TagRow(at, key, value) for at, (key, value) in enumerate(filter(any, given), start=1)]
        return rows + [TagRow(at) for at in range(len(rows) + 1, limits.TAGS + 1)]

    @property
    def tags_shown(self) -> int:
        """Rows to see where no script shows them as they are needed."""
        return sum(not row.is_blank for row in self.tag_rows) + BLANK_TAGS

    # Cleaning

    def _refusal(self, name: str) -> ValidationError | None:
        """A script may hold what no other field may; `checking` says which characters not even that."""
        if name not in ("content", "content_exact"):
            return super()._refusal(name)
        if len(self.data.getlist(name)) > 1:
            return ValidationError(_("This was given more than once. Give it once."), code="twice")
        return None

    def clean(self) -> None:
        if self.command and self.data.get("type", self.command.type) != self.command.type:
            self.add_error("type", _("The type of a command can’t be changed. Clone it, then choose another."))
        self._clean_tags()
        refused = set(self.errors)
        for problem in checking.problems_of(self.edition):
            if problem.field not in refused:  # what was refused already is told once
                self._place(problem)
        self._show_new_rows()

    def _show_new_rows(self) -> None:
        """Without script a name that was just typed had no row yet, in which it could be called a secret."""
        is_used = self.cleaned_data.get("enable_parameter")  # not there: told already
        if is_used and any(row.is_new for row in self.parameter_rows):
            self.add_error("enable_parameter", _("Look at the parameters, then save."))

    def _clean_tags(self) -> None:
        pairs = [(row.key, row.value) for row in self.tag_rows if not row.is_blank]
        for problem in checking.of_tags(pairs):
            row = next((row for row in self.tag_rows if row.key == problem.of and not row.is_blank), self.tag_rows[0])
            self._refuse_row(f"tag-{row.n}-key", row.errors, problem.sentence)

    def _place(self, problem: checking.Problem) -> None:
        if problem.field.startswith("parameter"):
            self._place_at_parameter(problem)
        elif problem.field != "tags":  # told at their rows
            self.add_error(problem.field, ValidationError(problem.sentence, code=problem.code))

    def _place_at_parameter(self, problem: checking.Problem) -> None:
        row = next((row for row in self.parameter_rows if row.name == problem.of), None)
        if row is None:
            self.add_error("enable_parameter", ValidationError(problem.sentence, code=problem.code))
            return
        place = problem.field.removeprefix("parameter-").replace("pattern", "allowed")
        self._refuse_row(
            f"{row.key}-{'description' if place == 'name' else place}",
            row.errors.setdefault(place, []),
            problem.sentence,
        )

    def _refuse_row(self, key: str, shown: list[str], sentence: str) -> None:
        if sentence not in shown:
            shown.append(sentence)
        if key not in self.fields:
            self.fields[key] = Text()
        self.add_error(key, sentence)

    # What comes of it

    @cached_property
    def edition(self) -> Edition:
        """As it is typed, right or wrong. Only of a form that was checked."""
        typed = self.cleaned_data
        return Edition(
            name=typed.get("name", ""),
            type=self.command_type,
            content=self.script,
            description=typed.get("description", "").replace("\r\n", "\n"),
            working_dir=typed.get("working_dir", ""),
            timeout=_seconds(typed.get("timeout", "")),
            enable_parameter=bool(typed.get("enable_parameter")),
            launcher=typed.get("launcher", ""),
            tags={row.key: row.value for row in self.tag_rows if not row.is_blank},
            definitions=tuple(self._definitions()),
        )

    def _definitions(self) -> Iterator[Definition]:
        """What is defined but not used is not saved."""
        for row in self.parameter_rows if self.cleaned_data.get("enable_parameter") else []:
            if row.line is None and row.is_legal:
                continue
            try:
                yield row.definition()
            except allowed_values.Unreadable:
                sentence = _("A quotation mark of %(name)s has no second one.") % {"name": row.name}
                self._refuse_row(f"{row.key}-allowed", row.errors.setdefault("allowed", []), sentence)

    @property
    def problems(self) -> list[Problem]:
        """For the summary, in the order of the page."""
        order = [*type(self).base_fields, *(name for name in self.fields if name not in type(self).base_fields)]
        return [
            Problem(str(sentence), f"#{self[name].auto_id}")
            for name in order
            for sentence in dict.fromkeys(self.errors.get(name, []))
        ]

    @property
    def shown_types(self) -> list[tuple[str, str, bool]]:
        return [(value, str(label), value == self.command_type) for value, label in CommandType.choices]


def blank_fields() -> QueryDict:
    """Of a new command."""
    edition = Edition(
        name="", type=CommandType.SHELL, content="", timeout=limits.TIMEOUT_DEFAULT, enable_parameter=True
    )
    return fields_of(edition)


def lines_of_parameters(script: str) -> dict[str, int]:
    """Each parameter, as it is spelled first, and the line it first stands in."""
    found: dict[str, int] = {}
    line = 1
    for segment in segments(script, {}):
        if segment.kind == Kind.MISSING:
            found.setdefault(segment.name, line)
        line += segment.text.count("\n")
    return found


def built_in_ones(script: str) -> list[str]:
    """What the cloud fills in by itself, as it stands in the script."""
    return list(dict.fromkeys(segment.text for segment in segments(script, {}) if segment.kind == Kind.BUILT_IN))


def _seconds(text: str) -> int:
    """0, which is none, for what is no whole number. Full-width digits are digits."""
    return as_typed_number(text) or 0
