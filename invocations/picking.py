"""What a picker shows: the instances that match a search, which of them can run, and one page of them.

A few queries, however many instances there are: one counts by reason, one reads the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import Person
from instances import access, grammar, search, selection_uses, selections
from instances.grammar import Key
from instances.models import Kind, Selection
from instances.selection_uses import Change
from invocations import preflight
from invocations.verdicts import Verdict, Verdicts
from regions.models import Region

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.functional import _StrPromise

    from invocations.preflight import ReasonedInstance

ROWS = 20  # a page
TAGS = 4  # of a row that are shown
SORTS = ("name", "status", "agent")
KEYS = grammar.OF_LISTS | {Key.REASON, Key.SELECTED}
ECS_COLUMNS = ("name", "status", "agent", "os", "private_ip", "tags")
MANAGED_COLUMNS = ("name", "connection", "os", "public_ip", "registered", "tags")
COLUMN_WORDS: dict[str, _StrPromise] = {
    "name": gettext_lazy("Instance name / ID"),
    "status": gettext_lazy("Status"),
    "connection": gettext_lazy("Connection status"),
    "agent": gettext_lazy("Agent"),
    "os": gettext_lazy("OS"),
    "private_ip": gettext_lazy("Private IP"),
    "public_ip": gettext_lazy("Internet IP"),
    "registered": gettext_lazy("Registered"),
    "tags": gettext_lazy("Tags / why not"),
}
AGENT_WORDS: dict[str, _StrPromise] = {
    "normal": gettext_lazy("Normal"),
    "abnormal": gettext_lazy("Abnormal"),
    "none": gettext_lazy("Not installed"),
}
FILTERS = {"agent": Key.AGENT, "status": Key.STATUS, "os": Key.OS}  # the select fields beside the search box
MANAGED = "managed_"  # begins the names of the second picker's fields, since both stand in one form
LOOKS = [
    prefix + name for prefix in ("", MANAGED) for name in ("q", *FILTERS, "sort", "page")
]  # fields of both pickers


def is_managed(instance_id: str) -> bool:
    return instance_id.startswith("mi-")


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody wants to see of one kind of instances."""

    kind: Kind
    q: str = ""
    agent: str = ""
    status: str = ""
    os: str = ""
    sort: str = ""
    page: str = ""

    @classmethod
    def of(cls, data: QueryDict, kind: Kind) -> Look:
        """From a query string or a form, where the managed ones' fields are named managed_q, managed_page …"""
        prefix = MANAGED if kind == Kind.MANAGED else ""
        names = ("agent", "status", "os", "sort", "page")
        q = " ".join(data.getlist(prefix + "q"))
        q = "".join(sign for sign in q if sign.isprintable() or sign.isspace()).strip()
        return cls(kind, q, **{name: data.get(prefix + name, "") for name in names})

    @property
    def filters(self) -> dict[str, str]:
        """Those of the select fields that are set to something there is."""
        chosen = {name: getattr(self, name) for name in FILTERS}
        return {name: value for name, value in chosen.items() if value in grammar.VALUES[FILTERS[name]]}

    @property
    def ignored(self) -> list[str]:
        """Select fields with a value there is not."""
        return [name for name in FILTERS if getattr(self, name) and name not in self.filters]

    @property
    def fields(self) -> dict[str, str]:
        """The names and values of the form's fields that say all this."""
        prefix = MANAGED if self.kind == Kind.MANAGED else ""
        return {prefix + name: value for name in ("q", *FILTERS, "sort", "page") if (value := getattr(self, name))}

    @property
    def query_text(self) -> str:
        """The whole search, the select fields in it."""
        return grammar.merged(self.q, self.filters)

    @property
    def is_too_long(self) -> bool:
        return len(self.q) > grammar.LONGEST

    @property
    def asks_for_something(self) -> bool:
        return bool(self.q or self.filters)

    @property
    def order(self) -> tuple[str, ...]:
        column = self.sort.removeprefix("-")
        first = (self.sort,) if column in SORTS else ()
        return (*first, "name", "instance_id")


