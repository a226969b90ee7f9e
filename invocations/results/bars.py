"""Stacked bars as SVG rectangles: geometry in attributes, since the CSP allows no style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from invocations.results.wording import family, in_bar_order

WIDTH = 1000
GAP = 2  # between two segments, and the least width of one


class Segment(NamedTuple):
    family: str
    x: str
    width: str


def segments(counts: Mapping[str, int], total: int, *, unsent: bool = True) -> list[Segment]:
    """One segment a colour family, green from the left. Without `unsent` what waits leaves the track empty."""
    sums: dict[str, int] = {}
    for state in in_bar_order(counts):
        if counts[state] and (unsent or state != "waiting"):
            sums[family(state)] = sums.get(family(state), 0) + counts[state]
    found, done = [], 0
    for name, n in sums.items():
        x, share = WIDTH * done / total, WIDTH * n / total
        done += n
        width = share if done == total else max(GAP, share - GAP)
        found.append(Segment(name, f"{x:.1f}", f"{width:.1f}"))
    return found
