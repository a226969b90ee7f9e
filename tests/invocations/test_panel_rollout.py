"""The rollout in the execute panel: fields, the plan drawn before Run, what is refused, what comes along elsewhere."""

from html import unescape

import pytest

from invocations import counting
from invocations.models import Invocation, Rollout, TargetState
from tests.factories import CommandFactory, InstanceFactory
from tests.invocations.panels import Shown, fresh_region, panel_url, refused, run_form, submitted

PLAN = "wave-plan"


@pytest.fixture
def command(db):
    fresh_region()
    return CommandFactory()


@pytest.fixture
def machines(db):
    return [InstanceFactory(name=f"hz-web-{n:03d}") for n in range(1, 13)]


def checked(client, command, machines, **fields):
    """The page as it is drawn anew before Run."""
    return Shown(client.post(panel_url(command), run_form(command, *machines, **fields, action="check")))


def test_all_at_once_is_the_default_and_ignores_the_other_fields(operator, command, machines):
    submitted(operator, command, *machines, rollout="all", wave_size="nonsense", wave_gate="?", on_failures="x")

    assert not Rollout.objects.exists()
    assert [batch.wave for batch in Invocation.objects.get().batches.all()] == [None]


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"rollout": "canary"}, ("canary", "1", "hand", 0, "", "stop")),
        ({"rollout": "canary", "wave_gate": "auto"}, ("canary", "1", "timed", 0, "0", "stop")),
        ({"rollout": "waves", "wave_size": "３"}, ("waves", "3", "timed", 0, "", "stop")),
        (
            {"rollout": "doubling", "wave_gate": "auto", "wave_pause": "60", "stop_after_failures": "10%"},
            ("doubling", "1", "timed", 60, "10%", "stop"),
        ),
        (
            {"rollout": "waves", "wave_size": "25%", "stop_after_failures": "2", "on_failures": "pause"},
            ("waves", "25%", "timed", 0, "2", "pause"),
        ),
    ],
)
def test_a_plain_client_sends_the_fewest_fields(operator, command, machines, fields, stored):
    response = submitted(operator, command, *machines, **fields)

    rollout = Rollout.objects.get()
    told = (rollout.kind, rollout.wave_size, rollout.gate, rollout.pause, rollout.failure_limit, rollout.on_failures)
    assert (response.status_code, told) == (303, stored)


def test_waves_take_the_instances_by_name_in_batches_of_their_own(operator, command, settings):
    settings.BATCH_SIZE = 2
    order = [InstanceFactory(name=name, managed=name in "ce") for name in "edcba"]

    submitted(operator, command, *order, rollout="waves", wave_size="3")

    run = Invocation.objects.get()
    told = [
        (batch.seq, batch.wave.n, batch.kind, [target.name for target in batch.targets.order_by("name")])
        for batch in run.batches.order_by("seq")
    ]
    assert told == [(1, 1, "ecs", ["a", "b"]), (2, 1, "managed", ["c"]), (3, 2, "ecs", ["d"]), (4, 2, "managed", ["e"])]
    assert [(wave.size, wave.released_at is not None) for wave in run.rollout.waves.all()] == [(3, True), (2, False)]


def test_the_plan_is_drawn_before_run(operator, command, machines):
    shown = checked(operator, command, machines, rollout="doubling", wave_max="4", stop_after_failures="50%")

    plan = shown.part(PLAN)
    assert (plan["data-waves"], plan["data-batches"], plan["data-limits"]) == ("1,2,4,4,1", "1|2|4|4|1", "0,1,3,5,6")
    assert "12 instances in 5 waves" in shown.text
    assert "Wave 1: hz-web-001" in shown.text
    assert shown.part("preflight")["data-batches"] == "1,2,4,4,1"
    assert "instances in 5 waves." in shown.text
    assert not Invocation.objects.exists()


@pytest.mark.parametrize(
    ("kind", "values"),
    [("canary", ("1", "manual", "")), ("waves", ("", "auto", "")), ("doubling", ("1", "auto", ""))],
)
def test_a_kind_that_is_chosen_shows_its_fields_filled_in(operator, command, machines, kind, values):
    shown = checked(operator, command, machines, rollout=kind)

    assert tuple(map(shown.value, ("wave_size", "wave_gate", "stop_after_failures"))) == values


def test_a_canary_that_is_to_go_on_by_itself_gets_a_limit_of_none_unless_one_was_typed(operator, command, machines):
    shown = checked(operator, command, machines, rollout="canary")
    fields = {name: shown.value(name) for name in ("rollout_shown", "wave_size", "on_failures")}

    untouched = checked(
        operator, command, machines, rollout="canary", wave_gate="auto", stop_after_failures="", **fields
    )
    typed = checked(operator, command, machines, rollout="canary", wave_gate="auto", stop_after_failures="3", **fields)

    assert (untouched.value("stop_after_failures"), typed.value("stop_after_failures")) == ("0", "3")


