"""The Celery worker inside the server's process, for the deployment that needs no other process."""

import threading
from typing import Any

from celery.worker import WorkController

from consoleapp.celery import app

THREADS = 8
START = 30.0  # seconds it may take until tasks are taken


class WorkerDidNotStart(Exception):
    pass


class _Controller(WorkController):
    def __init__(self, **options: Any) -> None:
        self.ready = threading.Event()
        super().__init__(**options)

    def on_consumer_ready(self, consumer: Any) -> None:
        self.ready.set()


class EmbeddedWorker:
    """A worker in threads of this process. It installs no signal handlers and leaves logging alone."""

    def __init__(self) -> None:
        self._controller: _Controller | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Returns when it takes tasks. Raises WorkerDidNotStart."""
        self._controller = _Controller(
            app=app,
            pool_cls="threads",
            concurrency=THREADS,
            hostname="embedded@local",
            prefetch_multiplier=4,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self._thread = threading.Thread(target=self._controller.start, name="celery", daemon=True)
        self._thread.start()
        if not self._controller.ready.wait(START):
            raise WorkerDidNotStart(f"The worker did not start within {START:.0f} s; look into the lines above.")

    def stop(self, patience: float) -> bool:
        """No new task begins; those in hand may take `patience` seconds. False: some were still at it."""
        if self._controller is None or self._thread is None:
            return True
        stopping = threading.Thread(target=self._controller.stop, name="celery-stop", daemon=True)
        stopping.start()
        stopping.join(patience)
        self._thread.join(0 if stopping.is_alive() else 1)
        return not stopping.is_alive()

    def revive(self) -> None:
        """Start it again if its thread has died."""
        if self._thread is not None and not self._thread.is_alive():
            self.start()
