"""The Celery app. Messages carry ids only and may be lost or doubled: the rows decide what is due."""

import os
import threading
from contextlib import suppress
from typing import Any

from celery import Celery, Task
from celery.apps.worker import Worker
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consoleapp.settings")


_leaving = threading.Event()  # set by SIGTERM or SIGINT


class CarefulTask(Task):  # type: ignore[type-arg]  # it takes none at run time
    """Nothing is begun by a worker that is leaving, nor by one whose version the database has left behind, or not come
    to yet (A40): a warm shutdown alone would first work off all messages that wait in the worker.

    The message is lost by that, and made again by the next tick of another worker.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from consoleapp import versions

        return None if _leaving.is_set() or not versions.fits() else self.run(*args, **kwargs)


app = Celery("consoleapp", task_cls=CarefulTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_configure.connect
def _refuse_wrong_settings(**kwargs: Any) -> None:
    """What is wrong with the environment ends any `celery` command with the sentences about it."""
    try:
        settings.INSTALLED_APPS  # noqa: B018  # the first look reads them all
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None


@worker_init.connect
def _check(sender: Any, **kwargs: Any) -> None:
    """The worker command refuses to start, with a sentence, where a committed claim would not survive a power cut."""
    from consoleapp import startup

    if not isinstance(sender, Worker):
        return  # the embedded one, whose console has checked already
    try:
        startup.check()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None  # any other exception would only be logged by Celery
    _look_whose_database_this_is()


def _look_whose_database_this_is() -> None:
    """Before the first message, which the broker may have kept: a database that was restored sends nothing (T12)."""
    from invocations import deployment

    with suppress(DatabaseError):  # one of an older schema; then nothing is claimed either (A40)
        deployment.watch()


@worker_ready.connect
def _start_ticking(sender: Any, **kwargs: Any) -> None:
    from cloud import sdk
    from consoleapp.tick import Ticker

    sdk.warm()  # before the first tick tells that this worker is there
    sender.ticker = Ticker()
    sender.ticker.start()


@worker_shutting_down.connect
def _take_nothing_new(**kwargs: Any) -> None:
    _leaving.set()


@worker_shutdown.connect
def _stop_ticking(sender: Any, **kwargs: Any) -> None:
    ticker = getattr(sender, "ticker", None)
    if ticker is not None:
        ticker.stop(patience=2)
