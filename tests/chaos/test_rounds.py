"""A round on each set-up, from fixed seeds; script/chaos plays as many as one likes."""

import pytest

from tests import services
from tests.chaos import plans, rounds, world
from tests.chaos.actions import ACTIONS
from tests.chaos.logs import Logs


def test_a_plan_is_the_same_for_the_same_seed() -> None:
    assert plans.plan(7, "embedded") == plans.plan(7, "embedded") != plans.plan(8, "embedded")


@pytest.mark.parametrize("setup", ["grown-up", "embedded"])
def test_every_action_of_a_setup_is_drawn_sooner_or_later(setup: str) -> None:
    drawn = {step.action for seed in range(200) for step in plans.plan(seed, setup).steps}

    assert drawn == {action.name for action in ACTIONS if setup in action.setups}


@pytest.mark.services
@pytest.mark.timeout(400)  # the processes of a whole console
def test_A25_A33_a_round_of_the_grown_up_console_holds() -> None:
    """PostgreSQL restarted, its table locked, two workers killed, answers late, Redis emptied, a batch stopped."""
    try:
        services.redis_binary()
    except RuntimeError as error:
        pytest.skip(str(error))
    _play("grown-up", 42358)


@pytest.mark.timeout(400)
def test_A06_A37_a_round_of_the_embedded_console_holds() -> None:
    """Replies lost, the database locked, requests held, the console killed, a run stopped."""
    _play("embedded", 3646)


def _play(setup: str, seed: int) -> None:
    with world.running(setup, workers=2) as stage:
        outcome = rounds.play(stage, plans.plan(seed, setup), Logs(stage.folder))
        assert outcome.holds, outcome
