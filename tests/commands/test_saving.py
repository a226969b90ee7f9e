"""Saving commands in the simulated cloud: what is created, what is modified, and what a second press does."""

import dataclasses
import uuid
from collections.abc import Callable

import pytest

from accounts.models import AuditEntry
from cloud import errors
from commands import quota, saving, settling, sync
from commands.definitions import Definition
from commands.models import Command, Origin, Superseded
from commands.saving import By, Edition
from regions.models import Region
from tests.factories import HANGZHOU, PersonFactory, RegionFactory
from tests.simulated_cloud import SimulatedCloud

pytestmark = pytest.mark.django_db

SCRIPT = "#!/bin/sh\necho {{word}}\n"


@pytest.fixture(autouse=True)
def _region() -> None:
    RegionFactory()


@pytest.fixture
def by() -> By:
    return By(person=PersonFactory(username="ada"), address="192.0.2.1")


@pytest.fixture
def command(simulator: SimulatedCloud) -> Command:
    """restart-service, as the simulated cloud has it from the beginning."""
    sync.refresh_own(HANGZHOU)
    return Command.objects.get(name="restart-service")


@pytest.fixture
def saved(command: Command, by: By) -> Callable[..., object]:
    """The command's next version, with this changed."""

    def save(*, base: int | None = None, token: uuid.UUID | None = None, **changed: object) -> object:
        edition = dataclasses.replace(Edition.of(command), **changed)
        number = command.version_number if base is None else base
        version = saving.save(command, edition, by, base=number, token=token or uuid.uuid4(), note="why")
        command.refresh_from_db()
        return version

    return save


def in_cloud(command: Command) -> Command:
    sync.refresh_own(command.region)
    command.refresh_from_db()
    return command


def operations(simulator: SimulatedCloud) -> list[str]:
    asked = [call.operation for call in simulator.journal.calls()]
    return [name for name in asked if name in ("CreateCommand", "ModifyCommand", "DeleteCommand")]


# Creating


def test_a_new_command_is_in_the_cloud_with_everything_it_was_given(simulator, by) -> None:
    word = Definition("word", description="A word", allowed=("yes", "no"), is_required=True)
    edition = Edition(
        name="greet", type="RunShellScript", content=SCRIPT, description="Says it", working_dir="/tmp", timeout=90,
        enable_parameter=True, launcher="sh", tags={"team": "web"}, definitions=[word],
    )  # fmt: skip

    command = in_cloud(saving.create(HANGZHOU, edition, by, token=uuid.uuid4()))

    assert Edition.of(command) == dataclasses.replace(edition, definitions=(word,))
    assert (command.version_number, command.drifted_at, command.deleted_at) == (1, None, None)


def test_a_command_pressed_twice_is_one_in_the_cloud_and_here(simulator, by) -> None:
    edition, token = Edition(name="once", type="RunShellScript", content="uptime"), uuid.uuid4()

    first = saving.create(HANGZHOU, edition, by, token=token)
    second = saving.create(HANGZHOU, edition, by, token=token)

    assert first == second
    assert Command.objects.own(HANGZHOU).filter(name="once").count() == 1


def test_an_answer_that_got_lost_makes_no_second_command(simulator, by) -> None:
    edition, token = Edition(name="lost", type="RunShellScript", content="uptime"), uuid.uuid4()
    simulator.fault("CreateCommand", "lose_after", times=1)

    with pytest.raises(errors.OutcomeUnknown):
        saving.create(HANGZHOU, edition, by, token=token)
    saving.create(HANGZHOU, edition, by, token=token)
    sync.refresh_own(HANGZHOU)

    assert Command.objects.own(HANGZHOU).filter(name="lost").count() == 1


def test_a_copy_of_the_list_that_finds_it_first_is_no_second_command(simulator, by) -> None:
    edition, token = Edition(name="lost", type="RunShellScript", content="uptime"), uuid.uuid4()
    simulator.fault("CreateCommand", "lose_after", times=1)
    with pytest.raises(errors.OutcomeUnknown):
        saving.create(HANGZHOU, edition, by, token=token)
    sync.refresh_own(HANGZHOU)

    command = saving.create(HANGZHOU, edition, by, token=token)

    assert Command.objects.get(name="lost") == command
    assert [version.origin for version in command.versions.all()] == [Origin.SAVED]


