"""Rounds of chaos, one after the other, each judged from outside; a new world every few of them. See docs/chaos.md.

`--seed S --rounds 1` plays one round again. A round that fails prints what happened and the lines that prove it, keeps
its logs, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Sequence

from tests.chaos import broken, plans, record, rounds, world
from tests.chaos.logs import Logs
from tests.chaos.programs import REPOSITORY

PER_WORLD = 8  # rounds; starting one takes longer than a round


def main() -> int:
    chosen = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    if chosen.mutants:
        return broken.report()
    first = chosen.seed or (record.next_seed(chosen.setup) if chosen.record else 1)
    seeds = range(first, first + chosen.rounds)
    if chosen.jobs > 1:
        return _run_beside_each_other(chosen, seeds)
    failed = run(chosen.setup, seeds, is_recorded=chosen.record)
    print(f"{len(seeds)} rounds, {len(failed)} failed{': ' if failed else ''}{', '.join(map(str, failed))}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="script/chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10, metavar="N")
    parser.add_argument("--seed", type=int, metavar="S", help="of the first round; the next one's is S + 1")
    parser.add_argument("--setup", choices=["grown-up", "embedded"], default="grown-up")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many worlds at once")
    parser.add_argument(
        "--record", action="store_true", help="write the rounds into docs/chaos.md; without --seed go on after the last"
    )
    parser.add_argument(
        "--mutants",
        action="store_true",
        help="break the product on purpose, one way after the other, and say what notices",
    )
    return parser


def run(setup: str, seeds: Iterable[int], *, is_recorded: bool = False) -> list[int]:
    """Plays them all, a few on each world. Returns the failed."""
    left, failed = deque(seeds), []
    while left:
        with world.running(setup) as stage:
            played = _play_some(stage, left, is_recorded)
            stage.is_kept = any(not held for held in played.values())
            failed += [seed for seed, held in played.items() if not held]
    return failed


def _play_some(stage: world.World, left: deque[int], is_recorded: bool) -> dict[int, bool]:
    """Until one fails, or the world has seen enough. Seed -> whether it held."""
    logs, played = Logs(stage.folder), {}
    for _ in range(min(PER_WORLD, len(left))):
        seed = left.popleft()
        outcome = rounds.play(stage, plans.plan(seed, stage.setup), logs)
        played[seed] = outcome.holds
        print(outcome, flush=True)
        if is_recorded:
            record.note(stage.setup, seed, outcome.holds)
        if not outcome.holds or outcome.was_restored:
            break  # nobody knows what it left behind
    for violation in rounds.look_back(stage):
        played[seed] = False
        print(f"  long after: {violation}", flush=True)
    return played


def _run_beside_each_other(chosen: argparse.Namespace, seeds: Sequence[int]) -> int:
    share = -(-len(seeds) // chosen.jobs)
    line = [sys.executable, "-m", "tests.chaos", "--setup", chosen.setup, *(["--record"] if chosen.record else [])]
    children = [
        subprocess.Popen([*line, "--seed", str(part[0]), "--rounds", str(len(part))], cwd=REPOSITORY)
        for part in (seeds[at : at + share] for at in range(0, len(seeds), share))
    ]
    try:
        return max(child.wait() for child in children)
    finally:
        for child in children:
            child.terminate()


if __name__ == "__main__":
    sys.exit(main())
