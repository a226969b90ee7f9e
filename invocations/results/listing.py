"""The instances of a run: filters, order and pages, all of them in the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import BinaryField, BooleanField, Case, Count, Exists, F, Func, OuterRef, Q, QuerySet, Value, When
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from instances.models import Instance
from invocations.models import Invocation, Output, Target, TargetState
from invocations.results.wording import badness

SIZES = (20, 50, 100)
SIZE = 50
LONGEST_SEARCH = 200  # characters
MOST_CODES = 50  # exit and error codes offered as filters
NO_EXIT_CODE = "none"

_DURATION = re.compile(r"(\d{1,6}(?:\.\d)?)?-(\d{1,6}(?:\.\d)?)?")
_STATE = re.compile(r"[a-z]{1,32}")

SORTS: dict[str, str] = {
    "name": "name",
    "state": "badness",
    "exit": "exit_code",
    "duration": "seconds",
    "started": "started_at",
    "code": "error_code",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the address asks for. What cannot be read is left out, so that a wrong link shows the nearest valid view."""

    q: str = ""
    states: tuple[str, ...] = ()
    exit: str = ""  # a number, or `none`
    code: str = ""
    batch: int | None = None  # its number
    wave: int | None = None  # its number
    duration: str = ""  # `10-60`, `60-`, in seconds
    tag: str = ""  # `key` or `key=value`
    sort: str = ""
    page: int = 1
    per: int = SIZE

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        sort = query.get("sort", "")
        duration = query.get("duration", "")
        return cls(
            q=query.get("q", "").strip()[:LONGEST_SEARCH],
            states=tuple(state for state in query.get("state", "").lower().split(",") if _STATE.fullmatch(state)),
            exit=_exit(query.get("exit", "")),
            code=query.get("code", "")[:128],
            batch=_number(query.get("batch", "")),
            wave=_number(query.get("wave", "")),
            duration=duration if duration != "-" and _DURATION.fullmatch(duration) else "",
            tag=query.get("tag", "").strip()[:LONGEST_SEARCH],
            sort=sort if sort.removeprefix("-") in SORTS else "",
            page=_page(query.get("page", "")),
            per=per if (per := _number(query.get("per", ""))) in SIZES else SIZE,
        )

    @property
    def are_any(self) -> bool:
        return bool(self.q or self.states or self.exit or self.are_more)

    @property
    def are_more(self) -> bool:
        """Any of those behind the Filters button is set."""
        has_number = self.batch is not None or self.wave is not None
        return bool(self.code or has_number or self.duration or self.tag)


def _exit(text: str) -> str:
    return text if text == NO_EXIT_CODE or _number(text) is not None else ""


def _page(text: str) -> int:
    """The nearest there could be; the last one is found when it is known how many there are (B65)."""
    return max(1, int(text[:9])) if re.fullmatch(r"[0-9]+", text) else 1


def _number(text: str) -> int | None:
    """Whole numbers the database can hold; None for anything else."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


class Column(NamedTuple):
    """The head of a column, and the order that pressing it asks for."""

    title: str
    sort: str | None  # for the address; None is the default order
    aria: str = ""  # ascending, descending; "" is unsorted
    classes: str = ""


def columns(filters: Filters, *, is_wide: bool) -> list[Column]:
    """Those of the table; beside an open output there is room for the first four."""
    found = [
        _column(filters, "name", _("Instance name / ID")),
        _column(filters, "state", pgettext("run", "Status"), is_default=True),
        _column(filters, "exit", _("Exit code"), classes="num hide-s", down_first=True),
        _column(filters, "duration", _("Duration"), classes="num hide-s", down_first=True),
    ]
    if is_wide:
        found.append(_column(filters, "started", _("Started"), classes="num lg xl", down_first=True))
        found.append(_column(filters, "code", _("Error code"), classes="lg"))
    return found


def _column(
    filters: Filters, key: str, title: str, *, classes: str = "", down_first: bool = False, is_default: bool = False
) -> Column:
    """The state's own order is worst first, which reads as descending."""
    up, down = (f"-{key}", None) if is_default else (key, f"-{key}")
    current = filters.sort or None
    if is_default and current == key:
        current = None
    if current == up:
        return Column(title, down, "ascending", classes)
    if current == down:
        return Column(title, up, "descending", classes)
    return Column(title, down if down_first or is_default else up, "", classes)


def page_of(run: Invocation, filters: Filters) -> Page[Target]:
    """The nearest page there is. Without a filter its number of rows is the run's own counter."""
    targets = ordered(matching(run, filters), filters.sort).select_related("batch__wave")
    targets = targets.defer("batch__request", "batch__secrets", "error_info")
    return _Pages(targets, filters.per, None if filters.are_any else run.total).get_page(filters.page)