def test_what_was_done_stands_in_the_trail(simulator, by) -> None:
    command = saving.create(
        HANGZHOU, Edition(name="x", type="RunShellScript", content="uptime"), by, token=uuid.uuid4()
    )

    entry = AuditEntry.objects.get(action="command.created")
    assert (entry.actor, entry.address, entry.object) == ("ada", "192.0.2.1", command.cloud_id)
    assert entry.detail["content_sha256"] == command.content_sha256


# The next version


def test_a_new_script_is_a_new_command_in_the_cloud_and_the_same_one_here(simulator, command, saved) -> None:
    old_id, pk = command.cloud_id, command.pk

    version = saved(content=SCRIPT)

    assert command.cloud_id != old_id
    assert (command.pk, command.version_number, version.number, version.note) == (pk, 2, 2, "why")
    assert Superseded.objects.get().cloud_id == old_id
    assert in_cloud(command).content == SCRIPT
    assert Command.objects.own(HANGZHOU).filter(name="restart-service").count() == 1


def test_the_version_before_still_reads_as_it_did(simulator, command, saved) -> None:
    before = command.content

    saved(content=SCRIPT)

    assert command.as_of(command.versions.get(number=1)).content == before


@pytest.mark.parametrize(
    "changed",
    [{"name": "other"}, {"description": "other"}, {"working_dir": "/opt"}, {"timeout": 99}, {"launcher": "bash"},
     {"description": ""}],
)  # fmt: skip
def test_what_the_cloud_can_change_keeps_its_id(simulator, command, saved, changed) -> None:
    old_id = command.cloud_id

    saved(**changed)

    assert operations(simulator) == ["ModifyCommand"]
    assert in_cloud(command).cloud_id == old_id
    assert {name: getattr(command, name) for name in changed} == changed
    assert command.drifted_at is None


@pytest.mark.parametrize("changed", [{"tags": {"team": "db"}}, {"enable_parameter": False}])
def test_tags_and_the_parameter_switch_need_a_new_command_too(simulator, command, saved, changed) -> None:
    old_id = command.cloud_id

    saved(**changed)

    assert command.cloud_id != old_id
    assert in_cloud(command).drifted_at is None


def test_what_is_only_known_here_asks_the_cloud_to_change_nothing(simulator, command, saved) -> None:
    saved(definitions=[Definition("service", description="Another word for it")])

    assert operations(simulator) == []
    assert command.version_number == 2
    assert command.definitions == [Definition("service", description="Another word for it").to_json()]


def test_the_same_again_is_nothing_to_save(simulator, saved) -> None:
    with pytest.raises(saving.NothingToSave):
        saved()


def test_B95_an_older_state_is_not_saved_over_a_newer_one(simulator, command, saved) -> None:
    saved(content=SCRIPT)

    with pytest.raises(saving.SavedMeanwhile) as raised:
        saved(base=1, content="uptime")

    assert raised.value.version.number == 2
    assert in_cloud(command).content == SCRIPT


def test_the_same_press_twice_is_one_version(simulator, command, saved) -> None:
    token = uuid.uuid4()

    saved(base=1, token=token, content=SCRIPT)
    saved(base=1, token=token, content=SCRIPT)

    assert command.versions.count() == 2
    assert operations(simulator) == ["CreateCommand"]


def test_a_token_that_another_command_was_saved_with_is_another_press(simulator, command, saved, by) -> None:
    edition, token = Edition(name="other", type="RunShellScript", content="uptime"), uuid.uuid4()
    RegionFactory(region_id="cn-beijing")
    there = saving.create("cn-beijing", edition, by, token=token)

    here = saving.create(HANGZHOU, edition, by, token=token)
    version = saved(token=token, description="changed")

    assert (here.region, there.region) == (HANGZHOU, "cn-beijing")
    assert (version.command, version.number) == (command, 2)


