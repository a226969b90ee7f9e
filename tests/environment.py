"""What must stand before Django reads its settings. pytest loads it by `-p tests.environment` (pyproject.toml).

The suite runs on SQLite with the in-memory broker; with `TEST_SERVICES=1` the same tests run on a real PostgreSQL and a
real Redis, started here once and inherited by every xdist worker through the environment.
"""

import logging
import os
import shutil
import tempfile

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

_INHERITED = "PYTEST_XDIST_WORKER" in os.environ
_FROM_OUTSIDE = ("CONSOLE_", "ALIBABA_CLOUD_", "SIMULATOR_", "DATABASE_URL", "REDIS_URL", "DJANGO_")


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own format with one round, so that any process of a test can check what another one stored."""

    iterations = 1


def _prepare() -> str:
    """Forget the developer's own settings, and give this process a folder of its own. Returns the folder."""
    if not _INHERITED:
        for name in [name for name in os.environ if name.startswith(_FROM_OUTSIDE)]:
            del os.environ[name]
        if os.environ.get("TEST_SERVICES"):
            from tests import services

            os.environ.update(services.start())
    elif os.environ.get("REDIS_URL"):
        number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].removesuffix("/0") + f"/{number}"  # a database of its own
    folder = tempfile.mkdtemp(prefix="console-test-", dir=_memory())
    os.environ["CONSOLE_VAR"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "consoleapp.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in the test's thread
    return folder


def _memory() -> str | None:
    """Where no commit waits for a disk: Linux has such a place, though a container's may be too small."""
    is_there = os.access("/dev/shm", os.W_OK)
    return "/dev/shm" if is_there and shutil.disk_usage("/dev/shm").free > 2**30 else None


_folder = _prepare()


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = [f"{__name__}.{QuickHasher.__name__}"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """What is logged stands in each test's own report; the console's thread would write it somewhere between two."""
    from consoleapp.logs import PatientHandler

    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, PatientHandler)]:
        root.removeHandler(handler)


def pytest_report_header(config: pytest.Config) -> str:
    return "engine: " + ("PostgreSQL and Redis" if os.environ.get("TEST_SERVICES") else "SQLite and memory broker")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_folder, ignore_errors=True)
    if os.environ.get("TEST_SERVICES") and not _INHERITED:
        from tests import services

        services.stop()
