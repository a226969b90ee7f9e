"""What the word in a picker's search box may become: keys first, then values with how many instances each finds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.models import Person
from instances import access, grammar, selections
from instances.grammar import Key
from instances.models import Instance, InstanceTag, Kind
from regions.models import Region

MOST = 8
OFFERED = (Key.TAG, Key.STATUS, Key.AGENT, Key.OS, Key.NAME, Key.IP, Key.ID, Key.REASON, Key.SELECTED, Key.SAVED)
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
    if colon and name.lower() == Key.SAVED:
        found = _selections(person, region, kind, value.strip('"'))
    else:
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


def _selections(person: Person, region: Region, kind: Kind, beginning: str) -> list[Suggestion]:
    """Those whose name, or name with its group, begins like this."""
    key = selections.key_of(beginning)
    named = access.selections_visible_to(person, region.pk).order_by("group", "key")
    found = [one for one in named if key in (one.key[: len(key)], selections.key_of(one.full_name)[: len(key)])]
    return [
        Suggestion(selections.word(one), selections.counted(selections.matching(person, one))[kind])
        for one in found[:MOST]
    ]


def _tags(instances: QuerySet[Instance], beginning: str) -> list[Suggestion]:
    """Key and value together: `tag:env=prod`."""
    key, equals, value = beginning.replace("＝", "=").partition("=")
    is_asked = Q(key__iexact=key, value__istartswith=value) if equals else Q(key__istartswith=key)
    tags = InstanceTag.objects.filter(is_asked, instance__in=instances).order_by().values("key", "value")
    counts = tags.annotate(n=Count("pk")).order_by("-n", "key", "value")[:MOST]
    return [Suggestion(f"tag:{grammar.quoted(row['key'])}={grammar.quoted(row['value'])}", row["n"]) for row in counts]
