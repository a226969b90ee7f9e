"""What was found in the cloud and no row stands for, as the results list and its own page show it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime

from instances.models import Instance
from invocations import counting
from invocations.models import REST, Found, RunState
from invocations.results import bars

SHOWN = 50  # rows above the list of runs


@dataclass(frozen=True, slots=True)
class FoundTarget:
    instance_id: str
    name: str  # "" where no such instance is known here
    state: str
    exit_code: int | None
    error_code: str
    started_at: datetime | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class FoundView:
    found: Found

    @property
    def title(self) -> str:
        return self.found.command_name or self.found.command_cloud_id

    @property
    def counts(self) -> Counter[str]:
        return Counter(str(target.get("state", "")) for target in self.found.targets.values())

    @property
    def total(self) -> int:
        return len(self.found.targets)

    @property
    def is_live(self) -> bool:
        return any(state not in REST for state in self.counts)

    @property
    def state(self) -> str:
        """The run's word for what its targets are."""
        return RunState.RUNNING if self.is_live else counting.at_rest(self.counts)

    @property
    def done(self) -> int:
        return sum(n for state, n in self.counts.items() if state in REST)

    @property
    def segments(self) -> list[bars.Segment]:
        return bars.segments(self.counts, self.total or 1)

    @property
    def targets(self) -> list[FoundTarget]:
        ids = list(self.found.targets)
        known = Instance.objects.filter(region=self.found.region, instance_id__in=ids)
        names = dict(known.values_list("instance_id", "name"))
        rows = [_target(one, names.get(one, ""), told) for one, told in self.found.targets.items()]
        return sorted(rows, key=lambda row: (row.state == "success", row.name, row.instance_id))


def _target(instance_id: str, name: str, told: dict[str, object]) -> FoundTarget:
    began = parse_datetime(str(told.get("started_at") or ""))
    ended = parse_datetime(str(told.get("finished_at") or ""))
    exit_code = told.get("exit_code")
    state = str(told.get("state", ""))
    return FoundTarget(
        instance_id=instance_id,
        name=name,
        state=state,
        exit_code=exit_code if isinstance(exit_code, int) else None,
        error_code=str(told.get("error_code") or ""),
        started_at=began,
        seconds=(ended - began).total_seconds() if began and ended and ended >= began else None,
    )


def listed(region: str | None) -> list[FoundView]:
    """The newest of a region, or of all (None)."""
    rows = Found.objects.filter(is_ours=True).defer("content").order_by("-created_at", "-pk")
    return [FoundView(row) for row in (rows.filter(region=region) if region else rows)[:SHOWN]]
