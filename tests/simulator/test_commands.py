"""DescribeCommands, CreateCommand, ModifyCommand, DeleteCommand."""

import base64
from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api, base64_of, tagged


def listed(api: Api, **filters: Any) -> list[dict[str, Any]]:
    reply = api("DescribeCommands", MaxResults=50, **filters)
    assert reply.status == 200, reply.body
    return list(reply.body["Commands"]["Command"])


def names(api: Api, **filters: Any) -> list[str]:
    return [row["Name"] for row in listed(api, **filters)]


def test_a_created_command_is_listed_as_it_was_given(api: Api) -> None:
    command_id = api.command(
        "df -h {{ path }}",
        Name="disk 磁盘",
        Description="how full",
        WorkingDir="/var",
        Timeout=90,
        Launcher="bash -x",
        EnableParameter="TRUE",
        Tag={"team": "web"},
        ResourceGroupId="rg-1",
    )

    (row,) = listed(api, CommandId=command_id)
    assert base64.b64decode(row["CommandContent"]).decode() == "df -h {{ path }}"
    expected = {
        "CommandId": command_id,
        "Name": "disk 磁盘",
        "Description": "how full",
        "Type": "RunShellScript",
        "WorkingDir": "/var",
        "Timeout": 90,
        "Launcher": "bash -x",
        "EnableParameter": True,
        "ParameterNames": {"ParameterName": ["path"]},
        "ParameterDefinitions": {"ParameterDefinition": []},
        "InvokeTimes": 0,
        "ResourceGroupId": "rg-1",
        "Tags": {"Tag": [{"TagKey": "team", "TagValue": "web"}]},
    }
    assert {name: row[name] for name in expected} == expected
    assert "Provider" not in row


def test_content_is_base64_unless_said_otherwise(api: Api) -> None:
    plain = api("CreateCommand", Name="a", Type="RunShellScript", CommandContent="echo é", ContentEncoding="PlainText")
    odd = api(
        "CreateCommand", Name="b", Type="RunShellScript", CommandContent=base64_of("echo é"), ContentEncoding="Rot13"
    )

    contents = {row["Name"]: row["CommandContent"] for row in listed(api, ContentEncoding="PlainText")}
    assert (plain.status, odd.status) == (200, 200)
    assert (contents["a"], contents["b"]) == ("echo é", "echo é")


def test_names_of_parameters_ignore_case_spaces_and_what_is_not_custom(api: Api) -> None:
    content = "{{ One }} {{one}} {{\ntwo\n}} {{ACS::InstanceId}} {{ acs :: RegionId }} {{oos:x}} {{oos-secret:y}}"

    (row,) = listed(api, CommandId=api.command(content, EnableParameter=True))

    assert row["ParameterNames"]["ParameterName"] == ["One", "two"]


