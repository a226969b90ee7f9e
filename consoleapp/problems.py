"""What does not work, in sentences, the worst first: the top of System status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cloud import errors, limiter
from cloud.explain import sentence
from consoleapp import system, times
from consoleapp.system import NO_TICK, Pulse, Queue, Status
from invocations.models import Deployment
from regions.models import Mirror

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import _StrPromise


LITTLE_SPACE, LITTLE_SHARE = 200_000_000, 0.01  # bytes, share of the disk


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not work, what follows, and since when."""

    what: str | _StrPromise
    why: str | _StrPromise = ""
    since: datetime | None = None
    family: str = "bad"
    command: str = ""  # what mends it, to be copied


def of(status: Status) -> list[Problem]:
    """None: everything works."""
    return [
        *_paused(),
        *_workers(status),
        *_tick(status.tick),
        *_database(status.tick),
        *_disk(),
        *_cloud(),
        *_limiter(),
        *_held(status.queue),
    ]


def _paused() -> Iterator[Problem]:
    """T12: this database was restored or copied."""
    deployment = Deployment.objects.filter(paused_at__isnull=False).first()
    if deployment:
        yield Problem(sentence("restored"), since=deployment.paused_at)


def _workers(status: Status) -> Iterator[Problem]:
    if status.alive:
        return
    workers, queue = status.workers, status.queue
    waiting = ngettext("%(n)s batch is due.", "%(n)s batches are due.", queue.due) % {"n": queue.due}
    yield Problem(
        _("No worker is alive. Nothing will be sent until one starts."),
        waiting,
        workers[0].worker.seen_at if workers else None,
        command="celery -A consoleapp worker -P threads",
    )


def _tick(tick: Pulse) -> Iterator[Problem]:
    if tick.age is not None and tick.age > NO_TICK:
        yield Problem(_("No tick for %(time)s. Due work waits.") % {"time": times.duration(tick.age)}, since=tick.at)


def _database(tick: Pulse) -> Iterator[Problem]:
    """A38. Looked for only where nothing gets done: the tick is what writes, once a second."""
    if tick.family == "bad" and (why := system.database_trouble()):
        yield Problem(sentence("database", why=why))


def _disk() -> Iterator[Problem]:
    free, share = system.free_space()
    if free < LITTLE_SPACE or share < LITTLE_SHARE:
        what = _("The disk of this server is almost full: %(n)s MB are left.") % {"n": free // 1_000_000}
        yield Problem(what, _("When it is full, nothing new is sent. Make room, or give CONSOLE_VAR a larger disk."))


def _cloud() -> Iterator[Problem]:
    """From the mirrors, which every process writes: the newest try of each kind failed."""
    failing = Mirror.objects.filter(failed_at__isnull=False)
    for kind in (errors.BadCredentials, errors.Unreachable):
        rows = failing.filter(error_kind=kind.__name__).order_by("failed_at")
        regions = sorted({row.region for row in rows if row.region})
        if rows:
            why = f"{kind.fix} ({', '.join(regions)})" if regions else kind.fix
            family = "bad" if kind is errors.BadCredentials else "warn"
            yield Problem(kind.cause, why, rows[0].failed_at, family)


def _limiter() -> Iterator[Problem]:
    if settings.REDIS_URL and not limiter.is_store_up():
        rate = f"{limiter.rate('InvokeCommand'):g}"
        what = _("The limiter’s store can’t be reached; each worker keeps to %(n)s/s.") % {"n": rate}
        yield Problem(what, family="warn")


def _held(queue: Queue) -> Iterator[Problem]:
    count = sum(held.count for held in queue.held)
    if count:
        what = ngettext("%(n)s batch is held.", "%(n)s batches are held.", count) % {"n": count}
        reasons = pgettext("list", ", ").join(str(held.word) for held in queue.held)
        yield Problem(what, reasons, min(held.oldest_at for held in queue.held), "warn")
