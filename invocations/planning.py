"""How a selection is cut into batches. Pure: ids in, groups out; no database, no clock."""

from collections.abc import Sequence
from typing import TypeVar

from django.conf import settings

T = TypeVar("T")


def split(ids: Sequence[T], size: int) -> list[tuple[T, ...]]:
    """Groups of at most `size` (at least 1), in the given order: 120 by 50 makes 50, 50 and 20."""
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]


def batch_sizes(ecs: int, managed: int) -> list[int]:
    """What the batches of a run will be. Managed instances go in batches of their own, after the others."""
    size = settings.BATCH_SIZE
    return [min(size, count - start) for count in (ecs, managed) for start in range(0, count, size)]
