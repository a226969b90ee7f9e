"""Saving, changing and deleting a selection.

A change is guarded by the version it was made from, and told in the audit trail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.models import Person
from instances.models import Selection, SelectionKind
from instances.selections import key_of


class NameTaken(Exception):
    """Among one's own, or among the team's, in this region."""


class ChangedMeanwhile(Exception):
    """`selection` as it is now."""

    def __init__(self, selection: Selection) -> None:
        super().__init__(selection.pk)
        self.selection = selection


class GoneMeanwhile(Exception):
    """It was deleted, or is nobody else's any more."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a selection is to be: a search, or a list of ids; the other of them is empty."""

    name: str
    kind: SelectionKind
    group: str = ""
    q: str = ""
    ids: Sequence[str] = field(default_factory=tuple)

    @property
    def columns(self) -> dict[str, object]:
        return {
            "name": self.name,
            "key": key_of(self.name),
            "kind": self.kind,
            "group": self.group,
            "q": self.q,
            "ids": list(self.ids),
        }


def save(person: Person, region: str, wording: Wording, *, token: UUID, address: str) -> Selection:
    """A new one. The same token again gives the one it made before. Raises NameTaken."""
    try:
        with transaction.atomic():
            selection = Selection.objects.create(
                region=region,
                owner=person,
                token=token,
                changed_by=person,
                changed_at=timezone.now(),
                **wording.columns,
            )
            _record(person, "selection.saved", selection, address)
    except IntegrityError as error:
        if before := Selection.objects.filter(owner=person, token=token).first():
            return before
        raise NameTaken from error
    return selection


def change(person: Person, selection: Selection, wording: Wording, *, base: int, address: str) -> Selection:
    """To what `wording` says, if it is still at version `base`.

    Raises NameTaken, ChangedMeanwhile and GoneMeanwhile.
    """
    rows = Selection.objects.filter(pk=selection.pk)
    try:
        with transaction.atomic():
            columns = {**wording.columns, "changed_by": person, "changed_at": timezone.now()}
            if not rows.filter(version=base).update(version=F("version") + 1, **columns):
                raise ChangedMeanwhile(rows.select_related("changed_by").get())
            changed = rows.get()
            _record(person, "selection.changed", changed, address, before=selection.full_name)
    except Selection.DoesNotExist as error:
        raise GoneMeanwhile from error
    except IntegrityError as error:
        raise NameTaken from error
    return changed


def delete(person: Person, selection: Selection, *, address: str) -> bool:
    """Whether this call did it; what was used of it goes with it."""
    with transaction.atomic():
        _n, deleted = Selection.objects.filter(pk=selection.pk).delete()
        is_done = bool(deleted.get(Selection._meta.label))
        if is_done:
            _record(person, "selection.deleted", selection, address)
    return is_done


def _record(person: Person, action: str, selection: Selection, address: str, **detail: object) -> None:
    of_kind = {"q": selection.q} if selection.kind == SelectionKind.QUERY else _digest(selection.ids)
    audit.record(
        person,
        action,
        region=selection.region,
        object=f"selection {selection.pk}",
        address=address,
        name=selection.full_name,
        version=selection.version,
        **of_kind,
        **detail,
    )


def _digest(ids: Sequence[str]) -> dict[str, object]:
    return {"instances": len(ids), "ids_sha256": hashlib.sha256(",".join(sorted(ids)).encode()).hexdigest()}
