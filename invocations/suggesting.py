"""What the word in a picker's search box may become: keys first, then values with how many instances each finds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.models import Person
from instances import access, grammar
from instances.grammar import Key
from instances.models import Instance, InstanceTag, Kind
from regions.models import Region

MOST = 8
OFFERED = (Key.TAG, Key.STATUS, Key.AGENT, Key.OS, Key.NAME, Key.IP, Key.ID, Key.REASON, Key.SELECTED)
COLUMNS = {Key.STATUS: "status", Key.AGENT: "agent", Key.OS: "os_type"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str  # what the word becomes
    n: int | None = None  # instances it finds; None for a key, which wants a value yet

    @property
    def is_whole(self) -> bool:
        return self.n is not None


def suggestions_for(person: Person, region: Region, kind: Kind, word: str) -> list[Suggestion]:
    """At most MOST. The minus of a negated word stays in front."""
    word = word[: grammar.LONGEST]
    minus = "-" if word.startswith("-") else ""
    name, colon, value = word.removeprefix("-").replace("：", ":").partition(":")
    instances = access.visible_to(person, region.pk, kind).filter(released_at=None)
    found = _values(instances, name.lower(), value) if colon else _keys(name.lower())
    return [Suggestion(minus + one.text, one.n) for one in found[:MOST]]


def _keys(beginning: str) -> list[Suggestion]:
    return [Suggestion(f"{key}:") for key in OFFERED if key.startswith(beginning)]


def _values(instances: QuerySet[Instance], name: str, beginning: str) -> list[Suggestion]:
    if name == Key.TAG:
        return _tags(instances, beginning.strip('"'))
    column = next((column for key, column in COLUMNS.items() if key == name), "")
    if not column:
        return []
    rows = instances.filter(**{f"{column}__istartswith": beginning}).order_by().values(column)
    counts = rows.annotate(n=Count("pk")).order_by("-n", column)
    return [Suggestion(f"{name}:{grammar.quoted(row[column])}", row["n"]) for row in counts if row[column]]


def _tags(instances: QuerySet[Instance], beginning: str) -> list[Suggestion]:
    """Key and value together: `tag:env=prod`."""
    key, equals, value = beginning.replace("＝", "=").partition("=")
    is_asked = Q(key__iexact=key, value__istartswith=value) if equals else Q(key__istartswith=key)
    tags = InstanceTag.objects.filter(is_asked, instance__in=instances).order_by().values("key", "value")
    counts = tags.annotate(n=Count("pk")).order_by("-n", "key", "value")[:MOST]
    return [Suggestion(f"tag:{grammar.quoted(row['key'])}={grammar.quoted(row['value'])}", row["n"]) for row in counts]
