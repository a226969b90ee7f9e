"""Why an instance can't run a command, and what a selection comes to: asked live, on submit and before a batch is cut.

The reason is one SQL expression, so that counts, filters and a picker over thousands of rows need no look at each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from commands.models import CommandType
from instances.models import Agent, Instance, Kind
from regions.models import Region

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from django_stubs_ext import WithAnnotations

    class _Reason(TypedDict):
        reason: str

    ReasonedInstance = WithAnnotations[Instance, _Reason]

NEW = timedelta(minutes=5)  # a machine started less long ago has an agent that may still report
DEFAULT_USERS = {"root", "system"}  # typing one is the same as naming none

SENTENCES: dict[str, _StrPromise] = {
    "stopped": gettext_lazy("The instance is stopped."),
    "no-agent": gettext_lazy("Cloud Assistant Agent is not installed."),
    "agent-abnormal": gettext_lazy("The agent has sent no heartbeat for %(time)s."),
    "agent-never": gettext_lazy("The agent has never reported. A new instance needs a few minutes."),
    "os-windows": gettext_lazy("Shell commands run on Linux only."),
    "os-linux": gettext_lazy("%(type)s commands run on Windows only."),
    "password": gettext_lazy("Windows needs a password name when the user is not System."),
    "managed-offline": gettext_lazy("The managed instance is offline."),
    "managed-region": gettext_lazy("Managed instances are not available in %(region)s."),
    "released": gettext_lazy("The instance was released or isn’t in %(region)s."),
    "locked": gettext_lazy("The instance is locked by the cloud (%(why)s)."),
}
COUNTED: dict[str, _StrPromise] = {
    "stopped": gettext_lazy("%(n)s stopped"),
    "starting": gettext_lazy("%(n)s starting"),
    "stopping": gettext_lazy("%(n)s stopping"),
    "pending": gettext_lazy("%(n)s pending"),
    "no-agent": gettext_lazy("%(n)s without agent"),
    "agent-abnormal": gettext_lazy("%(n)s agent abnormal"),
    "agent-never": gettext_lazy("%(n)s agent never reported"),
    "os-windows": gettext_lazy("%(n)s with Windows"),
    "os-linux": gettext_lazy("%(n)s with Linux"),
    "password": gettext_lazy("%(n)s without password name"),
    "managed-offline": gettext_lazy("%(n)s managed offline"),
    "managed-region": gettext_lazy("%(n)s managed, not available here"),
    "released": gettext_lazy("%(n)s released"),
    "locked": gettext_lazy("%(n)s locked"),
}  # many at once, in a few words
FIXES = {
    "stopped": "start",
    "starting": "check",
    "stopping": "check",
    "pending": "check",
    "no-agent": "install",
    "agent-never": "check",
    "agent-abnormal": "how",
    "managed-offline": "how",
    "password": "choose",
    "released": "remove",
}  # what the screen offers; every other reason has no remedy here


def is_default_user(username: str) -> bool:
    """Nobody in particular: root on Linux, System on Windows."""
    return not username or username.lower() in DEFAULT_USERS


def with_reason(
    instances: QuerySet[Instance], command_type: str, *, username: str = "", password_name: str = ""
) -> QuerySet[ReasonedInstance]:
    """Annotates `reason`: "" where the instance can run a command of this type, else a word of `SENTENCES` or a status.

    Without a command type any system will do.
    """
    needs_password = not is_default_user(username) and not password_name
    whens = [*_gone(), *_wrong_system(command_type), *_not_running(), *_unheard(), *_without_password(needs_password)]
    return instances.annotate(reason=Case(*whens, default=Value(""), output_field=CharField()))


def _when(condition: Q | Combinable, reason: str) -> When:
    return When(condition, then=Value(reason))


def _gone() -> list[When]:
    has_managed = Region.objects.filter(pk=OuterRef("region"), has_managed=True)
    return [
        _when(Q(status="released") | Q(released_at__isnull=False), "released"),
        _when(Q(kind=Kind.MANAGED) & ~Exists(has_managed), "managed-region"),
    ]


def _wrong_system(command_type: str) -> list[When]:
    if not command_type:
        return []
    wrong = "windows" if command_type == CommandType.SHELL else "linux"
    return [_when(Q(os_type=wrong), f"os-{wrong}")]


def _not_running() -> list[When]:
    return [
        _when(Q(kind=Kind.MANAGED) & ~Q(status="running"), "managed-offline"),
        When(~Q(status="running"), then=F("status")),
        _when(~Q(lock_reason=""), "locked"),
    ]


def _unheard() -> list[When]:
    is_ecs = Q(kind=Kind.ECS)
    return [
        _when(is_ecs & Q(agent=Agent.ABNORMAL), "agent-abnormal"),
        _when(is_ecs & Q(agent=Agent.NONE, started_at__gt=timezone.now() - NEW), "agent-never"),
        _when(is_ecs & Q(agent=Agent.NONE), "no-agent"),
        _when(is_ecs & Q(agent=Agent.UNKNOWN), "agent-never"),
    ]


def _without_password(needs_password: bool) -> list[When]:
    return [_when(Q(os_type="windows"), "password")] if needs_password else []


def sentence(
    reason: str, instance: Instance | None = None, *, command_type: str = "", region: Region | str | None = None
) -> str:
    """Why `instance` can't run, in the current language. A status that is not known yet is named as it came."""
    known = SENTENCES.get(reason)
    if known is None:
        return _("The instance is %(status)s. Wait until it is running.") % {"status": status_name(reason).lower()}
    return str(known) % {
        "time": _silence(instance.heartbeat_at if instance else None),
        "type": CommandType(command_type).label if command_type else _("PowerShell and Bat"),
        "region": str(region or (instance.region if instance else "")),
        "why": instance.lock_reason if instance else "",
    }


