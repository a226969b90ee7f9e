"""One function makes what the run page and its live fragment show, in a number of queries that never grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from accounts.models import Person
from commands.models import CommandType
from invocations.drafts import STATES_AGAIN
from invocations.marking import MARKED
from invocations.models import REST, Invocation, Target
from invocations.models import TargetState as T
from invocations.results import batches, explaining, listing, notices, output, rollout, sent
from invocations.results.progress import Progress
from regions.models import Region

MOST_AGAINS = 5  # later runs of the same that the page links to
KEPT = ("state", "sort", "per", "target", "batch_order", "batch_page")  # of the address, beside the form's own fields


def version(run: Invocation, now: datetime) -> str:
    """What the page polls with: changes with the run's row, and when nobody has picked the run up for too long."""
    return f"{run.version}{'-unclaimed' if notices.is_unclaimed(run, now) else ''}"


def context(run: Invocation, region: Region, person: Person, query: QueryDict, now: datetime) -> dict[str, Any]:
    all_batches = batches.of(run, now)
    waves = rollout.of(run, person, all_batches.all, now)
    is_shut = waves is not None and waves.gate is not None
    batch_page = _batch_page(all_batches, query)
    common = {
        "run": run,
        "now": now,
        "v": version(run, now),
        "progress": Progress(run, now),
        "run_as": run_as(run),
        "parameters": sent.parameters(run),
        "notices": notices.of(run, region, all_batches, now),
        "rollout": waves,
        "batches": all_batches,
        "batch_page": batch_page,
        "batch_page_numbers": batch_page.paginator.get_elided_page_range(batch_page.number, on_each_side=1, on_ends=1),
        "is_held": is_shut or any(view.batch.hold_reason for view in all_batches.all),
        "again": Again.of(run) if person.is_operator else None,
        "agains": run.agains.order_by("pk").values_list("region", "pk")[:MOST_AGAINS],
        "may_stop": person.is_operator
        and run.is_live
        and run.stop_requested_at is None
        and not (is_shut and run.finished + run.counts.get(T.WAITING, 0) == run.total),
    }
    tab = _settings(run, query) if query.get("tab") == "settings" else _instances(run, query, now)
    return common | tab


def _batch_page(found: batches.BatchList, query: QueryDict) -> Page[batches.BatchView]:
    rows = found.all if query.get("batch_order") == "number" else found.worst_first
    return Paginator(rows, batches.MOST_CARDS).get_page(query.get("batch_page"))


def _settings(run: Invocation, query: QueryDict) -> dict[str, Any]:
    return {
        "tab": "settings",
        "content_lines": sent.content_lines(run),
        "sent_page": sent.batches(run, query.get("page")),
    }


def _instances(run: Invocation, query: QueryDict, now: datetime) -> dict[str, Any]:
    filters = listing.Filters.of(query)
    page = listing.page_of(run, filters)
    target = _target(run, query.get("target", ""))
    return {
        "tab": "instances",
        "filters": filters,
        "chips": _chips(run, filters, now),
        "columns": listing.columns(filters, is_wide=target is None),
        "page": page,
        "rows": [(row, _seconds(row, now)) for row in page],
        "kept": [(name, query[name]) for name in KEPT if query.get(name)],
        "was_beyond": query.get("page", "1") != str(page.number),
        "exit_codes": listing.exit_codes(run),
        "error_codes": listing.error_codes(run),
        "shown": Shown.of(target, run, list(page), now) if target else None,
    }


def _seconds(target: Target, now: datetime) -> float | None:
    """How long it took, or has been running."""
    if target.seconds is not None or target.started_at is None or target.state in REST:
        return target.seconds
    return max(0.0, (now - target.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Chip:
    """A state of the legend, and the filter that pressing it asks for: with it or, when it is on, without it."""

    state: str
    number: int
    is_on: bool
    toggled: str | None


def _chips(run: Invocation, filters: listing.Filters, now: datetime) -> list[Chip]:
    def chip(state: str, number: int) -> Chip:
        is_on = state in filters.states
        states = [other for other in filters.states if other != state] if is_on else [*filters.states, state]
        return Chip(state, number, is_on, ",".join(states) or None)

    return [chip(*share) for share in Progress(run, now).shares]


def run_as(run: Invocation) -> str:
    """The user, or the system's own when none was named."""
    return run.username or ("root" if run.command_type == CommandType.SHELL else "System")


def _target(run: Invocation, instance_id: str) -> Target | None:
    """The one that is open; of a run on a single instance always that one."""
    targets = Target.objects.filter(invocation=run).select_related("batch", "output")
    return targets.first() if run.total == 1 else targets.filter(instance_id=instance_id).first()


@dataclass(frozen=True, slots=True)
class Shown:
    """The target whose output is open."""

    target: Target
    output: output.OutputView
    why: explaining.Why | None
    others: list[tuple[str, dict[str, Any]]]  # further task IDs of its batch, with what each says of it
    is_unsettled: bool = False  # its end may be marked by hand, and the cloud be asked for it
    previous: str = ""  # instance ids of its neighbours in the list
    following: str = ""

    @classmethod
    def of(cls, target: Target, run: Invocation, rows: list[Target], now: datetime) -> Shown:
        ids = [row.instance_id for row in rows]
        at = ids.index(target.instance_id) if target.instance_id in ids else None
        return cls(
            target=target,
            output=output.of(target),
            why=explaining.why(target, run, now),
            others=_others(target),
            is_unsettled=target.state in (T.UNKNOWN, T.UNFOLLOWED) or target.reason == MARKED,
            previous=ids[at - 1] if at else "",
            following=ids[at + 1] if at is not None and at + 1 < len(ids) else "",
        )


def _others(target: Target) -> list[tuple[str, dict[str, Any]]]:
    rows = target.batch.others.order_by("found_at").values_list("invoke_id", "results")
    return [(invoke_id, results.get(target.instance_id, {})) for invoke_id, results in rows]


@dataclass(frozen=True, slots=True)
class Again:
    """What Run again can be pressed for."""

    all: int
    failed: int
    skipped: int
    unknown: int
    unsent: int

    @classmethod
    def of(cls, run: Invocation) -> Again:
        def count(which: str) -> int:
            return sum(run.counts.get(state, 0) for state in STATES_AGAIN[which])

        return cls(
            all=run.total,
            failed=count("failed"),
            skipped=count("skipped"),
            unknown=count("unknown"),
            unsent=count("unsent"),
        )
