"""Starting and ending: settings, what is printed, ties and signals."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from simulator.settings import WrongSetting, from_process, read
from tests.simulated_cloud import REPOSITORY, SimulatedCloud
from tests.simulator.plain_http import Api


@contextmanager
def started(tmp_path: Path, arguments: list[str], **environment: str) -> Iterator["subprocess.Popen[str]"]:
    private = ("SIMULATOR_", "ALIBABA_", "CONSOLE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=REPOSITORY,
        env={**clean, "SIMULATOR_STATE": str(tmp_path / "state"), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_C58_it_listens_on_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    assert read({}, []).host == "127.0.0.1"
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.com"):
        with pytest.raises(WrongSetting, match="loopback"):
            read({"SIMULATOR_HOST": host}, [])
        assert read({"SIMULATOR_HOST": host, "SIMULATOR_ACCESS_KEYS": "a:b"}, ["--i-know"]).host == host


def test_C58_it_refuses_another_address_with_one_sentence(tmp_path: Path) -> None:
    with started(tmp_path, [], SIMULATOR_HOST="0.0.0.0") as process:
        out, err = process.communicate(timeout=20)

    assert (process.returncode, out, len(err.splitlines())) == (1, "", 1)
    assert "--i-know" in err


@pytest.mark.parametrize(
    "name", ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"]
)
def test_C58_it_refuses_to_stand_in_for_the_real_cloud(name: str) -> None:
    with pytest.raises(WrongSetting, match=name):
        read({"CONSOLE_CLOUD": "alibaba", name: "real"}, [])
    assert read({"CONSOLE_CLOUD": "simulated", name: "real", "SIMULATOR_ACCESS_KEYS": "a:b"}, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIMULATOR_PORT", "eighty"),
        ("SIMULATOR_PORT", "65536"),
        ("SIMULATOR_PORT", "-1"),
        ("SIMULATOR_FLEET", "1e3"),
        ("SIMULATOR_PACE", "fast"),
        ("SIMULATOR_PACE", "-1"),
        ("SIMULATOR_PACE", "nan"),
        ("SIMULATOR_DAILY_QUOTA", "²"),
        ("SIMULATOR_ACCESS_KEYS", "id"),
        ("SIMULATOR_ACCESS_KEYS", "id:"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    settings: Mapping[str, str] = {"SIMULATOR_ACCESS_KEYS": "a:b", name: value}

    with pytest.raises(WrongSetting, match=name):
        read(settings, [])


def test_an_unknown_argument_is_named() -> None:
    with pytest.raises(WrongSetting, match="--help-me"):
        read({"SIMULATOR_ACCESS_KEYS": "a:b"}, ["--help-me"])


def test_several_access_keys_are_read() -> None:
    assert read({"SIMULATOR_ACCESS_KEYS": "a:b, c:d:e,"}, []).access_keys == {"a": "b", "c": "d:e"}


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = read({"SIMULATOR_STATE": str(tmp_path / "new")}, []).access_keys
    second = read({"SIMULATOR_STATE": str(tmp_path / "new")}, []).access_keys

    assert first == second
    assert len(first) == 1
    assert (tmp_path / "new" / "access-key").stat().st_mode & 0o777 == 0o600


def test_it_prints_one_line_and_leaves_with_whoever_holds_its_stdin(tmp_path: Path) -> None:
    with started(tmp_path, ["--tied"], SIMULATOR_ACCESS_KEYS="a:b") as process:
        assert process.stdout.readline().startswith('{"port": ')

        out, err = process.communicate(timeout=20)

    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_leaves_on_a_signal_and_not_with_its_stdin_when_not_tied(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, [], SIMULATOR_ACCESS_KEYS="a:b") as process:
        process.stdout.readline()
        process.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)

        process.send_signal(number)

        assert process.wait(20) == 0


def test_it_leaves_in_time_although_a_call_hangs(tmp_path: Path) -> None:
    cloud = SimulatedCloud.start(tmp_path)
    cloud.fault("DescribeRegions", "hang")
    caller = threading.Thread(target=lambda: _hang(cloud))
    caller.start()
    Api(cloud.port, *cloud.access_key).when(lambda: cloud.journal.calls("DescribeRegions"), bool)

    began = time.monotonic()
    cloud.close()

    assert (cloud.process.returncode, time.monotonic() - began < 5) == (0, True)
    caller.join()


def _hang(cloud: SimulatedCloud) -> None:
    with suppress(http.client.HTTPException, ConnectionError):
        Api(cloud.port, *cloud.access_key)("DescribeRegions")


def test_a_port_in_use_is_one_sentence(tmp_path: Path, cloud: SimulatedCloud) -> None:
    with started(tmp_path, [], SIMULATOR_PORT=str(cloud.port), SIMULATOR_ACCESS_KEYS="a:b") as process:
        out, err = process.communicate(timeout=20)

    assert (process.returncode, out, len(err.splitlines())) == (1, "", 1)
    assert str(cloud.port) in err


def test_a_second_copy_on_the_same_state_is_one_sentence(tmp_path: Path, cloud: SimulatedCloud) -> None:
    with started(tmp_path, [], SIMULATOR_STATE=str(cloud.state), SIMULATOR_ACCESS_KEYS="a:b") as process:
        out, err = process.communicate(timeout=20)

    assert (process.returncode, out, len(err.splitlines())) == (1, "", 1)
    assert str(cloud.state) in err


def test_a_fleet_can_be_grown(tmp_path: Path) -> None:
    cloud = SimulatedCloud.start(tmp_path, fleet=10_000)
    try:
        assert len(cloud.instances()) == 10_000
        api = Api(cloud.port, *cloud.access_key)
        ids = cloud.running_instances("cn-hangzhou", 5000)[-100:]
        assert {row["InvocationStatus"] for row in api.ended(api.invoke(api.command(), ids)).values()} == {"Success"}
        resident = int((Path("/proc") / str(cloud.process.pid) / "statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
        assert resident < 250 * 1024 * 1024
    finally:
        cloud.close()


def test_a_secret_may_come_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "keys").write_text("id:secret\n")
    monkeypatch.delenv("SIMULATOR_ACCESS_KEYS", raising=False)
    monkeypatch.setenv("SIMULATOR_ACCESS_KEYS_FILE", str(tmp_path / "keys"))

    assert from_process([]).access_keys == {"id": "secret"}


def test_a_file_beside_its_variable_or_out_of_reach_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMULATOR_ACCESS_KEYS", "id:secret")
    monkeypatch.setenv("SIMULATOR_ACCESS_KEYS_FILE", str(tmp_path / "keys"))
    with pytest.raises(WrongSetting, match="set only one of them"):
        from_process([])

    monkeypatch.delenv("SIMULATOR_ACCESS_KEYS")
    with pytest.raises(WrongSetting, match="can’t be read"):
        from_process([])
