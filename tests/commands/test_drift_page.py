"""A command that was changed behind the console's back: told, and settled by a team admin."""

import re

import pytest

from accounts.models import AuditEntry
from commands import settling, sync
from commands.models import Command, Origin
from regions.models import MirrorKind
from tests.factories import HANGZHOU, MirrorFactory, RegionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def drifted(simulator) -> Command:
    """restart-service; its name and timeout were changed in the cloud."""
    RegionFactory()
    for kind in MirrorKind:
        MirrorFactory(kind=kind)
    sync.refresh_own(HANGZHOU)
    command = Command.objects.get(name="restart-service")
    simulator.modify_command(HANGZHOU, command.cloud_id, timeout=600)
    return look(command)


def look(command: Command) -> Command:
    sync.refresh_own(HANGZHOU)
    command.refresh_from_db()
    return command


def page_of(command: Command, page: str = "") -> str:
    return f"/r/cn-hangzhou/commands/{command.cloud_id}/{page}"


def settle(person, command: Command, how: str, *, seen: str = ""):
    form = {"how": how, "seen": seen or settling.state_of(command)}
    return person.post(page_of(command, "settle/"), form, follow=True)


def test_the_list_marks_it_and_leads_to_the_difference(viewer, drifted) -> None:
    page = viewer.get("/r/cn-hangzhou/commands/").content.decode()

    assert page.count("Changed elsewhere") == 1
    assert f'href="{page_of(drifted, "versions/")}?to=cloud"' in page


def test_its_pages_tell_it_and_only_team_admins_can_settle_it(viewer, operator, admin, drifted) -> None:
    for person in (viewer, operator, admin):
        page = person.get(page_of(drifted)).content.decode()
        assert "This command was changed outside this console on" in page
        assert "See the difference" in page
        assert ("Keep the cloud’s version" in page) == (person is admin)
        assert ("Put ours back" in page) == (person is admin)


def test_the_clouds_version_is_kept_as_the_next_one(admin, drifted) -> None:
    response = settle(admin, drifted, "cloud")

    drifted.refresh_from_db()
    version = drifted.newest
    assert (version.number, version.timeout, version.origin) == (2, 600, Origin.ELSEWHERE)
    assert (version.person, drifted.drifted_at) == (admin.person, None)
    assert "Version 2 of restart-service is saved." in response.content.decode()
    assert AuditEntry.objects.get(action="command.saved").detail["origin"] == "elsewhere"


def test_ours_is_put_back_into_the_cloud(admin, drifted, simulator) -> None:
    settle(admin, drifted, "ours")

    command = look(drifted)
    assert (command.timeout, command.drifted_at, command.newest.origin) == (60, None, Origin.PUT_BACK)
    assert len(simulator.journal.calls("ModifyCommand")) == 1


@pytest.mark.parametrize("how", ["cloud", "ours"])
def test_B96_pressed_twice_it_is_settled_once_and_said_so(admin, drifted, how: str) -> None:
    settle(admin, drifted, how)

    response = settle(admin, drifted, how)

    drifted.refresh_from_db()
    assert drifted.version_number == 2
    assert "Nothing was left to settle: the cloud has the newest version." in response.content.decode()


def test_B53_what_changed_once_more_is_not_settled_unseen(admin, drifted, simulator) -> None:
    (seen,) = re.findall(r'name="seen" value="(\w+)"', admin.get(page_of(drifted)).content.decode())
    simulator.modify_command(HANGZHOU, drifted.cloud_id, timeout=700)

    response = settle(admin, drifted, "ours", seen=seen)

    drifted.refresh_from_db()
    assert (drifted.version_number, drifted.timeout) == (1, 700)
    assert response.redirect_chain[-1][0] == page_of(drifted, "versions/") + "?to=cloud"
    assert "It was changed once more meanwhile." in response.content.decode()


def test_B53_what_was_deleted_meanwhile_is_told(admin, drifted, simulator) -> None:
    simulator.delete_command(drifted.cloud_id)

    response = settle(admin, drifted, "ours")

    assert response.redirect_chain[-1][0] == "/r/cn-hangzhou/commands/"
    assert "The command was deleted in the cloud meanwhile." in response.content.decode()


def test_what_the_cloud_refuses_stays_as_it_is_and_is_explained(admin, drifted, simulator) -> None:
    simulator.fault("ModifyCommand", "forbid")

    response = settle(admin, drifted, "ours")

    drifted.refresh_from_db()
    assert (drifted.version_number, drifted.drifted_at is None) == (1, False)
    assert "ecs:ModifyCommand" in response.content.decode()


@pytest.mark.parametrize("how", ["", "both", "%00"])
def test_without_a_choice_nothing_is_settled(admin, drifted, how: str) -> None:
    response = settle(admin, drifted, how)

    drifted.refresh_from_db()
    assert drifted.version_number == 1
    assert "Choose which version to keep." in response.content.decode()


def test_C21_nobody_else_settles_it(viewer, operator, drifted) -> None:
    assert [settle(person, drifted, "ours").status_code for person in (viewer, operator)] == [404, 404]


@pytest.mark.parametrize("how", ["cloud", "ours"])
def test_a_public_command_is_nobodys_to_settle(admin, drifted, how: str) -> None:
    sync.refresh_public(HANGZHOU)
    public = Command.objects.public(HANGZHOU).first()

    assert settle(admin, public, how).status_code == 404
    assert Command.objects.public(HANGZHOU).filter(pk=public.pk).exists()
