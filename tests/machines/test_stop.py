import asyncio
import os
import signal

import pytest

from simulator.machines.agent import sandbox_of_this_loop


async def begun(box, script, **changed):
    """The run, once it has printed something."""
    running = asyncio.create_task(box.execute(script, **changed))
    while not box.heard and not running.done():
        await asyncio.sleep(0.01)
    return running


async def stopped(running):
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.fixture
def slow(machine):
    """A machine on which sleeping takes time."""
    return machine("hz-web-002", pace=1.0)


def test_a_stopped_script_does_not_go_on(slow, runner):
    async def stop() -> None:
        await stopped(await begun(slow, "echo started; touch /root/first; sleep 0.4; touch /root/second"))
        await asyncio.sleep(0.6)

    runner.run(stop())

    assert slow.says("ls /root") == "first\n"


def test_a_script_that_neither_sleeps_nor_prints_can_be_stopped(slow, runner):
    async def stop() -> None:
        await asyncio.wait_for(stopped(await begun(slow, "echo started; while :; do :; done")), 5)

    runner.run(stop())


def test_what_was_printed_and_not_yet_shown_is_handed_over_at_the_stop(slow, runner):
    async def stop() -> None:
        script = "for i in $(seq 1000 2200); do echo line $i; done; echo all; sleep 60"
        running = await begun(slow, script)
        await asyncio.sleep(0.5)
        assert len(slow.heard) == 8 * 1024
        await stopped(running)

    runner.run(stop())

    assert slow.heard.endswith(b"line 2200\nall\n")
    assert len(slow.heard) == sum(len(f"line {i}\n") for i in range(1000, 2201)) + len("all\n")


def test_a_process_that_dies_is_reported_as_a_restarted_agent_and_replaced(slow, runner):
    async def die():
        running = await begun(slow, "echo started; sleep 60")
        os.kill(sandbox_of_this_loop().pid, signal.SIGKILL)
        return await running

    ended = runner.run(die())

    assert (ended.status, ended.error_code, ended.output) == ("Error", "ClientRestarted", b"started\n")
    assert slow.says("echo again") == "again\n"


def test_a_script_that_does_not_listen_costs_its_process_and_nothing_else(slow, machine, runner):
    other = machine("hz-web-004", pace=1.0)

    async def stop_the_deaf():
        deaf = await begun(slow, "echo started; jq -n 'def f: f; f'")
        bystander = await begun(other, "echo started; sleep 3; echo finished")
        before = sandbox_of_this_loop().pid
        await stopped(deaf)
        assert (await machine("hz-web-007").execute("echo new")).status == "Success"
        assert sandbox_of_this_loop().pid != before
        return await bystander

    assert runner.run(stop_the_deaf()).output == b"started\nfinished\n"