def test_without_custom_parameters_braces_are_text(api: Api) -> None:
    (row,) = listed(api, CommandId=api.command("echo {{ not one }}"))

    assert (row["EnableParameter"], row["ParameterNames"]) == (False, {"ParameterName": []})


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"Type": "RunPerlScript"}, 404, "InvalidCmdType.NotFound"),
        ({"CommandContent": "%%%"}, 400, "CmdContent.DecodeError"),
        ({"CommandContent": base64.b64encode(b"\xff\xfe").decode()}, 400, "CmdContent.DecodeError"),
        ({"CommandContent": base64_of("x" * 18433)}, 403, "CmdContent.ExceedLimit"),
        ({"CommandContent": ""}, 400, "MissingParameter"),
        ({"Name": ""}, 400, "MissingParameter"),
        ({"Name": "n" * 129}, 403, "CmdName.ExceedLimit"),
        ({"Name": "a\nb"}, 403, "InvalidParameterCharacter.CommandName"),
        ({"Description": "d" * 513}, 403, "CmdDesc.ExceedLimit"),
        ({"WorkingDir": "/" + "w" * 200}, 400, "InvalidParameter.WorkingDir"),
        ({"WorkingDir": "/a\x00b"}, 403, "InvalidParameterCharacter.CommandWorkingDir"),
        ({"Launcher": "l" * 1025}, 403, "InvalidLauncher.LengthLimitExceeded"),
        ({"Timeout": 86401}, 403, "InvalidTimeout.ExceedLimit"),
        ({"Timeout": "soon"}, 400, "InvalidParameter"),
        ({"EnableParameter": "maybe"}, 400, "InvalidParameter"),
        ({"EnableParameter": True, "CommandContent": base64_of("{{ }}")}, 400, "CmdParam.EmptyKey"),
        ({"EnableParameter": True, "CommandContent": base64_of("{{a b}}")}, 400, "CmdParam.InvalidParamName"),
        (
            {"EnableParameter": True, "CommandContent": base64_of("{{%s}}" % ("p" * 65))},
            403,
            "CmdParamName.ExceedLimit",
        ),
        (
            {"EnableParameter": True, "CommandContent": base64_of(" ".join(f"{{{{p{n}}}}}" for n in range(21)))},
            403,
            "CmdParamCount.ExceedLimit",
        ),
        ({f"Tag.{n}.Key": f"k{n}" for n in range(1, 22)}, 400, "NumberExceed.Tags"),
        ({"Tag.1.Value": "v"}, 400, "MissingParameter.TagKey"),
        ({"Tag.1.Key": "a", "Tag.2.Key": "a"}, 400, "Duplicate.TagKey"),
        ({"Tag.1.Key": "acs:x"}, 400, "InvalidTagKey.Malformed"),
        ({"Tag.1.Key": "a", "Tag.1.Value": "http://x"}, 400, "InvalidTagValue.Malformed"),
        ({"Tag.1.Key": "a", "Tag.1.Value": "v" * 129}, 400, "InvalidTagValue.Malformed"),
    ],
)
def test_what_cannot_be_saved_is_refused(api: Api, wish: dict[str, Any], status: int, code: str) -> None:
    good = {"Name": "new", "Type": "RunShellScript", "CommandContent": base64_of("echo")}

    reply = api("CreateCommand", **{**good, **wish})

    assert (reply.status, reply.code) == (status, code)
    assert "new" not in names(api)


def test_the_longest_script_fits(api: Api) -> None:
    assert api.command("x" * 18432)


def test_a_short_timeout_is_raised_to_ten_seconds(api: Api) -> None:
    (row,) = listed(api, CommandId=api.command(Timeout=3))

    assert row["Timeout"] == 10


def test_a_region_holds_so_many_commands_and_no_more(api: Api) -> None:
    region = "eu-west-1"  # has none of its own
    for number in range(500):
        created = api("CreateCommand", region=region, Name=f"c{number}", Type="RunShellScript", CommandContent="ZQ==")
        assert created.status == 200

    reply = api("CreateCommand", region=region, Name="one more", Type="RunShellScript", CommandContent="ZQ==")

    assert (reply.status, reply.code) == (403, "CmdCount.ExceedQuota")
    body = api("DescribeCommands", region=region, PageSize=50, PageNumber=10).body
    assert (body["TotalCount"], len(body["Commands"]["Command"])) == (500, 50)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("restart-service", True),
        ("restart", False),
        ("restart*", True),
        ("*service", True),
        ("*tart-serv*", True),
        ("*restart", False),
    ],
)
def test_own_commands_are_found_by_name_with_a_star_at_either_end(api: Api, pattern: str, found: bool) -> None:
    assert ("restart-service" in names(api, Name=pattern)) is found


def test_commands_are_filtered_by_type_and_tag(api: Api) -> None:
    assert {row["Type"] for row in listed(api, Type="RunBatScript")} == {"RunBatScript"}
    assert set(names(api, **tagged({"team": "web", "kind": "service"}))) >= {"restart-service"}
    assert names(api, **tagged({"team": "web", "kind": "none"})) == []


def test_the_saved_commands_of_a_new_cloud_are_there(api: Api) -> None:
    rows = {row["Name"]: row for row in listed(api)}

    assert len(rows) == 12
    assert rows["restart-service"]["ParameterNames"]["ParameterName"] == ["service", "wait_seconds"]
    assert rows["check-disk-usage"]["ParameterNames"]["ParameterName"] == ["threshold"]
    assert {row["Type"] for row in rows.values()} == {"RunShellScript", "RunPowerShellScript", "RunBatScript"}


