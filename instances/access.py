"""Which instances somebody may see, and do something with."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from accounts.models import Person
from instances.models import Instance, Kind


def visible_to(person: Person, region: str, kind: Kind | None = None) -> QuerySet[Instance]:
    """Everybody sees every instance, of one kind or of both; scopes will narrow it here."""
    instances = Instance.objects.filter(region=region, kind__in=[kind] if kind else Kind.values)
    return instances if person.is_active else instances.none()


def present_among(person: Person, region: str, ids: Collection[str]) -> list[Instance]:
    """The ECS instances of `ids` that this person may see and that still exist, by name."""
    found = visible_to(person, region, Kind.ECS).filter(released_at=None, instance_id__in=ids)
    return list(found.order_by("name", "instance_id"))
