"""The console as it really runs, on the database of the test.

On SQLite it is web server, worker and tick in threads of the test's own process, as `manage.py runconsole` has them; on
PostgreSQL and Redis it is gunicorn and two Celery workers, each a process.
"""

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from celery.worker import state as celery_state
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import BrowserContext

from accounts import signin_links
from accounts.models import Person, Role
from consoleapp.listening import listen
from consoleapp.running import serve
from consoleapp.tick import Ticker
from consoleapp.worker import EmbeddedWorker
from tests.factories import PersonFactory
from tests.services import free_port
from tests.simulated_cloud import SimulatedCloud

REPOSITORY = Path(__file__).resolve().parent.parent
NAMES = {Role.VIEWER: "vera", Role.OPERATOR: "oscar", Role.ADMIN: "ada"}


@dataclass(frozen=True, slots=True)
class RunningConsole:
    url: str  # http://127.0.0.1:4711

    def person(self, role: str) -> Person:
        """The one of that role in the cast; made at first use."""
        name = NAMES[Role(role)]
        return Person.objects.filter(username=name).first() or PersonFactory(username=name, role=role)

    def sign_in_link(self, role: str) -> str:
        return self.url + signin_links.make(self.person(role))

    def sign_in(self, context: BrowserContext, role: str) -> None:
        """Give a browser the session of that role's person, for tests that are about what comes after signing in."""
        client = Client()
        client.force_login(self.person(role), backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.url, "httpOnly": True}])


class Threads:
    """The parts that last for the whole session: a worker takes two seconds to stop."""

    def __init__(self) -> None:
        self.worker = EmbeddedWorker()
        self.worker.start()
        listening = listen("127.0.0.1", free_port())
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        threading.Thread(target=serve(listening).run, name="web", daemon=True).start()

    @contextmanager
    def run(self) -> Iterator[RunningConsole]:
        ticker = Ticker()
        ticker.start()
        yield RunningConsole(self.url)
        ticker.stop(patience=5)
        _wait_until(lambda: not (celery_state.active_requests or celery_state.reserved_requests))

    def stop(self) -> None:
        self.worker.stop(5)


@contextmanager
def run_processes(cloud: SimulatedCloud) -> Iterator[RunningConsole]:
    port = free_port()
    web = ["gunicorn", "-k", "gthread", "--threads", "8", "-b", f"127.0.0.1:{port}", "consoleapp.wsgi"]
    worker = [
        "celery",
        "-A",
        "consoleapp",
        "worker",
        "-P",
        "threads",
        "-c",
        "4",
        "--without-gossip",
        "--without-mingle",
    ]
    commands = [web, [*worker, "-n", "one@%h"], [*worker, "-n", "two@%h"]]
    processes = [_start(command, cloud) for command in commands]
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until(lambda: _is_ready(url), patience=90)
        yield RunningConsole(url)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            _wait_or_kill(process)


def _start(command: list[str], cloud: SimulatedCloud) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", *command], cwd=REPOSITORY, env=_environment(cloud), stdout=subprocess.DEVNULL
    )


def _wait_or_kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment(cloud: SimulatedCloud) -> dict[str, str]:
    database = connections["default"].settings_dict
    key_id, secret = cloud.access_key
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://postgres@{quote(database['HOST'], safe='')}/{database['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "CONSOLE_VAR": str(settings.VAR),
        "CONSOLE_API_QPS": settings.API_QPS,
        "ALIBABA_CLOUD_ECS_ENDPOINT": cloud.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
    }


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_until(condition, patience: float = 10) -> None:
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, "the console did not come to what was waited for"
        time.sleep(0.05)
