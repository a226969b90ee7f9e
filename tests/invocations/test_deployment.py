"""A database that was restored or copied sends nothing until an admin has looked (T12)."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from invocations import deployment, due, states
from invocations.models import Batch, BatchState, Deployment, Invocation
from tests.factories import BatchFactory, TargetFactory, now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR = tmp_path


@pytest.fixture
def batch():
    batch = BatchFactory()
    TargetFactory(batch=batch)
    return batch


def is_paused() -> bool:
    return Deployment.objects.get().paused_at is not None


def test_a_database_of_ones_own_goes_on(batch):
    deployment.watch()
    deployment.watch()

    assert not is_paused()
    assert [job for job in due.jobs() if job[0] == due.DISPATCH]


def test_A100_a_database_older_than_what_was_written_is_paused(batch):
    deployment.watch()
    Invocation.objects.update(submitted_at=now() - timedelta(hours=1))

    deployment.watch()

    assert Deployment.objects.get().pause_reason == "restored"
    assert due.jobs() == []
    assert states.claim(batch.pk, "w1") is None


def test_A100_a_copy_with_another_id_is_paused(batch, settings):
    deployment.watch()
    settings.DEPLOYMENT_ID = "another"

    deployment.watch()

    assert Deployment.objects.get().pause_reason == "copied"


def test_an_empty_database_beside_an_old_mark_is_paused(batch):
    deployment.watch()
    Invocation.objects.all().delete()

    deployment.watch()

    assert is_paused()


def test_A100_adopting_looks_unfinished_batches_up_and_never_sends_them(batch, capsys):
    deployment.watch()
    Invocation.objects.update(submitted_at=now() - timedelta(hours=1))
    deployment.watch()

    call_command("adoptdatabase")

    assert "never sent again: 1." in capsys.readouterr().out
    deployment.watch()
    assert not is_paused()
    assert Batch.objects.get().state == BatchState.UNSURE
    assert states.claim(batch.pk, "w1") is None


def test_there_is_nothing_to_adopt_while_sending_goes_on():
    with pytest.raises(CommandError, match="not paused"):
        call_command("adoptdatabase")
