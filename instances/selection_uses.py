"""What a saved selection was used for, and what has changed in it since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from django.utils.translation import gettext as _

from accounts.models import Person
from instances import access, grammar, selections
from instances.models import Instance, Kind, Selection, SelectionUse

KEPT = 50  # uses of a selection
SHOWN = 100  # instances of each list that are named


class Why(StrEnum):
    """Why an instance is no longer in a selection."""

    RELEASED = "released"
    UNMATCHED = "unmatched"
    SCOPE = "scope"

    @property
    def word(self) -> str:
        words = {
            Why.RELEASED: _("released"),
            Why.UNMATCHED: _("no longer matches"),
            Why.SCOPE: _("out of scope"),
        }
        return words[self]


@dataclass(frozen=True, slots=True)
class Gone:
    instance_id: str
    name: str
    why: Why


@dataclass(frozen=True, slots=True)
class Change:
    """Between a use, and the one after it or now. No use: there was none before."""

    use: SelectionUse | None
    new: frozenset[str]
    new_shown: Sequence[Instance]
    gone: int
    gone_shown: Sequence[Gone]

    @property
    def is_none(self) -> bool:
        return not self.new and not self.gone

    @property
    def new_left_out(self) -> int:
        return len(self.new) - len(self.new_shown)

    @property
    def gone_left_out(self) -> int:
        return self.gone - len(self.gone_shown)


def note(
    person: Person, region: str, searches: Iterable[str], chosen: Collection[str], *, run_id: int, at: datetime
) -> None:
    """Note that a run was submitted. Call it in the transaction of the run.

    `searches` are those that were on the form; a selection that one of them asks for was used if any of the chosen are
    from it.
    """
    for selection in _named_in(person, region, searches):
        matched = sorted(selections.matching(person, selection).values_list("instance_id", flat=True))
        if not set(matched).isdisjoint(chosen):
            SelectionUse.objects.get_or_create(
                selection=selection, run_id=run_id, defaults={"person": person, "at": at, "matched": matched}
            )
            _forget_old_ones(selection)


def _named_in(person: Person, region: str, searches: Iterable[str]) -> Iterable[Selection]:
    read = (selections.read(q, person, region, keys=tuple(grammar.Key)) for q in searches if len(q) <= grammar.LONGEST)
    numbers = {number for query in read if not query.finds_nothing for number in selections.wanted(query)}
    return access.selections_visible_to(person, region).filter(pk__in=numbers) if numbers else ()


def _forget_old_ones(selection: Selection) -> None:
    too_many = list(selection.uses.values_list("pk", flat=True)[KEPT : KEPT + 1])
    selection.uses.filter(pk__lte=max(too_many, default=0)).delete()


def since_last_use(person: Person, selection: Selection, kind: Kind | None = None) -> Change:
    """What has changed until now, among the instances of one kind or of both."""
    use = selection.uses.select_related("person").first()
    if use is None:
        return Change(None, frozenset(), (), 0, ())
    matching = selections.matching(person, selection)
    now = set((matching.filter(kind=kind) if kind else matching).values_list("instance_id", flat=True))
    then = {one for one in use.matched if kind is None or _kind_of(one) == kind}
    return _between(person, selection.region, use, then, now)


def history(person: Person, selection: Selection, most: int) -> list[Change]:
    """Newest first: now against the last use, then each use against the one before it."""
    uses = list(selection.uses.select_related("person")[: most + 1])
    changes = [since_last_use(person, selection)] if uses else []
    for after, before in pairwise(uses):
        changes.append(_between(person, selection.region, before, set(before.matched), set(after.matched)))
    return changes[:most]


def _kind_of(instance_id: str) -> Kind:
    return Kind.MANAGED if instance_id.startswith("mi-") else Kind.ECS


def _between(person: Person, region: str, use: SelectionUse, then: set[str], now: set[str]) -> Change:
    new, gone = now - then, then - now
    visible = access.visible_to(person, region)
    new_shown = list(visible.filter(instance_id__in=sorted(new)[:SHOWN]).order_by("name", "instance_id"))
    gone_shown = _told(person, region, sorted(gone)[:SHOWN])
    return Change(use, frozenset(new), new_shown, len(gone), gone_shown)


def _told(person: Person, region: str, ids: Sequence[str]) -> list[Gone]:
    """Each with why. The name of one that is out of scope is not told."""
    known = {one.instance_id: one for one in Instance.objects.filter(region=region, instance_id__in=ids)}
    visible = set(access.visible_to(person, region).filter(instance_id__in=ids).values_list("instance_id", flat=True))
    found = []
    for instance_id in ids:
        instance = known.get(instance_id)
        if instance is None or instance.released_at:
            found.append(Gone(instance_id, instance.name if instance else "", Why.RELEASED))
        elif instance_id in visible:
            found.append(Gone(instance_id, instance.name, Why.UNMATCHED))
        else:
            found.append(Gone(instance_id, "", Why.SCOPE))
    return sorted(found, key=lambda gone: (gone.name, gone.instance_id))
