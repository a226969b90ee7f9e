"""A script that is run without being saved: typed into the panel where a command has its content.

It is treated as a command that has no row: same form, same checks, same picker.
"""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloud import limits
from commands import checking, textarea
from commands.definitions import Definition, definitions_of
from commands.models import Command, CommandType
from commands.parameters import names_in
from commands.saving import Edition
from invocations.fields import Line
from invocations.forms import RunForm
from invocations.parameter_fields import ON_PURPOSE, PREFIX

COMMAND_FIELDS = ("name", "type", "content", "enable_parameter", "launcher", "secret_names")
KEY = "-"  # where others name a command by its ID
SAVE = "save"  # the action that saves and runs
FRESH = {"enable_parameter": "on"}  # what a form that nobody has touched says, as that of a new command does
_PLACES = {"name": "name", "type": "type", "parameter-name": "content"}


def read(data: QueryDict) -> QueryDict:
    """A form that was sent, its content as it is meant.

    Browsers send each line break of a textarea as CRLF. The untouched script comes back byte for byte; a new one gets
    the line ends its type is read with (`commands.textarea`): LF for Shell, CRLF for PowerShell and Bat.
    """
    if len(data.getlist("content")) != 1:
        return data
    data = data.copy()
    exact = textarea.unpack(data.get("content_exact", ""))
    data["content"] = textarea.as_meant(data.get("content", ""), exact, data.get("type", ""))
    return data


def command_of(region: str, data: QueryDict) -> Command:
    """What is typed, as a command that is in no table. Until a type is chosen it is a shell script."""
    chosen = data.get("type", "")
    content, has_parameters = data.get("content", ""), data.get("enable_parameter") == "on"
    names = names_in(content) if has_parameters else []
    secret = set(data.get("secret_names", "").split(","))  # of the run that this is once more
    return Command(
        region=region,
        name=data.get("name", "").strip(),
        type=chosen if chosen in CommandType.values else CommandType.SHELL,
        content=content,
        enable_parameter=has_parameters,
        parameter_names=names,
        definitions=[Definition(name=one, is_secret=True).to_json() for one in names if one in secret],
        launcher=data.get("launcher", ""),
    )


def storable(text: str) -> str:
    """Without the characters that no database keeps, and that the form refuses."""
    return checking.UNSTORABLE.sub("\ufffd", text)


def names_of_fields(data: QueryDict) -> set[str]:
    """Of the parameters the form has shown."""
    return {name for name in data if name.startswith(PREFIX) and not name.endswith(ON_PURPOSE)}


class UnsavedForm(RunForm):
    """The execute form with the script in it."""

    name = Line(label=gettext_lazy("Name"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    type = forms.CharField(label=gettext_lazy("Type"), required=False)
    content = forms.Field(
        label=gettext_lazy("Command content"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": "14", "class": "mono", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
        ),
    )
    enable_parameter = forms.BooleanField(label=gettext_lazy("Use parameters"), required=False)
    launcher = Line(widget=forms.HiddenInput)  # these two come with Run again alone
    secret_names = Line(widget=forms.HiddenInput)

    before_parameters = COMMAND_FIELDS
    places = {**RunForm.places, "unknown-parameter": "#id_content", "too-large": "#id_content"}

    @property
    def is_to_be_saved(self) -> bool:
        return self.data.get("action") == SAVE

    @property
    def names_as_text(self) -> int:
        return 0 if self.command.enable_parameter else len(names_in(self.command.content))

    @property
    def name_to_type(self) -> str:
        return super().name_to_type or _("Run without saving")

    @property
    def edition(self) -> Edition:
        """What would be saved."""
        typed = self.cleaned_data
        return Edition(
            name=self.command.name,
            type=self.command.type,
            content=self.command.content,
            working_dir=typed.get("working_dir") or "",
            timeout=typed.get("timeout") or limits.TIMEOUT_DEFAULT,
            enable_parameter=self.command.enable_parameter,
            launcher=self.command.launcher,
            definitions=tuple(definitions_of(self.command)),
        )

    @property
    def types(self) -> list[tuple[str, str, bool]]:
        """Value, word, whether it is the chosen one."""
        return [(value, str(word), value == self.command.type) for value, word in CommandType.choices]

    @property
    def bound_content(self) -> BoundField:
        return self["content"]

    def _refusal(self, name: str) -> ValidationError | None:
        """A script may hold characters that nobody types into a field, such as ESC; `checking` has the last word."""
        if name == "content" and len(self.data.getlist("content")) == 1:
            return None
        return super()._refusal(name)

    def clean(self) -> None:
        self._clean_script()
        super().clean()

    def _clean_script(self) -> None:
        if self.data.get("type", CommandType.SHELL) not in CommandType.values:
            self._refuse_field("type", _("Choose Shell, PowerShell or Bat."), "type")
        for problem in checking.problems_of(self.edition):
            field = _PLACES.get(problem.field, "content")
            is_needed = problem.field != "name" or self.is_to_be_saved or self.command.name
            if problem.field not in ("timeout", "working_dir") and field not in self.errors and is_needed:
                self._refuse_field(field, problem.sentence, problem.code)

    def _clean_parameters(self) -> None:
        """Of a parameter that the script has only just got nobody has seen the field, so nobody left it empty."""
        is_sent = self.data.get("action") in ("run", SAVE)
        for parameter in self.parameters:
            if is_sent and parameter.key not in self.data:
                message = _("Enter a value for %(name)s, or send an empty string on purpose.")
                self._refuse_field(parameter.key, message, "missing", name=parameter.name)
            else:
                parameter.clean()

    def _refuse_unknown_parameters(self) -> None:
        """The script in the same form says which there are; a field of one that it no longer has means nothing."""
