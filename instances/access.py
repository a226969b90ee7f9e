"""Which instances and saved selections somebody may see, and do something with."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.access import NotHere
from accounts.models import Person
from instances.models import TEAM, Instance, Kind, Selection

LARGEST = 2**63 - 1  # that a database takes for a number


def visible_to(person: Person, region: str, kind: Kind | None = None) -> QuerySet[Instance]:
    """Everybody sees every instance, of one kind or of both; scopes will narrow it here."""
    instances = Instance.objects.filter(region=region, kind__in=[kind] if kind else Kind.values)
    return instances if person.is_active else instances.none()


def present_among(person: Person, region: str, ids: Collection[str]) -> list[Instance]:
    """The ECS instances of `ids` that this person may see and that still exist, by name."""
    found = visible_to(person, region, Kind.ECS).filter(released_at=None, instance_id__in=ids)
    return list(found.order_by("name", "instance_id"))


def selections_visible_to(person: Person, region: str) -> QuerySet[Selection]:
    """One's own and the team's, for those who run commands; each may be changed by whoever sees it."""
    selections = Selection.objects.filter(Q(group="", owner=person) | Q(group=TEAM), region=region)
    return selections if person.is_active and person.is_operator else selections.none()


def get_selection_for(person: Person, region: str, number: int) -> Selection:
    """Another's is as good as none, and as one that was deleted."""
    found = selections_visible_to(person, region).filter(pk=min(number, LARGEST)).select_related("owner", "changed_by")
    if selection := found.first():
        return selection
    raise NotHere(_("This saved selection is not here. It may have been deleted."))
