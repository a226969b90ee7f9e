"""The history list: which runs, by what the address asks for."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from invocations.models import Batch, Invocation, OtherInvocation, RepeatMode, RunState, Target, TargetState
from invocations.results import bars

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LONGEST_SEARCH = 200  # characters
PRESETS: dict[str, timedelta] = {
    "1h": timedelta(hours=1),
    "today": timedelta(),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
FOUND = "found"
RANGE = "range"  # two dates are about to be typed
KIND_WORDS: dict[str, _StrPromise] = {
    "now": gettext_lazy("Run now"),
    "scheduled": pgettext_lazy("kind", "Scheduled"),
    "startup": gettext_lazy("Startup"),
    FOUND: gettext_lazy("Found in the cloud"),
}
KINDS: dict[str, tuple[str, ...]] = {
    "now": (RepeatMode.ONCE,),
    "scheduled": (RepeatMode.PERIOD,),
    "startup": (RepeatMode.NEXT_REBOOT_ONLY, RepeatMode.EVERY_REBOOT),
    FOUND: (),  # they are no runs (results/found.py)
}
_TASK_ID = re.compile(r"t-[0-9a-z]+", re.IGNORECASE)
_INSTANCE_ID = re.compile(r"m?i-[0-9a-z]+", re.IGNORECASE)
_NUMBER = re.compile(r"#?([0-9]{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When a run was submitted. Days are days in the viewer's zone."""

    since: str = ""  # a preset or a date, as the address has it
    until: str = ""
    began: datetime | None = None  # what these come to
    ended: datetime | None = None
    errors: dict[str, str] = field(default_factory=dict)  # `from`, `to` -> what is wrong with it (B69)

    @classmethod
    def of(cls, since: str, until: str, now: datetime) -> Span:
        told = cls(since=since[:10], until=until[:10])
        if since in PRESETS and not until:
            return replace(told, began=_midnight(now) if since == "today" else now - PRESETS[since])
        if errors := _errors(since, until):
            return replace(told, errors=errors)
        first, last = _day(since), _day(until)
        began = _start_of(first) if first else None
        return replace(told, began=began, ended=_start_of(last + timedelta(days=1)) if last else None)

    @property
    def is_preset(self) -> bool:
        return self.since in ("", *PRESETS) and not self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    q: str = ""
    states: tuple[str, ...] = ()
    operator: str = ""
    kind: str = ""
    span: Span = field(default_factory=Span)

    @classmethod
    def of(cls, query: QueryDict, now: datetime) -> Filters:
        """What can't be read filters nothing."""
        kind = query.get("kind", "")
        states = query.get("state", "").split(",")
        return cls(
            q=query.get("q", "").strip()[:LONGEST_SEARCH],
            states=tuple(state for state in states if state in RunState.values),
            operator=query.get("operator", "").strip()[:150],
            kind=kind if kind in KINDS else "",
            span=Span.of(query.get("from", "").strip(), query.get("to", "").strip(), now),
        )

    @property
    def kind_word(self) -> str:
        return str(KIND_WORDS[self.kind]) if self.kind else ""

    @property
    def show_found(self) -> bool:
        """Whether what was found in the cloud belongs to what is asked for."""
        return self.kind == FOUND or not self.are_any

    @property
    def are_any(self) -> bool:
        return bool(self.as_query())

    def as_query(self) -> dict[str, str]:
        """As the address has them."""
        told = {
            "q": self.q,
            "state": ",".join(self.states),
            "operator": self.operator,
            "kind": self.kind,
            "from": self.span.since,
            "to": self.span.until,
        }
        return {key: value for key, value in told.items() if value}


def _errors(since: str, until: str) -> dict[str, str]:
    given = {"from": since, "to": until}
    errors = {name: _("Enter a date such as 2026-11-24.") for name, text in given.items() if _is_odd(text)}
    first, last = _day(since), _day(until)
    if first and last and first > last:
        errors["to"] = _("The last day can’t be before the first.")
    return errors


def _is_odd(text: str) -> bool:
    return bool(text) and text != RANGE and _day(text) is None


def _day(text: str) -> date | None:
    """Only what a date field sends. The first and last days of the calendar have no neighbours to compute with."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1970, 1, 2) <= day < date(9998, 12, 31) else None


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _midnight(now: datetime) -> datetime:
    return _start_of(timezone.localtime(now).date())


def matching(runs: QuerySet[Invocation], filters: Filters) -> QuerySet[Invocation]:
    if filters.states:
        runs = runs.filter(state__in=filters.states)
    if filters.operator:
        runs = runs.filter(person__username=filters.operator)
    if filters.kind:
        runs = runs.filter(repeat_mode__in=KINDS[filters.kind])
    if filters.span.began:
        runs = runs.filter(submitted_at__gte=filters.span.began)
    if filters.span.ended:
        runs = runs.filter(submitted_at__lt=filters.span.ended)
    return runs.filter(_about(filters.q)) if filters.q else runs


def _about(text: str) -> Q:
    """#1042, t-…, i-…, mi-… exactly; else a part of the command's name, its ID or the reason."""
    if number := _NUMBER.fullmatch(text):
        return Q(pk=int(number[1])) | Q(command_name__icontains=text)
    named = Q(command_name__icontains=text)
    if _TASK_ID.fullmatch(text):
        of_run = Batch.objects.filter(invocation=OuterRef("pk"), invoke_id=text)
        other = OtherInvocation.objects.filter(batch__invocation=OuterRef("pk"), invoke_id=text)
        return named | Q(Exists(of_run)) | Q(Exists(other))
    if _INSTANCE_ID.fullmatch(text):
        return named | Q(Exists(Target.objects.filter(invocation=OuterRef("pk"), instance_id=text)))
    return named | Q(command_cloud_id=text) | Q(command__cloud_id=text) | Q(reason__icontains=text)


@dataclass(frozen=True, slots=True)
class Row:
    """A run as the list shows it."""

    run: Invocation

    @property
    def done(self) -> int:
        """Of a live run what has ended, of another what went well."""
        return self.run.finished if self.run.is_live else self.run.counts.get(TargetState.SUCCESS, 0)

    @property
    def segments(self) -> list[bars.Segment]:
        """Only where there is more than one colour to see, or something still moves."""
        found = bars.segments(self.run.counts, self.run.total)
        return found if self.run.is_live or len(found) > 1 else []

    @property
    def seconds(self) -> float | None:
        return (self.run.ended_at - self.run.submitted_at).total_seconds() if self.run.ended_at else None


def operators(runs: QuerySet[Invocation]) -> list[str]:
    """Everybody who has run anything there, by name."""
    return list(runs.order_by("person__username").values_list("person__username", flat=True).distinct())


def newer_than(runs: QuerySet[Invocation], top: int) -> int:
    """How many runs have come since the one on top of a page, 100 at most."""
    return runs.filter(pk__gt=top)[:100].count()


def digest(runs: Sequence[Invocation], new: int) -> str:
    """Changes whenever the page would: by the rows' versions, and how many are new."""
    told = repr([(run.pk, run.version) for run in runs])
    return f"{zlib.crc32(told.encode()):x}-{new}"
