"""The words for counted states, and how states rank: what went well first in a bar, what went wrong first in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from invocations.models import TargetState as T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import _StrPromise

FAMILIES: dict[str, str] = {
    T.SUCCESS: "ok",
    T.FAILED: "bad",
    T.ERROR: "bad",
    T.INVALID: "bad",
    T.ABORTED: "bad",
    T.TIMEOUT: "warn",
    T.UNKNOWN: "warn",
    T.PENDING: "run",
    T.RUNNING: "run",
    T.SCHEDULED: "sch",
}  # every other state, words the API adds later among them, is neutral

IN_BARS: tuple[str, ...] = (
    T.SUCCESS,
    T.FAILED,
    T.ERROR,
    T.INVALID,
    T.ABORTED,
    T.TIMEOUT,
    T.UNKNOWN,
    T.PENDING,
    T.RUNNING,
    T.STOPPING,
    T.SCHEDULED,
    T.WAITING,
    T.SKIPPED,
    T.STOPPED,
    T.CANCELLED,
    T.UNFOLLOWED,
)

_WORST_FIRST = ("bad", "warn", "run", "sch", "waiting", "ok", "neu")

_COUNTED: dict[str, _StrPromise] = {
    T.SUCCESS: _("%(n)s succeeded"),
    T.FAILED: _("%(n)s failed"),
    T.ERROR: _("%(n)s with an error"),
    T.INVALID: _("%(n)s rejected"),
    T.ABORTED: _("%(n)s not delivered"),
    T.TIMEOUT: _("%(n)s timed out"),
    T.UNKNOWN: _("%(n)s with an unknown outcome"),
    T.PENDING: _("%(n)s being sent"),
    T.RUNNING: _("%(n)s running"),
    T.STOPPING: _("%(n)s stopping"),
    T.SCHEDULED: _("%(n)s scheduled"),
    T.WAITING: _("%(n)s waiting"),
    T.SKIPPED: _("%(n)s skipped"),
    T.STOPPED: _("%(n)s stopped"),
    T.CANCELLED: _("%(n)s cancelled"),
    T.UNFOLLOWED: _("%(n)s no longer followed"),
}


def family(state: str) -> str:
    """The colour family of a target's state, as consoleapp/states.py shows it."""
    return FAMILIES.get(state, "neu")


def in_bar_order(states: Iterable[str]) -> list[str]:
    """Words the API adds later stand before what waits: they are still open."""
    return sorted(states, key=lambda state: IN_BARS.index(state if state in IN_BARS else T.STOPPING))


def badness(state: str) -> int:
    """0 is the worst: what went wrong, what is under way, what waits, what went well, the rest.

    A word the API adds later is still open, so it ranks with what is under way.
    """
    if state == T.WAITING:
        return _WORST_FIRST.index("waiting")
    return _WORST_FIRST.index(family(state) if state in T.values else "run")


def counted(state: str, n: int) -> str:
    """ "3 failed"; a word the API adds later as it came."""
    phrase = _COUNTED.get(state)
    return str(phrase) % {"n": f"{n:,}"} if phrase else f"{n:,} {state}"


def stopwatch(seconds: float) -> str:
    """0:18, 2:06, 1:02:06: a time that is still running, or could be."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
