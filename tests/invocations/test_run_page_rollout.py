"""A rollout on the run page: steps, gates, halts, and who may open what."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import Role
from invocations import counting, rollouts
from invocations.models import Batch, Invocation, Rollout, Wave
from tests.conftest import PersonClient
from tests.factories import CommandFactory, InstanceFactory, PersonFactory, now
from tests.invocations.panels import Shown, fresh_region, submitted

HISTORY = "invocations:history"


@pytest.fixture
def start(operator, db):
    """A run on six machines, submitted by the panel's form; nothing is sent by itself."""
    fresh_region()
    machines = [InstanceFactory(name=f"hz-web-{n}") for n in range(1, 7)]

    def start(**fields) -> Invocation:
        response = submitted(operator, CommandFactory(), *machines, **fields)
        assert response.status_code == 303
        return Invocation.objects.get()

    return start


def end(run, wave, **states) -> Invocation:
    """The wave's targets have ended, so many in each state; then the tick has come twice."""
    batches = Batch.objects.filter(invocation=run, wave__n=wave)
    batches.update(state="finished", invoke_id=f"t-{wave}", next_poll_at=None)
    pks = iter(run.targets.filter(batch__in=batches).order_by("name").values_list("pk", flat=True))
    with transaction.atomic():
        for state, n in states.items():
            run.targets.filter(pk__in=[next(pks) for _ in range(n)]).update(state=state)
        counting.recount(run.pk)
    rollouts.advance()
    rollouts.advance()
    return Invocation.objects.get(pk=run.pk)


def page(client, run) -> Shown:
    return Shown(client.get(run.get_absolute_url()))


def resume(client, run, **fields):
    return Shown(client.post(reverse("invocations:resume", args=[run.region, run.pk]), fields, follow=True))


def states_of_waves(shown) -> list[str]:
    found = shown.html.split('data-testid="wave"')[1:]
    return [part.partition('data-state="')[2].partition('"')[0] for part in found]


def test_waves_are_steps_and_batches_say_which_they_wait_for(operator, start):
    run = start(rollout="waves", wave_size="2", wave_gate="manual")

    shown = page(operator, run)

    assert states_of_waves(shown) == ["running", "waiting", "waiting"]
    progress = shown.part("run-progress")
    assert (progress["data-wave"], progress["data-waves"]) == ("1", "3")
    assert "In wave 2" in shown.text
    assert "gate" not in shown.parts


def test_a_gate_says_what_was_done_what_comes_and_when_it_lapses(operator, start):
    run = end(start(rollout="canary", wave_size="2"), 1, success=1, failed=1)

    shown = page(operator, run)

    gate = shown.part("gate")
    assert (run.state, gate["data-why"], gate["data-wave"]) == ("paused", "manual", "2")
    assert "Wave 1 of 2 done: 1 succeeded, 1 failed." in shown.text
    assert "The next 4 instances wait for you." in shown.text
    assert "tomorrow; then the rest is cancelled." in shown.text
    assert states_of_waves(shown) == ["done", "paused"]
    assert "data-dialog" not in shown.html  # "Stop here" takes the place of Stop


def test_continue_releases_the_wave_and_a_second_press_says_who_did(operator, admin, start):
    run = end(start(rollout="waves", wave_size="2", wave_gate="manual"), 1, success=2)

    resume(operator, run, wave="2")
    shown = resume(admin, run, wave="2")

    assert run.rollout.waves.get(n=2).released_by == operator.person
    assert run.rollout.waves.get(n=3).released_at is None
    assert "Wave 2 had already been released by oscar." in shown.text


@pytest.mark.parametrize("wave", ["", "3", "99", "abc", "1" * 30, "-1", "2\x00"])
def test_a_wave_whose_turn_it_is_not_stays_where_it_is(operator, start, wave):
    run = start(rollout="waves", wave_size="2", wave_gate="manual")

    shown = resume(operator, run, wave=wave)

    assert "Nothing was released: the wave before it has not ended yet." in shown.text
    assert [bool(one.released_at) for one in run.rollout.waves.all()] == [True, False, False]


def test_a_run_without_waves_has_no_gate_to_open(operator, start):
    run = start()

    shown = resume(operator, run, wave="2")

    assert "This run goes to all of its instances at once; there is no gate to open." in shown.text
    assert "gate" not in page(operator, run).parts


def test_a_timed_gate_counts_down_and_can_be_opened_now(operator, start):
    run = end(start(rollout="waves", wave_size="3", wave_gate="auto", wave_pause="60"), 1, success=3)

    shown = page(operator, run)
    assert shown.part("gate")["data-why"] == "timed"
    assert "Next wave (3) in {s} s" in shown.html
    assert "Continue now" in shown.text
    resume(operator, run, wave="2")

    assert run.rollout.waves.get(n=2).released_by == operator.person


def test_a_long_pause_is_told_by_the_clock(operator, start):
    run = end(start(rollout="waves", wave_size="3", wave_gate="auto", wave_pause="3600"), 1, success=3)

    due = run.rollout.waves.get(n=2).due_at
    assert f"Next wave (3) at {due:%H:%M}" in page(operator, run).text


def test_viewers_read_whom_it_waits_for(viewer, start):
    run = end(start(rollout="canary"), 1, success=1)

    shown = page(viewer, run)

    assert "Waits for oscar" in shown.text
    assert "Continue" not in shown.text
    assert "Stop here" not in shown.text


