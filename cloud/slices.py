"""Cut what is too long for one call."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def slices(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in pieces of at most `size`, in order."""
    return (items[start : start + size] for start in range(0, len(items), size))
