"""Deleting a command: what uses it is said first, and what is not over is not pulled away."""

import pytest

from accounts.models import AuditEntry
from commands import sync
from commands.models import Command
from regions.models import MirrorKind
from tests.factories import HANGZHOU, InvocationFactory, MirrorFactory, RegionFactory, VersionFactory, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def command(simulator) -> Command:
    RegionFactory()
    for kind in MirrorKind:
        MirrorFactory(kind=kind)
    sync.refresh_own(HANGZHOU)
    return Command.objects.get(name="restart-service")


def url_of(command: Command) -> str:
    return f"/r/cn-hangzhou/commands/{command.cloud_id}/delete/"


def is_there(command: Command) -> bool:
    return Command.objects.own(HANGZHOU).filter(pk=command.pk).exists()


def test_what_uses_it_is_said_first(admin, command) -> None:
    VersionFactory(command=command)
    InvocationFactory.create_batch(3, command=command, state="success", ended_at=now())
    InvocationFactory(command=command, command_cloud_id="c-hz0old", state="failed", ended_at=now())

    page = admin.get(url_of(command)).content.decode()

    assert "Delete <bdi>restart-service</bdi>?" in page
    assert "4 runs stay in the results." in page
    assert "Its 2 versions can’t be restored any more." in page
    assert "Copies in other regions stay as they are." in page
    assert is_there(command)


def test_the_question_is_a_dialog_and_a_page(admin, command) -> None:
    dialog = admin.get(url_of(command), headers={"HX-Request": "true"}).content.decode()

    assert dialog.lstrip().startswith("<form")
    assert "It has never run." in dialog
    assert "<html" in admin.get(url_of(command)).content.decode()


def test_it_is_deleted_in_the_cloud_and_its_runs_stay(admin, command, simulator) -> None:
    run = InvocationFactory(command=command, state="success", ended_at=now())

    response = admin.post(url_of(command), follow=True)

    assert response.redirect_chain == [("/r/cn-hangzhou/commands/", 303)]
    assert "restart-service is deleted. Its results stay." in response.content.decode()
    assert not is_there(command)
    assert len(simulator.journal.calls("DeleteCommand")) == 1
    assert AuditEntry.objects.get(action="command.deleted").person == admin.person
    assert admin.get(f"/r/cn-hangzhou/runs/{run.pk}/").status_code == 200


def test_B54_pressed_twice_it_is_already_deleted(admin, command, simulator) -> None:
    admin.post(url_of(command))

    for again in (admin.post(url_of(command), follow=True), admin.get(url_of(command), follow=True)):
        assert "restart-service is already deleted." in again.content.decode()
    assert len(simulator.journal.calls("DeleteCommand")) == 1


def test_B54_while_a_run_is_not_over_nothing_is_deleted(admin, command, simulator) -> None:
    run = InvocationFactory(command=command)

    asked, pressed = admin.get(url_of(command)), admin.post(url_of(command))

    assert pressed.status_code == 409
    for page in (asked.content.decode(), pressed.content.decode()):
        assert f'Run <a href="/r/cn-hangzhou/runs/{run.pk}/">#{run.pk}</a> is not over yet; stop it first' in page
        assert "Delete command</button>" not in page
    assert is_there(command)
    assert not simulator.journal.calls("DeleteCommand")


def test_B54_many_runs_under_way_are_counted(admin, command) -> None:
    InvocationFactory.create_batch(12, command=command)

    assert "2 more runs are not over yet." in admin.get(url_of(command)).content.decode()


def test_what_was_deleted_in_the_cloud_already_counts(admin, command, simulator) -> None:
    simulator.delete_command(command.cloud_id)

    assert "is deleted" in admin.post(url_of(command), follow=True).content.decode()
    assert not is_there(command)


@pytest.mark.parametrize(
    ("kind", "wish", "told"),
    [
        ("reject", {"code": "Operation.Forbidden"}, "Operation.Forbidden"),
        ("forbid", {}, "ecs:DeleteCommand"),
        ("throttle", {}, "The cloud is slowing us down; nothing was changed."),
    ],
)
def test_what_the_cloud_refuses_is_explained_and_it_stays(admin, command, simulator, kind, wish, told) -> None:
    simulator.fault("DeleteCommand", kind, **wish)

    response = admin.post(url_of(command))

    assert (response.status_code, is_there(command)) == (409, True)
    assert told in response.content.decode()


def test_C21_only_team_admins_delete(viewer, operator, command) -> None:
    for person in (viewer, operator):
        assert (person.get(url_of(command)).status_code, person.post(url_of(command)).status_code) == (404, 404)
    assert is_there(command)


def test_a_public_command_cannot_be_deleted(admin, command) -> None:
    Command.objects.filter(pk=command.pk).update(is_public=True)

    assert admin.post(url_of(command)).status_code == 404
