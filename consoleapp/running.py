"""The embedded console: web server, worker and tick in one process, the simulated cloud as its child.

Everything stands in `var/`; stopped or killed at any moment, the next start goes on where this one was.
"""

import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from waitress.server import BaseWSGIServer, create_server

from accounts import signin_links
from accounts.address import is_loopback
from accounts.models import Person, Role
from cloud import connection as cloud_connection
from cloud import sdk
from consoleapp import serving, simulated_cloud, startup
from consoleapp.listening import FIRST_PORT, listen
from consoleapp.lock import Lock
from consoleapp.tick import Ticker
from consoleapp.version import VERSION
from consoleapp.worker import EmbeddedWorker

THREADS = 8
CONNECTIONS = 600  # open pages keep theirs; beyond waitress' own 100 nobody would be answered any more
LARGEST_BODY = 16 * 1024 * 1024  # bytes; Django refuses earlier, in the console's look
TOGETHER = 4.5  # seconds that stopping may take
TASKS = 3.0  # of them for the tasks in hand; their calls are settled by the protocol if they are cut off
REQUESTS = 0.5  # of them for the pages that are being made

Say = Callable[[str], None]


def address_file() -> Path:
    """Where the running console's own address stands, for `manage.py signinlink`."""
    return settings.VAR / "address"


class Console:
    """Everything that runs, in the order in which it is started."""

    def __init__(self, say: Say) -> None:
        """Raises AlreadyRunning, CannotListen."""
        self._say = say
        self._lock = Lock(settings.VAR)
        self._socket = listen(settings.HOST, settings.PORT)
        self._address = _address(self._socket.getsockname())
        self._lock.say(self._address)
        self._worker = EmbeddedWorker()
        self._cloud: simulated_cloud.SimulatedCloud | None = None
        self._ticker: Ticker | None = None
        self._server: BaseWSGIServer | None = None

    def start(self) -> None:
        self._say(f"Cloud Assistant Console {VERSION}")
        if settings.PORT is None and self._socket.getsockname()[1] != FIRST_PORT:
            self._say(f"Port {FIRST_PORT} is taken by another program; this console listens on another one.")
        call_command("migrate", verbosity=0, interactive=False)
        for remark in startup.check():
            self._say(remark)
        self._say(f"The database is ready: {_shown_database()}.")
        self._reach_cloud()
        self._worker.start()
        self._ticker = Ticker(also=self._look_after)
        self._ticker.start()
        self._say("The worker is ready.")
        self._server = serve(self._socket)
        threading.Thread(target=self._server.run, name="web", daemon=True).start()
        address_file().write_text(self._address)
        self._say(f"Listening on {settings.PUBLIC_URL or self._address}. Press Ctrl-C to stop.")
        self._invite()
        threading.Thread(target=sdk.warm, name="warm-up", daemon=True).start()

    def stop(self) -> None:
        """Nothing new is begun; what is under way has some seconds, and is settled by the next start otherwise."""
        address_file().unlink(missing_ok=True)
        if self._ticker is not None:
            self._ticker.stop(patience=0.5)
        self._worker.stop(TASKS)
        if self._server is not None:
            self._server.task_dispatcher.shutdown(timeout=REQUESTS)
        if self._cloud is not None:
            self._cloud.stop(patience=1)
        connections.close_all()
        self._lock.release()

    def _reach_cloud(self) -> None:
        if simulated_cloud.is_wanted():
            self._cloud = simulated_cloud.SimulatedCloud(settings.VAR / "simulator")
            self._cloud.start()
            self._say(f"The simulated cloud is ready, on port {self._cloud.port}; nothing here reaches Alibaba Cloud.")
        else:
            cloud_connection.current()
            self._say(
                "The cloud is Alibaba Cloud."
                if settings.CLOUD == "alibaba"
                else f"The cloud is {settings.ECS_ENDPOINT}."
            )

    def _look_after(self) -> None:
        """Each second: what has died is started again."""
        self._worker.revive()
        if self._cloud is not None:
            self._cloud.revive()

    def _invite(self) -> None:
        """The one-time link, to this terminal only, and only where nobody else can reach it (C07)."""
        if not is_loopback(settings.HOST):
            self._say("Others can reach this address, so no one-time link is printed: sign in with a password.")
            return
        if settings.IS_HTTPS:
            self._say(
                "People come by the proxy, so no one-time link is printed: sign in with a password;"
                " .venv/bin/python manage.py createsuperuser makes the first one."
            )
            return
        admin = _first_admin()
        if admin is None:
            self._say(
                "No team admin is left; make one with: .venv/bin/python manage.py signinlink --user NAME --role admin"
            )
        else:
            self._say(
                f"Sign in as {admin.username}, once, within 10 minutes: {self._address}{signin_links.make(admin)}"
            )


def _first_admin() -> Person | None:
    """Made, without a password, when nobody is here yet (C02)."""
    if not Person.objects.exists():
        admin = Person(username="admin", role=Role.ADMIN)
        admin.set_unusable_password()
        admin.save()
    return Person.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").first()


def _address(name: tuple[str, int]) -> str:
    host, port = name[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _shown_database() -> str:
    database = connections["default"].settings_dict
    return str(database["NAME"]) if connections["default"].vendor == "sqlite" else "PostgreSQL"


def serve(listening: socket.socket) -> BaseWSGIServer:
    return create_server(
        serving.application(),
        sockets=[listening],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        ident=None,
        max_request_body_size=LARGEST_BODY,
        clear_untrusted_proxy_headers=False,  # a one-time link is refused where one is seen
        asyncore_use_poll=True,
    )


def when_told_to_stop() -> threading.Event:
    """Set by SIGINT or SIGTERM. From then on the process has five seconds, whatever hangs; a second signal ends it."""
    told = threading.Event()
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()

    def note(number: int, frame: FrameType | None) -> None:
        if told.is_set():
            os._exit(0)
        signals.put(number)  # which a handler may do; an event may be locked by the very code that it interrupts

    def end() -> None:
        signals.get()
        told.set()
        time.sleep(TOGETHER)
        os._exit(0)

    threading.Thread(target=end, name="stop", daemon=True).start()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, note)
    return told
