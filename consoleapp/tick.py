"""The tick: once a second one of all worker processes looks into the rows for what is due.

There is no beat. Each process has a thread that tries to claim the row `Tick`; whoever changes it hands out the work.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from celery.worker import state as celery_state
from django.db import close_old_connections, connections

from consoleapp import housekeeping, reports, versions
from consoleapp.models import Tick, Worker
from consoleapp.version import VERSION
from invocations import deployment, due, sweeping, tasks
from invocations.clock import db_now
from invocations.dispatch import worker

log = logging.getLogger(__name__)

SECOND = timedelta(seconds=1)
REPORT_EVERY = timedelta(seconds=5)


def claim(name: str) -> bool:
    """Whether this second is ours."""
    now = db_now()
    due_now = Tick.objects.filter(pk=1, due_at__lte=now)
    return bool(due_now.update(due_at=now + SECOND, claimed_at=now, claimed_by=name))


def tick(name: str) -> bool:
    """Claim this second and do what it is for; False when somebody else has it.

    Raises DoesNotFit where a newer version has migrated the database meanwhile: its workers have the tick then (A40).
    """
    versions.check()
    if not claim(name):
        return False
    deployment.watch()
    due.hand_out()
    if sweeping.is_due():
        tasks.sweep.delay()
    housekeeping.clean_now_and_then()
    return True


class Ticker:
    """The thread, one in each process that works. `also` is done each second, whoever has the tick."""

    def __init__(self, also: Callable[[], None] = lambda: None) -> None:
        self.name = worker()
        self._also = also
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)
        self._trouble = ""
        self._reported_at = db_now() - REPORT_EVERY
        self._report_written: reports.Report | None = None

    def start(self) -> None:
        now = db_now()
        Tick.objects.get_or_create(pk=1, defaults={"due_at": now})
        self._register(now)
        sweeping.ask()
        self._thread.start()

    def stop(self, patience: float) -> None:
        self._stopped.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._beat()
            self._stopped.wait(SECOND.total_seconds())
        self._leave()

    def _beat(self) -> None:
        """A beat that fails, for want of a database or a broker, must not be the last one."""
        try:
            close_old_connections()
            self._report()
            tick(self.name)
            self._also()
        except Exception as error:
            self._complain(f"{type(error).__name__}: {error}")
        else:
            self._complain("")

    def _complain(self, trouble: str) -> None:
        """Once, not each second it lasts."""
        if trouble and trouble != self._trouble:
            log.exception("the tick failed: %s", trouble)
        elif self._trouble and not trouble:
            log.warning("the tick works again")
        self._trouble = trouble

    def _report(self) -> None:
        now = db_now()
        if now - self._reported_at < REPORT_EVERY:
            return
        report = reports.mine()  # some kilobytes, and mostly the same as five seconds ago
        news = {} if report == self._report_written else {"report": report}
        busy = len(celery_state.active_requests)
        if not Worker.objects.filter(name=self.name).update(seen_at=now, busy=busy, **news):
            self._register(now)  # it slept so long that it was taken for dead
        self._reported_at, self._report_written = now, report

    def _register(self, now: datetime) -> None:
        Worker.objects.update_or_create(
            name=self.name,
            defaults={"started_at": now, "seen_at": now, "busy": 0, "version": VERSION, "report": reports.mine()},
        )

    def _leave(self) -> None:
        Worker.objects.filter(name=self.name).delete()
        connections.close_all()  # this thread's own
