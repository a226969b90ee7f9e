"""What the cloud's codes mean and what to do about them: English here, other languages in the catalogue.

An entry stands for codes, or for patterns of codes (`InvalidParameter.*`); the longest that fits is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Entry:
    """`{…}` in a text are values of the case at hand. `cause` is "" where `what` says it already."""

    codes: tuple[str, ...]
    what: StrOrPromise
    fix: StrOrPromise
    cause: StrOrPromise = ""