class Picker:
    """The instances of one kind in a region, as a search shows them beside a command of this type."""

    def __init__(self, person: Person, region: Region, command_type: str, look: Look, chosen: Sequence[str]) -> None:
        self.person = person
        self.region = region
        self.command_type = command_type
        self.look = look
        self.chosen = {one for one in chosen if is_managed(one) == (look.kind == Kind.MANAGED)}
        self.verdicts: Verdicts = {}  # of the cloud's own check

    # How it is laid out

    @property
    def kind(self) -> Kind:
        return self.look.kind

    @property
    def prefix(self) -> str:
        return MANAGED if self.kind == Kind.MANAGED else ""

    @property
    def url_word(self) -> str:
        return "managed" if self.kind == Kind.MANAGED else "instances"

    @property
    def columns(self) -> list[Column]:
        names = MANAGED_COLUMNS if self.kind == Kind.MANAGED else ECS_COLUMNS
        return [Column(column, str(COLUMN_WORDS[column]), self.look.sort or "name") for column in names]

    @property
    def agent_choices(self) -> list[tuple[str, str]]:
        return [(value, str(AGENT_WORDS[value])) for value in grammar.VALUES[Key.AGENT]]

    @property
    def status_choices(self) -> list[tuple[str, str]]:
        if self.kind == Kind.MANAGED:
            return [("running", pgettext("instance", "Running")), ("stopped", _("Offline"))]
        return [(value, preflight.status_name(value)) for value in grammar.VALUES[Key.STATUS]]

    # What is found

    @property
    def names_a_private_selection(self) -> bool:
        return selections.names_a_private_one(self.query)

    @property
    def can_be_saved(self) -> bool:
        """As a selection: what is chosen, or the search."""
        return bool(self.chosen) or (self.look.asks_for_something and not selections.objection_to(self.look.query_text))

    @cached_property
    def selection(self) -> Selection | None:
        """The saved one that is searched for, where it is just one."""
        wanted = selections.wanted(self.query)
        if len(wanted) != 1 or self.query.finds_nothing:
            return None
        return access.selections_visible_to(self.person, self.region.pk).filter(pk=wanted[0]).first()

    @cached_property
    def change(self) -> Change | None:
        """What has changed in the saved selection since it was used."""
        return selection_uses.since_last_use(self.person, self.selection, self.kind) if self.selection else None

    @cached_property
    def query(self) -> grammar.Query:
        text = "" if self.look.is_too_long else self.look.query_text
        return selections.read(text, self.person, self.region.pk, keys=KEYS)

    @property
    def hints(self) -> list[str]:
        ignored = [_("There is no such choice: %(name)s.") % {"name": name} for name in self.look.ignored]
        return [*map(str, self.query.hints), *ignored]

    @cached_property
    def matching(self) -> QuerySet[ReasonedInstance]:
        instances = access.visible_to(self.person, self.region.pk, self.kind).filter(released_at=None)
        reasoned = preflight.with_reason(instances, self.command_type)
        extra: dict[str, search.Condition] = {Key.REASON: _has_reason, Key.SELECTED: self._is_selected}
        return cast("QuerySet[ReasonedInstance]", search.matching(reasoned, self.query, extra=extra))

    def _is_selected(self, word: str) -> Q:
        is_chosen = Q(instance_id__in=self.chosen)
        return ~is_chosen if word.lower() in ("no", "false", "0") else is_chosen

    @cached_property
    def by_reason(self) -> Counter[str]:
        """Reason -> number; "" is those that can run."""
        rows = self.matching.order_by().values("reason").annotate(n=Count("pk"))
        return Counter({row["reason"]: row["n"] for row in rows})

    @property
    def total(self) -> int:
        return self.by_reason.total()

    @property
    def fit(self) -> int:
        return self.by_reason[""]

    @property
    def unfit(self) -> Counter[str]:
        return Counter({reason: n for reason, n in self.by_reason.items() if reason})

    @property
    def unfit_total(self) -> int:
        return self.total - self.fit

    @property
    def query_text(self) -> str:
        return self.look.query_text

    @cached_property
    def is_all_chosen(self) -> bool:
        """Of this kind just what the search finds and can run is chosen."""
        if not self.fit or len(self.chosen) != self.fit:
            return False
        return self.matching.filter(reason="", instance_id__in=self.chosen).count() == self.fit

    @cached_property
    def page(self) -> Page[ReasonedInstance]:
        pages = Paginator(self.matching.order_by(*self.look.order), ROWS)
        pages.count = self.total
        return pages.get_page(self.look.page)

    @cached_property
    def rows(self) -> list[Row]:
        new = self.change.new if self.change else ()
        return [
            Row(
                one,
                self.command_type,
                self.region,
                one.instance_id in self.chosen,
                one.instance_id in new,
                self.verdicts.get(one.instance_id),
            )
            for one in self.page
        ]

    @property
    def page_numbers(self) -> Iterable[int | str]:
        return self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1)

    @property
    def shown_ids(self) -> list[str]:
        return [row.instance.instance_id for row in self.rows]

    @property
    def is_page_chosen(self) -> bool:
        """Every row of the page that can be chosen is."""
        choosable = [row for row in self.rows if row.can_be_chosen]
        return bool(choosable) and all(row.is_chosen for row in choosable)

    def fit_ids(self) -> list[str]:
        """All that match and can run, on whatever page: a snapshot."""
        return list(self.matching.filter(reason="").order_by(*self.look.order).values_list("instance_id", flat=True))

    def fit_ids_of_page(self) -> list[str]:
        return [row.instance.instance_id for row in self.rows if row.is_fit]

    def ids_with(self, reason: str) -> list[str]:
        return list(self.matching.filter(reason=reason).values_list("instance_id", flat=True))


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    sorted_by: str  # the table's present order

    @property
    def is_sorted(self) -> bool:
        return self.sorted_by.removeprefix("-") == self.name

    @property
    def aria_sort(self) -> str:
        return "descending" if self.sorted_by.startswith("-") else "ascending"

    @property
    def sort(self) -> str:
        """What pressing its head asks for: this order, or the reverse of it; "" where it can't be sorted by."""
        if self.name not in SORTS:
            return ""
        return f"-{self.name}" if self.sorted_by == self.name else self.name

    @property
    def classes(self) -> str:
        return "" if self.name in ("name", "status", "connection") else "hide-s"


