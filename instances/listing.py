"""The lists of instances and of managed instances: what is asked of them in the address, and what of them is shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import QuerySet

from accounts.models import Person
from instances import grammar, search, selections
from instances.grammar import Key
from instances.models import Instance, Kind
from regions import lists
from regions.models import Region

COLUMNS = {"name": "name", "status": "status", "agent": "agent", "registered": "registered_at"}
FILTERS = (Key.AGENT, Key.STATUS, Key.OS)  # select fields beside the search
OF_MANAGED = (Key.STATUS, Key.OS)


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page[Instance]
    sort: str
    q: str
    chosen: dict[str, str]  # select field -> value
    notices: list[str]  # about the address and the search

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q or any(self.chosen.values()))

    @property
    def asked(self) -> str:
        """The whole search, the select fields in it."""
        return grammar.merged(self.q, self.chosen)


def read(address: lists.Address, person: Person, region: Region, instances: QuerySet[Instance], kind: Kind) -> Listing:
    """`instances` are those of the kind that this person may see, released ones among them."""
    q = address.text("q")
    filters = FILTERS if kind == Kind.ECS else OF_MANAGED
    chosen = {key.value: address.choice(key.value, grammar.VALUES[key]) for key in filters}
    sort = address.sort(COLUMNS, "name")
    text = "" if address.is_too_long else grammar.merged(q, chosen)
    query = selections.read(text, person, region.pk, keys=grammar.OF_LISTS)
    found = instances.none() if address.is_too_long else search.matching(_there(instances, query), query)
    page = address.page(lists.ordered(found, sort, COLUMNS, "name", "pk"))
    address.settle()
    return Listing(page, sort, q, chosen, [*address.notices, *map(str, query.hints)])


def _there(instances: QuerySet[Instance], query: grammar.Query) -> QuerySet[Instance]:
    """Released ones are shown to who asks for them."""
    asks_for_released = "released" in (value.lower() for value in query.values_of(Key.STATUS))
    return instances if asks_for_released else instances.filter(released_at=None)
