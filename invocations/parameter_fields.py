"""One `{{name}}` of a command in the execute form: what is known of it, what was typed, what will be sent.

Two things are told apart: *not given* (blocks the run where a value is required) and an *empty string* on purpose.
Every name is sent, blank as "" (API: `Parameter.MissingValue`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commands import definitions

if TYPE_CHECKING:
    from invocations.forms import RunForm

PREFIX = "param-"
ON_PURPOSE = "-empty"  # param-{name}-empty=on: the box beside the field
_METACHARACTERS = re.compile(r"[\"'`$;|&<>\\()\r\n%]")


def fields_of(known: Iterable[definitions.Definition]) -> dict[str, definitions.Definition]:
    """Every field of the form that is about a parameter: its own, and its box unless another one has that name."""
    own = {PREFIX + one.name: one for one in known}
    return {key + ON_PURPOSE: one for key, one in own.items()} | own


class Parameter:
    def __init__(self, definition: definitions.Definition, form: RunForm) -> None:
        self.definition = definition
        self.form = form
        self.name = definition.name
        self.key = PREFIX + definition.name
        self.value: str | None = None  # what is sent; None while it is missing or wrong

    @property
    def is_secret(self) -> bool:
        return self.definition.is_secret

    @property
    def is_empty_on_purpose(self) -> bool:
        return self._has_box and self.form.data.get(self.key + ON_PURPOSE) == "on"

    @property
    def _has_box(self) -> bool:
        """Not where another parameter has a field of that name."""
        return self.name + ON_PURPOSE not in self.form.command.parameter_names

    @property
    def can_be_empty_on_purpose(self) -> bool:
        """Where leaving it alone means something else than an empty string."""
        known = self.definition
        return (known.is_required or bool(known.default)) and not known.allowed and self._has_box

    def start_with_default(self) -> None:
        """A field left blank goes back to its default."""
        if self.definition.default and not self.form.data.get(self.key) and not self.is_empty_on_purpose:
            self.form.data[self.key] = self.definition.default

    @property
    def bound(self) -> forms.BoundField:
        return self.form[self.key]

    def form_field(self) -> forms.CharField:
        return forms.CharField(label=self.name, required=False, strip=False, widget=self._widget())

    def _widget(self) -> forms.Widget:
        attrs = {"data-parameter": self.name, "aria-describedby": f"id_{self.key}_helptext id_{self.key}_error"}
        if self.definition.is_required:
            attrs["data-required"] = ""
        if self.is_secret:
            quiet = {"autocomplete": "new-password", "spellcheck": "false", "data-secret": ""}
            return forms.PasswordInput(attrs=attrs | quiet)
        attrs["data-default"] = self.definition.default
        if self.definition.allowed:
            return forms.Select(attrs=attrs, choices=self._choices())
        if "\n" in self.form.data.get(self.key, ""):
            return forms.Textarea(attrs=attrs | {"rows": "3", "class": "mono"})
        return forms.TextInput(attrs=attrs | {"autocomplete": "off", "spellcheck": "false"})

    def _choices(self) -> list[tuple[str, str]]:
        blank = [] if self.definition.default else [("", "–")]
        return [*blank, *((value, value) for value in self.definition.allowed)]

    def clean(self) -> None:
        """Set `value`, or an error at the field."""
        typed = self.form.cleaned_data.get(self.key)
        if typed is None:
            return  # refused already
        typed = "" if self.is_empty_on_purpose else self._as_known(typed)
        if objection := self._missing(typed) or self._objection(typed):
            self.form.add_error(self.key, objection)
        else:
            self.value = typed

    def _as_known(self, typed: str) -> str:
        """Browsers send every line break as CRLF: a default or an allowed value comes back with those it has."""
        known = (self.definition.default, *self.definition.allowed)
        lines = typed.replace("\r\n", "\n")
        return next((one for one in known if one.replace("\r\n", "\n") == lines), typed)

    def _missing(self, typed: str) -> ValidationError | None:
        if typed or self.is_empty_on_purpose or not self.definition.is_required:
            return None
        if self.definition.allowed:
            return self._not_allowed()
        message = _("Enter a value for %(name)s, or send an empty string on purpose.")
        return ValidationError(message, code="missing", params={"name": self.name})

    def _objection(self, value: str) -> ValidationError | None:
        """By the rules of the definition. A pattern is about what is typed, as in HTML: nothing typed breaks none."""
        known = self.definition
        if known.allowed and value not in known.allowed and (value or self.is_empty_on_purpose):
            return self._not_allowed()
        if known.pattern and value and not definitions.matches(known.pattern, value):
            message = _("%(name)s must look like %(example)s.")
            return ValidationError(message, code="pattern", params={"name": self.name, "example": known.pattern})
        return None

    def _not_allowed(self) -> ValidationError:
        message = _("%(name)s must be one of: %(values)s.")
        params = {"name": self.name, "values": ", ".join(self.definition.allowed)}
        return ValidationError(message, code="allowed", params=params)

    def warnings(self) -> list[str]:
        """What is allowed, but may not be meant."""
        if not self.value:
            return []
        found = []
        if _METACHARACTERS.search(self.value):
            message = _("%(name)s is put into the script as text; it can change the script.")
            found.append(message % {"name": self.name})
        if self.is_secret and self.value.endswith(("\n", "\r")):
            found.append(_("%(name)s ends with a line break.") % {"name": self.name})
        return found
