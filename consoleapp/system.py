"""The console looked at from within, for System status. Reads rows and this process; makes no call to the cloud."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloud import errors, health, limiter
from cloud.explain import sentence
from consoleapp import reports
from consoleapp.models import Tick, Worker
from consoleapp.states import Shown
from consoleapp.version import VERSION
from invocations.dispatch import worker as this_process
from invocations.models import Alarm, Batch, BatchState
from invocations.results.batches import HELD
from regions.models import Mirror

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from accounts.models import Person

SILENT = timedelta(minutes=1)  # without a heartbeat, of which there is one each five seconds, a worker counts as lost
FORGOTTEN = timedelta(hours=1)  # a lost worker is no longer listed
LATE_POLL = 30.0  # seconds
LATE_TICK, NO_TICK = 10, 60  # seconds since the last tick: amber, red
MOST_SENDING = 200  # batches that are named beside the workers that send them
SEEN_ALARMS = timedelta(days=30)  # as long as a seen alarm stays on the page

WORKING = Shown(gettext_lazy("Working"), "ok", "ok")
TROUBLES = {  # by the class of the newest error; any other answer means that the API works
    errors.Unreachable.__name__: Shown(gettext_lazy("Unreachable"), "warn", "warn"),
    errors.BadCredentials.__name__: Shown(gettext_lazy("Credentials rejected"), "bad", "bad"),
    errors.NotPermitted.__name__: Shown(gettext_lazy("Permission missing"), "warn", "warn"),
    errors.Throttled.__name__: Shown(gettext_lazy("Throttled"), "warn", "warn"),
    errors.OutcomeUnknown.__name__: Shown(gettext_lazy("No clear answer"), "warn", "warn"),
}
ALIVE = Shown(gettext_lazy("Alive"), "ok", "ok")
LOST = Shown(gettext_lazy("Lost"), "bad", "bad")
RATED = {  # an operation that stands for its family at the limiter
    health.Family.INVOKE: "InvokeCommand",
    health.Family.DESCRIBE: "DescribeInstances",
    health.Family.CHANGE: "CreateCommand",
}
ALARM_SENTENCES = {
    Alarm.Kind.TWO_INVOCATIONS: "two-task-ids",
    Alarm.Kind.PARAMETERS: "token-mismatch",
    Alarm.Kind.CONTENT: "content-differs",
    Alarm.Kind.SCHEDULE: "schedule-changed",
    Alarm.Kind.ACCOUNT: "other-account",
    Alarm.Kind.CLOCK: "clock",
    Alarm.Kind.RESTORED: "restored",
    Alarm.Kind.DATABASE: "database",
    Alarm.Kind.FOUND: "found",
}


@dataclass(frozen=True, slots=True)
class Api:
    """One family of calls in one region, as all processes saw it."""

    health: health.Health
    state: Shown
    rate: float  # calls a second the limiter allows
    slowed_until: datetime | None


@dataclass(frozen=True, slots=True)
class Limit:
    """One operation in one region at the limiter."""

    use: limiter.Use
    waiting: int  # threads of all processes


@dataclass(frozen=True, slots=True)
class Pulse:
    """The tick: when it was last claimed, and by whom."""

    at: datetime | None
    by: str
    age: int | None  # seconds

    @property
    def family(self) -> str:
        if self.age is None or self.age > NO_TICK:
            return "bad"
        return "warn" if self.age > LATE_TICK else "ok"


@dataclass(frozen=True, slots=True)
class Held:
    """The batches that wait for one reason."""

    reason: str
    word: str | _StrPromise
    count: int
    oldest_at: datetime
    next_at: datetime
    runs: list[tuple[str, int]]  # region and number, the five oldest


@dataclass(frozen=True, slots=True)
class Queue:
    due: int
    oldest_due_at: datetime | None
    oldest_due: float | None  # seconds it has been due
    held: list[Held]


@dataclass(frozen=True, slots=True)
class Polling:
    regions: int
    runs: int
    lag: float  # seconds by which the most overdue look is late

    @property
    def is_late(self) -> bool:
        return self.lag > LATE_POLL


@dataclass(frozen=True, slots=True)
class ShownWorker:
    worker: Worker
    is_alive: bool
    sending: list[Batch]  # that it holds the lease of

    @property
    def state(self) -> Shown:
        return ALIVE if self.is_alive else LOST


@dataclass(frozen=True, slots=True)
class ShownAlarm:
    alarm: Alarm
    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """What everybody may see."""

    at: datetime
    workers: list[ShownWorker]
    tick: Pulse
    queue: Queue
    polling: Polling
    alarms: list[ShownAlarm]

    @property
    def alive(self) -> int:
        return sum(worker.is_alive for worker in self.workers)


def status() -> Status:
    now = timezone.now()
    return Status(now, _workers(now), _tick(now), _queue(now), _polling(now), _alarms(now))


def all_reports(status: Status) -> list[reports.Report]:
    """Of this process, and of the workers that are others. Another version's may look otherwise."""
    others = (shown.worker for shown in status.workers if shown.worker.name != this_process())
    return [reports.mine(), *(worker.report for worker in others if worker.report and worker.version == VERSION)]


def apis(found: list[reports.Report]) -> list[Api]:
    """For team admins."""
    return [_api(row) for row in reports.health_of(found)]


def _api(row: health.Health) -> Api:
    operation = RATED[row.family]
    slowed_until = limiter.slowed_until(operation, row.region)
    return Api(row, TROUBLES.get(row.trouble, WORKING), limiter.rate(operation), slowed_until)


