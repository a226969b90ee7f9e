import asyncio
import time

import pytest

from simulator.machines.clock import RunClock, RunOver


def test_a_script_that_goes_on_too_long_is_ended_with_what_it_had_printed(web):
    ended = web.run("echo before; sleep 100; echo after", timeout=30)

    assert (ended.status, ended.error_code, ended.exit_code) == ("Timeout", "ExecutionTimeout", 1)
    assert ended.output == b"before\n"


def test_a_script_that_does_not_sleep_is_ended_too(web):
    began = time.monotonic()

    ended = web.run("echo busy; while true; do :; done; echo after", timeout=1)

    assert (ended.status, ended.output) == ("Timeout", b"busy\n")
    assert time.monotonic() - began < 10


def test_what_a_script_did_before_its_time_was_up_stays_done(web):
    web.run("touch /root/done; sleep 1000", timeout=10)

    assert web.says("ls /root/done") == "/root/done\n"


def test_without_pace_sleeping_takes_no_time_but_counts(web):
    began = time.monotonic()

    assert web.run("sleep 20; sleep 0.5m; sleep 1 2", timeout=60).status == "Success"
    assert web.run("sleep 20; sleep 0.5m; sleep 10 2", timeout=60).status == "Timeout"
    assert time.monotonic() - began < 10


def test_with_pace_sleeping_takes_its_time(machine):
    began = time.monotonic()

    machine("hz-web-002", pace=1.0).says("sleep 0.3")

    assert time.monotonic() - began >= 0.3


def test_sleep_refuses_what_is_no_time(web):
    assert b"invalid time interval" in web.run("sleep -1").output
    assert b"missing operand" in web.run("sleep").output
    assert web.run("sleep infinity", timeout=10).status == "Timeout"


def test_a_sleep_beyond_the_time_out_tells_and_ends_with_the_run(runner):
    told: list[float] = []

    async def sleep_too_long() -> None:
        clock = RunClock(10, 0, expire=lambda: told.append(clock.elapsed))
        await clock.sleep(7)
        assert not told
        too_long = asyncio.create_task(clock.sleep(7))
        await asyncio.sleep(0.01)
        assert not too_long.done()
        clock.end()
        with pytest.raises(RunOver):
            await too_long

    runner.run(sleep_too_long())

    assert [round(elapsed) for elapsed in told] == [10]
