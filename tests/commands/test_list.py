"""The list of commands, own and public, as a page."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Command, CommandType, Superseded
from regions.models import MirrorKind
from tests.factories import HANGZHOU, CommandFactory, MirrorFactory, RegionFactory

URL = "/r/cn-hangzhou/commands/"
PUBLIC = "/r/cn-hangzhou/commands/public/"
SYNC = "/r/cn-hangzhou/commands/sync/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Nothing has to be copied."""
    RegionFactory(command_quota=500)
    for kind in MirrorKind:
        MirrorFactory(kind=kind)


def names(response) -> list[str]:
    return re.findall(r'aria-label="View ([^"]+)"', response.content.decode())


def test_everybody_who_is_signed_in_sees_the_commands(viewer, operator, admin) -> None:
    CommandFactory(name="uptime")

    assert [names(person.get(URL)) for person in (viewer, operator, admin)] == [["uptime"]] * 3


def test_a_stranger_is_led_to_the_sign_in_page(stranger) -> None:
    assert stranger.get(URL).status_code == 302


def test_those_who_may_are_offered_to_run_a_command(viewer, operator) -> None:
    command = CommandFactory(name="uptime")
    link = f'href="/r/cn-hangzhou/commands/{command.cloud_id}/run/" data-drawer'

    assert link in operator.get(URL).content.decode()
    assert 'aria-label="Run uptime"' in operator.get(URL).content.decode()
    assert link not in viewer.get(URL).content.decode()


def test_a_command_is_chosen_for_instances(operator) -> None:
    command = CommandFactory(name="uptime")
    CommandFactory(name="hostname")
    panel = f'href="/r/cn-hangzhou/commands/{command.cloud_id}/run/?ids=i-1%2Ci-2" data-drawer'

    page = operator.get(URL, {"ids": ["i-1,i-2", "i-2", "<b>"], "q": "up"}).content.decode()

    assert "Choose the command to run on 2 instances." in page
    assert panel in page
    assert '<input type="hidden" name="ids" value="i-1,i-2">' in page  # a search keeps them
    assert f'href="{PUBLIC}?ids=i-1%2Ci-2"' in page
    many = operator.get(URL, {"ids": ",".join(f"i-{n}" for n in range(500))}).content.decode()
    assert "Choose the command to run on 100 instances." in many


def test_a_row_says_what_its_command_is(operator) -> None:
    command = CommandFactory(
        name="restart", type=CommandType.POWERSHELL, description="Restart it", parameter_names=["a", "b"]
    )

    page = operator.get(URL).content.decode()

    assert f'data-command-id="{command.cloud_id}"' in page
    for text in ("PowerShell", "Restart it", '<td class="num lg">2</td>', "Never run"):
        assert text in page


def test_the_last_run_is_told_with_its_state(operator) -> None:
    CommandFactory(last_run_id=1042, last_run_at=timezone.now() - timedelta(minutes=4), last_run_state="partialfailed")

    page = operator.get(URL).content.decode()

    assert "Partially failed" in page
    assert 'href="/r/cn-hangzhou/runs/1042/"' in page


def test_what_ran_last_comes_first_and_what_never_ran_last(operator) -> None:
    now = timezone.now()
    CommandFactory(name="b-never")
    CommandFactory(name="a-never")
    CommandFactory(name="old", last_run_id=1, last_run_at=now - timedelta(days=1), last_run_state="success")
    CommandFactory(name="new", last_run_id=2, last_run_at=now, last_run_state="success")

    assert names(operator.get(URL)) == ["new", "old", "a-never", "b-never"]
    assert names(operator.get(URL, {"sort": "last_run"})) == ["old", "new", "a-never", "b-never"]
    assert names(operator.get(URL, {"sort": "name"})) == ["a-never", "b-never", "new", "old"]
    assert names(operator.get(URL, {"sort": "-name"})) == ["old", "new", "b-never", "a-never"]


def test_public_commands_have_a_tab_of_their_own(operator) -> None:
    CommandFactory(name="mine")
    CommandFactory(name="theirs", is_public=True, provider="AlibabaCloud.ECS.GuestOS", version="3")

    page = operator.get(PUBLIC)

    assert (names(page), names(operator.get(URL))) == (["theirs"], ["mine"])
    assert "AlibabaCloud.ECS.GuestOS" in page.content.decode()
    assert 'aria-current="page">Public commands<span class="n">1</span>' in page.content.decode()


