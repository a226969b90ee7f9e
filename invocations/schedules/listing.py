"""The list of a region's schedules: those of this console, and those made elsewhere, as one list."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page
from django.db.models import BooleanField, Case, Count, F, Min, Q, QuerySet, Value, When
from django.urls import reverse

from accounts.models import Person
from invocations import counting
from invocations.access import runs_visible_to
from invocations.models import Execution, Found, Invocation, RepeatMode, RunState
from invocations.schedules import changes, elsewhere, replacing
from invocations.schedules.preview import Preview
from invocations.schedules.timing import Timing
from regions.lists import Address

OWN, ELSEWHERE = "own", "elsewhere"
IMPORTED = "-imported"  # in the filter of who made it; no user name begins so


@dataclass(frozen=True, slots=True)
class Last:
    """The latest execution of each instance."""

    state: str
    succeeded: int
    total: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Last | None:
        if not counts:
            return None
        state = counting.at_rest(counts) if set(counts) != {"timeout"} else "timeout"
        return cls(RunState.RUNNING if "running" in counts else state, counts.get("success", 0), sum(counts.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    title: str
    url: str
    command_cloud_id: str
    timing: Timing
    total: int  # instances
    state: str
    is_live: bool
    next_at: datetime | None
    last: Last | None = None
    person: str = ""  # who made it; "": somebody elsewhere
    is_lost: bool = False  # made here, but no row tells of it
    stop_url: str = ""  # for whoever may
    replace_url: str = ""
    number: int | None = None
    preview: Preview


def read(address: Address, person: Person, region: str, now: datetime) -> tuple[Page[Any], list[Row]]:
    """The page that the address asks for, and its rows: what goes on first, then the newest."""
    q = address.text("q")
    state = address.choice("state", RunState.values)
    by = address.choice("by", [*makers(person, region), IMPORTED])
    own = _narrowed(runs_visible_to(person).repeating().filter(region=region), q, state)
    found = elsewhere.listed(region)
    found = _narrowed(found, q, state)
    if by:
        own = own.none() if by == IMPORTED else own.filter(person__username=by)
        found = found if by == IMPORTED else found.none()
    page = address.page(_together(own, found))
    return page, _rows(list(page), person, now)


def makers(person: Person, region: str) -> list[str]:
    runs = runs_visible_to(person).repeating().filter(region=region)
    return list(runs.order_by("person__username").values_list("person__username", flat=True).distinct())


def _narrowed(rows: QuerySet[Any], q: str, state: str) -> QuerySet[Any]:
    if q:
        rows = rows.filter(Q(command_name__icontains=q) | Q(command_cloud_id=q))
    return rows.filter(state=state) if state else rows


def _together(own: QuerySet[Any], found: QuerySet[Any]) -> QuerySet[Any]:
    """Kind and key of each, in one order. Only keys: the page's own rows are read by these."""
    over = Case(When(ended_at=None, then=Value(False)), default=Value(True), output_field=BooleanField())
    ours = own.annotate(kind=Value(OWN), over=over, made_at=F("submitted_at"))
    theirs = found.annotate(
        kind=Value(ELSEWHERE),
        over=Case(When(elsewhere.GOES_ON, then=Value(False)), default=Value(True), output_field=BooleanField()),
        made_at=F("created_at"),
    )
    columns = ("kind", "pk", "over", "made_at")
    together: QuerySet[Any] = (
        ours.order_by().values_list(*columns).union(theirs.order_by().values_list(*columns), all=True)
    )
    return together.order_by("over", "-made_at", "-pk")


def _rows(keys: Iterable[tuple[str, int, bool, datetime]], person: Person, now: datetime) -> list[Row]:
    keys = list(keys)
    own = Invocation.objects.select_related("person").defer("content").annotate(taken_at=Min("batches__accepted_at"))
    runs = own.in_bulk([pk for kind, pk, *_rest in keys if kind == OWN])
    found = Found.objects.defer("content").in_bulk([pk for kind, pk, *_rest in keys if kind == ELSEWHERE])
    last = _last_results(runs)
    changed = changes.frequencies_of(runs)
    rows = []
    for kind, pk, *_rest in keys:
        if kind == OWN:
            rows.append(_own(runs[pk], changed.get(pk), last.get(pk, {}), person, now))
        else:
            rows.append(_elsewhere(found[pk], person, now))
    return rows


def _own(run: Any, changed: str | None, last: Mapping[str, int], person: Person, now: datetime) -> Row:
    timing = Timing(run.repeat_mode, run.frequency if changed is None else changed, run.taken_at)
    may_stop = run.is_live and not run.stop_requested_at and replacing.may_stop(person, run)
    return Row(
        title=run.title,
        url=run.get_absolute_url(),
        command_cloud_id=run.command_cloud_id,
        timing=timing,
        preview=Preview(timing, now),
        total=run.total,
        state=run.state,
        is_live=run.is_live,
        next_at=timing.next_time(now) if run.is_live and not run.stop_requested_at else None,
        last=Last.of(last),
        person=run.person.username,
        stop_url=reverse("invocations:schedule_stop", args=[run.region, run.pk]) if may_stop else "",
        replace_url=reverse("invocations:schedule_replace", args=[run.region, run.pk]) if may_stop else "",
        number=run.pk,
    )


def _elsewhere(found: Found, person: Person, now: datetime) -> Row:
    timing = elsewhere.timing_of(found)
    goes_on = elsewhere.goes_on(found)
    url = reverse("invocations:schedule_elsewhere", args=[found.region, found.invoke_id])
    stop_url = reverse("invocations:schedule_elsewhere_stop", args=[found.region, found.invoke_id])
    return Row(
        title=found.command_name or found.command_cloud_id,
        url=url,
        command_cloud_id=found.command_cloud_id,
        timing=timing,
        preview=Preview(timing, now),
        total=len(found.targets),
        state=found.state,
        is_live=goes_on,
        next_at=timing.next_time(now) if goes_on else None,
        is_lost=found.is_ours,
        stop_url=stop_url if goes_on and person.is_admin else "",
    )


def _last_results(runs: Iterable[int]) -> dict[int, Counter[str]]:
    """Of each schedule the states of its targets' latest executions: one query for the page."""
    latest = Execution.objects.filter(invocation__in=list(runs), n=F("target__repeats"))
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for run_id, state, n in latest.order_by().values_list("invocation", "state").annotate(n=Count("pk")):
        counts[run_id][state] += n
    return counts


def next_of_all(person: Person, region: str, now: datetime) -> datetime | None:
    """When the next of those that go on comes."""
    live = runs_visible_to(person).repeating().live().filter(region=region, repeat_mode=RepeatMode.PERIOD)
    texts = live.filter(stop_requested_at=None).annotate(taken_at=Min("batches__accepted_at"))
    pairs = set(texts.values_list("frequency", "taken_at")[:200])
    times = (Timing(RepeatMode.PERIOD, text, taken_at).next_time(now) for text, taken_at in pairs)
    return min(filter(None, times), default=None)
