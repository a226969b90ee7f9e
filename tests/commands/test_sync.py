"""Copying the saved commands of a region."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from commands import definitions, sync
from commands.definitions import Definition
from commands.models import Command
from regions.models import Mirror, MirrorKind
from tests.factories import HANGZHOU, CommandFactory, RegionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _region() -> None:
    RegionFactory()


def test_own_and_public_commands_are_copied(simulator) -> None:
    sync.refresh(HANGZHOU)

    own, public = Command.objects.own(HANGZHOU), Command.objects.public(HANGZHOU)
    assert "restart-service" in own.values_list("name", flat=True)
    assert own.count() == 12
    assert {command.provider for command in public} == {"AlibabaCloud.ECS.GuestOS"}
    assert all(command.version for command in public)


def test_what_is_known_of_a_command_is_copied(simulator, repository) -> None:
    sync.refresh(HANGZHOU)

    command = Command.objects.own(HANGZHOU).get(name="restart-service")
    script = (repository / "simulator/commands/own/restart-service.sh").read_text()
    assert (command.type, command.timeout, command.os_type) == ("RunShellScript", 60, "linux")
    assert (command.content, command.content_sha256) == (script, hashlib.sha256(script.encode()).hexdigest())
    assert (command.enable_parameter, command.parameter_names) == (True, ["service", "wait_seconds"])
    assert command.tags == {"team": "web", "kind": "service"}
    assert command.created_at is not None


def test_a_second_copy_keeps_the_row_and_what_others_wrote_on_it(simulator) -> None:
    sync.refresh(HANGZHOU)
    Command.objects.filter(name="restart-service").update(last_run_id=7, last_run_state="success")
    before = Command.objects.get(name="restart-service")
    simulator.modify_command(HANGZHOU, before.cloud_id, content="uptime", description="new")

    sync.refresh(HANGZHOU)

    after = Command.objects.get(name="restart-service")
    assert (after.pk, after.last_run_id, after.last_run_state) == (before.pk, 7, "success")
    assert (after.content, after.description) == ("uptime", "new")
    assert after.content_sha256 != before.content_sha256


def test_a_list_that_was_asked_for_before_a_save_takes_nothing_of_it_back(simulator) -> None:
    sync.refresh(HANGZHOU)
    command = Command.objects.get(name="restart-service")
    Command.objects.filter(pk=command.pk).update(seen_at=timezone.now() + timedelta(seconds=60))  # saved while it comes
    simulator.modify_command(HANGZHOU, command.cloud_id, description="as it was before")

    sync.refresh(HANGZHOU)

    before, command = command, Command.objects.get(pk=command.pk)
    assert (command.description, command.drifted_at) == (before.description, None)


@pytest.mark.parametrize(
    ("tags", "is_drift"),
    [({"team": "db", "kind": "service"}, True), ({"team": "web", "kind": "service", "acs:rm:rgId": "rg-1"}, False)],
)
def test_tags_changed_elsewhere_are_drift_but_for_the_clouds_own(simulator, tags, is_drift) -> None:
    sync.refresh(HANGZHOU)
    command = Command.objects.get(name="restart-service")
    simulator.modify_command(HANGZHOU, command.cloud_id, tags=tags)

    sync.refresh(HANGZHOU)

    command.refresh_from_db()
    assert (command.tags, command.drifted_at is not None) == (tags, is_drift)


def test_a_deleted_command_is_marked_and_stays(simulator) -> None:
    sync.refresh(HANGZHOU)
    gone = Command.objects.get(name="restart-service")
    simulator.delete_command(gone.cloud_id)

    sync.refresh(HANGZHOU)

    gone.refresh_from_db()
    assert gone.deleted_at is not None
    assert not Command.objects.own(HANGZHOU).filter(pk=gone.pk).exists()
    assert Command.objects.own(HANGZHOU).count() == 11


def test_commands_of_another_region_are_left_alone(simulator) -> None:
    elsewhere = CommandFactory(region="cn-beijing")

    sync.refresh(HANGZHOU)

    elsewhere.refresh_from_db()
    assert elsewhere.deleted_at is None


def test_the_first_copy_from_the_simulated_cloud_knows_the_parameters(simulator) -> None:
    sync.refresh(HANGZHOU)

    def of(name: str) -> dict[str, Definition]:
        return {one.name: one for one in definitions.definitions_of(Command.objects.own(HANGZHOU).get(name=name))}

    assert of("restart-service")["service"].pattern
    assert of("restart-service")["wait_seconds"].default == "30"
    assert of("check-disk-usage")["threshold"].default == "80"
    assert of("add-authorized-key")["key"].is_secret


def test_what_a_person_changed_of_a_definition_survives_the_next_copy(simulator) -> None:
    sync.refresh(HANGZHOU)
    Command.objects.filter(name="restart-service").update(definitions=[{"name": "wait_seconds", "default": "60"}])

    sync.refresh(HANGZHOU)

    command = Command.objects.own(HANGZHOU).get(name="restart-service")
    assert command.definitions == [{"name": "wait_seconds", "default": "60"}]


def test_a_real_cloud_is_given_no_made_up_definitions(simulator, settings) -> None:
    settings.CLOUD = "alibaba"

    sync.refresh_own(HANGZHOU)

    assert Command.objects.own(HANGZHOU).exists()
    assert not Command.objects.exclude(definitions=[]).exists()


def test_what_the_cloud_says_of_public_parameters_is_copied(simulator) -> None:
    sync.refresh(HANGZHOU)
    sync.refresh(HANGZHOU)

    command = Command.objects.public(HANGZHOU).get(name="ACS-ECS-TopProcesses-for-linux.sh")
    sort_by, count = definitions.definitions_of(command)
    assert (sort_by.name, sort_by.default, sort_by.allowed) == ("SortBy", "cpu", ("cpu", "mem"))
    assert definitions.matches(count.pattern, "10")


def test_every_default_of_a_public_command_is_one_that_may_be_sent(simulator) -> None:
    sync.refresh(HANGZHOU)

    for command in Command.objects.public(HANGZHOU):
        for one in definitions.definitions_of(command):
            assert not (one.pattern and one.default) or definitions.matches(one.pattern, one.default), command.name


def test_what_the_cloud_refuses_leaves_everything_as_it_was(simulator) -> None:
    sync.refresh(HANGZHOU)
    simulator.fault("DescribeCommands", "forbid")

    sync.refresh(HANGZHOU)

    assert Command.objects.own(HANGZHOU).count() == 12
    failed = Mirror.objects.of(HANGZHOU, MirrorKind.COMMANDS)
    assert (failed.error_kind, failed.error_action) == ("NotPermitted", "ecs:DescribeCommands")
