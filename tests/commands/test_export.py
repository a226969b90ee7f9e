"""Commands as a file to take away."""

import json

import pytest

from commands.interchange import FORMAT, read
from commands.models import Superseded
from commands.saving import Edition
from tests.factories import CommandFactory, RegionFactory, define, now

pytestmark = pytest.mark.django_db

URL = "/r/cn-hangzhou/commands/export/"


@pytest.fixture(autouse=True)
def region():
    RegionFactory()


def names(response) -> list[str]:
    return [entry.name for entry in read(response.content).entries]


@pytest.mark.parametrize(("file_format", "kind"), [("json", "application/json"), ("yaml", "application/yaml")])
def test_commands_leave_as_a_file_of_a_fixed_name(operator, file_format, kind):
    command = CommandFactory(
        saved=True, content="#!/bin/bash\r\necho '{{a}}'\n", parameter_names=["a"], tags={"env": "prod"}
    )
    define(command, "a", pattern="[a-z]+", default="x")
    command.refresh_from_db()

    response = operator.get(URL, {"format": file_format})

    assert response.headers["Content-Type"] == kind
    assert response.headers["Content-Disposition"] == f'attachment; filename="commands-cn-hangzhou.{file_format}"'
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    (entry,) = read(response.content).entries
    assert entry.edition.columns() == Edition.of(command).columns()


def test_the_file_says_what_it_is(operator):
    assert json.loads(operator.get(URL).content) == {"format": FORMAT, "version": 1, "commands": []}


def test_only_own_commands_of_the_region_that_are_there_leave(operator):
    CommandFactory(name="mine")
    CommandFactory(name="public", is_public=True)
    CommandFactory(name="elsewhere", region="cn-beijing")
    CommandFactory(name="gone", deleted_at=now())

    assert names(operator.get(URL)) == ["mine"]


def test_the_filters_of_the_list_hold_for_the_file(operator):
    CommandFactory(name="nginx-reload", tags={"env": "prod"})
    CommandFactory(name="nginx-iis", type="RunPowerShellScript")
    CommandFactory(name="other")

    assert names(operator.get(URL, {"q": "nginx"})) == ["nginx-iis", "nginx-reload"]
    assert names(operator.get(URL, {"type": "powershell"})) == ["nginx-iis"]
    assert names(operator.get(URL, {"tag": "env=prod"})) == ["nginx-reload"]


def test_single_commands_leave_by_their_ids_old_ones_too(operator):
    one, two = CommandFactory(name="one"), CommandFactory(name="two")
    CommandFactory(name="three")
    Superseded.objects.create(region=two.region, cloud_id="c-old", command=two, since=now())

    assert names(operator.get(URL, {"ids": f"{one.cloud_id}, c-old"})) == ["one", "two"]
    assert names(operator.get(URL, {"ids": f"{two.cloud_id},c-old"})) == ["two"]


@pytest.mark.parametrize("ids", ["c-nobody", "'; drop table", "../x"])
def test_ids_that_are_none_find_nothing(operator, ids):
    response = operator.get(URL, {"ids": ids})

    assert response.status_code == 404
    assert "There is no such command to export." in response.content.decode()


def test_a_format_that_is_none_is_json(operator):
    assert operator.get(URL, {"format": "exe"}).headers["Content-Type"] == "application/json"


def test_a_secret_leaves_without_any_value(operator):
    command = CommandFactory(content="{{key}}", parameter_names=["key"])
    define(command, "key", is_secret=True)

    (parameter,) = json.loads(operator.get(URL).content)["commands"][0]["parameters"]

    assert (parameter["secret"], parameter["default"]) == (True, "")


def test_a_viewer_takes_nothing_away(viewer):
    assert viewer.get(URL).status_code == 404


def test_many_commands_take_no_more_queries_than_one(operator, django_assert_max_num_queries):
    CommandFactory.create_batch(50)
    operator.get(URL)

    with django_assert_max_num_queries(12):
        assert len(names(operator.get(URL))) == 50
