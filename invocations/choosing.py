"""Changes of a selection. Each takes the panel and what was sent with the change, and gives the new selection."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from instances.models import Kind
from invocations import drafts, preflight, reviewing
from invocations.reports import Report

if TYPE_CHECKING:
    from invocations.panel import Panel

REFUSED = "refused"  # the group that the cloud's own check would not run on


@dataclass(frozen=True, slots=True)
class Change:
    ids: list[str]
    text: str = ""  # a pasted list
    resolves_names: bool = False  # of the pasted list
    kind: Kind | None = None  # which picker it came from
    group: str = ""  # of the review


def add(panel: Panel, change: Change) -> list[str]:
    """To what is stored, not to what an older form still shows; what can't run is not chosen."""
    return drafts.united(_stored(panel), _fit(panel, change.ids))


def remove(panel: Panel, change: Change) -> list[str]:
    return drafts.without(_stored(panel), _ids_of(panel, change))


def _ids_of(panel: Panel, change: Change) -> Collection[str]:
    if change.group == REFUSED:
        return panel.cloud_check.refused
    return reviewing.ids_of_group(panel.region, panel.chosen, change.group) if change.group else change.ids


def add_page(panel: Panel, change: Change) -> list[str]:
    if change.ids:
        return add(panel, change)
    return drafts.united(panel.chosen, panel.picker(change.kind or Kind.ECS).fit_ids_of_page())


def add_matching(panel: Panel, change: Change) -> list[str]:
    """A snapshot: what matches later is not added."""
    return drafts.united(panel.chosen, panel.picker(change.kind or Kind.ECS).fit_ids())


def paste(panel: Panel, change: Change) -> list[str]:
    """Just what the report of the list said that it would add."""
    report = Report(panel, change.text, resolves_names=change.resolves_names)
    return drafts.united(panel.chosen, _fit(panel, report.ids))


def clear(panel: Panel, change: Change) -> list[str]:
    return drafts.without(panel.chosen, panel.picker(change.kind).chosen) if change.kind else []


def undo(panel: Panel, change: Change) -> list[str]:
    """Bring back what was cleared just now."""
    return drafts.united(panel.chosen, change.ids)


def show(panel: Panel, _change: Change) -> list[str]:
    """No change but what the form's own check boxes say."""
    return panel.chosen


CHANGES: dict[str, Callable[[Panel, Change], list[str]]] = {
    change.__name__: change for change in (add, remove, add_page, add_matching, paste, clear, undo, show)
}  # what `op` may be


def _stored(panel: Panel) -> list[str]:
    return panel.draft.chosen if panel.draft else panel.chosen


def _fit(panel: Panel, ids: list[str]) -> list[str]:
    return preflight.fit_ids(panel.region.pk, ids, panel.command.type)
