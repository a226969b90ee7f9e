"""The two lists of commands: what is asked of them in the address, and what of them is shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models.fields.json import KeyTextTransform

from commands.models import Command, CommandQuerySet, CommandType
from regions import lists

TYPES = {"shell": CommandType.SHELL, "powershell": CommandType.POWERSHELL, "bat": CommandType.BAT}
COLUMNS = {"name": "name", "last_run": "last_run_at", "created": "created_at"}
BY_NAME, LAST_RUN_FIRST = "name", "-last_run"
AMBER = 0.9  # of the quota


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page[Command]
    sort: str
    q: str
    type: str
    tag: str
    tags: list[str]  # to choose from, as key=value
    is_narrowed: bool


def read(address: lists.Address, commands: CommandQuerySet, *, default: str) -> Listing:
    """`commands` are those of the tab that this person may see; `default` is the order without a wish."""
    tags = _tags(commands)
    q = address.text("q")
    chosen_type, chosen_tag = address.choice("type", TYPES), address.choice("tag", tags)
    sort = address.sort(COLUMNS, default)
    found = _narrowed(commands, q, chosen_type, chosen_tag)
    page = address.page(lists.ordered(found, sort, COLUMNS, "name", "pk"))
    address.settle()
    return Listing(
        page=page,
        sort=sort,
        q=q,
        type=chosen_type,
        tag=chosen_tag,
        tags=tags,
        is_narrowed=bool(q or chosen_type or chosen_tag),
    )


@dataclass(frozen=True, slots=True)
class Quota:
    saved: int
    most: int | None  # null: the cloud names none, or has not been asked yet

    @property
    def is_nearly_used_up(self) -> bool:
        return self.most is not None and self.saved >= AMBER * self.most


def _tags(commands: CommandQuerySet) -> list[str]:
    found = commands.order_by().values_list("tags", flat=True)
    return sorted({f"{key}={value}" for tags in found for key, value in tags.items()})


def _narrowed(commands: CommandQuerySet, q: str, type: str, tag: str) -> CommandQuerySet:
    found = commands.matching(q)
    if type:
        found = found.filter(type=TYPES[type])
    if tag:
        key, _equals, value = tag.partition("=")
        found = found.alias(tagged=KeyTextTransform(key, "tags")).filter(tagged=value)
    return found
