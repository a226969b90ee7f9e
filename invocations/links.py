"""The execute form as an address: what somebody else's form is filled in with. An address fills in, it never runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from accounts.plain_input import visible
from commands import definitions
from commands.models import Command
from instances import access
from invocations import drafts, staying
from invocations.forms import RunForm, kept_fields
from invocations.parameter_fields import ON_PURPOSE, PREFIX, fields_of
from invocations.picking import LOOKS
from invocations.rollout_fields import ALL

if TYPE_CHECKING:
    from invocations.panel import Panel

LONGEST = 2000  # characters
ONE_TIME = ("replaces", "cron_shown")  # of this form alone


def to(panel: Panel) -> str:
    """The path that shows the panel as it is filled in now, without secrets; "" where it would be too long.

    And for a script that is not saved, for an address is no place for one.
    """
    if panel.is_unsaved:
        return ""
    fields = kept_fields(panel.form.data, panel.command)
    meant = {"stop_after_failures"} if panel.form.kind_of_rollout != ALL else set()  # left out it means another
    worth = [(name, value) for name, value in fields.items() if value or name.startswith(PREFIX) or name in meant]
    path = f"{panel.path}?{urlencode([*worth, *_targets(panel)])}"
    return path if len(path) <= LONGEST else ""


def _targets(panel: Panel) -> list[tuple[str, str]]:
    """As a search when the selection is all that it finds, else as ids."""
    look = panel.instances.look
    is_of_this_panel = "selected:" in look.q or panel.instances.names_a_private_selection
    is_all = panel.instances.is_all_chosen and not panel.managed.chosen
    if look.asks_for_something and is_all and not is_of_this_panel:
        return [(name, value) for name, value in (("q", look.q), *look.filters.items()) if value]
    return [("ids", ",".join(panel.chosen))] if panel.chosen else []


def from_link(query: QueryDict, command: Command, person: Person) -> tuple[QueryDict, list[str]]:
    """The form as an address fills it in, and what to say of the rest. Secrets are never taken from an address."""
    data = QueryDict(mutable=True)
    known = fields_of(definitions.definitions_of(command))
    plain = {*RunForm.base_fields, *LOOKS, "draft", "form_token", "managed"} - {"confirm_text", *ONE_TIME}
    unknown = []
    for name, values in query.lists():
        parameter = known.get(name)
        if name in plain or (parameter and not parameter.is_secret):
            data.setlist(name, values[-1:])
        elif name.startswith(PREFIX) and not parameter:
            unknown.append(visible(name.removeprefix(PREFIX))[:64])
    notes = _unknown(unknown)
    here, missing = _linked(drafts.ids_in(query.getlist("ids")), command.region, person)
    data["carried_ids"] = ",".join(here)
    if missing:
        text = ngettext(
            "%(n)s of the linked instances is not here or not in your scope.",
            "%(n)s of the linked instances are not here or not in your scope.",
            missing,
        )
        notes.append(text % {"n": f"{missing:,}"})
    return data, notes


def without_unknown(data: QueryDict, command: Command) -> tuple[QueryDict, list[str]]:
    """What a draft kept for a version with other parameters is left out, and told. A script's own are as it says."""
    if not command.pk:
        return data, []
    known = staying.without_unknown(data, command)
    gone = [name for name in data if name not in known and not name.endswith(ON_PURPOSE)]
    return known, _unknown(visible(name.removeprefix(PREFIX))[:64] for name in gone)


def _unknown(names: Iterable[str]) -> list[str]:
    return [_("This command has no parameter %(name)s.") % {"name": name} for name in names]


def _linked(ids: list[str], region: str, person: Person) -> tuple[list[str], int]:
    """Those that are there for this person, in the given order, and the number of the others."""
    there = set(access.visible_to(person, region).filter(instance_id__in=ids).values_list("instance_id", flat=True))
    return [one for one in ids if one in there], len(ids) - len(there)