def test_a_search_finds_a_part_of_the_name_or_the_whole_id(operator) -> None:
    command = CommandFactory(name="Restart-Service", cloud_id="c-hz0123456789")
    CommandFactory(name="other_one")

    assert names(operator.get(URL, {"q": "START"})) == ["Restart-Service"]
    assert names(operator.get(URL, {"q": command.cloud_id})) == ["Restart-Service"]
    assert names(operator.get(URL, {"q": "c-hz01"})) == []
    assert names(operator.get(URL, {"q": "_"})) == ["other_one"]
    assert names(operator.get(URL, {"q": "%"})) == []


def test_type_and_tag_narrow_the_list(operator) -> None:
    CommandFactory(name="a", tags={"team": "web", 'odd"key__x': "1"})
    CommandFactory(name="b", tags={"team": "db"}, type=CommandType.BAT)

    assert names(operator.get(URL, {"type": "bat"})) == ["b"]
    assert names(operator.get(URL, {"tag": "team=web"})) == ["a"]
    assert names(operator.get(URL, {"tag": 'odd"key__x=1'})) == ["a"]
    assert names(operator.get(URL, {"type": "bat", "tag": "team=web"})) == []


@pytest.mark.parametrize("query", ["type=python", "type=shell&type=x", "tag=nope", "tag=team__icontains=w", "tag=%00"])
def test_B27_a_useless_filter_is_left_out_with_a_notice(operator, query: str) -> None:
    CommandFactory(name="a", tags={"team": "web"})

    response = operator.get(f"{URL}?{query}")

    assert (response.status_code, names(response)) == (200, ["a"])
    assert "isn’t a choice of this filter" in response.content.decode()


@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", str(10**18), "99"])
def test_B65_an_odd_page_becomes_the_nearest_one(operator, number: str) -> None:
    CommandFactory.create_batch(21)

    response = operator.get(URL, {"page": number})

    assert (response.status_code, len(names(response))) == (200, 1 if number in (str(10**18), "99") else 20)
    assert "There is no page" in response.content.decode()


@pytest.mark.parametrize("size", ["0", "1", "10000", "text"])
def test_B66_an_odd_number_of_rows_becomes_the_default(operator, size: str) -> None:
    CommandFactory.create_batch(21)

    assert len(names(operator.get(URL, {"per": size}))) == 20


@pytest.mark.parametrize("sort", ["__class__", "-", "content", "last_run_at", "--name"])
def test_B67_only_the_columns_offered_can_sort(operator, sort: str) -> None:
    CommandFactory(name="a")

    response = operator.get(URL, {"sort": sort})

    assert (response.status_code, names(response)) == (200, ["a"])
    assert "can’t be sorted by" in response.content.decode()


def test_B21_a_search_that_is_too_long_is_refused_and_kept(operator) -> None:
    response = operator.get(URL, {"q": "x" * 2001})

    assert response.status_code == 422
    assert "x" * 2001 in response.content.decode()


def test_B25_what_is_searched_for_is_only_text(operator) -> None:
    page = operator.get(URL, {"q": "<img src=x> {{7*7}}"}).content.decode()

    assert "Nothing matches “&lt;img src=x&gt; {{7*7}}”." in page
    assert "<img src=x" not in page


def test_the_number_of_saved_commands_is_told_amber_when_nearly_used_up(operator) -> None:
    RegionFactory().__class__.objects.update(command_quota=2)
    CommandFactory()

    assert "1 of 2 saved" in operator.get(URL).content.decode()
    assert "st warn" not in operator.get(URL).content.decode()
    CommandFactory()
    assert "st warn" in operator.get(URL).content.decode()


def test_older_versions_count_towards_the_quota_and_that_is_said(operator) -> None:
    RegionFactory().__class__.objects.update(command_quota=3)
    command = CommandFactory()
    for number in range(3):
        deleted_at = None if number else timezone.now()
        Superseded.objects.create(
            region=HANGZHOU, cloud_id=f"c-{number}", command=command, since=timezone.now(), deleted_at=deleted_at
        )

    page = operator.get(URL).content.decode()

    assert "3 of 3 saved, 2 of them old versions" in page
    assert "st warn" in page


def test_an_empty_list_says_what_to_do(operator, admin) -> None:
    assert "No commands in China (Hangzhou) that you may run. Ask a team admin." in operator.get(URL).content.decode()
    page = admin.get(URL).content.decode()
    assert "No commands in China (Hangzhou) yet. Create one, import a file, or start from a public command." in page
    assert f'<a class="btn" href="{PUBLIC}">' in page


