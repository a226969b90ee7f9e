"""Signing in, and what people set for themselves."""

from collections.abc import Iterator
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Theme
from accounts.plain_input import PlainForm

LONGEST_PASSWORD = 4096  # characters; a longer one is refused before it costs a hash


class SigninForm(PlainForm):
    """What is wrong with it is never told: one sentence answers a wrong name, a wrong password and an odd one."""

    username = forms.CharField(
        label=_("User name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def time_zones() -> Iterator[tuple[str, str]]:
    yield "", _("As the browser has it")  # type: ignore[misc]
    for name in sorted(available_timezones()):
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/")):
            yield name, name.replace("_", " ")


class PreferencesForm(PlainForm):
    """The person's own settings; its fields are columns of `Person`."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser has it")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=time_zones)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme)
    single_keys = forms.BooleanField(label=_("Single-key shortcuts"), required=False)

    def __init__(self, data: QueryDict | None = None, *, person: Person) -> None:
        super().__init__(data, initial={name: getattr(person, name) for name in self.base_fields})


class PasswordForm(PlainForm):
    """A person's own new password. Whoever has one already types it first (C10)."""

    current = forms.CharField(
        label=_("Current password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text=_("At least 12 characters. Any characters, also spaces; a few unrelated words are easy to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: QueryDict | None = None, *, person: Person) -> None:
        super().__init__(data)
        self.person = person
        if not person.has_usable_password():
            del self.fields["current"]

    def clean_current(self) -> str:
        password: str = self.cleaned_data["current"]
        if not self.person.check_password(password):
            raise ValidationError(_("This is not your current password."), code="wrong")
        return password

    def clean_new(self) -> str:
        password: str = self.cleaned_data["new"]
        password_validation.validate_password(password, self.person)
        return password
