import asyncio

import pytest

from simulator.machines.output import LIMIT, SHOWN, Output


def written(*pieces: bytes) -> tuple[Output, bytes]:
    output = Output()
    return output, b"".join(output.write(piece) for piece in pieces)


@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT])
def test_up_to_24_kb_nothing_is_cut(size):
    output, _ = written(b"x" * size)

    assert output.reported(60) == (b"x" * size, 0)


def test_one_byte_more_and_one_byte_is_dropped_from_the_front_of_a_short_run():
    output, _ = written(b"a", b"x" * LIMIT)

    assert output.reported(0.3) == (b"x" * LIMIT, 1)


def test_a_long_run_keeps_what_it_had_sent_and_the_tail():
    pieces = [b"%07d\n" % n for n in range(10_000)]
    output, _ = written(*pieces)
    everything = b"".join(pieces)

    report, dropped = output.reported(60)

    assert report == everything[:6144] + everything[-(LIMIT - 6144) :]
    assert dropped == len(everything) - LIMIT


def test_two_seconds_are_enough_for_four_kilobytes():
    output, _ = written(b"h" * 5000, b"t" * 100_000)

    report, _ = output.reported(2.5)

    assert report == b"h" * 4096 + b"t" * (LIMIT - 4096)


def test_while_it_runs_the_first_eight_kilobytes_are_shown():
    _, shown = written(b"a" * 5000, b"b" * 5000, b"c" * 5000)

    assert shown == b"a" * 5000 + b"b" * (SHOWN - 5000)


def test_a_noisy_script_ends_with_24_kb_and_the_number_of_bytes_that_are_missing(web):
    ended = web.run("for i in $(seq 1 6000); do echo line $i of a noisy script; done")

    assert ended.status == "Success"
    assert len(ended.output) == LIMIT
    assert ended.output.endswith(b"line 6000 of a noisy script\n")
    assert ended.dropped + LIMIT == sum(len(f"line {i} of a noisy script\n") for i in range(1, 6001))


def test_output_is_heard_while_the_script_runs(machine, runner):
    box = machine("hz-web-002", pace=1.0)

    async def heard_before_the_end() -> bool:
        running = asyncio.create_task(box.execute("echo early; sleep 30"))
        while not box.heard:
            await asyncio.sleep(0.02)
        is_running = not running.done()
        running.cancel()
        await asyncio.wait([running])
        return is_running

    assert runner.run(asyncio.wait_for(heard_before_the_end(), 20))
    assert box.heard == b"early\n"
