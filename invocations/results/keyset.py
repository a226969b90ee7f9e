"""Paging by key, newest first: the next page begins where the last one ended, whatever was added meanwhile.

A cursor is signed, and bound to its list, its filters and its person (B68).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.core import signing
from django.db.models import Model, QuerySet

SIZE = 50
MAX_AGE = 24 * 3600  # seconds a cursor is good for
LONGEST = 200  # characters of a cursor

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    rows: list[Row]
    newer: str = ""  # the cursor of the page before; "" is none
    older: str = ""
    is_first: bool = True
    was_bad: bool = False  # the cursor asked for was not one of ours, so this is the first page


@dataclass(frozen=True, slots=True)
class Cursors:
    """Makes and reads the cursors of one list as one person has filtered it."""

    salt: str

    @classmethod
    def of(cls, name: str, person_id: int, filters: Mapping[str, str]) -> Cursors:
        told = "&".join(f"{key}={value}" for key, value in sorted(filters.items()))
        return cls(f"{name}:{person_id}:{hashlib.sha256(told.encode()).hexdigest()}")

    def make(self, key: int) -> str:
        return signing.TimestampSigner(salt=self.salt).sign(str(key))

    def read(self, text: str) -> int | None:
        if not text or len(text) > LONGEST:
            return None
        try:
            return int(signing.TimestampSigner(salt=self.salt).unsign(text, max_age=MAX_AGE))
        except (signing.BadSignature, ValueError):
            return None


def page_of(rows: QuerySet[Row], cursors: Cursors, *, before: str, after: str) -> KeysetPage[Row]:
    """`before` leads to what is older than its key, `after` to what is newer."""
    oldest, newest = cursors.read(before), cursors.read(after)
    was_bad = any(text and key is None for text, key in ((before, oldest), (after, newest)))
    if newest is not None:
        return _after(rows, cursors, newest)
    older = rows if oldest is None else rows.filter(pk__lt=oldest)
    found = list(older.order_by("-pk")[: SIZE + 1])
    return KeysetPage(
        found[:SIZE],
        newer=cursors.make(found[0].pk) if found and oldest is not None else "",
        older=cursors.make(found[SIZE - 1].pk) if len(found) > SIZE else "",
        is_first=oldest is None,
        was_bad=was_bad,
    )


def _after(rows: QuerySet[Row], cursors: Cursors, newest: int) -> KeysetPage[Row]:
    found = list(rows.filter(pk__gt=newest).order_by("pk")[: SIZE + 1])
    if len(found) <= SIZE:
        return page_of(rows, cursors, before="", after="")
    shown = found[SIZE - 1 :: -1]
    return KeysetPage(shown, newer=cursors.make(shown[0].pk), older=cursors.make(shown[-1].pk), is_first=False)
