"""The versions of a command, two of them compared."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.differences import MOST_LINES
from commands.models import Command, Origin, Superseded, Version
from tests.factories import CommandFactory, PersonFactory, RegionFactory, VersionFactory, now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _region() -> None:
    RegionFactory()


def url_of(command: Command) -> str:
    return f"/r/cn-hangzhou/commands/{command.cloud_id}/versions/"


def command_of(*contents: str, **columns) -> Command:
    """A command with a version for each of these scripts."""
    command = CommandFactory(content=contents[-1], **columns)
    for content in contents:
        VersionFactory(command=command, content=content)
    return command


def text_of(response) -> str:
    page = re.sub(r"<(script|template).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", page)))


def marked(tag: str, response) -> list[str]:
    return [unescape(found) for found in re.findall(f"<{tag}[^>]*>(.*?)</{tag}>", response.content.decode())]


def test_everybody_may_see_them(viewer, operator, admin) -> None:
    command = command_of("uptime")

    assert [person.get(url_of(command)).status_code for person in (viewer, operator, admin)] == [200] * 3


def test_a_stranger_is_led_to_the_sign_in_page(stranger) -> None:
    assert stranger.get(url_of(command_of("uptime"))).status_code == 302


def test_they_are_listed_with_who_saved_them_when_and_why(viewer) -> None:
    command = CommandFactory()
    VersionFactory(command=command, origin=Origin.FOUND, saved_at=now() - timedelta(days=2))
    VersionFactory(command=command, note="Wait longer", person=PersonFactory(username="li.wei"))
    VersionFactory(command=command, origin=Origin.ELSEWHERE, person=PersonFactory(username="zhao.m"))
    VersionFactory(command=command, origin=Origin.PUT_BACK)

    text = text_of(viewer.get(url_of(command)))

    assert "Version 4 deployed" in text
    assert text.count("deployed") == 1
    for told in (
        "Version 2 Wait longer just now by li.wei",
        "just now by zhao.m Changed elsewhere, and kept",
        "Changed elsewhere, and put back",
        "2 days ago As first seen in the cloud",
    ):
        assert told in text


def test_the_last_change_is_shown_first(viewer) -> None:
    command = command_of("echo one\n", "echo one\nset -e\nexit 1\n", "echo one\nset -eu\nexit 1\n")

    response = viewer.get(url_of(command))

    assert "+1 −1 lines" in text_of(response)
    assert (marked("del", response), marked("ins", response)) == (["e"], ["eu"])


def test_any_two_are_compared_in_either_direction(viewer) -> None:
    command = command_of("echo one\n", "echo two\n", "echo three\n")

    response = viewer.get(url_of(command), {"from": "3", "to": "1"})

    assert (marked("del", response), marked("ins", response)) == (["three"], ["one"])


def test_parameters_settings_and_tags_are_compared_as_well(viewer) -> None:
    command = command_of("uptime")
    VersionFactory(command=command, timeout=90, tags={"team": "<b>ops</b>"})

    text = text_of(viewer.get(url_of(command)))

    assert "The content is the same." in text
    assert "Timeout 60 s 90 s" in text
    assert "Tag team – team=<b>ops</b>" in text


def test_unified_the_removed_lines_come_before_the_added_ones(viewer) -> None:
    command = command_of("a 1\nb 1\n", "a 2\nb 2\n")

    response = viewer.get(url_of(command), {"layout": "unified"})

    assert "Version 1 → Version 2" in text_of(response)
    assert re.findall(r'<td class="sg (rem|add)">', response.content.decode()) == ["rem", "rem", "add", "add"]


def test_an_unknown_layout_is_side_by_side(viewer) -> None:
    page = viewer.get(url_of(command_of("a\n", "b\n")), {"layout": "<script>"}).content.decode()

    assert 'class="diff side"' in page
    assert "<script>alert" not in page


def test_one_version_beside_itself_is_shown_as_it_was(viewer) -> None:
    command = command_of("#!/bin/bash\necho {{old}}\n", "uptime\n", enable_parameter=True)

    page = text_of(viewer.get(url_of(command), {"from": "1", "to": "1"}))

    assert "#!/bin/bash echo {{old}}" in page
    assert "uptime" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"from": "0", "to": "99"}, ("1", "3")),
        ({"from": "-5", "to": "3"}, ("1", "3")),
        ({"from": "abc", "to": "2"}, ("1", "2")),
        ({"from": "1", "to": "9" * 400}, ("1", "3")),
        ({"from": "１", "to": "%00"}, ("2", "3")),
        ({"to": "<img src=x>"}, ("2", "3")),
    ],
)
def test_B65_a_number_that_no_version_has_becomes_the_nearest_with_a_notice(viewer, query, shown) -> None:
    response = viewer.get(url_of(command_of("a\n", "b\n", "c\n")), query)

    page = response.content.decode()
    chosen = re.findall(r'<option value="(\w+)" selected>', page)
    assert (response.status_code, tuple(chosen)) == (200, shown)
    assert "There is no version" in page
    assert "<img src=x" not in page


def test_the_older_one_can_be_restored_by_team_admins_only(admin, operator) -> None:
    command = command_of("a\n", "b\n", "c\n")
    link = f"/r/cn-hangzhou/commands/{command.cloud_id}/edit/?restore="

    assert f"{link}2" in admin.get(url_of(command)).content.decode()
    assert f"{link}1" in admin.get(url_of(command), {"from": "3", "to": "1"}).content.decode()
    assert link not in admin.get(url_of(command), {"from": "3", "to": "3"}).content.decode()
    assert link not in operator.get(url_of(command)).content.decode()


def test_one_version_only_is_said_to_be_the_only_one(viewer) -> None:
    text = text_of(viewer.get(url_of(command_of("uptime"))))

    assert "There is one version; the next one comes with the next change." in text
    assert "uptime" in text


def test_a_command_that_was_just_found_has_none_yet(viewer) -> None:
    assert "This command has no versions yet." in text_of(viewer.get(url_of(CommandFactory())))


def test_a_public_command_has_none(viewer) -> None:
    command = CommandFactory(is_public=True)

    assert "Updates of a public command come from its provider" in text_of(viewer.get(url_of(command)))
    assert "Versions" not in text_of(viewer.get(f"/r/cn-hangzhou/commands/{command.cloud_id}/"))


def test_B46_other_line_ends_do_not_look_like_nothing(viewer) -> None:
    text = text_of(viewer.get(url_of(command_of("a\r\nb\r\n", "a\nb\n"))))

    assert "+2 −2 lines" in text
    assert "Only line ends differ." in text
    assert "aCRLF" in text
    assert "aLF" in text


def test_a_missing_end_of_the_last_line_is_told(viewer) -> None:
    assert "no newline at the end" in text_of(viewer.get(url_of(command_of("a\n", "a"))))


def test_C47_what_cannot_be_seen_is_named_in_what_differs(viewer) -> None:
    page = viewer.get(url_of(command_of("admin=1\n", "admin\u202e=1\n"))).content.decode()

    assert '<ins><span class="odd" data-code="U+202E">' in page


def test_a_script_is_text_in_what_differs(viewer) -> None:
    page = viewer.get(url_of(command_of("<b>1</b>\n", "<b>2</b></td><script>alert(1)</script>\n"))).content.decode()

    assert "<script>alert" not in page
    assert "<b>1" not in page


def test_equal_lines_far_from_a_change_are_folded(viewer) -> None:
    lines = [f"line {n}\n" for n in range(50)]
    command = command_of("".join(lines), "".join([*lines[:-1], "the last\n"]))

    page = viewer.get(url_of(command)).content.decode()

    assert "… 46 equal lines" in page
    assert '<tbody class="fold" id="equal-1">' in page


def test_scripts_that_are_too_long_are_not_compared(viewer) -> None:
    command = command_of("a\n" * (MOST_LINES + 1), "b\n")

    response = viewer.get(url_of(command))

    assert "The content differs, but it is too long to be compared here." in text_of(response)
    assert len(response.content) < 100_000


def test_what_was_changed_elsewhere_is_compared_with_the_newest_version(viewer) -> None:
    command = command_of("echo one\n", "echo two\n")
    Command.objects.filter(pk=command.pk).update(content="echo three\n", drifted_at=now())

    response = viewer.get(url_of(command))

    assert (marked("del", response), marked("ins", response)) == (["two"], ["three"])
    assert "In the cloud now Changed elsewhere" in text_of(response)
    assert "deployed" not in text_of(response)
    assert marked("ins", viewer.get(url_of(command), {"to": "2"})) == ["two"]


def test_the_id_of_an_older_version_leads_here(viewer) -> None:
    command = command_of("a\n", "b\n")
    Superseded.objects.create(region="cn-hangzhou", cloud_id="c-hz0old", command=command, since=now())

    response = viewer.get("/r/cn-hangzhou/commands/c-hz0old/versions/?from=1&to=2")

    assert (response.status_code, response.url) == (301, f"{url_of(command)}?from=1&to=2")


def test_both_languages(admin) -> None:
    command = command_of("a\n" * 20 + "1\r\n", "a\n" * 20 + "2\n", "3")
    Command.objects.filter(pk=command.pk).update(drifted_at=now())

    text = text_of(admin.get(url_of(command), {"from": "1", "to": "2"}, headers={"Accept-Language": "zh-CN"}))

    for told in (
        "版本 3",
        "云端当前版本",
        "在别处被修改",
        "采用云端版本",
        "并排",
        "恢复版本 1",
        "… 17 行相同",
        "+1 −1 行",
    ):
        assert told in text


def test_many_versions_take_as_few_queries_as_two(viewer) -> None:
    command = command_of("a\n", "b\n")
    viewer.get(url_of(command))
    with CaptureQueriesContext(connection) as few:
        viewer.get(url_of(command))
    person = PersonFactory()
    Version.objects.bulk_create(
        VersionFactory.build(command=command, number=number, person=person, cloud_id="c-x", **SCRIPT)
        for number in range(3, 300)
    )
    Command.objects.filter(pk=command.pk).update(version_number=299)

    with CaptureQueriesContext(connection) as many:
        response = viewer.get(url_of(command))

    assert "Version 299" in text_of(response)
    assert len(many) == len(few)


SCRIPT = {"name": "x", "type": "RunShellScript", "content": "uptime", "content_sha256": "0" * 64}
