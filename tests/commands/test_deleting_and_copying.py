"""Deleting commands, and copying them to other regions."""

import dataclasses
import uuid

import pytest

from accounts.models import AuditEntry
from cloud import errors
from commands import copying, deleting, saving, sync
from commands.copying import Case, Outcome
from commands.models import Command
from commands.saving import By, Edition
from regions.models import Region
from tests.factories import HANGZHOU, PersonFactory, RegionFactory

pytestmark = pytest.mark.django_db

BEIJING, SHANGHAI, SHENZHEN = "cn-beijing", "cn-shanghai", "cn-shenzhen"


@pytest.fixture
def by() -> By:
    return By(person=PersonFactory(username="ada"))


@pytest.fixture
def regions(simulator) -> dict[str, Region]:
    return {name: RegionFactory(region_id=name) for name in (HANGZHOU, BEIJING, SHANGHAI, SHENZHEN)}


@pytest.fixture
def command(regions, by) -> Command:
    sync.refresh_own(HANGZHOU)
    return saving.create(
        HANGZHOU, Edition(name="mine", type="RunShellScript", content="uptime"), by, token=uuid.uuid4()
    )


def test_a_deleted_command_is_gone_from_the_cloud_and_the_lists(simulator, command, by) -> None:
    deleting.delete(command, by)
    sync.refresh_own(HANGZHOU)

    assert not Command.objects.own(HANGZHOU).filter(pk=command.pk).exists()
    assert len(simulator.journal.calls("DeleteCommand")) == 1
    entry = AuditEntry.objects.get(action="command.deleted")
    assert (entry.object, entry.detail["version"]) == (command.cloud_id, 1)


def test_what_is_gone_already_is_deleted_all_the_same(simulator, command, by) -> None:
    simulator.delete_command(command.cloud_id)

    deleting.delete(command, by)

    command.refresh_from_db()
    assert command.deleted_at is not None


def test_what_somebody_saves_meanwhile_under_another_id_stays(simulator, command, by) -> None:
    looked_at = Command.objects.get(pk=command.pk)
    saving.save(command, dataclasses.replace(Edition.of(command), content="date"), by, base=1, token=uuid.uuid4())

    with pytest.raises(saving.SavedMeanwhile) as raised:
        deleting.delete(looked_at, by)
    sync.refresh_own(HANGZHOU)

    assert raised.value.version.number == 2
    assert Command.objects.own(HANGZHOU).get(pk=command.pk).content == "date"
    assert not AuditEntry.objects.filter(action="command.deleted").exists()


def test_what_the_cloud_refuses_to_delete_stays(simulator, command, by) -> None:
    simulator.fault("DeleteCommand", "reject", code="Operation.Forbidden")

    with pytest.raises(errors.CloudError):
        deleting.delete(command, by)

    command.refresh_from_db()
    assert command.deleted_at is None


def test_a_copy_is_made_in_each_region_by_itself(simulator, regions, command, by) -> None:
    Region.objects.filter(pk=SHANGHAI).update(command_quota=12)

    made = copying.copy(command, [regions[BEIJING], regions[SHANGHAI], regions[SHENZHEN]], by, token=uuid.uuid4())

    assert [one.outcome for one in made] == [Outcome.CREATED, Outcome.FAILED, Outcome.CREATED]
    assert "12 of 12" in made[1].sentence
    assert Edition.of(Command.objects.own(BEIJING).get(name="mine")) == Edition.of(command)


def test_the_same_press_again_copies_nothing_twice(simulator, regions, command, by) -> None:
    token = uuid.uuid4()
    copying.copy(command, [regions[BEIJING]], by, token=token)

    again = copying.copy(command, [regions[BEIJING]], by, token=token)

    assert [one.outcome for one in again] == [Outcome.SAME]
    assert Command.objects.own(BEIJING).filter(name="mine").count() == 1


def test_a_command_of_the_same_name_gets_a_next_version(simulator, regions, command, by) -> None:
    copying.copy(command, [regions[BEIJING]], by, token=uuid.uuid4())
    there = Command.objects.own(BEIJING).get(name="mine")
    saving.save(command, dataclasses.replace(Edition.of(command), content="date"), by, base=1, token=uuid.uuid4())
    command.refresh_from_db()
    assert [one.case for one in copying.plan(command, [regions[BEIJING]])] == [Case.DIFFERS]

    (unseen,) = copying.copy(command, [regions[BEIJING]], by, token=uuid.uuid4())
    (made,) = copying.copy(command, [regions[BEIJING]], by, token=uuid.uuid4(), seen={BEIJING: 1})

    assert (unseen.outcome, unseen.command.content) == (Outcome.DIFFERS, "uptime")
    there.refresh_from_db()
    assert (made.outcome, there.version_number, there.content) == (Outcome.UPDATED, 2, "date")


def test_a_region_that_cannot_be_listed_is_told_and_not_guessed_at(simulator, regions, command, by) -> None:
    simulator.fault("CreateCommand", "reject", region=BEIJING, code="InvalidRegionId.NotFound")

    (made,) = copying.copy(command, [regions[BEIJING]], by, token=uuid.uuid4())

    assert made.outcome == Outcome.FAILED
    assert made.sentence


def test_the_plan_says_what_each_region_has(simulator, regions, command) -> None:
    sync.refresh_own(BEIJING)

    planned = copying.plan(command, [regions[BEIJING], regions[SHANGHAI]])

    assert [one.case for one in planned] == [Case.NEW, Case.UNKNOWN]
