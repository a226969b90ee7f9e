"""The region selector: which regions there are to choose from, what is known of each, and where choosing one leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cloud.regions import HOME_REGION
from regions import catalog, recent
from regions.initials import initials
from regions.models import Mirror, MirrorKind, Region

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A page of one thing leads to the list of such things: the thing itself is in no other region.
_LIST_OF_ROOM = {"commands": "commands:list", "instances": "instances:list", "invocations": "invocations:history"}
_TARGETS = {
    "commands:public": "commands:public",
    "instances:managed": "instances:managed",
    "invocations:command_runs": "commands:list",
    "invocations:delete_command": "commands:list",
    "invocations:instance": "instances:list",
    "invocations:panel": "commands:list",
    "invocations:picker": "commands:list",
}
_UNREACHABLE = ("Unreachable", "RegionUnavailable", "OutcomeUnknown")


@dataclass(frozen=True, slots=True)
class Choice:
    """One region in the selector."""

    region: Region
    url: str
    is_current: bool
    is_unreachable: bool

    @property
    def words(self) -> str:
        """What the selector's search looks through: both names, the id, the initials of the Chinese name."""
        name = self.region.name_zh
        _outside, _bracket, inside = name.partition("（")
        return " ".join([self.region.name_en, name, self.region.pk, initials(name), initials(inside)]).lower()


@dataclass(frozen=True, slots=True)
class Group:
    title: str | _StrPromise
    choices: list[Choice]


def last(request: HttpRequest) -> Region | None:
    """The region somebody was in last, else the one everybody begins in. None while no region is known."""
    ids = recent.of(request)[:1]
    known = {region.pk: region for region in Region.objects.filter(pk__in=[*ids, HOME_REGION], is_listed=True)}
    found = [known[pk] for pk in (*ids, HOME_REGION) if pk in known]
    return found[0] if found else Region.objects.filter(is_listed=True).first()


def start(request: HttpRequest) -> Region | None:
    """The same for somebody who comes in: a console that has never listed the regions does so now."""
    return last(request) or (last(request) if catalog.listed() else None)


def groups(request: HttpRequest, *, page: str, current: str) -> list[Group]:
    """Those of late, the others in China, the rest. `page` is the view somebody is on, `current` its region."""
    target = _target(page)
    unreachable = set(_unreachable())
    choices = {
        region.pk: Choice(region, reverse(target, args=[region.pk]), region.pk == current, region.pk in unreachable)
        for region in catalog.listed()
    }
    of_late = _pick(choices, [current, *(pk for pk in recent.of(request) if pk != current)][: recent.MOST])
    others = {pk: choice for pk, choice in choices.items() if choice not in of_late}
    in_china = [choice for pk, choice in others.items() if pk.startswith("cn-")]
    elsewhere = [choice for pk, choice in others.items() if not pk.startswith("cn-")]
    found = [Group(_("Recent"), of_late), Group(_("China"), in_china), Group(_("Other regions"), elsewhere)]
    return [group for group in found if group.choices]


def _target(page: str) -> str:
    """The same kind of page in another region, by the name of its view."""
    room, _colon, _name = page.partition(":")
    return _TARGETS.get(page) or _LIST_OF_ROOM.get(room, "commands:list")


def _pick(choices: Mapping[str, Choice], ids: Iterable[str]) -> list[Choice]:
    return [choices[pk] for pk in ids if pk in choices]


def _unreachable() -> Iterable[str]:
    failed = Mirror.objects.filter(kind=MirrorKind.INSTANCES, failed_at__isnull=False, error_kind__in=_UNREACHABLE)
    return failed.values_list("region", flat=True)