def test_public_commands_define_their_parameters(api: Api) -> None:
    rows = listed(api, Provider="AlibabaCloud")

    assert rows
    assert all(row["Provider"].startswith("AlibabaCloud.") and row["Version"] >= 1 and row["Latest"] for row in rows)
    definitions = [each for row in rows for each in row["ParameterDefinitions"]["ParameterDefinition"]]
    assert definitions
    for definition in definitions:
        assert {"ParameterName", "Description", "DefaultValue", "Required", "PossibleValues", "PatternRegex"} == set(
            definition
        )
    assert names(api, Provider=rows[0]["Provider"], Name=rows[0]["Name"][8:20].lower()) != []
    assert names(api, Provider="Nobody") == []


def test_an_unknown_command_is_an_empty_list(api: Api) -> None:
    assert listed(api, CommandId="c-unknown") == []


def test_commands_belong_to_a_region(api: Api) -> None:
    command_id = api.command()

    assert listed(api, region="cn-beijing", CommandId=command_id) == []


def test_everything_but_the_script_can_be_modified(api: Api) -> None:
    command_id = api.command("echo old")

    reply = api(
        "ModifyCommand",
        CommandId=command_id,
        Name="renamed",
        Description="d",
        WorkingDir="/opt",
        Timeout=120,
        Launcher="sh",
        CommandContent=base64_of("echo new"),
    )

    assert set(reply.body) == {"RequestId"}
    (row,) = listed(api, CommandId=command_id, ContentEncoding="PlainText")
    assert (row["Name"], row["Description"], row["WorkingDir"], row["Timeout"], row["Launcher"]) == (
        "renamed",
        "d",
        "/opt",
        120,
        "sh",
    )
    assert row["CommandContent"] == "echo old"


def test_what_is_not_given_stays_and_what_is_blank_is_blanked(api: Api) -> None:
    command_id = api.command(Name="stays", Description="goes")

    api("ModifyCommand", CommandId=command_id, Description="")

    (row,) = listed(api, CommandId=command_id)
    assert (row["Name"], row["Description"]) == ("stays", "")


def test_modifying_has_its_refusals(api: Api) -> None:
    command_id = api.command()

    assert api("ModifyCommand", CommandId="c-unknown", Name="x").code == "InvalidCmdId.NotFound"
    assert api("ModifyCommand", CommandId=command_id, region="cn-beijing").code == "InvalidCmdId.NotFound"
    assert api("ModifyCommand", CommandId=command_id, Name="n" * 129).code == "CmdName.ExceedLimit"


def test_a_deleted_command_is_gone(api: Api) -> None:
    command_id = api.command()

    assert api("DeleteCommand", CommandId=command_id).status == 200

    assert listed(api, CommandId=command_id) == []
    again = api("DeleteCommand", CommandId=command_id)
    assert (again.status, again.code) == (404, "InvalidCmdId.NotFound")


def test_a_command_that_runs_cannot_be_deleted(api: Api, linux: list[str], cloud: SimulatedCloud) -> None:
    command_id = api.command()
    cloud.event("agent_dies_after_accept", instance_id=linux[0])
    invoke_id = api.invoke(command_id, linux[:1])

    reply = api("DeleteCommand", CommandId=command_id)

    assert (reply.status, reply.code) == (403, "Operation.Forbidden")
    cloud.release_instance(linux[0])
    api.ended(invoke_id)
    assert api("DeleteCommand", CommandId=command_id).status == 200


def test_invocations_are_counted(api: Api, linux: list[str]) -> None:
    command_id = api.command()
    for _ in range(2):
        api.invoke(command_id, linux)

    (row,) = listed(api, CommandId=command_id)

    assert row["InvokeTimes"] == 2


def test_pages_of_commands_have_a_limit(api: Api) -> None:
    assert api("DescribeCommands", MaxResults=51).code == "InvalidParameter.MaxResults"
    assert api("DescribeCommands", MaxResults=0).code == "InvalidParameter.MaxResults"
    first = api("DescribeCommands", MaxResults=5).body
    second = api("DescribeCommands", MaxResults=50, NextToken=first["NextToken"]).body
    together = [row["Name"] for body in (first, second) for row in body["Commands"]["Command"]]
    assert together == names(api)
    assert (first["TotalCount"], second["NextToken"]) == (0, "")
