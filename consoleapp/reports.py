"""What each process that calls the cloud tells the others: how the cloud answers it, and who waits for a permit.

Workers keep their report in their row (tick.py), for System status, which is made by another process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypedDict

from cloud import health, limiter


class Waiting(TypedDict):
    operation: str
    region: str
    threads: int  # 0: none now, but some once did


class Report(TypedDict):
    calls: list[health.Note]
    waiting: list[Waiting]


def mine() -> Report:
    """This process's own, as JSON can keep it."""
    waiting = [
        Waiting(operation=operation, region=region, threads=threads)
        for (operation, region), threads in sorted(limiter.waiting().items())
    ]
    return Report(calls=health.notes(), waiting=waiting)


def health_of(reports: Iterable[Report]) -> list[health.Health]:
    """By region and family, over all processes."""
    return health.of(note for report in reports for note in report["calls"])


def waiting_of(reports: Iterable[Report]) -> Counter[tuple[str, str]]:
    """Threads that wait for a permit, by region and operation; 0 where some once did."""
    waiting: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for one in report["waiting"]:
            waiting[one["region"], one["operation"]] += one["threads"]
    return waiting
