"""The two lists of commands: what is asked of them in the address, and what of them is shown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Page

from commands.models import Command, CommandQuerySet, CommandType
from regions import lists

TYPES = {"shell": CommandType.SHELL, "powershell": CommandType.POWERSHELL, "bat": CommandType.BAT}
COLUMNS = {"name": "name", "last_run": "last_run_at", "created": "created_at"}
BY_NAME, LAST_RUN_FIRST = "name", "-last_run"
IN_PANEL = {"selection": "q", "managed_selection": "managed_q"}  # field of this list's address -> of the execute panel


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page[Command]
    sort: str
    q: str
    type: str
    tag: str
    tags: list[str]  # to choose from, as key=value
    ids: list[str]  # of the instances for which a command is being chosen
    selections: dict[str, str]  # or the searches that find them: "selection", "managed_selection"
    is_narrowed: bool

    @property
    def selection(self) -> str:
        """What the command is being chosen for, if it is a search."""
        return next(iter(self.selections.values()), "")

    @property
    def carried(self) -> dict[str, str]:
        """What the lists hand on to each other while a command is being chosen."""
        return self.selections | ({"ids": ",".join(self.ids)} if self.ids else {})

    @property
    def carried_query(self) -> str:
        return _query(self.carried)

    @property
    def run_query(self) -> str:
        """What fills in the execute panel: the instances themselves, or the searches of its two pickers."""
        return _query({IN_PANEL.get(name, name): value for name, value in self.carried.items()})


def read(address: lists.Address, commands: CommandQuerySet, *, default: str) -> Listing:
    """`commands` are those of the tab that this person may see; `default` is the order without a wish."""
    tagged = by_tag(commands)
    found = narrowed(address, commands, tagged)
    q, chosen_type, chosen_tag = (str(address.in_force.get(name, "")) for name in ("q", "type", "tag"))
    sort = address.sort(COLUMNS, default)
    ids = address.ids("ids")
    selections = {name: text for name in IN_PANEL if (text := address.text(name))}
    page = address.page(lists.ordered(found, sort, COLUMNS, "name", "pk"))
    address.settle()
    is_narrowed = bool(q or chosen_type or chosen_tag)
    return Listing(page, sort, q, chosen_type, chosen_tag, sorted(tagged), ids, selections, is_narrowed)


def narrowed(address: lists.Address, commands: CommandQuerySet, tagged: dict[str, list[int]]) -> CommandQuerySet:
    """Those that the search and the filters of the address leave. `tagged` is `by_tag(commands)`."""
    q = address.text("q")
    chosen_type, chosen_tag = address.choice("type", TYPES), address.choice("tag", tagged)
    found = commands.none() if address.is_too_long else commands.matching(q)
    if chosen_type:
        found = found.filter(type=TYPES[chosen_type])
    if chosen_tag:
        found = found.filter(pk__in=tagged[chosen_tag])
    return found


def _query(fields: dict[str, str]) -> str:
    return f"?{urlencode(fields)}" if fields else ""


def by_tag(commands: CommandQuerySet) -> dict[str, list[int]]:
    """`key=value` -> the commands that have it. They are few, and no engine's JSON takes every key there may be."""
    found: dict[str, list[int]] = defaultdict(list)
    for pk, tags in commands.order_by().values_list("pk", "tags"):
        for key, value in tags.items():
            found[f"{key}={value}"].append(pk)
    return found
