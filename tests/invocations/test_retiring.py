"""Cloud commands that carried older versions go once no run needs them."""

import dataclasses
import uuid
from datetime import timedelta

import pytest

from commands import saving, sync
from commands.models import Command, Superseded
from commands.saving import By, Edition
from invocations import retiring
from tests.factories import InvocationFactory, PersonFactory, RegionFactory, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(simulator) -> Superseded:
    """It carried version 1 until two hours ago."""
    region = RegionFactory()
    sync.refresh_own(region.pk)
    command = Command.objects.get(name="restart-service")
    edition = dataclasses.replace(Edition.of(command), content="uptime {{service}}")
    saving.save(command, edition, By(person=PersonFactory()), base=1, token=uuid.uuid4())
    Superseded.objects.update(since=now() - timedelta(hours=2))
    return Superseded.objects.select_related("command").get()


def still_there(old: Superseded) -> bool:
    old.refresh_from_db()
    return old.deleted_at is None


def test_what_nothing_needs_is_deleted_in_the_cloud(simulator, old) -> None:
    assert retiring.retire() == 1

    assert not still_there(old)
    assert len(simulator.journal.calls("DeleteCommand")) == 1
    assert retiring.retire() == 0


def test_what_a_run_still_needs_stays_until_it_has_ended(simulator, old) -> None:
    run = InvocationFactory(command=old.command, command_cloud_id=old.cloud_id)
    retiring.retire()
    assert still_there(old)
    run.ended_at = now()
    run.save(update_fields=["ended_at"])

    retiring.retire()

    assert not still_there(old)


def test_what_was_superseded_just_now_stays_for_those_who_look_at_it(simulator, old) -> None:
    Superseded.objects.update(since=now())

    retiring.retire()

    assert still_there(old)


def test_of_a_deleted_command_nothing_stays(simulator, old) -> None:
    Superseded.objects.update(since=now())
    Command.objects.update(deleted_at=now())

    retiring.retire()

    assert not still_there(old)


def test_what_the_cloud_refuses_is_tried_again(simulator, old) -> None:
    simulator.fault("DeleteCommand", "reject", times=1, code="Operation.Forbidden")
    retiring.retire()
    assert still_there(old)

    retiring.retire()

    assert not still_there(old)


def test_its_address_still_leads_to_the_command(simulator, old, viewer) -> None:
    retiring.retire()

    answer = viewer.get(f"/r/{old.region}/commands/{old.cloud_id}/")

    assert answer.status_code == 301
