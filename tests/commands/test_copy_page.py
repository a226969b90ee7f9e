"""Copying a command to other regions, from its page."""

import dataclasses
import re
import uuid

import pytest

from accounts.models import AuditEntry
from commands import saving, sync
from commands.models import Command
from commands.saving import By, Edition
from regions.models import Region
from tests.factories import HANGZHOU, CommandFactory, RegionFactory

pytestmark = pytest.mark.django_db

BEIJING, SHANGHAI = "cn-beijing", "cn-shanghai"


@pytest.fixture
def command(simulator, admin) -> Command:
    """In Hangzhou; Beijing has been looked at, Shanghai not."""
    RegionFactory(command_quota=500)
    RegionFactory(region_id=BEIJING, name_en="China (Beijing)")
    RegionFactory(region_id=SHANGHAI, name_en="China (Shanghai)")
    sync.refresh_own(HANGZHOU)
    sync.refresh_own(BEIJING)
    edition = Edition(name="mine", type="RunShellScript", content="uptime")
    return saving.create(HANGZHOU, edition, By(person=admin.person), token=uuid.uuid4())


def url_of(command: Command) -> str:
    return f"/r/cn-hangzhou/commands/{command.cloud_id}/copy/"


def post(person, command: Command, *regions: str, token: str = "", **more: str):
    return person.post(url_of(command), {"token": token or str(uuid.uuid4()), "regions": regions, **more})


def outcomes(response) -> dict[str, str]:
    return dict(re.findall(r'data-region="([^"]+)" data-outcome="([^"]+)"', response.content.decode()))


def save(command: Command, by, **changed) -> None:
    edition = dataclasses.replace(Edition.of(command), **changed)
    by = By(person=by.person)
    saving.save(command, edition, by, base=command.version_number, token=uuid.uuid4())
    command.refresh_from_db()


def there(region: str) -> Command:
    return Command.objects.own(region).get(name="mine")


def test_the_regions_are_listed_with_what_they_have(admin, command) -> None:
    page = admin.get(url_of(command)).content.decode()

    assert re.findall(r'name="regions" value="([^"]+)"', page) == [BEIJING, SHANGHAI]  # not its own
    assert page.count("Not known yet") == 1
    assert " checked" not in page


def test_what_the_regions_have_is_looked_up_when_asked_for(admin, command, simulator) -> None:
    page = admin.get(url_of(command), {"look": "1"}).content.decode()

    assert "Not known yet" not in page
    assert {call.region for call in simulator.journal.calls("DescribeCommands")} >= {BEIJING, SHANGHAI}


def test_it_is_copied_to_each_chosen_region(admin, command, simulator) -> None:
    response = post(admin, command, BEIJING, SHANGHAI)

    assert outcomes(response) == {BEIJING: "created", SHANGHAI: "created"}
    assert "Copied to 2 of 2 regions." in response.content.decode()
    for region in (BEIJING, SHANGHAI):
        assert there(region).content == "uptime"
        assert f'href="/r/{region}/commands/{there(region).cloud_id}/"' in response.content.decode()
    assert AuditEntry.objects.filter(action="command.created", region__in=[BEIJING, SHANGHAI]).count() == 2


def test_the_same_form_again_copies_nothing_twice(admin, command, simulator) -> None:
    token = str(uuid.uuid4())
    post(admin, command, BEIJING, token=token)

    response = post(admin, command, BEIJING, token=token)

    assert outcomes(response) == {BEIJING: "same"}
    assert len([call for call in simulator.journal.calls("CreateCommand") if call.region == BEIJING]) == 1


def test_a_full_region_fails_alone_and_is_tried_again(admin, command) -> None:
    Region.objects.filter(pk=SHANGHAI).update(command_quota=12)

    response = post(admin, command, BEIJING, SHANGHAI)

    page = response.content.decode()
    assert outcomes(response) == {BEIJING: "created", SHANGHAI: "failed"}
    assert "keeps 12 of 12 commands." in page
    assert "Try 1 region again" in page
    Region.objects.filter(pk=SHANGHAI).update(command_quota=13)
    (token,) = re.findall(r'name="token" value="([^"]+)"', page)
    assert outcomes(post(admin, command, SHANGHAI, token=token)) == {SHANGHAI: "created"}


def test_a_lost_answer_creates_nothing_twice(admin, command, simulator) -> None:
    token = str(uuid.uuid4())
    simulator.fault("CreateCommand", "lose_after", times=1)

    first, second = (post(admin, command, BEIJING, token=token) for _ in range(2))

    assert outcomes(second)[BEIJING] in ("created", "same")
    sync.refresh_own(BEIJING)
    assert there(BEIJING).content == "uptime"
    assert first.status_code == 200


def test_one_that_differs_there_is_shown_and_not_ticked(admin, command) -> None:
    post(admin, command, BEIJING)
    save(command, admin, content="date")

    page = admin.get(url_of(command)).content.decode()

    assert "Differs; would become version 2 there" in page
    assert f'name="seen-{BEIJING}" value="1"' in page
    assert " checked" not in page


def test_one_that_differs_there_becomes_a_next_version_only_if_that_was_seen(admin, command) -> None:
    post(admin, command, BEIJING)
    save(command, admin, content="date")

    unseen = post(admin, command, BEIJING)
    assert (outcomes(unseen), there(BEIJING).content) == ({BEIJING: "differs"}, "uptime")
    assert "Save as version 2 there" in unseen.content.decode()

    seen = post(admin, command, BEIJING, **{f"seen-{BEIJING}": "1"})
    assert (outcomes(seen), there(BEIJING).content) == ({BEIJING: "updated"}, "date")
    assert "Saved as version 2" in seen.content.decode()


@pytest.mark.parametrize("number", ["0", "7", "-1", "x", "9" * 40])
def test_a_version_that_was_never_shown_counts_as_unseen(admin, command, number: str) -> None:
    post(admin, command, BEIJING)
    save(command, admin, content="date")

    assert outcomes(post(admin, command, BEIJING, **{f"seen-{BEIJING}": number})) == {BEIJING: "differs"}


def test_the_same_already_cannot_be_chosen(admin, command) -> None:
    post(admin, command, BEIJING)

    page = admin.get(url_of(command)).content.decode()

    assert f'value="{BEIJING}" disabled' in page
    assert "Same already" in page


@pytest.mark.parametrize(
    ("regions", "told"),
    [
        ([], "Choose at least one region."),
        (["cn-nowhere"], "There is no region “cn-nowhere” to copy to."),
        ([HANGZHOU], "There is no region “cn-hangzhou” to copy to."),
        (["\0"], "This contains a character that cannot be used"),
    ],
)
def test_a_useless_choice_is_refused_at_the_field(admin, command, regions, told: str) -> None:
    response = post(admin, command, *regions)

    assert response.status_code == 422
    assert response.content.decode().count(told) == 2  # in the summary, and at the field


@pytest.mark.parametrize("token", ["x", "' or 1=1"])
def test_a_form_without_its_token_is_refused(admin, command, token: str, simulator) -> None:
    assert post(admin, command, BEIJING, token=token).status_code == 422
    assert len(simulator.journal.calls("CreateCommand")) == 1  # of the command itself


def test_C21_only_team_admins_copy(viewer, operator, command) -> None:
    for person in (viewer, operator):
        assert (person.get(url_of(command)).status_code, post(person, command, BEIJING).status_code) == (404, 404)


def test_a_public_command_is_in_every_region_already(admin, command) -> None:
    assert admin.get(url_of(CommandFactory(is_public=True))).status_code == 404
