"""The two npm clients: of today (`@alicloud/ecs20140526`), and the one before (`@alicloud/pop-core`)."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud

pytestmark = pytest.mark.timeout(360)  # with the npm install that the first of them waits for
HERE = Path(__file__).parent


def run(program: str, node_modules: Path, cloud: SimulatedCloud, secret: str, targets: list[str]) -> dict[str, Any]:
    """Let the program do its round; it prints what it saw as one JSON document."""
    told = {
        "NODE_PATH": str(node_modules),
        "CLOUD_ENDPOINT": f"127.0.0.1:{cloud.port}",
        "CLOUD_KEY": cloud.access_key[0],
        "CLOUD_SECRET": secret,
        "CLOUD_TARGETS": json.dumps(targets),
    }
    done = subprocess.run(
        ["node", str(HERE / program)], env={**os.environ, **told}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("program", ["ecs20140526.js", "pop_core.js"])
def test_list_invoke_results_stop(program: str, node_modules: Path, cloud: SimulatedCloud, targets: list[str]) -> None:
    seen = run(program, node_modules, cloud, cloud.access_key[1], targets)

    assert seen["instances"] == targets
    assert "cn-hangzhou" in seen["regions"]
    assert seen["outputs"] == ["hello Jack 王*~\n"] * 2
    assert seen["statuses"] == ["Success", "Success"]
    assert seen["stopped"] == ["Terminated", "Terminated"]
    assert {call.status for call in cloud.journal.calls()} == {200}
    assert [ran.parameters for ran in cloud.journal.executions()][:2] == [{"name": "Jack 王*~"}] * 2


@pytest.mark.parametrize("program", ["ecs20140526.js", "pop_core.js"])
def test_a_wrong_secret_is_understood(
    program: str, node_modules: Path, cloud: SimulatedCloud, targets: list[str]
) -> None:
    assert run(program, node_modules, cloud, "wrong", targets) == {"refused": "SignatureDoesNotMatch"}
