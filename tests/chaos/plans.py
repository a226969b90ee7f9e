"""What is going to happen in a round, drawn from its seed alone."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.actions import ACTIONS

STORM = 12.0  # seconds in which things go wrong
SIZES = (1, 2, 5, 12, 25, 40, 60, 90, 150)  # targets of a run


@dataclass(frozen=True)
class PlannedStop:
    at: float  # seconds after the run was pressed
    scope: str  # run | batch | targets


@dataclass(frozen=True)
class PlannedRun:
    at: float  # seconds into the round
    size: int  # targets
    parameters: Mapping[str, str]
    presses: int  # of Run, at once
    stop: PlannedStop | None


@dataclass(frozen=True)
class Step:
    at: float
    action: str
    seed: int  # of the action's own dice


@dataclass(frozen=True)
class Plan:
    seed: int
    setup: str
    rules: Sequence[str]  # of the cloud
    runs: Sequence[PlannedRun]
    steps: Sequence[Step]


def plan(seed: int, setup: str) -> Plan:
    """The same for the same seed."""
    dice = random.Random(f"{setup} {seed}")
    rules = [rule for rule in ("strict_targets", "validate_first") if dice.random() < 0.5]
    runs = [_run(dice) for _ in range(dice.choice([1, 2, 2, 3, 4]))]
    fitting = [action for action in ACTIONS if setup in action.setups]
    drawn = dice.choices(fitting, [action.weight for action in fitting], k=dice.choice([2, 4, 6, 9]))
    steps = [Step(dice.uniform(0.1, STORM - 2), action.name, dice.randrange(2**32)) for action in drawn]
    return Plan(seed, setup, rules, sorted(runs, key=lambda run: run.at), sorted(steps, key=lambda step: step.at))


def _run(dice: random.Random) -> PlannedRun:
    is_stopped = dice.random() < 0.35
    parameters = {
        "seconds": dice.choice(["0", "0", "2", "8"] if not is_stopped else ["2", "40"]),  # a fifth of them, really
        "word": dice.choice(["plain", "two words", "$(x) 王", "'quoted'"]),
        "code": dice.choice(["0", "0", "0", "3"]),
    }
    stop = PlannedStop(dice.uniform(0.1, 6), dice.choice(["run", "run", "batch", "targets"])) if is_stopped else None
    return PlannedRun(dice.uniform(0, 4), dice.choice(SIZES), parameters, dice.choice([1, 1, 1, 2]), stop)
