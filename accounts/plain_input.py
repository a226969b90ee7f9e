"""Text that people type: every form of the console builds on `PlainForm`, so that odd input is told, not stored.

* A field given twice is refused, for "the last one wins" would run something nobody saw (B04).
* Control characters, lone surrogates and non-characters are refused with their place (B06), and shown as symbols.

    class RunForm(PlainForm): …                     answer 422 with the form when `not form.is_valid()`
    check(text, is_multiline=True)                  the same rule for text that comes by another way
    as_typed_number(text)                           full-width digits are digits; None for what is no number
    as_number(text), as_uuid(text)                  what pages of our own send along; None for what no page of ours sent
"""

import re
import unicodedata
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

# C0 controls but tab, DEL, C1 controls, surrogates, non-characters, and what stands for bytes that were not UTF-8.
_UNUSABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]")
_LINE_ENDS = re.compile("\r\n|\n")
_NUMBER = re.compile("[0-9]{1,9}")


def check(text: str, *, is_multiline: bool = False) -> None:
    """Raises ValidationError (code "unusable") that names the first character that can't be used, and its place."""
    looked_at = _LINE_ENDS.sub(lambda end: "  "[: len(end[0])], text) if is_multiline else text
    found = _UNUSABLE.search(looked_at)
    if found:
        raise ValidationError(
            _("This contains a character that cannot be used: U+%(code)s at position %(position)d."),
            code="unusable",
            params={"code": f"{ord(found[0]):04X}", "position": found.start() + 1},
        )


def visible(text: str, *, is_multiline: bool = False) -> str:
    """The text with what `check` refuses made visible: control pictures where Unicode has them, else U+FFFD."""
    parts = re.split("(\r\n|\n)", text) if is_multiline else [text]
    return "".join(part if is_multiline and part in ("\n", "\r\n") else _UNUSABLE.sub(_picture, part) for part in parts)


def as_number(text: str | None) -> int | None:
    """A whole number of at most nine digits: every column holds it."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


def as_typed_number(text: str | None) -> int | None:
    """The same of what a person typed: full-width digits are digits, spaces around them nothing."""
    return as_number(unicodedata.normalize("NFKC", text or "").strip())


def as_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


class PlainForm(forms.Form):
    """A form that refuses a single-valued field given twice, and characters that nobody types on purpose."""

    def _clean_fields(self) -> None:
        """Before any field's own cleaning, which may ask the database, and PostgreSQL knows no NUL."""
        fields = self.fields
        refused = {name: error for name in fields if (error := self._refusal(name))}
        self.fields = {name: field for name, field in fields.items() if name not in refused}
        super()._clean_fields()  # type: ignore[misc]
        self.fields = fields
        for name, error in refused.items():
            self._make_visible(name)
            self.add_error(name, error)

    def _refusal(self, name: str) -> ValidationError | None:
        texts = self._texts(name)
        if len(texts) > 1 and not getattr(self.fields[name].widget, "allow_multiple_selected", False):
            return _given_twice([] if self._is_secret(name) else texts)
        try:
            for text in texts:
                check(text, is_multiline=self._is_multiline(name))
        except ValidationError as error:
            return error
        return None

    def _texts(self, name: str) -> list[str]:
        key = self.add_prefix(name)
        given = self.data.getlist(key) if isinstance(self.data, QueryDict) else [self.data.get(key)]
        return [text for text in given if isinstance(text, str)]

    def _make_visible(self, name: str) -> None:
        if isinstance(self.data, QueryDict):
            data = self.data.copy()
            texts = [visible(text, is_multiline=self._is_multiline(name)) for text in self._texts(name)]
            data.setlist(self.add_prefix(name), texts)
            self.data = data

    def _is_multiline(self, name: str) -> bool:
        return isinstance(self.fields[name].widget, forms.Textarea)

    def _is_secret(self, name: str) -> bool:
        widget = self.fields[name].widget
        return isinstance(widget, forms.PasswordInput) or "data-secret" in widget.attrs


def _given_twice(texts: list[str]) -> ValidationError:
    if not texts:
        return ValidationError(_("This was given more than once. Give it once."), code="twice")
    values = ", ".join(f"“{visible(text)[:100]}”" for text in texts[:5])
    message = _("This was given more than once: %(values)s. Give it once.")
    return ValidationError(message, code="twice", params={"values": values})
