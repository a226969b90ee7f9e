"""How the calls travel: connections kept and renewed, proxies, and the seam through which the SDK gets our session."""

import inspect
import json
import os
import socket
import threading
from collections.abc import Callable

import pytest

from cloud import regions
from cloud.connection import Connection
from cloud.errors import OutcomeUnknown, Unreachable
from tests.cloud.conftest import connected_to
from tests.cloud.listener import Listener, answer

REGIONS = {"RequestId": "R-1", "Regions": {"Region": [{"RegionId": "cn-hangzhou", "LocalName": "Hangzhou"}]}}


@pytest.fixture
def ask(listener: Listener, to_listener: Connection) -> Callable[[], list[regions.Region]]:
    """Any read will do."""
    listener.script = answer(REGIONS)
    return lambda: regions.list_regions(to_listener)


def test_a_thread_keeps_its_connection(ask, listener):
    for _ in range(3):
        ask()

    assert [heard.connection for heard in listener.heard] == [0, 0, 0]


def test_each_thread_has_its_own(ask, listener):
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()

    assert sorted(heard.connection for heard in listener.heard) == [0, 1, 2]


def test_a_connection_that_was_closed_while_idle_is_renewed(ask, listener):
    def answer_and_close(connection: socket.socket) -> None:
        answer(REGIONS)(connection)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    closed = threading.Event()
    listener.script = answer_and_close

    for _ in range(3):
        closed.clear()
        assert ask()
        closed.wait(5)

    assert [heard.connection for heard in listener.heard] == [0, 1, 2]


def test_a_connection_that_closes_as_the_request_comes_leaves_it_unknown(ask, listener):
    ask()
    listener.script = lambda connection: connection.shutdown(socket.SHUT_RDWR)

    with pytest.raises(OutcomeUnknown) as raised:
        ask()

    assert raised.value.code == "ConnectionBroken"
    assert len(listener.heard) == 2


def test_a_call_works_again_after_one_that_broke(ask, listener, to_listener):
    listener.script = lambda connection: connection.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OutcomeUnknown):
        ask()

    listener.script = answer(REGIONS)

    assert ask()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_A51_loopback_is_reached_without_the_proxy_of_the_environment(ask, monkeypatch, name):
    with Listener(answer(status=502)) as proxy:
        monkeypatch.setenv(name, proxy.url)

        assert ask()
        assert proxy.heard == []


def test_A51_other_endpoints_are_reached_through_the_proxy_and_its_refusal_proves_nothing_was_sent(monkeypatch):
    with Listener(answer(status=403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        with pytest.raises(Unreachable) as raised:
            regions.list_regions(connected_to("https://ecs.{region}.invalid"))

        assert raised.value.code == "ProxyFailed"
        assert [heard.target for heard in proxy.heard] == ["ecs.cn-hangzhou.invalid:443"]


def test_hosts_that_need_no_proxy_are_reached_without(monkeypatch):
    with Listener(answer(status=403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "example.com,.invalid")

        with pytest.raises(Unreachable) as raised:
            regions.list_regions(connected_to("https://ecs.{region}.invalid"))

        assert raised.value.code == "NameNotResolved"
        assert proxy.heard == []


def test_the_sdk_still_takes_its_session_where_ours_is_put(ask, listener):
    """If this fails, the SDK sends past our bounds: find out where it gets its session now (cloud/transport.py)."""
    from darabonba.core import DaraCore

    listener.script = answer(raw=b"<html>", status=502)
    with pytest.raises(OutcomeUnknown) as raised:
        ask()

    assert raised.value.http_status == 502, "only our own session knows the status of what is not JSON"
    assert "_get_session(" in inspect.getsource(DaraCore.do_action)


def test_the_sdk_makes_no_second_attempt(ask, listener):
    listener.script = answer({"RequestId": "R-1", "Code": "ServiceUnavailable", "Message": "Later."}, 503)

    with pytest.raises(OutcomeUnknown):
        ask()

    assert len(listener.heard) == 1


def test_a_request_names_the_process_that_sends_it(ask, listener):
    ask()

    assert f"pid/{os.getpid()}" in listener.heard[0].headers["user-agent"]


def test_nothing_heavy_is_imported_before_the_first_call(repository):
    """Migrations, linting and most tests never pay for the SDK."""
    import subprocess
    import sys

    program = (
        "import cloud.invocations, cloud.instances, cloud.commands, cloud.account, cloud.explain, sys, json;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", program], cwd=repository, text=True))

    assert not {"darabonba", "Tea", "requests", "aiohttp", "alibabacloud_ecs20140526"} & set(loaded)
