"""How every state is shown: a word, an icon and a colour family. Colour never speaks alone.

One table serves runs, batches and targets, since a word means the same in all three; instances and agents have theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from instances.models import Instance


class Shown(NamedTuple):
    word: str | _StrPromise
    icon: str  # a symbol of static/icons.svg
    family: str  # ok run bad warn neu sch

    @property
    def is_turning(self) -> bool:
        """The open ring of what is under way turns."""
        return self.icon == "run"


STATES = {
    "waiting": Shown(_("Waiting"), "wait", "neu"),
    "queued": Shown(_("Queued"), "wait", "neu"),
    "held": Shown(_("Held"), "pause", "warn"),
    "paused": Shown(_("Paused"), "pause", "warn"),
    "unsure": Shown(_("Being checked with the cloud"), "look", "warn"),
    "sending": Shown(_("Sending"), "send", "run"),
    "pending": Shown(_("Sending"), "send", "run"),
    "accepted": Shown(_("Running"), "run", "run"),
    "running": Shown(_("Running"), "run", "run"),
    "success": Shown(_("Succeeded"), "ok", "ok"),
    "finished": Shown(_("Finished"), "ok", "neu"),
    "failed": Shown(_("Failed"), "bad", "bad"),
    "partialfailed": Shown(_("Partially failed"), "warn", "warn"),
    "timeout": Shown(_("Timed out"), "clock", "warn"),
    "error": Shown(_("Error"), "bad", "bad"),
    "invalid": Shown(pgettext_lazy("target", "Rejected"), "bad", "bad"),
    "aborted": Shown(_("Not delivered"), "bad", "bad"),
    "rejected": Shown(_("Rejected"), "bad", "bad"),
    "stopping": Shown(_("Stopping"), "stop", "neu"),
    "stopped": Shown(_("Stopped"), "stop", "neu"),
    "cancelled": Shown(_("Cancelled"), "skip", "neu"),
    "skipped": Shown(_("Skipped"), "skip", "neu"),
    "unknown": Shown(_("Outcome unknown"), "q", "warn"),
    "unfollowed": Shown(_("No longer followed"), "q", "neu"),
    "scheduled": Shown(_("Scheduled"), "cal", "sch"),
}

INSTANCE_STATUSES = {
    "running": Shown(pgettext_lazy("instance", "Running"), "ok", "ok"),
    "stopped": Shown(pgettext_lazy("instance", "Stopped"), "stop", "neu"),
    "starting": Shown(pgettext_lazy("instance", "Starting"), "run", "neu"),
    "stopping": Shown(pgettext_lazy("instance", "Stopping"), "run", "neu"),
    "pending": Shown(pgettext_lazy("instance", "Pending"), "run", "neu"),
    "released": Shown(pgettext_lazy("instance", "Released"), "skip", "neu"),
}
OFFLINE = Shown(_("Offline"), "skip", "neu")

AGENT_STATUSES = {
    "normal": Shown(_("Normal"), "ok", "ok"),
    "abnormal": Shown(_("Abnormal"), "warn", "warn"),
    "none": Shown(_("Not installed"), "skip", "neu"),
    "unknown": Shown(_("Unknown"), "skip", "neu"),
}


def of(state: str) -> Shown:
    """Of a run, batch or target. A word the API adds later is shown as it came."""
    return STATES.get(state) or Shown(state, "wait", "neu")


def of_instance(instance: Instance) -> Shown:
    if instance.kind == "managed" and instance.status != "running":
        return OFFLINE
    return INSTANCE_STATUSES.get(instance.status) or Shown(instance.status, "wait", "neu")


def of_agent(agent: str) -> Shown:
    return AGENT_STATUSES.get(agent) or Shown(agent, "wait", "neu")
