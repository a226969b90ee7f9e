"""The simulated cloud, for clients that others wrote and that know nothing of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulated_cloud import SimulatedCloud

# The versions against which the exchanges were looked at
NPM_PACKAGES = ("@alicloud/ecs20140526@7.11.6", "@alicloud/pop-core@1.8.0")


@pytest.fixture(scope="session")
def _running_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    # A second of a script takes a tenth of one: what sleeps long keeps running until it is stopped
    cloud = SimulatedCloud.start(tmp_path_factory.mktemp("foreign"), pace=0.1)
    yield cloud
    cloud.close()


@pytest.fixture
def cloud(_running_cloud: SimulatedCloud) -> SimulatedCloud:
    _running_cloud.reset()
    return _running_cloud


@pytest.fixture
def targets(cloud: SimulatedCloud) -> list[str]:
    return cloud.running_instances("cn-hangzhou", 2)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """These clients would send even loopback calls through a proxy that the environment names."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two npm clients, installed for this session only."""
    if not (shutil.which("node") and (npm := shutil.which("npm"))):
        _leave_out("Node and npm are not installed.")
    folder = tmp_path_factory.mktemp("npm")
    install = [
        npm,
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-save",
        "--prefer-offline",
        *NPM_PACKAGES,
    ]
    try:
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=240)
    except subprocess.TimeoutExpired:
        _leave_out("npm install took longer than four minutes.")
    if done.returncode:
        _leave_out(f"npm install failed: {done.stderr.strip()[-300:]}")
    return folder / "node_modules"


def _leave_out(reason: str) -> None:
    """A test that is left out in silence proves nothing: where it counts, it fails."""
    reason = f"The npm clients are left out. {reason}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