def status_name(status: str) -> str:
    """ "Stopping"; one that is not known yet as it came."""
    names = {
        "running": pgettext("instance", "Running"),
        "stopped": pgettext("instance", "Stopped"),
        "starting": pgettext("instance", "Starting"),
        "stopping": pgettext("instance", "Stopping"),
        "pending": pgettext("instance", "Pending"),
        "released": pgettext("instance", "Released"),
    }
    return names.get(status, status)


def counted(reason: str, n: int) -> str:
    """ "4 stopped" """
    return str(COUNTED.get(reason, f"%(n)s {reason}")) % {"n": f"{n:,}"}


def _silence(since: datetime | None) -> str:
    """How long ago, in the largest unit: "3 h". Without a heartbeat at all: "a long time"."""
    if since is None:
        return _("a long time")
    minutes = max(1, int((timezone.now() - since).total_seconds() // 60))
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)s h") % {"n": minutes // 60}
    return _("%(n)s days") % {"n": minutes // (24 * 60)}


@dataclass(frozen=True, slots=True)
class Tally:
    """What a set of chosen ids comes to."""

    ecs: int = 0  # that can run
    managed: int = 0  # that can run
    unfit: Counter[str] = field(default_factory=Counter)  # reason -> number

    @property
    def fit(self) -> int:
        return self.ecs + self.managed

    @property
    def unfit_total(self) -> int:
        return self.unfit.total()

    @property
    def total(self) -> int:
        return self.fit + self.unfit_total


def tally(region: str, chosen: Collection[str], command_type: str) -> Tally:
    """One query, however many are chosen. Ids that are not in the region count as released."""
    if not chosen:
        return Tally()
    counts: Counter[tuple[str, str]] = Counter()
    for row in _groups(with_reason(_chosen(region, chosen), command_type)):
        counts[row["kind"], row["reason"]] = row["n"]
    unfit: Counter[str] = Counter()
    for (_kind, reason), n in counts.items():
        if reason:
            unfit[reason] += n
    if missing := len(chosen) - counts.total():
        unfit["released"] += missing
    return Tally(counts[Kind.ECS, ""], counts[Kind.MANAGED, ""], unfit)


def fit_ones(region: str, chosen: Collection[str], command_type: str) -> list[ReasonedInstance]:
    """Those of the chosen that can run, by name: the order in which they are sent."""
    return list(with_reason(_chosen(region, chosen), command_type).filter(reason="").order_by("name", "instance_id"))


def fit_names(region: str, chosen: Collection[str], command_type: str) -> list[tuple[str, str]]:
    """Kind and name of those that `fit_ones` gives, in its order."""
    fit = with_reason(_chosen(region, chosen), command_type).filter(reason="").order_by("name", "instance_id")
    return list(fit.values_list("kind", "name"))


def fit_ids(region: str, ids: Collection[str], command_type: str) -> list[str]:
    """Those of the ids that can run, in their order."""
    fit = set(with_reason(_chosen(region, ids), command_type).filter(reason="").values_list("instance_id", flat=True))
    return [one for one in ids if one in fit]


def _chosen(region: str, chosen: Collection[str]) -> QuerySet[Instance]:
    return Instance.objects.filter(region=region, instance_id__in=chosen)


def _groups(instances: QuerySet[ReasonedInstance]) -> Iterable[Mapping[str, Any]]:
    return instances.order_by().values("kind", "reason").annotate(n=Count("pk"))
