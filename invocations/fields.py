"""Form fields of the execute panel: each says in one sentence what would be right."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.plain_input import as_typed_number
from cloud import limits
from invocations.preflight import is_default_user

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Line(forms.CharField):
    """One line of text that may be left out, trimmed."""

    def __init__(self, *, too_long: str | _StrPromise = "", **kwargs: Any) -> None:
        if too_long:
            kwargs["error_messages"] = {"max_length": too_long}
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFC", super().to_python(value) or "")


class UserName(Line):
    """Who the script runs as; "" is root or System, and so is either name typed out."""

    _shape = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?")

    def clean(self, value: Any) -> str:
        name: str = super().clean(value)
        if is_default_user(name):
            return ""
        if not self._shape.fullmatch(name):
            message = _("A user name has letters, digits and . _ - @ \\ only, and starts with a letter, a digit or _.")
            raise ValidationError(message, code="user")
        return name


class Seconds(forms.Field):
    """A time-out in whole seconds. Full-width digits are digits."""

    widget = forms.TextInput

    def clean(self, value: Any) -> int:
        seconds = as_typed_number(str(value or "")) or 0
        if not limits.TIMEOUT_MIN <= seconds <= limits.timeout_max():
            message = _("The timeout must be a whole number of seconds from %(min)s to %(max)s.")
            bounds = {"min": limits.TIMEOUT_MIN, "max": limits.timeout_max()}
            raise ValidationError(message, code="timeout", params=bounds)
        return seconds


class PasswordName(Line):
    """The name of an OOS secret. What can't be one may be the password itself, so it is never shown or stored."""

    _shape = re.compile(r"[A-Za-z0-9_-]{1,180}")

    @classmethod
    def is_a_name(cls, text: Any) -> bool:
        return isinstance(text, str) and bool(cls._shape.fullmatch(text))

    def clean(self, value: Any) -> str:
        name: str = super().clean(value)
        if name and not self.is_a_name(name):
            message = _("That is not the name of a secret. Give the name, never the password itself.")
            raise ValidationError(message, code="no-password-name")
        return name

    def prepare_value(self, value: Any) -> Any:
        return value if self.is_a_name(value) else ""


class ContainerId(Line):
    def clean(self, value: Any) -> str:
        container: str = super().clean(value)
        if container and not re.fullmatch("[0-9a-fA-F]{1,64}", container):
            message = _("A container ID has only the digits 0–9 and the letters a–f.")
            raise ValidationError(message, code="container-id")
        return container.lower()


class Delivery(Line):
    """`oss://bucket/prefix`"""

    _shape = re.compile(r"oss://[a-z0-9][a-z0-9-]{1,61}[a-z0-9](/\S*)?")

    def clean(self, value: Any) -> str:
        address: str = super().clean(value)
        if address and not self._shape.fullmatch(address):
            raise ValidationError(_("Enter it as oss://bucket/prefix."), code="oss")
        return address
