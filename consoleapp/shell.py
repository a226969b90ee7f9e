"""What stands around every page: the navigation, and what the cloud badge tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from invocations.models import Alarm
from regions.models import Mirror, Region

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Item:
    name: _StrPromise
    icon: str
    url: str
    key: str = ""  # `g` then this key opens it
    count: int = 0  # of what waits for somebody there
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class CloudDetails:
    reached_at: datetime | None  # the last successful call we know of
    trouble: str  # "" · unreachable · credentials


def groups(region: Region | None, path: str) -> list[tuple[_StrPromise, list[Item]]]:
    """The groups of the left navigation. Without a region there is nothing to list, only the system status."""
    administration = (_("Administration"), [_status(path)])
    return [(_("Cloud Assistant"), _assistant(region.pk, path)), administration] if region else [administration]


def _assistant(region: str, path: str) -> list[Item]:
    return [
        _item(path, _("Commands"), "term", "commands:list", region, key="c"),
        _item(path, _("Execution results"), "list", "invocations:history", region, key="r"),
        _item(path, _("Scheduled tasks"), "cal", "invocations:schedules", region, key="s"),
        _item(path, _("Instances"), "server", "instances:list", region, key="i"),
        _item(path, _("Managed instances"), "link2", "instances:managed", region),
    ]


def _status(path: str) -> Item:
    """With the number of alarms that nobody has marked as seen."""
    unseen = Alarm.objects.filter(seen_at=None).count()
    return replace(_item(path, _("System status"), "pulse", "system"), count=unseen)


def _item(path: str, name: _StrPromise, icon: str, view: str, *args: str, key: str = "") -> Item:
    url = reverse(view, args=args)
    return Item(name, icon, url, key, is_current=path.startswith(url))


def cloud_details(region: Region | None) -> CloudDetails:
    """From the mirrors, which every process writes: one query."""
    mirrors = Mirror.objects.filter(region=region.pk if region else "")
    found = mirrors.aggregate(
        reached_at=Max("refreshed_at"),
        unreachable=Max("failed_at", filter=Q(error_kind="Unreachable")),
        credentials=Max("failed_at", filter=Q(error_kind="BadCredentials")),
    )
    return CloudDetails(found["reached_at"], _trouble(found))


def _trouble(found: dict[str, datetime | None]) -> str:
    reached_at = found["reached_at"]
    for trouble in ("credentials", "unreachable"):
        since = found[trouble]
        if since and (reached_at is None or since > reached_at):
            return trouble
    return ""