WRONG = {
    "wave_size": "Enter a whole number of at least 1, or a share from 1% to 100%.",
    "wave_pause": "The pause must be a whole number of seconds from 0 to 86400.",
    "stop_after_failures": "Enter a whole number of at least 0, or a share from 0% to 100%.",
}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"wave_size": "0"}, WRONG["wave_size"]),
        ({"wave_size": "101%"}, WRONG["wave_size"]),
        ({"wave_size": "five"}, WRONG["wave_size"]),
        ({"wave_size": ""}, WRONG["wave_size"]),
        ({"wave_pause": "315360000"}, WRONG["wave_pause"]),
        ({"wave_pause": "-1"}, WRONG["wave_pause"]),
        ({"stop_after_failures": "-1"}, WRONG["stop_after_failures"]),
        ({"stop_after_failures": "101%"}, WRONG["stop_after_failures"]),
        ({"rollout": "canary", "wave_size": "12"}, "The first wave must be smaller than 12, the number of targets."),
        (
            {"rollout": "doubling", "wave_size": "5", "wave_max": "4"},
            "The largest wave can’t be smaller than the first, 5.",
        ),
        ({"rollout": "doubling", "wave_max": "4%"}, "Enter a whole number of at least 1, or nothing."),
        ({"rollout": "rolling"}, "Choose a rollout: all at once, canary first, in waves or doubling."),
        ({"wave_gate": "never"}, "Choose what happens between two waves."),
        ({"on_failures": "panic"}, "Choose what happens when too many fail."),
        ({"wave_size": "1"}, "That makes 12 waves; at most 5 are allowed. Make them larger."),
        (
            {"wave_size": "3", "wave_pause": "86400"},
            "The pauses add up to 72 h 0 min. Everything must be sent within 24 h.",
        ),
        ({"wave_size": ["1", "2"]}, "This was given more than once: “1”, “2”. Give it once."),
    ],
)
def test_B60_a_plan_that_makes_no_sense_is_refused_in_a_sentence(
    operator, command, machines, settings, fields, sentence
):
    settings.MAX_WAVES = 5
    fields = {"rollout": "waves", "wave_size": "6", "wave_gate": "auto", **fields}

    shown = refused(operator, command, *machines, **fields)

    assert sentence in shown.errors


def test_B60_the_plan_that_was_drawn_last_stays_while_another_cannot_be_read(operator, command, machines):
    good = checked(operator, command, machines, rollout="waves", wave_size="6")
    drawn = good.value("rollout_drawn")

    shown = refused(operator, command, *machines, rollout="waves", wave_size="six", rollout_drawn=drawn)

    assert shown.part(PLAN)["data-waves"] == "6,6"
    assert "old" in shown.part(PLAN)["class"]
    assert shown.value("wave_size") == "six"
    assert shown.value("rollout_drawn") == drawn


@pytest.mark.parametrize(
    "drawn", ["rollout=waves&wave_size=1", "x" * 9000, "rollout=waves&wave_size=&wave_gate=auto", "\x00"]
)
def test_a_drawn_plan_that_no_page_sent_is_none(operator, command, machines, drawn):
    shown = refused(operator, command, *machines, rollout="waves", wave_size="six", rollout_drawn=drawn)

    assert PLAN not in shown.parts


def test_more_than_eight_waves_are_drawn_by_their_ends_and_all_in_the_table(operator, command, machines):
    shown = checked(operator, command, machines, rollout="waves", wave_size="1", wave_gate="auto", wave_pause="60")

    assert "…" in shown.text
    assert "at least 11 min of pauses" in shown.text
    assert shown.html.count("<tr><td") == 12


def test_a_draft_and_a_link_carry_the_rollout(operator, command, machines):
    fields = {"rollout": "canary", "wave_size": "10%", "wave_gate": "auto", "stop_after_failures": ""}
    shown = checked(operator, command, machines, **fields)

    link = unescape(shown.html.partition('data-copy-link="')[2].partition('"')[0])
    opened = Shown(operator.get(link, follow=True))
    kept = Shown(operator.get(panel_url(command, draft=shown.value("draft"))))

    for page in (opened, kept):
        assert {name: page.value(name) for name in fields} == fields
        assert page.part(PLAN)["data-waves"] == "2,10"


def test_run_again_carries_the_rollout(operator, command, machines):
    fields = {"rollout": "doubling", "wave_size": "2", "wave_max": "4", "wave_gate": "manual", "on_failures": "pause"}
    submitted(operator, command, *machines, **fields, stop_after_failures="20%")
    run = Invocation.objects.get()
    run.targets.update(state=TargetState.CANCELLED)
    counting.recount(run.pk)

    response = operator.post(f"{run.get_absolute_url()}again/", {"which": "all"}, follow=True)

    shown = Shown(response)
    assert {name: shown.value(name) for name in fields} == fields
    assert shown.part(PLAN)["data-limits"] == "0,1,2,2"
