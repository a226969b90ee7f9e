"""What differs between two versions of a command besides the script: settings, tags, parameters. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from commands.definitions import Definition, definitions_of
from commands.drift import own_tags
from commands.models import CommandType, Script


@dataclass(frozen=True, slots=True)
class Change:
    """One row: what, and how it is in both. "" where there is nothing."""

    what: str
    old: str
    new: str
    of: str = ""  # the parameter, where `what` is something of one
    is_code: bool = False  # the values are


def changes(old: Script, new: Script) -> list[Change]:
    """In the order of the form. Empty where all is the same."""
    rows = [*_settings(old, new), *_tags(old, new), *_parameters(old, new)]
    return [row for row in rows if row.old != row.new]


def _settings(old: Script, new: Script) -> Iterator[Change]:
    yield Change(_("Command name"), old.name, new.name)
    yield Change(pgettext("column", "Type"), str(CommandType(old.type).label), str(CommandType(new.type).label))
    yield Change(_("Use parameters"), _yes_or_no(old.enable_parameter), _yes_or_no(new.enable_parameter))
    yield Change(_("Command description"), old.description, new.description)
    yield Change(_("Execution path"), old.working_dir, new.working_dir, is_code=True)
    yield Change(_("Timeout"), _seconds(old.timeout), _seconds(new.timeout))
    yield Change(_("Launcher"), old.launcher, new.launcher, is_code=True)


def _tags(old: Script, new: Script) -> Iterator[Change]:
    olds, news = own_tags(old.tags), own_tags(new.tags)
    for key in dict.fromkeys([*olds, *news]):
        yield Change(_("Tag %(key)s") % {"key": key}, _tag(olds, key), _tag(news, key), is_code=True)


def _tag(tags: dict[str, str], key: str) -> str:
    """A tag without a value is not the same as none."""
    return f"{key}={tags[key]}" if key in tags else ""


def _parameters(old: Script, new: Script) -> Iterator[Change]:
    olds = {one.name.lower(): one for one in definitions_of(old)}
    news = {one.name.lower(): one for one in definitions_of(new)}
    for key in dict.fromkeys([*olds, *news]):
        yield from _parameter(olds.get(key), news.get(key))


def _parameter(old: Definition | None, new: Definition | None) -> Iterator[Change]:
    """One that was not there is blank, so that all that is known of it is told."""
    name = new.name if new else old.name if old else ""
    before, after = old or Definition(name), new or Definition(name)
    yield Change(_("Parameter"), old.name if old else "", new.name if new else "", of=name, is_code=True)
    yield Change(pgettext("parameter", "Description"), before.description, after.description, of=name)
    yield Change(_("Default"), before.default, after.default, of=name, is_code=True)
    yield Change(_("Required"), _yes_or_no(before.is_required), _yes_or_no(after.is_required), of=name)
    yield Change(_("Allowed"), before.rule, after.rule, of=name, is_code=True)
    yield Change(_("Secret"), _yes_or_no(before.is_secret), _yes_or_no(after.is_secret), of=name)


def _seconds(number: int) -> str:
    return _("%(n)s s") % {"n": number}


def _yes_or_no(is_so: bool) -> str:
    return _("Yes") if is_so else _("No")
