"""How a rollout cuts its instances into waves: numbers in, numbers out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations import waves
from invocations.models import Rollout
from invocations.waves import Amount, Plan

KINDS = st.sampled_from(Rollout.Kind.values)
AMOUNTS = st.builds(Amount, st.integers(1, 60)) | st.builds(Amount, st.integers(1, 100), st.just(True))
PLANS = st.builds(Plan, kind=KINDS, size=AMOUNTS, largest=st.none() | st.integers(60, 99))
MEMBERS = st.lists(st.sampled_from(["ecs", "managed"]), min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("kind", "size", "largest", "total", "sizes"),
    [
        ("canary", "5", None, 120, [5, 115]),
        ("canary", "1%", None, 20, [1, 19]),
        ("waves", "30", None, 120, [30, 30, 30, 30]),
        ("waves", "50", None, 120, [50, 50, 20]),
        ("waves", "10%", None, 15, [2] * 7 + [1]),
        ("waves", "100%", None, 15, [15]),
        ("doubling", "1", None, 120, [1, 2, 4, 8, 16, 32, 57]),
        ("doubling", "2", 8, 30, [2, 4, 8, 8, 8]),
        ("doubling", "50", None, 20, [20]),
    ],
)
def test_the_waves_are_these(kind, size, largest, total, sizes):
    assert Plan(kind=kind, size=Amount.read(size, least=1), largest=largest).sizes(total) == sizes


@given(PLANS, MEMBERS, st.integers(1, 100))
def test_every_instance_is_in_exactly_one_call_of_one_wave_and_no_call_mixes_kinds(plan, kinds, most):
    sizes = plan.sizes(len(kinds))

    calls = waves.calls(kinds, sizes, most)

    assert [sum(len(places) for _kind, places in wave) for wave in calls] == sizes
    assert sorted(at for wave in calls for _kind, places in wave for at in places) == list(range(len(kinds)))
    assert all(kinds[at] == kind for wave in calls for kind, places in wave for at in places)
    assert all(1 <= len(places) <= most for wave in calls for _kind, places in wave)


@given(PLANS, MEMBERS)
def test_waves_take_the_instances_in_their_order(plan, kinds):
    waved = [{at for _kind, places in wave for at in places} for wave in waves.calls(kinds, plan.sizes(len(kinds)), 50)]

    assert all(max(one) < min(after) for one, after in pairwise(waved))


def test_managed_instances_go_in_calls_of_their_own_after_the_others_of_their_wave():
    calls = waves.calls(["managed", "ecs", "ecs", "managed", "ecs"], [3, 2], 50)

    assert calls == [[("ecs", (1, 2)), ("managed", (0,))], [("ecs", (4,)), ("managed", (3,))]]


@pytest.mark.parametrize(
    ("text", "limits"),
    [("10%", [0, 1, 3]), ("2", [2, 2, 2]), ("0", [0, 0, 0]), ("0%", [0, 0, 0]), ("100%", [5, 15, 35])],
)
def test_a_share_is_of_the_waves_released_so_far_rounded_down(text, limits):
    plan = Plan(kind="doubling", size=Amount(5), limit=Amount.read(text, least=0))

    assert plan.limits(plan.sizes(35)) == limits


def test_without_a_limit_none_halts_it():
    assert Plan(kind="waves", size=Amount(5)).limits([5, 5]) == [None, None]


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "-1", "1.5", "5 %%", "five", "１０％％", "1" * 10])
def test_what_is_no_size_is_none(text):
    assert Amount.read(text, least=1) is None


@pytest.mark.parametrize(
    ("text", "amount"), [(" 5 ", Amount(5)), ("１０％", Amount(10, True)), ("10 %", Amount(10, True))]
)
def test_full_width_digits_are_digits(text, amount):
    assert Amount.read(text, least=1) == amount


@pytest.mark.parametrize(("gate", "seconds"), [("timed", 120), ("hand", 0)])
def test_only_timed_gates_add_up(gate, seconds):
    assert Plan(kind="waves", size=Amount(1), gate=gate, pause=60).pauses(3) == seconds
