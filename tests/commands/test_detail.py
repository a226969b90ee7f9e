"""The page of one command."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.models import Command, CommandType
from tests.factories import (
    CommandFactory,
    InvocationFactory,
    PersonFactory,
    RegionFactory,
    VersionFactory,
    define,
    now,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _regions() -> None:
    RegionFactory()
    RegionFactory(region_id="cn-beijing", name_en="China (Beijing)")


def url_of(command, region: str = "cn-hangzhou") -> str:
    return f"/r/{region}/commands/{command.cloud_id}/"


def content_on(page: str) -> str:
    (content,) = re.findall(r'data-testid="command-content">(.*?)</pre>', page, re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", content))


def test_the_script_is_shown_as_it_is_with_its_parameters_marked(viewer) -> None:
    script = '#!/bin/bash\necho "{{service}}" && exit 0 </script> & {% now %}\n'
    command = CommandFactory(content=script, parameter_names=["service"])

    page = viewer.get(url_of(command)).content.decode()

    assert content_on(page) == script.removesuffix("\n")
    assert '<mark class="p">{{service}}</mark>' in page
    assert "</script> &" not in page


def test_braces_of_a_command_without_parameters_are_text(viewer) -> None:
    command = CommandFactory(content="echo {{x}}", enable_parameter=False)

    assert '<mark class="p">' not in viewer.get(url_of(command)).content.decode()


def test_an_allowed_value_with_a_comma_is_told_from_two(viewer) -> None:
    command = CommandFactory(parameter_names=["word"])
    define(command, name="word", allowed=["a, b", "c"])

    assert "&quot;a, b&quot;, c</td>" in viewer.get(url_of(command)).content.decode()


def test_the_parameters_are_told_with_what_is_known_of_them(viewer) -> None:
    command = CommandFactory(parameter_names=["service", "wait", "key"])
    define(command, name="service", description="A unit", is_required=True, pattern="[a-z]+")
    define(command, name="wait", default="30", allowed=["5", "30"])
    define(command, name="key", is_secret=True)

    page = viewer.get(url_of(command)).content.decode()

    for text in ("A unit", "Required", "/[a-z]+/", '<td class="mono">30</td>', "5, 30", "Secret", "3 parameters"):
        assert text in page


@pytest.mark.parametrize(
    ("command_type", "path", "user"),
    [(CommandType.SHELL, "home directory", "root"), (CommandType.BAT, r"C:\Windows\System32", "System")],
)
def test_the_settings_are_told_with_their_defaults(viewer, command_type: str, path: str, user: str) -> None:
    command = CommandFactory(type=command_type, content="x" * 3000, timeout=600)

    page = viewer.get(url_of(command)).content.decode()

    for text in (path, f"{user} by default", "600 s", "3.9 of 24 KB after Base64", command.cloud_id):
        assert text in page


def test_a_public_command_says_who_provides_it(viewer) -> None:
    command = CommandFactory(is_public=True, provider="AlibabaCloud.ECS.GuestOS", version="2")

    page = viewer.get(url_of(command)).content.decode()

    assert "AlibabaCloud.ECS.GuestOS" in page
    assert "Runs by name; updates come from the provider." in page


def test_those_who_may_are_offered_to_run_it(viewer, operator) -> None:
    command = CommandFactory()
    link = f"/r/cn-hangzhou/commands/{command.cloud_id}/run/"

    assert link in operator.get(url_of(command)).content.decode()
    assert link not in viewer.get(url_of(command)).content.decode()


def test_each_role_is_offered_what_it_may_do(viewer, operator, admin) -> None:
    command = CommandFactory(saved=True)
    own = url_of(command)
    admins = [f"{own}edit/", f"{own}copy/", f"{own}delete/", f"new/?clone={command.cloud_id}"]
    operators = ["Copy run link", f'data-copy-url="{own}run/"']

    pages = {person: person.get(own).content.decode() for person in (viewer, operator, admin)}

    assert [[text in page for text in operators] for page in pages.values()] == [[False] * 2, [True] * 2, [True] * 2]
    assert [[text in page for text in admins] for page in pages.values()] == [[False] * 4, [False] * 4, [True] * 4]


def test_a_public_command_can_be_run_and_cloned_only(admin) -> None:
    command = CommandFactory(is_public=True, provider="AlibabaCloud.ECS.GuestOS")
    own = url_of(command)

    page = admin.get(own).content.decode()

    assert f"new/?clone={command.cloud_id}" in page
    assert f'data-copy-url="{own}run/"' in page
    assert not [word for word in ("edit/", "copy/", "delete/", "versions/") if own + word in page]


def test_who_created_and_who_changed_it_is_told(viewer) -> None:
    command = CommandFactory(created_at=now())  # of the cloud command that carries the newest version
    VersionFactory(command=command, person=PersonFactory(username="zhao.m"), saved_at=now() - timedelta(days=3))
    VersionFactory(command=command, person=PersonFactory(username="li.wei"))

    page = re.sub(r"<[^>]*>", "", viewer.get(url_of(command)).content.decode())

    assert "version 2" in page
    assert re.search(r"Created\s+3 days ago by zhao.m\s+Modified\s+just now by li.wei", page)


def test_a_dangerous_line_is_marked_and_said(viewer) -> None:
    command = CommandFactory(content="echo start\nrm -rf /\n")

    page = viewer.get(url_of(command)).content.decode()

    assert page.count('class="l w"') == 1
    assert "Line 2: removes files recursively from /." in page
    assert "Running this will need a typed confirmation." in page
    assert "typed confirmation" not in viewer.get(url_of(CommandFactory())).content.decode()


def test_its_runs_are_counted_whatever_version_ran(viewer) -> None:
    command = CommandFactory()
    InvocationFactory(command=command)
    InvocationFactory(command=command, command_cloud_id="c-hz0old")

    assert 'Runs<span class="n">2</span>' in viewer.get(url_of(command)).content.decode()


def test_C47_a_tag_is_isolated_and_named(viewer) -> None:
    command = CommandFactory(tags={"team\u202e": "<b>"})

    page = viewer.get(url_of(command)).content.decode()

    assert "\u202e" not in re.sub(r"<span class=\"[^\"]*\" title[^>]*>.*?</span>", "", page)
    assert "=<bdi>&lt;b&gt;</bdi>" in page


def test_many_commands_and_runs_take_as_few_queries_as_one(viewer) -> None:
    command = CommandFactory(saved=True)
    viewer.get(url_of(command))
    with CaptureQueriesContext(connection) as few:
        viewer.get(url_of(command))
    Command.objects.bulk_create(CommandFactory.build_batch(499))
    InvocationFactory.create_batch(20, command=command)

    with CaptureQueriesContext(connection) as many:
        viewer.get(url_of(command))

    assert len(many) == len(few) < 25


def test_B17_the_command_of_another_region_is_told_to_be_there(viewer) -> None:
    command = CommandFactory(region="cn-beijing")

    response = viewer.get(url_of(command))

    assert response.status_code == 404
    assert "This command is in China (Beijing)." in response.content.decode()


@pytest.mark.parametrize("cloud_id", ["C-HZ0123456789", "c-nothing", "mi-hz0123456789", "c-hz%00", "x" * 3000])
def test_B17_an_id_of_nothing_is_404(viewer, cloud_id: str) -> None:
    CommandFactory(cloud_id="c-hz0123456789")

    assert viewer.get(f"/r/cn-hangzhou/commands/{cloud_id}/").status_code == 404


def test_B17_a_deleted_command_is_404_and_says_so(viewer) -> None:
    from django.utils import timezone

    command = CommandFactory(deleted_at=timezone.now())

    response = viewer.get(url_of(command))

    assert response.status_code == 404
    assert "This command no longer exists in" in response.content.decode()


def test_a_stranger_is_led_to_the_sign_in_page(stranger) -> None:
    assert stranger.get(url_of(CommandFactory())).status_code == 302


def test_B75_the_script_can_be_had_as_a_file_byte_for_byte(viewer) -> None:
    command = CommandFactory(name='a/"b"\r\n中.sh', content="echo é\r\n")

    response = viewer.get(url_of(command) + "content/")

    assert response.content == "echo é\r\n".encode()
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Content-Disposition"] == "attachment; filename*=utf-8''a_b_%E4%B8%AD.sh.sh"
