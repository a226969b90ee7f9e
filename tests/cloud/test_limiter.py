"""How often we call, alone and together, with the shared store and without it (A30, INV-15)."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import time_machine

from cloud import limiter, regions
from cloud.errors import Throttled
from tests import services
from tests.cloud.listener import answer

HANGZHOU = "cn-hangzhou"


@pytest.fixture
def qps(settings: Any) -> Callable[[str], None]:
    def at(text: str) -> None:
        settings.API_QPS = text

    return at


def take_all(operation: str, region: str) -> int:
    """How many permits there are at this moment."""
    taken = 0
    while limiter.acquire(operation, HANGZHOU, wait=0):
        taken += 1
    return taken


@pytest.mark.parametrize(
    ("operation", "rate"),
    [("DescribeInstances", 5), ("DescribeX", 5), ("InvokeCommand", 2), ("ListSecretParameters", 0.5)],
)
def test_the_first_pattern_that_fits_gives_the_rate(qps, operation, rate):
    qps("List*=0.5, Describe*=5, *=2")

    assert limiter.rate(operation) == rate


def test_what_no_pattern_names_is_limited_all_the_same(qps):
    qps("Describe*=5")

    assert limiter.rate("InvokeCommand") == 1


@pytest.mark.parametrize("text", ["*", "*=", "*=0", "*=-1", "*=x", "=5", "*=1/0", "*=inf"])
def test_a_rate_that_means_nothing_is_refused(text):
    with pytest.raises(ValueError, match="CONSOLE_API_QPS"):
        limiter.rates(text)


@pytest.mark.parametrize(("rate", "at_once"), [("3", 3), ("1", 1), ("0.5", 1), ("2.5", 5)])
def test_so_many_permits_are_there_at_once(qps, rate, at_once):
    qps(f"*={rate}")

    assert take_all("InvokeCommand", HANGZHOU) == at_once


def test_permits_come_back_with_time(qps):
    qps("*=2")
    with time_machine.travel("2026-11-25T08:00:00Z", tick=False) as clock:
        assert take_all("InvokeCommand", HANGZHOU) == 2
        clock.shift(0.9)
        assert take_all("InvokeCommand", HANGZHOU) == 0
        clock.shift(0.2)
        assert take_all("InvokeCommand", HANGZHOU) == 2


def test_operations_and_regions_do_not_share_permits(qps):
    qps("*=1")

    assert limiter.acquire("InvokeCommand", HANGZHOU, wait=0)
    assert limiter.acquire("StopInvocation", HANGZHOU, wait=0)
    assert limiter.acquire("InvokeCommand", "cn-beijing", wait=0)
    assert not limiter.acquire("InvokeCommand", HANGZHOU, wait=0)


def test_a_permit_is_waited_for(qps):
    qps("*=20")
    take_all("InvokeCommand", HANGZHOU)

    assert limiter.acquire("InvokeCommand", HANGZHOU, wait=5)


def test_many_threads_together_take_no_more_than_there_is(qps):
    qps("*=50")
    taken: list[int] = []
    threads = [threading.Thread(target=lambda: taken.append(take_all("InvokeCommand", HANGZHOU))) for _ in range(6)]

    with time_machine.travel("2026-11-25T08:00:00Z", tick=False):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sum(taken) == 50


def test_slowing_down_ends_by_itself():
    with time_machine.travel("2026-11-25T08:00:00Z", tick=False) as clock:
        limiter.slow_down("InvokeCommand", HANGZHOU, 7.5)
        until = limiter.slowed_until("InvokeCommand", HANGZHOU)

        assert until is not None
        assert until.isoformat() == "2026-11-25T08:00:08+00:00"
        assert not limiter.acquire("InvokeCommand", HANGZHOU, wait=0)
        clock.shift(8.1)
        assert limiter.slowed_until("InvokeCommand", HANGZHOU) is None
        assert limiter.acquire("InvokeCommand", HANGZHOU, wait=0)


def test_no_answer_of_the_cloud_slows_down_for_longer_than_a_minute():
    with time_machine.travel("2026-11-25T08:00:00Z", tick=False) as clock:
        limiter.slow_down("InvokeCommand", HANGZHOU, 86_400)
        clock.shift(60.1)

        assert limiter.acquire("InvokeCommand", HANGZHOU, wait=0)


def test_a_read_without_a_permit_is_not_sent(qps, listener, to_listener, monkeypatch):
    qps("*=1/3600")
    monkeypatch.setattr("cloud.gate.PERMIT_WAIT", 0.01)
    listener.script = answer({"RequestId": "R", "Regions": {"Region": []}})
    take_all("DescribeRegions", HANGZHOU)

    with pytest.raises(Throttled) as raised:
        regions.list_regions(to_listener)

    assert raised.value.code == "RateLimitOfConsole"
    assert listener.heard == []


@dataclass(frozen=True)
class Redis:
    url: str
    server: "subprocess.Popen[bytes]"


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class TestSharedStore:
    """With a real Redis: two limiters stand for two processes."""

    @pytest.fixture
    def redis(self, tmp_path: Path) -> Iterator[Redis]:
        """One of this test's own: the suite's must go on when this one stops."""
        port = services.free_port()
        flags = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        server = subprocess.Popen([services.redis_binary(), *flags], stdout=subprocess.DEVNULL)
        while not listens(port):
            assert server.poll() is None, "Redis did not start"
        yield Redis(f"redis://127.0.0.1:{port}/0", server)
        server.kill()
        server.wait()

    @pytest.fixture
    def two(self, redis: Redis) -> tuple[Any, Any]:
        return limiter._Limiter(redis.url), limiter._Limiter(redis.url)

    def test_two_processes_share_the_permits(self, two, qps):
        qps("*=6")
        first, second = two

        taken = [each.take("InvokeCommand", HANGZHOU) for _ in range(6) for each in (first, second)]

        assert sum(taken) == 6

    def test_what_slows_one_down_slows_the_other_down(self, two):
        first, second = two

        first.pause("InvokeCommand", HANGZHOU, 30)

        assert second.paused_until("InvokeCommand", HANGZHOU)
        assert not second.take("InvokeCommand", HANGZHOU)

    def test_A30_without_the_store_each_keeps_to_its_part(self, two, redis, qps):
        qps("*=6")
        first, second = two
        for each in two:
            each.take("InvokeCommand", "another")
        redis.server.kill()
        redis.server.wait()

        began = time.monotonic()
        taken = [each.take("InvokeCommand", HANGZHOU) for _ in range(6) for each in (first, second)]

        assert time.monotonic() - began < 5
        assert 0 < sum(taken) <= 2 * 6
        assert not first.is_store_up()


def test_what_is_used_of_a_limit_is_told_in_calls_a_second(qps):
    qps("Describe*=4")
    assert limiter.acquire("DescribeCommands", HANGZHOU, wait=0)

    used = limiter.use("DescribeCommands", HANGZHOU)

    assert (used.rate, used.limit, used.slowed_until) == (1, 4, None)
    assert limiter.waiting()["DescribeCommands", HANGZHOU] == 0


def test_who_waits_for_a_permit_is_counted_while_waiting(qps):
    qps("*=1/60")
    assert limiter.acquire("StopInvocation", HANGZHOU, wait=0)
    waiting = threading.Thread(target=limiter.acquire, args=("StopInvocation", HANGZHOU), kwargs={"wait": 0.3})

    waiting.start()
    seen = set()
    while waiting.is_alive():
        seen.add(limiter.waiting()["StopInvocation", HANGZHOU])
    waiting.join()

    assert 1 in seen
    assert limiter.waiting()["StopInvocation", HANGZHOU] == 0
