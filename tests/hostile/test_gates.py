"""Gates and answers that come twice, late or bent."""

import pytest
from django.db import transaction
from django.urls import reverse

from invocations import counting, deployment, gates, unfinished
from invocations.models import Batch, Deployment, Invocation, Rollout
from invocations.unfinished import Answer
from tests.factories import BatchFactory, CommandFactory, InstanceFactory, InvocationFactory, PersonFactory, now
from tests.invocations.panels import Shown, fresh_region, submitted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def halted(operator):
    """A rollout on six machines whose first wave of three has ended as unknown, more than the limit."""
    fresh_region()
    machines = [InstanceFactory(name=f"hz-web-{n}") for n in range(1, 7)]
    fields = {"rollout": "waves", "wave_size": "3", "wave_gate": "manual", "on_failures": "pause"}
    assert submitted(operator, CommandFactory(), *machines, **fields, stop_after_failures="1").status_code == 303
    run = Invocation.objects.get()
    end(run, 1, "unknown")
    gates.halt(run.rollout, gates.passed(run, run.rollout, run.rollout.waves.all()))
    return run


def end(run, wave, state, n=3) -> None:
    batches = Batch.objects.filter(invocation=run, wave__n=wave)
    pks = run.targets.filter(batch__in=batches).order_by("name").values_list("pk", flat=True)[:n]
    with transaction.atomic():
        run.targets.filter(pk__in=list(pks)).update(state=state)
        counting.recount(run.pk)
    run.refresh_from_db()


def resume(client, run, **fields):
    return Shown(client.post(reverse("invocations:resume", args=[run.region, run.pk]), fields, follow=True))


@pytest.mark.parametrize(
    ("typed", "kept"), [("5" + " " * 200 + "%", "5%"), ("\uff11\uff10\uff05", "10%"), (" 07 ", "7")]
)
def test_a_limit_is_kept_as_it_is_meant_however_it_was_typed(operator, halted, typed, kept):
    resume(operator, halted, stop_after_failures=typed)

    rollout = Rollout.objects.get()
    assert (rollout.failure_limit, rollout.halted_at) == (kept, None)


def test_what_was_forgiven_and_turns_out_well_lets_no_others_fail_unseen(operator, halted):
    resume(operator, halted)
    assert Rollout.objects.get().forgiven == 3

    end(halted, 1, "success")  # late truth, or a mark
    end(halted, 2, "failed", n=2)

    over = gates.passed(halted, Rollout.objects.get(), halted.rollout.waves.all())
    assert over is not None
    assert over.failures == 2


@pytest.mark.parametrize("second", ["restored", "copy"])
def test_two_answers_at_once_on_what_the_database_is_count_once(second):
    """Both have read the page as paused; what was submitted since the pause must not be taken for lost."""
    old = BatchFactory(invocation=InvocationFactory(submitted_at=now()))
    deployment.watch()
    Deployment.objects.update(paused_at=now(), pause_reason="restored")
    new = BatchFactory(invocation=InvocationFactory(submitted_at=now()))
    person = PersonFactory()

    unfinished.settle(Answer("restored", "1"), person, "127.0.0.1")
    unfinished.settle(Answer(second, "1"), person, "127.0.0.1")

    assert old.attempts.filter(n=0).exists()
    assert not new.attempts.exists()
    assert Deployment.objects.get().paused_at is None