def test_each_role_is_offered_what_it_may_do(viewer, operator, admin) -> None:
    own = f"{URL}{CommandFactory(name='uptime').cloud_id}/"
    admins = ["Create command", 'aria-label="Clone uptime"', f"{own}edit/", f"{own}copy/", f"{own}delete/"]
    operators = ["Run without saving", 'aria-label="More actions for uptime"', f'data-copy-url="{own}run/"']

    pages = [person.get(URL).content.decode() for person in (viewer, operator, admin)]

    assert [[text in page for text in operators] for page in pages] == [[False] * 3, [True] * 3, [True] * 3]
    assert [[text in page for text in admins] for page in pages] == [[False] * 5, [False] * 5, [True] * 5]


def test_exported_is_what_the_list_shows_also_after_a_search(operator) -> None:
    CommandFactory(name="uptime")
    link = '/r/cn-hangzhou/commands/export/?q=up&amp;format=json"'

    for headers in ({}, {"HX-Request": "true"}):
        assert link in operator.get(URL, {"q": "up", "page": "1"}, headers=headers).content.decode()


def test_a_page_of_a_hundred_commands_is_not_made_heavy_by_their_menus(admin) -> None:
    CommandFactory.create_batch(100)

    assert len(admin.get(URL, {"per": "100"}).content) < 400_000


def test_without_permission_the_page_says_which_is_missing(operator, simulator) -> None:
    MirrorFactory(kind=MirrorKind.COMMANDS).delete()
    simulator.fault("DescribeCommands", "forbid")

    page = operator.get(URL)

    assert page.status_code == 200
    assert "The console’s credentials lack ecs:DescribeCommands." in page.content.decode()


def test_a_throttled_page_says_when_the_next_try_is(operator, simulator) -> None:
    CommandFactory(name="known")
    MirrorFactory(kind=MirrorKind.COMMANDS).delete()
    simulator.fault("DescribeCommands", "throttle", retry_after=30_000)

    page = operator.get(URL)
    operator.get(URL)

    assert names(page) == ["known"]
    assert re.search(r"The cloud is slowing us down\. Next try in (29|30) s\.", page.content.decode())
    assert len(simulator.journal.calls("DescribeCommands")) == 1


def test_while_a_copy_is_made_the_page_looks_for_its_end_and_starts_none(operator, simulator) -> None:
    MirrorFactory(kind=MirrorKind.COMMANDS).__class__.objects.filter(kind=MirrorKind.COMMANDS).update(
        refreshed_at=None, claimed_until=timezone.now() + timedelta(seconds=60)
    )

    page = operator.get(URL, {"watch": "1"}, headers={"HX-Request": "true"})

    assert 'watch=1" hx-trigger="every 1s"' in page.content.decode()
    assert "Fetching commands from the cloud…" in page.content.decode()
    assert "HX-Push-Url" not in page.headers
    assert not simulator.journal.calls("DescribeCommands")


def test_the_first_visit_shows_what_the_cloud_has(operator, simulator) -> None:
    MirrorFactory(kind=MirrorKind.COMMANDS).delete()

    assert len(names(operator.get(URL))) == 12


def test_sync_now_copies_whatever_the_age(operator, simulator) -> None:
    CommandFactory(name="gone")
    MirrorFactory(kind=MirrorKind.COMMANDS).__class__.objects.update(refreshed_at=timezone.now() - timedelta(seconds=5))

    response = operator.post(SYNC, HTTP_REFERER=f"http://testserver{URL}?q=restart")

    assert (response.status_code, response.url) == (302, f"{URL}?q=restart")
    assert not Command.objects.own(HANGZHOU).filter(name="gone").exists()


def test_B10_looking_syncs_nothing(operator) -> None:
    assert operator.get(SYNC).status_code == 405


def test_many_commands_take_as_few_queries_as_one(operator) -> None:
    CommandFactory(tags={"team": "web"})
    operator.get(URL)
    with CaptureQueriesContext(connection) as few:
        operator.get(URL)
    Command.objects.bulk_create(CommandFactory.build_batch(499, tags={"team": "web"}, drifted_at=timezone.now()))

    with CaptureQueriesContext(connection) as many:
        operator.get(URL, {"per": "100"})

    assert len(many) == len(few)


def test_both_languages(operator) -> None:
    CommandFactory(name="uptime")

    page = operator.get(URL, headers={"Accept-Language": "zh-CN"}).content.decode()

    assert '<html lang="zh-CN"' in page
    for text in ("我的命令", "公共命令", "按命令名称或命令 ID 搜索", "从未执行"):
        assert text in page