def limits(found: list[reports.Report]) -> list[Limit]:
    """Of every operation and region that some process has lately asked a permit for."""
    waiting = sorted(reports.waiting_of(found).items())
    return [Limit(limiter.use(operation, region), threads) for (region, operation), threads in waiting]


def limiter_store() -> tuple[str, bool]:
    """Where the limiter counts, and whether that can be reached."""
    return ("Redis" if settings.REDIS_URL else _("in memory")), limiter.is_store_up()


def mirrors() -> QuerySet[Mirror]:
    """What was ever copied from the cloud, for team admins."""
    return Mirror.objects.exclude(refreshed_at=None, failed_at=None).order_by("region", "kind")


def database() -> str:
    """PostgreSQL, 3 ms"""
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return f"{connection.display_name}, {_milliseconds(start)}"


def database_trouble() -> str:
    """Why the database can't be written to, "" when it can. Writes nothing new: the tick's row as it is."""
    try:
        with transaction.atomic():
            Tick.objects.filter(pk=1).update(claimed_by=F("claimed_by"))
    except DatabaseError as error:
        return str(error).strip().partition("\n")[0]
    return ""


def free_space() -> tuple[int, float]:
    """Of the disk that CONSOLE_VAR is on: bytes, and the share of the whole (0 … 1)."""
    folder = Path(settings.VAR)
    disk = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists()))
    return disk.free, disk.free / (disk.total or 1)


def broker() -> tuple[str, bool]:
    """What it is and whether it answers: Redis, 1 ms; in memory where no Redis is given."""
    if not settings.REDIS_URL:
        return _("in memory"), True
    start = time.perf_counter()
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1).ping()
    except redis.RedisError:
        return "Redis", False
    return f"Redis, {_milliseconds(start)}", True


def _milliseconds(start: float) -> str:
    return f"{(time.perf_counter() - start) * 1000:.0f} ms"


@cache
def sdk_version() -> str:
    return metadata.version("alibabacloud-ecs20140526")


def see(alarm_id: int, person: Person) -> bool:
    """Note that somebody knows of an alarm. False when somebody had already, or there is none."""
    unseen = Alarm.objects.filter(pk=alarm_id, seen_at=None)
    return bool(unseen.update(seen_at=timezone.now(), seen_by=person))


def _workers(now: datetime) -> list[ShownWorker]:
    rows = Worker.objects.filter(seen_at__gt=now - FORGOTTEN).order_by("-seen_at")
    sending = Batch.objects.filter(state=BatchState.SENDING).order_by("invocation_id", "seq")
    by_owner: dict[str, list[Batch]] = defaultdict(list)
    for batch in sending.only("seq", "invocation_id", "region", "lease_owner")[:MOST_SENDING]:
        by_owner[batch.lease_owner].append(batch)
    return [ShownWorker(row, row.seen_at > now - SILENT, by_owner[row.name]) for row in rows]


def _tick(now: datetime) -> Pulse:
    tick = Tick.objects.first()
    if tick is None or tick.claimed_at is None:
        return Pulse(None, "", None)
    return Pulse(tick.claimed_at, tick.claimed_by, int((now - tick.claimed_at).total_seconds()))


def _queue(now: datetime) -> Queue:
    due = Batch.objects.due(now).filter(hold_reason="").aggregate(n=Count("pk"), oldest=Min("next_attempt_at"))
    waited = (now - due["oldest"]).total_seconds() if due["oldest"] else None
    return Queue(due["n"], due["oldest"], waited, list(_held()))


def _held() -> Iterator[Held]:
    held = Batch.objects.filter(state__in=[BatchState.QUEUED, BatchState.UNSURE]).exclude(hold_reason="")
    facts = held.values("hold_reason").annotate(
        n=Count("pk"), oldest=Min("invocation__submitted_at"), next=Min("next_attempt_at")
    )
    for row in facts.order_by("oldest"):
        reason = row["hold_reason"]
        runs = held.filter(hold_reason=reason).order_by("invocation_id").values_list("region", "invocation_id")
        yield Held(reason, HELD.get(reason, reason), row["n"], row["oldest"], row["next"], list(runs.distinct()[:5]))


def _polling(now: datetime) -> Polling:
    followed = Batch.objects.filter(state=BatchState.ACCEPTED).aggregate(
        regions=Count("region", distinct=True), runs=Count("invocation", distinct=True), next=Min("next_poll_at")
    )
    lag = (now - followed["next"]).total_seconds() if followed["next"] else 0.0
    return Polling(followed["regions"], followed["runs"], max(0.0, lag))


def _alarms(now: datetime) -> list[ShownAlarm]:
    shown = Alarm.objects.filter(Q(seen_at=None) | Q(seen_at__gt=now - SEEN_ALARMS))
    rows = shown.select_related("batch", "seen_by").order_by(F("seen_at").desc(nulls_first=True), "-raised_at")
    return [ShownAlarm(alarm, _alarm_text(alarm)) for alarm in rows[:100]]


def _alarm_text(alarm: Alarm) -> str:
    known = {
        "n": alarm.batch.seq if alarm.batch else None,
        "a": alarm.detail.get("first"),
        "b": alarm.detail.get("second"),
    }
    name = alarm.detail.get("why") or ALARM_SENTENCES.get(Alarm.Kind(alarm.kind))
    return sentence(name, **{**known, **alarm.detail}) if name else alarm.kind
