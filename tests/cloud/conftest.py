"""A connection to the simulated cloud, one to a server that answers whatever a test says, and no database anywhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloud import health, limiter
from cloud.connection import Connection
from cloud.invocations import FrozenRequest
from tests.cloud.listener import Listener
from tests.simulated_cloud import SimulatedCloud


@pytest.fixture(scope="session")
def simulated_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud.start(tmp_path_factory.mktemp("simulator") / "state")
    yield cloud
    cloud.close()


@pytest.fixture
def simulator(simulated_cloud: SimulatedCloud) -> SimulatedCloud:
    """As new."""
    simulated_cloud.reset()
    return simulated_cloud


@pytest.fixture
def connection(simulator: SimulatedCloud) -> Connection:
    return connected_to(simulator.url, simulator.access_key)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server on loopback that says what a test tells it to."""
    with Listener() as server:
        yield server


@pytest.fixture
def to_listener(listener: Listener) -> Connection:
    return connected_to(listener.url)


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    """No test waits for a permit unless it is about that, and none sees what another left behind."""
    settings.API_QPS, settings.REDIS_URL = "*=100000", ""
    limiter._limiters.clear()
    health.forget()


@pytest.fixture
def request_for() -> Callable[..., FrozenRequest]:
    """The smallest request to run a command, with what a test changes of it."""

    def make(**changed: object) -> FrozenRequest:
        values = {"region": "cn-hangzhou", "command_id": "c-1", "instance_ids": ("i-1", "i-2"), **changed}
        return FrozenRequest(**values)

    return make


def connected_to(url: str, access_key: tuple[str, str] = ("LTAI-test-id", "test-secret")) -> Connection:
    """A connection of the simulated kind with all three services at `url`."""
    return Connection(
        kind="simulated",
        access_key_id=access_key[0],
        access_key_secret=access_key[1],
        ecs_endpoint=url,
        oos_endpoint=url,
        sts_endpoint=url,
    )
