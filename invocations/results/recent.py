"""How the last runs of a command went: a square each, how many succeeded, how long one takes."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from django.db.models import QuerySet

from invocations.models import Invocation, RunState

RUNS = 30


@dataclass(frozen=True, slots=True)
class Recent:
    runs: list[Invocation]  # the oldest first

    @property
    def succeeded(self) -> int:
        return sum(run.state == RunState.SUCCESS for run in self.runs)

    @property
    def ended(self) -> int:
        return sum(run.ended_at is not None for run in self.runs)

    @property
    def percent(self) -> int | None:
        """Of those that have ended."""
        return round(100 * self.succeeded / self.ended) if self.ended else None

    @property
    def median(self) -> float | None:
        """Seconds from submit to the end."""
        times = [(run.ended_at - run.submitted_at).total_seconds() for run in self.runs if run.ended_at]
        return statistics.median(times) if times else None


def of(runs: QuerySet[Invocation]) -> Recent:
    newest = runs.order_by("-pk").only("region", "state", "submitted_at", "ended_at", "command_name")
    return Recent(list(reversed(newest[:RUNS])))
