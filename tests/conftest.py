"""The cast and the stage of every test: people, the simulated cloud, the console itself, a browser."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import Client, TransactionTestCase
from django.utils import translation
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.fixtures import Settings
from pytest_playwright.pytest_playwright import CreateContextCallback

from accounts import throttling
from accounts.models import Person, Role
from cloud import health, limiter
from consoleapp.celery import app
from invocations.results import shared
from tests import chromium
from tests.emptying import empty_what_was_written
from tests.factories import PersonFactory
from tests.simulated_cloud import SimulatedCloud

if TYPE_CHECKING:
    from tests.running_console import RunningConsole, Threads


CLOSING = 15  # seconds a browser's context may take to close
expect.set_options(timeout=20_000)  # ms; two cores may be busy with another worker's browser


class PersonClient(Client):
    """A browser of one person's, for requests in this process. Gets htmx fragments with `htmx=True`."""

    person: Person

    def __init__(self, person: Person, **defaults: str) -> None:
        super().__init__(**defaults)
        self.person = person
        self.force_login(person, backend="django.contrib.auth.backends.ModelBackend")


@pytest.fixture
def viewer(db: None) -> PersonClient:
    return PersonClient(PersonFactory(username="vera", role=Role.VIEWER))


@pytest.fixture
def operator(db: None) -> PersonClient:
    return PersonClient(PersonFactory(username="oscar", role=Role.OPERATOR))


@pytest.fixture
def admin(db: None) -> PersonClient:
    return PersonClient(PersonFactory(username="ada", role=Role.ADMIN))


@pytest.fixture
def stranger(db: None) -> Client:
    """Nobody: has never signed in, and tries everything."""
    return Client()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file: connections of several threads on one in-memory database would not wait for one another."""
    database = connections["default"].settings_dict
    if connections["default"].vendor == "sqlite":
        database["TEST"]["NAME"] = str(django_settings.VAR / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_what_was_written)
        yield


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """No test reads what another left in the cache or counted."""
    yield
    translation.deactivate()  # a request leaves its language behind in the thread
    cache.clear()
    throttling.limiters.cache_clear()
    limiter._limiters.clear()
    limiter._waiting.clear()
    health.forget()
    shared.forget()
    if django_settings.REDIS_URL:
        redis.from_url(django_settings.REDIS_URL).flushdb()


@pytest.fixture(autouse=True)
def _no_worker_needed() -> Iterator[None]:
    """A copy of the cloud that a page asks for is made at once, in the test's own thread."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def work_until_quiet(transactional_db: None, settings: Settings) -> Callable[..., int]:
    """Do everything that is due, again and again, until every run has ended or is held. Returns the number of jobs."""
    from tests import working

    settings.API_QPS = "*=1000"
    return working.work_until_quiet


@pytest.fixture(scope="session")
def _simulated_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud.start(tmp_path_factory.mktemp("simulator"))
    yield cloud
    cloud.close()


@pytest.fixture
def simulator(_simulated_cloud: SimulatedCloud, settings: Settings) -> SimulatedCloud:
    """A new simulated cloud, and the console's gateway connected to it, at any rate."""
    _simulated_cloud.reset()
    settings.API_QPS = "*=1000"
    settings.CLOUD = "simulated"
    settings.ECS_ENDPOINT = settings.OOS_ENDPOINT = settings.STS_ENDPOINT = _simulated_cloud.url
    settings.CLOUD_ACCESS_KEY_ID, settings.CLOUD_ACCESS_KEY_SECRET = _simulated_cloud.access_key
    return _simulated_cloud


@pytest.fixture(scope="session")
def _threads(is_on_services: bool) -> Iterator[Threads | None]:
    from tests.running_console import Threads

    threads = None if is_on_services else Threads()
    yield threads
    if threads:
        threads.stop()


@pytest.fixture
def console(
    _threads: Threads | None, simulator: SimulatedCloud, settings: Settings, transactional_db: None
) -> Iterator[RunningConsole]:
    """The whole console, listening: `page.goto(console.sign_in_link("operator"))`, then the button "Sign in"."""
    from tests.running_console import run_processes

    settings.API_QPS = "*=1000"
    app.conf.task_always_eager = False
    (settings.VAR / "high_water").unlink(missing_ok=True)  # of the database of another test
    with _threads.run() if _threads else run_processes(simulator) as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    try:
        return {**browser_type_launch_args, "executable_path": chromium.binary(), "args": chromium.FLAGS}
    except LookupError as error:
        pytest.skip(str(error))


@pytest.fixture
def new_context(new_context: CreateContextCallback) -> CreateContextCallback:
    """Closing one has an end: now and then Chromium never answers that it has disposed of a context."""

    def make(**options: Any) -> BrowserContext:
        context = new_context(**options)
        inner = context._impl_obj
        whole = inner.close

        async def close(reason: str | None = None) -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(whole(reason=reason), CLOSING)

        inner.close = close
        return context

    return make


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that fails its test when a script fails, the CSP forbids something or another origin is asked for."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda request: troubles.append(request.url) if not _is_own(request.url) else None)
    yield page
    assert troubles == []


def _is_own(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"page", "browser", "new_context"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
        if {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
    items.sort(key=lambda item: "dispatch_model" not in item.nodeid)  # the longest first, beside all others


@pytest.fixture
def repository() -> Path:
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def is_on_services() -> bool:
    """The suite runs on PostgreSQL and Redis."""
    return bool(os.environ.get("TEST_SERVICES"))
