"""Saving the same thing at the same moment, as two clicks or two workers do."""

import dataclasses
import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import AuditEntry
from cloud import errors
from commands import saving, sync
from commands.models import Command, Superseded, Version
from commands.saving import By, Edition
from tests.factories import HANGZHOU, PersonFactory, RegionFactory

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "#!/bin/sh\ndate\n"


@pytest.fixture
def command(simulator) -> Command:
    """restart-service, as the simulated cloud has it from the beginning."""
    RegionFactory()
    sync.refresh_own(HANGZHOU)
    return Command.objects.get(name="restart-service")


def at_once(*acts: Callable[[], Version]) -> list[Version | saving.NotSaved]:
    """What each of them came to."""
    barrier, ends = threading.Barrier(len(acts)), []

    def come(act: Callable[[], Version]) -> None:
        barrier.wait()
        try:
            ends.append(act())
        except saving.NotSaved as error:
            ends.append(error)
        finally:
            connection.close()

    crowd = [threading.Thread(target=come, args=[act]) for act in acts]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    return ends


def test_B92_of_clicks_at_once_each_finds_the_one_version(simulator, command) -> None:
    by, token = By(person=PersonFactory()), uuid.uuid4()
    edition = dataclasses.replace(Edition.of(command), content=SCRIPT)

    ends = at_once(*[lambda: saving.save(command, edition, by, base=1, token=token)] * 4)

    assert ends == [command.versions.get(number=2)] * 4
    assert list(command.versions.values_list("number", flat=True)) == [2, 1]
    assert Superseded.objects.get().cloud_id == command.cloud_id


def test_B92_of_clicks_at_once_on_create_each_finds_the_one_command(simulator) -> None:
    RegionFactory()
    by, token = By(person=PersonFactory()), uuid.uuid4()
    edition = Edition(name="once", type="RunShellScript", content=SCRIPT)

    ends = at_once(*[lambda: saving.create(HANGZHOU, edition, by, token=token).newest] * 4)

    assert [end.number for end in ends] == [1] * 4
    assert Command.objects.get(name="once").versions.count() == 1
    assert AuditEntry.objects.filter(action="command.created").count() == 1


@pytest.mark.parametrize("what", ["content", "description"])  # another ID, and the same one
def test_of_two_people_at_once_one_saves_and_the_other_is_told(simulator, command, what) -> None:
    by = By(person=PersonFactory())
    editions = [dataclasses.replace(Edition.of(command), **{what: f"echo {n}"}) for n in (1, 2)]

    ends = at_once(
        *[lambda edition=one: saving.save(command, edition, by, base=1, token=uuid.uuid4()) for one in editions]
    )

    told = [end for end in ends if isinstance(end, saving.SavedMeanwhile)]
    (saved,) = [end for end in ends if isinstance(end, Version)]
    assert [one.version for one in told] == [saved]
    assert list(command.versions.values_list("number", flat=True)) == [2, 1]
    sync.refresh_own(HANGZHOU)
    assert Command.objects.own(HANGZHOU).count() == 12


def test_a_late_click_takes_nothing_back_that_was_saved_after_it(simulator, command) -> None:
    by, token = By(person=PersonFactory()), uuid.uuid4()
    edition = Edition(name="late", type="RunShellScript", content=SCRIPT)
    simulator.fault("CreateCommand", "lose_after", times=1)
    with pytest.raises(errors.OutcomeUnknown):
        saving.create(HANGZHOU, edition, by, token=token)
    sync.refresh_own(HANGZHOU)
    found = Command.objects.get(name="late")
    saving.save(found, dataclasses.replace(edition, content="uptime"), by, base=1, token=uuid.uuid4())

    again = saving.create(HANGZHOU, edition, by, token=token)

    assert (again.pk, again.version_number, again.content) == (found.pk, 2, "uptime")
    assert Command.objects.filter(name="late").count() == 1