@pytest.mark.parametrize("changed", [{"content": SCRIPT}, {"description": "other"}])
def test_a_lost_answer_is_made_good_by_pressing_again(simulator, command, saved, changed) -> None:
    simulator.fault("CreateCommand", "lose_after", times=1)
    simulator.fault("ModifyCommand", "lose_after", times=1)
    token = uuid.uuid4()

    with pytest.raises(errors.OutcomeUnknown):
        saved(token=token, **changed)
    saved(token=token, **changed)

    assert command.version_number == 2
    assert in_cloud(command).drifted_at is None
    assert Command.objects.own(HANGZHOU).count() == 12


def test_B53_a_command_deleted_in_the_cloud_is_told(simulator, command, saved) -> None:
    simulator.delete_command(command.cloud_id)

    with pytest.raises(saving.GoneMeanwhile):
        saved(content=SCRIPT)

    assert not Command.objects.own(HANGZHOU).filter(pk=command.pk).exists()


def test_old_versions_count_towards_the_quota_and_it_is_never_exceeded(simulator, command, saved) -> None:
    saved(content=SCRIPT)
    Region.objects.update(command_quota=13)

    with pytest.raises(saving.QuotaUsedUp) as raised:
        saved(content="uptime")

    assert (raised.value.quota.saved, raised.value.quota.superseded) == (12, 1)
    assert command.version_number == 2
    assert quota.of(HANGZHOU).is_used_up


def test_the_clouds_own_word_about_the_quota_counts_too(simulator, saved) -> None:
    simulator.fault("CreateCommand", "reject", code="CmdCount.ExceedQuota")

    with pytest.raises(saving.QuotaUsedUp):
        saved(content=SCRIPT)


# Drift


def test_what_was_changed_elsewhere_is_noticed_and_overwrites_nothing_saved_here(simulator, command) -> None:
    before = command.newest.content
    simulator.modify_command(HANGZHOU, command.cloud_id, content="reboot", description="changed")

    in_cloud(command)

    assert command.drifted_at is not None
    assert (command.content, command.newest.content) == ("reboot", before)


def test_what_was_changed_back_elsewhere_is_no_drift_any_more(simulator, command) -> None:
    before = command.description
    simulator.modify_command(HANGZHOU, command.cloud_id, description="changed")
    in_cloud(command)
    simulator.modify_command(HANGZHOU, command.cloud_id, description=before)

    assert in_cloud(command).drifted_at is None


def test_B53_nothing_is_saved_over_a_change_that_nobody_here_has_seen(simulator, command, saved) -> None:
    simulator.modify_command(HANGZHOU, command.cloud_id, description="changed")

    with pytest.raises(saving.ChangedElsewhere):
        saved(content=SCRIPT)

    assert operations(simulator) == []


def test_the_clouds_version_is_kept_as_the_next_one(simulator, command, by) -> None:
    simulator.modify_command(HANGZHOU, command.cloud_id, content="reboot")

    version = settling.keep_clouds(command, by, seen=settling.state_of(in_cloud(command)), token=uuid.uuid4())

    assert (version.number, version.content, version.origin) == (2, "reboot", Origin.ELSEWHERE)
    assert in_cloud(command).drifted_at is None
    assert operations(simulator) == []


@pytest.mark.parametrize("changed", [{"content": "reboot"}, {"description": "changed"}])
def test_ours_is_put_back(simulator, command, by, changed) -> None:
    before = Edition.of(command)
    simulator.modify_command(HANGZHOU, command.cloud_id, **changed)

    version = settling.put_ours_back(command, by, seen=settling.state_of(in_cloud(command)), token=uuid.uuid4())

    assert (version.number, version.origin) == (2, Origin.PUT_BACK)
    assert Edition.of(in_cloud(command)) == before
    assert command.drifted_at is None


def test_what_has_not_changed_needs_no_settling(simulator, command, by) -> None:
    with pytest.raises(saving.NothingToSave):
        settling.keep_clouds(command, by, seen=settling.state_of(command), token=uuid.uuid4())
