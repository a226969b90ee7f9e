"""One schedule's page: its executions by the time they belong to, its instances, and the output that is open."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Min, QuerySet
from django.http import QueryDict
from django.urls import reverse

from accounts.models import Person
from accounts.plain_input import as_number
from invocations import counting
from invocations.models import REST, UNCONFIRMED, Alarm, Batch, Execution, Invocation, Output, RunState, Target
from invocations.results import bars, explaining, output
from invocations.schedules import changes, executions, phrases, replacing
from invocations.schedules.preview import Preview
from invocations.schedules.timing import Timing
from regions.lists import SIZES

ROUNDS = 10  # a page
ROWS = int(SIZES[0])
STARTUPS = "startup"  # in the address, in the place of a time


@dataclass(frozen=True, slots=True)
class Round:
    """The executions of one time of a schedule; those of startups are one round."""

    due_at: datetime | None
    counts: dict[str, int]

    @property
    def key(self) -> str:
        return self.due_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.due_at else STARTUPS

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def succeeded(self) -> int:
        return self.counts.get("success", 0)

    @property
    def state(self) -> str:
        is_running = {"running", "stopping", "pending"} & set(self.counts)
        return RunState.RUNNING if is_running else counting.at_rest(self.counts)

    @property
    def segments(self) -> list[bars.Segment]:
        return bars.segments(self.counts, self.total)


@dataclass(frozen=True, slots=True)
class Gap:
    """Executions that the cloud no longer listed when they were looked for (A92)."""

    n: int
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Opened:
    """An execution whose output is shown, in the form the output viewer knows."""

    pk: int
    target: Target
    output: output.OutputView
    why: explaining.Why | None
    download_url: str
    others: tuple[()] = ()
    previous: str = ""
    following: str = ""


class Detail:
    def __init__(self, run: Invocation, person: Person, query: QueryDict, now: datetime) -> None:
        self.run = run
        self.person = person
        self.query = query
        self.now = now

    @cached_property
    def timing(self) -> Timing:
        return changes.timing_of(self.run)

    @cached_property
    def preview(self) -> Preview:
        return Preview(self.timing, self.now)

    @property
    def goes_on(self) -> bool:
        return self.run.is_live and self.run.stop_requested_at is None

    @property
    def may_stop(self) -> bool:
        return self.goes_on and replacing.may_stop(self.person, self.run)

    @cached_property
    def batches(self) -> list[Batch]:
        return list(self.run.batches.order_by("seq"))

    @property
    def unsent(self) -> list[Batch]:
        return [batch for batch in self.batches if batch.state in UNCONFIRMED]

    # What was changed, what it replaces

    @cached_property
    def changes(self) -> list[Change]:
        return [Change(alarm) for alarm in changes.alarms_of(self.run)]

    @cached_property
    def replaced_by(self) -> Invocation | None:
        return self.run.replaced_by.order_by("-pk").first()

    @property
    def replacement_failed(self) -> bool:
        """The new one will never be whole, so this one goes on."""
        return self.replaced_by is not None and self.goes_on and replacing.has_failed(self.replaced_by)

    @property
    def keeps_old(self) -> bool:
        """The same, seen from the new one."""
        old = self.run.replaces
        return old is not None and old.is_live and not old.stop_requested_at and replacing.has_failed(self.run)

    # Executions

    @cached_property
    def _executions(self) -> QuerySet[Execution]:
        return Execution.objects.filter(invocation=self.run).exclude(error_code=executions.LOST)

    @cached_property
    def rounds(self) -> Page[Any]:
        times: QuerySet[Any] = self._executions.order_by("-due_at").values_list("due_at", flat=True).distinct()
        page: Page[Any] = Paginator(times, ROUNDS).get_page(self.query.get("rounds"))
        counts: dict[datetime | None, Counter[str]] = defaultdict(Counter)
        shown = self._executions.filter(due_at__in=[due for due in page if due])
        if None in list(page):
            shown = shown | self._executions.filter(due_at=None)
        for due, state, n in shown.order_by().values_list("due_at", "state").annotate(n=Count("pk")):
            counts[due][state] = n
        page.object_list = [Round(due, dict(counts[due])) for due in page]
        return page

    @cached_property
    def round(self) -> Round | None:
        """The one that is open: the latest, unless the address names another."""
        key = self.query.get("at", "")
        if not key:
            return next(iter(self.rounds), None)
        found = self._of(key)
        counts = dict(found.order_by().values_list("state").annotate(n=Count("pk"))) if found is not None else {}
        return Round(None if key == STARTUPS else _moment(key), counts) if counts else None

    def _of(self, key: str) -> QuerySet[Execution] | None:
        if key == STARTUPS:
            return self._executions.filter(due_at=None)
        moment = _moment(key)
        return self._executions.filter(due_at=moment) if moment else None

    @cached_property
    def rows(self) -> Page[Execution]:
        """Of the open round; failed ones first, of startups the newest."""
        found = self._of(self.round.key) if self.round else None
        rows = (Execution.objects.none() if found is None else found).select_related("target").defer("content")
        order = ["-started_at", "pk"] if self.round and self.round.due_at is None else ["target__name", "pk"]
        return Paginator(rows.order_by(*order), ROWS).get_page(self.query.get("page"))

    @cached_property
    def gap(self) -> Gap | None:
        lost = Execution.objects.filter(invocation=self.run, error_code=executions.LOST)
        found = lost.aggregate(total=Count("pk"), target=Min("target"))
        if not found["total"]:
            return None
        one = Execution.objects.filter(target=found["target"]).exclude(error_code=executions.LOST)
        numbers = lost.filter(target=found["target"]).aggregate(low=Min("n"), high=Max("n"))
        before = one.filter(n__lt=numbers["low"]).aggregate(at=Max("started_at"))["at"]
        after = one.filter(n__gt=numbers["high"]).aggregate(at=Min("started_at"))["at"]
        return Gap(found["total"], before, after)

    # Instances

    @cached_property
    def targets(self) -> Page[Any]:
        """With why, where one has ended or was left out."""
        rows = self.run.targets.select_related("batch").order_by("name", "instance_id")
        page: Page[Any] = Paginator(rows, ROWS).get_page(self.query.get("page"))
        page.object_list = [(target, self._why(target)) for target in page]
        return page

    def _why(self, target: Target) -> explaining.Why | None:
        return explaining.why(target, self.run, self.now) if target.state in REST or target.reason else None

    # The output that is open

    @cached_property
    def opened(self) -> Opened | None:
        found = get_execution(self.run, self.query.get("execution"))
        if found is None and self.run.total == 1 and self.rows:
            found = get_execution(self.run, str(self.rows[0].pk))
        return open_execution(found, self.run, self.now) if found else None


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody changed outside this console, old beside new."""

    alarm: Alarm

    @property
    def batch(self) -> Batch:
        assert self.alarm.batch is not None
        return self.alarm.batch

    @property
    def old(self) -> str:
        return _in_words(self.batch, self.alarm.detail["old"]["frequency"])

    @property
    def new(self) -> str:
        return _in_words(self.batch, self.alarm.detail["new"]["frequency"])

    @property
    def is_other_content(self) -> bool:
        detail = self.alarm.detail
        return bool(detail["old"]["content_sha256"] != detail["new"]["content_sha256"])

    @property
    def is_other_time(self) -> bool:
        return bool(self.alarm.detail["old"]["frequency"] != self.alarm.detail["new"]["frequency"])

    @property
    def added(self) -> list[str]:
        return list(self.alarm.detail["added"])


def _in_words(batch: Batch, text: str) -> str:
    found = Timing(batch.invocation.repeat_mode, text).frequency
    return phrases.with_zone(found) if found else text


def get_execution(run: Invocation, number: str | None) -> Execution | None:
    found = Execution.objects.filter(invocation=run, pk=as_number(number) or 0).exclude(error_code=executions.LOST)
    return found.select_related("target__batch").first()


def open_execution(execution: Execution, run: Invocation, now: datetime) -> Opened:
    """Its target as it stood after this execution; nothing of it is stored."""
    target = execution.target
    target.invocation = run
    for name in ("state", "exit_code", "error_code", "error_info", "started_at", "finished_at", "seconds"):
        setattr(target, name, getattr(execution, name))
    target.reason, target.repeats = "", 0
    target.output = Output(
        target=target, content=execution.content, dropped=execution.dropped, is_complete=execution.is_complete
    )
    url = reverse("invocations:execution_output", args=[run.region, run.pk, execution.pk])
    why = explaining.why(target, run, now) if execution.state in REST else None
    return Opened(execution.pk, target, output.of(target), why, url)


def _moment(key: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(key)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
