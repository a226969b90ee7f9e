"""One simulated cloud for all tests here, made as new for each, and a client that signs by itself."""

from collections.abc import Iterator

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api


@pytest.fixture(scope="session")
def running_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud.start(tmp_path_factory.mktemp("simulator"))
    yield cloud
    cloud.close()


@pytest.fixture
def cloud(running_cloud: SimulatedCloud) -> SimulatedCloud:
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def api(cloud: SimulatedCloud) -> Api:
    return Api(cloud.port, *cloud.access_key)


@pytest.fixture
def linux(cloud: SimulatedCloud) -> list[str]:
    """Three instances of cn-hangzhou that can run a shell command."""
    return cloud.running_instances("cn-hangzhou", 3)


@pytest.fixture
def windows(cloud: SimulatedCloud) -> list[str]:
    return cloud.running_instances("cn-hangzhou", 2, os_type="windows")


@pytest.fixture(scope="session")
def _running_paced_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud.start(tmp_path_factory.mktemp("paced"), pace=0.2)
    yield cloud
    cloud.close()


@pytest.fixture
def paced(_running_paced_cloud: SimulatedCloud) -> SimulatedCloud:
    """A cloud in which a second of a script takes a fifth of one: what sleeps long keeps running."""
    _running_paced_cloud.reset()
    return _running_paced_cloud


@pytest.fixture
def paced_api(paced: SimulatedCloud) -> Api:
    return Api(paced.port, *paced.access_key)