class _Pages(Paginator):  # type: ignore[type-arg]  # generic for the type checker only
    """A known number of rows saves counting 10,000 of them."""

    def __init__(self, targets: QuerySet[Target], per_page: int, count: int | None) -> None:
        super().__init__(targets, per_page)
        if count is not None:
            self.__dict__["count"] = count  # the place of a cached property


def matching(run: Invocation, filters: Filters) -> QuerySet[Target]:
    targets = Target.objects.filter(invocation=run)
    if filters.states:
        targets = targets.filter(state__in=filters.states)
    if filters.exit:
        targets = targets.filter(exit_code=None if filters.exit == NO_EXIT_CODE else int(filters.exit))
    if filters.code:
        targets = targets.filter(error_code=filters.code)
    if filters.batch is not None:
        targets = targets.filter(batch__seq=filters.batch)
    if filters.wave is not None:
        targets = targets.filter(batch__wave__n=filters.wave)
    if filters.duration:
        targets = targets.filter(_lasting(filters.duration))
    if filters.tag:
        targets = targets.filter(_tagged(run, filters.tag))
    return targets.filter(_holding(filters.q)) if filters.q else targets


def _lasting(duration: str) -> Q:
    least, most = _DURATION.fullmatch(duration).groups()  # type: ignore[union-attr]
    found = Q()
    if least:
        found &= Q(seconds__gte=float(least))
    if most:
        found &= Q(seconds__lte=float(most))
    return found


def _tagged(run: Invocation, tag: str) -> Q:
    """By the tags the instance has now."""
    key, has_value, value = tag.partition("=")
    tagged = {"tag_rows__key": key, **({"tag_rows__value": value} if has_value else {})}
    return Q(instance_id__in=Instance.objects.filter(region=run.region, **tagged).values("instance_id"))


def _holding(text: str) -> Q:
    """Name, ID or address by a part of it, or text in the output; `%` and `_` are ordinary characters (B72)."""
    by_name = Q(name__icontains=text) | Q(instance_id__icontains=text) | Q(private_ip__icontains=text)
    outputs = Output.objects.filter(target=OuterRef("pk")).filter(holds(text))
    return by_name | Q(Exists(outputs))


def holds(text: str) -> Q:
    """Whether the bytes of an output hold this text, whatever the case of its ASCII letters.

    They are searched as they are, for both encodings outputs come in: neither engine reads broken text.
    """
    utf8, gb18030 = text.encode("utf-8", "replace"), text.encode("gb18030", "replace")
    return Q(_HoldsBytes("content", utf8)) | Q(_HoldsBytes("content", gb18030))


class _HoldsBytes(Func):
    output_field = BooleanField()

    def __init__(self, column: str, needle: bytes) -> None:
        super().__init__(F(column), Value(needle, BinaryField()))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(instr(lower(CAST(%(expressions)s AS TEXT))) > 0)"
        joiner = " AS TEXT)), lower(CAST("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(strpos(lower(encode(%(expressions)s, 'escape'))) > 0)"
        joiner = ", 'escape')), lower(encode("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)


def ordered(targets: QuerySet[Target], sort: str) -> QuerySet[Target]:
    """Worst first, then slowest, unless the head of a column was pressed; the same order for equals every time."""
    targets = targets.annotate(badness=_BADNESS)
    if not sort:
        return targets.order_by("badness", F("seconds").desc(nulls_last=True), "name", "pk")
    column = F(SORTS[sort.removeprefix("-")])
    way = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return targets.order_by(way, "name", "pk")


_BADNESS = Case(
    *(When(state=state, then=Value(badness(state))) for state in TargetState.values),
    default=Value(badness("")),
)


def exit_codes(run: Invocation) -> Sequence[tuple[int | None, int]]:
    """Those there are, with the number of targets, the most frequent first."""
    ended = Target.objects.filter(invocation=run, exit_code__isnull=False)
    rows = ended.values_list("exit_code").annotate(n=Count("pk")).order_by("-n", "exit_code")
    return list(rows[:MOST_CODES])


def error_codes(run: Invocation) -> Sequence[tuple[str, int]]:
    rows = Target.objects.filter(invocation=run).exclude(error_code="").values_list("error_code")
    return list(rows.annotate(n=Count("pk")).order_by("-n", "error_code")[:MOST_CODES])


def neighbours(run: Invocation, filters: Filters, target: Target) -> tuple[str, str]:
    """The instance ids before and after a target in the list as it is filtered and ordered; "" at either end."""
    ids = list(ordered(matching(run, filters), filters.sort).values_list("instance_id", flat=True))
    if target.instance_id not in ids:
        return "", ""
    at = ids.index(target.instance_id)
    return ids[at - 1] if at else "", ids[at + 1] if at + 1 < len(ids) else ""