def test_a_silent_target_is_a_question(operator, start):
    run = start(rollout="waves", wave_size="3", wave_gate="auto")
    long_ago = now() - timedelta(seconds=run.timeout + 700)
    Batch.objects.filter(wave__n=1).update(state="accepted", invoke_id="t-1", accepted_at=long_ago)
    Wave.objects.filter(n=1).update(released_at=long_ago)
    run.targets.filter(batch__wave__n=1).update(state="running")
    run = end(run, 0)

    shown = page(operator, run)

    assert (run.state, shown.part("gate")["data-why"]) == ("paused", "silent")
    assert "3 instances have not answered since their timeout. Decide whether to go on." in shown.text


def test_a_limit_that_pauses_shows_the_failed_first(operator, start):
    run = start(rollout="waves", wave_size="3", stop_after_failures="1", on_failures="pause")
    run = end(run, 1, success=1, failed=1, unknown=1)

    shown = page(operator, run)

    assert "Paused by itself in wave 1: 2 failed, more than 1." in shown.text
    assert "3 instances wait for you." in shown.text
    note = shown.part("limit-note")
    assert (note["data-action"], note["data-failed"], note["data-limit"]) == ("pause", "2", "1")
    assert "Show the 2 failed" in shown.text
    resume(operator, run, stop_after_failures="10%")
    assert (Rollout.objects.get().forgiven, Rollout.objects.get().failure_limit) == (2, "10%")
    assert "limit-note" not in page(operator, run).parts


@pytest.mark.parametrize("limit", ["-1", "101%", "many", "\x00"])
def test_a_limit_that_cannot_be_read_changes_nothing(operator, start, limit):
    run = start(rollout="waves", wave_size="3", stop_after_failures="1", on_failures="pause")
    run = end(run, 1, success=1, failed=2)

    shown = resume(operator, run, stop_after_failures=limit)

    assert "Enter a whole number of at least 0, or a share from 0% to 100%." in shown.text
    assert Rollout.objects.get().halted_at


def test_a_limit_that_stops_stays_on_the_page_and_offers_the_rest(operator, start):
    run = end(start(rollout="waves", wave_size="2", stop_after_failures="0"), 1, success=1, failed=1)

    shown = page(operator, run)

    assert run.state == "partialfailed"
    assert (
        "Stopped by itself in wave 1: 1 failed, more than 0. 4 instances were not sent; those sent went on."
        in shown.text
    )
    assert shown.part("limit-note")["data-action"] == "stop"
    assert "Run again on 4 not sent" in shown.text
    assert states_of_waves(shown) == ["done", "cancelled", "cancelled"]


def test_stop_here_cancels_what_is_unsent(operator, start):
    run = end(start(rollout="waves", wave_size="2", wave_gate="manual"), 1, success=2)

    operator.post(reverse("invocations:stop", args=[run.region, run.pk]), {"scope": "unsent"})

    run = Invocation.objects.get()
    assert (run.state, run.counts) == ("stopped", {"success": 2, "cancelled": 4})
    assert Rollout.objects.get().stopped_by == operator.person


def test_the_live_fragment_tells_of_a_gate(operator, start):
    run = start(rollout="canary")
    before = run.version

    run = end(run, 1, success=1)

    answer = operator.get(f"{run.get_absolute_url()}live/?v={before}", headers={"HX-Request": "true"})
    assert (answer.status_code, Shown(answer).part("gate")["data-why"]) == (200, "manual")


def test_many_waves_show_those_around_the_present_one(operator, db):
    fresh_region()
    machines = [InstanceFactory(name=f"hz-web-{n:02}") for n in range(1, 13)]
    submitted(operator, CommandFactory(), *machines, rollout="waves", wave_size="1")
    run = Invocation.objects.get()
    Wave.objects.filter(n__lte=8).update(released_at=now())

    shown = page(operator, run)

    assert "Wave 8 of 12" in shown.text
    assert [part.partition('"')[0] for part in shown.html.split('data-testid="wave" data-index="')[1:]] == list(
        map(str, range(6, 12))
    )


def test_instances_are_found_by_their_wave_and_the_settings_tell_the_plan(operator, start):
    run = start(
        rollout="doubling", wave_size="2", wave_max="3", wave_gate="auto", wave_pause="90", stop_after_failures="10%"
    )

    listed = Shown(operator.get(run.get_absolute_url(), {"wave": "2"}))
    settings = Shown(operator.get(run.get_absolute_url(), {"tab": "settings"}))

    assert [f"hz-web-{n}" in listed.text for n in range(1, 7)] == [False, False, True, True, True, False]
    told = "Doubling: 2 No wave larger than: 3 Go on by itself after 1 min 30 s Stop when more than 10% fail"
    assert told in settings.text


def test_history_finds_paused_runs(operator, start):
    run = end(start(rollout="canary"), 1, success=1)

    shown = Shown(operator.get(reverse(HISTORY, args=[run.region], query={"state": "paused"})))

    assert "Paused" in shown.text
    assert f"#{run.pk}" in shown.text


def test_an_operator_who_was_made_a_viewer_goes_on_with_nothing(start):
    run = end(start(rollout="canary"), 1, success=1)
    demoted = PersonClient(PersonFactory(role=Role.VIEWER))

    response = demoted.post(reverse("invocations:resume", args=[run.region, run.pk]), {"wave": "2"})

    assert response.status_code == 404
    assert run.rollout.waves.get(n=2).released_at is None