@dataclass(frozen=True, slots=True)
class Row:
    instance: ReasonedInstance
    command_type: str
    region: Region
    is_chosen: bool
    is_new: bool = False  # in the saved selection that is searched for, since it was used
    verdict: Verdict | None = None  # of the cloud's own check; None: there is none

    @property
    def is_fit(self) -> bool:
        return not self.instance.reason

    @property
    def is_refused(self) -> bool:
        """By the cloud's own check; where it knows less than we do, our reason stays."""
        return self.is_fit and self.verdict is not None and not self.verdict.can_run

    @property
    def classes(self) -> str:
        """A chosen one that became unfit is amber, not dimmed."""
        return " ".join(name for name, applies in (("sel", self.is_chosen), ("unfit", not self.is_fit)) if applies)

    @property
    def tags(self) -> list[tuple[str, str]]:
        return list(self.instance.tags.items())[:TAGS]

    @property
    def more_tags(self) -> int:
        return max(0, len(self.instance.tags) - TAGS)

    @property
    def can_be_chosen(self) -> bool:
        """What became unfit after it was chosen can still be taken out."""
        return self.is_fit or self.is_chosen

    @property
    def sentence(self) -> str:
        reason = self.instance.reason
        return (
            preflight.sentence(reason, self.instance, command_type=self.command_type, region=self.region)
            if reason
            else ""
        )

    @property
    def fix(self) -> str:
        return preflight.FIXES.get(self.instance.reason, "")


def _has_reason(word: str) -> Q:
    """`reason:os` is either system."""
    word = word.lower()
    return Q(reason__in=["os-windows", "os-linux"]) if word == "os" else Q(reason=word)
