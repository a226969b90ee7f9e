"""The chosen instances by kind and system, what became unfit first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Q, Value, When
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Person
from instances import grammar, search, selections
from instances.models import Instance, Kind
from invocations import preflight
from invocations.picking import ROWS, Row
from regions.models import Region

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from invocations.preflight import ReasonedInstance

SYSTEMS = {"linux": "Linux", "windows": "Windows"}


@dataclass(frozen=True, slots=True)
class Group:
    kind: Kind
    os_type: str
    total: int
    page: Page[ReasonedInstance]
    rows: list[Row]

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.os_type}"

    @property
    def title(self) -> str:
        system = SYSTEMS.get(self.os_type, self.os_type)
        return _("Managed · %(system)s") % {"system": system} if self.kind == Kind.MANAGED else system

    @property
    def page_numbers(self) -> Iterable[int | str]:
        return self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1)


class Review:
    """`look` is the query string: `review_q`, and `page-{group}` for each group that has been leafed through."""

    def __init__(
        self, person: Person, region: Region, command_type: str, chosen: Sequence[str], look: QueryDict
    ) -> None:
        self.person = person
        self.region = region
        self.command_type = command_type
        self.chosen = chosen
        self.q = look.get("review_q", "")[: grammar.LONGEST]
        self.look = look

    @property
    def address_without_page(self) -> str:
        """The beginning of the query of a page link."""
        return f"{urlencode({'review_q': self.q})}&" if self.q else ""

    @property
    def groups(self) -> list[Group]:
        counts = self._matching.order_by().values("kind", "os_type").annotate(n=Count("pk")).order_by("kind", "os_type")
        return [self._group(Kind(row["kind"]), row["os_type"], row["n"]) for row in counts]

    @cached_property
    def query(self) -> grammar.Query:
        return selections.read(self.q, self.person, self.region.pk, keys=grammar.OF_LISTS)

    @property
    def hints(self) -> list[str]:
        return list(map(str, self.query.hints))

    @property
    def _matching(self) -> QuerySet[ReasonedInstance]:
        reasoned = preflight.with_reason(_instances(self.region, self.chosen), self.command_type)
        found = search.matching(reasoned, self.query)
        return cast("QuerySet[ReasonedInstance]", found)

    def _group(self, kind: Kind, os_type: str, total: int) -> Group:
        unfit_first = Case(When(reason="", then=Value(1)), default=Value(0))
        found = self._matching.filter(kind=kind, os_type=os_type).order_by(unfit_first, "name", "instance_id")
        pages = Paginator(found, ROWS)
        pages.count = total
        page = pages.get_page(self.look.get(f"page-{kind}-{os_type}"))
        rows = [Row(instance, self.command_type, self.region, True) for instance in page]
        return Group(kind, os_type, total, page, rows)

    @property
    def missing(self) -> list[str]:
        """Chosen ids that the region has never had, as a link or a list may hold."""
        return ids_of_group(self.region, self.chosen, "missing")


def ids_of_group(region: Region, chosen: Collection[str], key: str) -> list[str]:
    """Those of the chosen that stand in the group of this key: `ecs-linux`; `missing` is what the region has not."""
    if key == "missing":
        known = set(_instances(region, chosen).values_list("instance_id", flat=True))
        return [one for one in chosen if one not in known]
    kind, _dash, os_type = key.partition("-")
    ids = _instances(region, chosen).filter(Q(kind=kind), os_type=os_type).values_list("instance_id", flat=True)
    return list(ids)


def _instances(region: Region, chosen: Collection[str]) -> QuerySet[Instance]:
    return Instance.objects.filter(region=region.pk, instance_id__in=chosen)
