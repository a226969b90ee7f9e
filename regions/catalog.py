"""Which regions there are, and what the account may do in each."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from cloud.account import command_quota, daily_quota
from cloud.connection import current
from cloud.regions import MANAGED_INSTANCE_REGIONS, list_regions
from regions import mirrors, tasks
from regions.models import Mirror, MirrorKind, Region

MAX_AGE = 3600.0  # seconds; regions and quotas change by the month
FIRST_WAIT = 5.0  # seconds somebody waits for the very first list: without it there is no page
ALL = ""  # the region of the mirror that lists them


def ensure_fresh(*, wait: float | None = None) -> Mirror:
    """The list of regions."""
    return mirrors.ensure_fresh(ALL, MirrorKind.REGIONS, tasks.refresh_regions, max_age=MAX_AGE, wait=wait)


def ensure_quotas_fresh(region: str, *, wait: float = 0.0) -> Mirror:
    """The region's quotas. Nobody waits for them: a page without them says so."""
    return mirrors.ensure_fresh(region, MirrorKind.QUOTA, tasks.refresh_quotas, max_age=MAX_AGE, wait=wait)


def listed() -> QuerySet[Region]:
    """The regions of the account. A console that has never listed any does so first."""
    regions = Region.objects.filter(is_listed=True)
    if not regions.exists():
        ensure_fresh(wait=FIRST_WAIT)
    return regions


def find(region_id: str) -> Region | None:
    return Region.objects.filter(pk=region_id, is_listed=True).first() or listed().filter(pk=region_id).first()


def refresh() -> None:
    """Copy the list, in both languages."""
    with mirrors.copying(ALL, MirrorKind.REGIONS):
        connection = current()
        english = {found.region_id: found.local_name for found in list_regions(connection, language="en-US")}
        chinese = {found.region_id: found.local_name for found in list_regions(connection, language="zh-CN")}
        _store(english, chinese)


def refresh_quotas(region: str) -> None:
    """Copy the two limits of a region, null where the cloud names none."""
    with mirrors.copying(region, MirrorKind.QUOTA):
        connection = current()
        daily, kept = daily_quota(connection, region), command_quota(connection, region)
        Region.objects.filter(pk=region).update(daily_quota=daily, command_quota=kept)


@transaction.atomic
def _store(english: dict[str, str], chinese: dict[str, str]) -> None:
    rows = [
        Region(
            region_id=region_id,
            name_en=name,
            name_zh=chinese.get(region_id, ""),
            has_managed=region_id in MANAGED_INSTANCE_REGIONS,
            is_listed=True,
        )
        for region_id, name in english.items()
    ]
    columns = ["name_en", "name_zh", "has_managed", "is_listed"]
    Region.objects.bulk_create(rows, update_conflicts=True, unique_fields=["region_id"], update_fields=columns)
    Region.objects.exclude(pk__in=english).update(is_listed=False)
