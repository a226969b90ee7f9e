"""The two lists of commands: what is asked of them in the address, and what of them is shown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.core.paginator import Page

from commands.models import Command, CommandQuerySet, CommandType
from regions import lists

TYPES = {"shell": CommandType.SHELL, "powershell": CommandType.POWERSHELL, "bat": CommandType.BAT}
COLUMNS = {"name": "name", "last_run": "last_run_at", "created": "created_at"}
BY_NAME, LAST_RUN_FIRST = "name", "-last_run"


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page[Command]
    sort: str
    q: str
    type: str
    tag: str
    tags: list[str]  # to choose from, as key=value
    ids: list[str]  # of the instances for which a command is being chosen
    is_narrowed: bool


def read(address: lists.Address, commands: CommandQuerySet, *, default: str) -> Listing:
    """`commands` are those of the tab that this person may see; `default` is the order without a wish."""
    tagged = _tagged(commands)
    q = address.text("q")
    chosen_type, chosen_tag = address.choice("type", TYPES), address.choice("tag", tagged)
    sort = address.sort(COLUMNS, default)
    found = commands.none() if address.is_too_long else commands.matching(q)
    if chosen_type:
        found = found.filter(type=TYPES[chosen_type])
    if chosen_tag:
        found = found.filter(pk__in=tagged[chosen_tag])
    ids = address.ids("ids")
    page = address.page(lists.ordered(found, sort, COLUMNS, "name", "pk"))
    address.settle()
    is_narrowed = bool(q or chosen_type or chosen_tag)
    return Listing(page, sort, q, chosen_type, chosen_tag, sorted(tagged), ids, is_narrowed)


def _tagged(commands: CommandQuerySet) -> dict[str, list[int]]:
    """`key=value` -> the commands that have it. They are few, and no engine's JSON takes every key there may be."""
    found: dict[str, list[int]] = defaultdict(list)
    for pk, tags in commands.order_by().values_list("pk", "tags"):
        for key, value in tags.items():
            found[f"{key}={value}"].append(pk)
    return found
