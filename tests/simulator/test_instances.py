"""DescribeInstances and DescribeManagedInstances."""

import json

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api


def instance_ids(api: Api, **filters: object) -> list[str]:
    """Of the first 100 found."""
    reply = api("DescribeInstances", MaxResults=100, **filters)
    assert reply.status == 200, reply.body
    return [row["InstanceId"] for row in reply.body["Instances"]["Instance"]]


def test_the_whole_region_comes_page_by_page_without_repeats(api: Api, cloud: SimulatedCloud) -> None:
    seen: list[str] = []
    token = ""
    while True:
        body = api("DescribeInstances", MaxResults=100, NextToken=token).body
        seen += [row["InstanceId"] for row in body["Instances"]["Instance"]]
        if not (token := body["NextToken"]):
            break

    assert seen == [each.instance_id for each in cloud.instances("cn-hangzhou", kind="ecs")]


def test_pages_may_be_numbered_and_are_then_counted(api: Api, cloud: SimulatedCloud) -> None:
    whole = [each.instance_id for each in cloud.instances("cn-hangzhou", kind="ecs")]

    body = api("DescribeInstances", PageNumber=2, PageSize=20).body

    assert [row["InstanceId"] for row in body["Instances"]["Instance"]] == whole[20:40]
    assert (body["TotalCount"], body["PageNumber"], body["PageSize"]) == (len(whole), 2, 20)


@pytest.mark.parametrize(("asked", "given"), [(1, 10), (9, 10), (10, 10), (100, 100), (101, 100), (5000, 100)])
def test_a_page_size_out_of_bounds_is_brought_within(api: Api, asked: int, given: int) -> None:
    assert len(api("DescribeInstances", MaxResults=asked).body["Instances"]["Instance"]) == given


def test_bad_page_values_are_refused(api: Api) -> None:
    assert api("DescribeInstances", MaxResults="ten").code == "InvalidParameter.MaxResults"
    assert api("DescribeInstances", NextToken="nonsense").code == "InvalidParameter.NextToken"
    assert api("DescribeInstances", PageNumber=0).code == "InvalidParam.PageNumber"


def test_a_row_has_the_types_that_typed_clients_expect(api: Api) -> None:
    row = api("DescribeInstances").body["Instances"]["Instance"][0]

    assert isinstance(row["Cpu"], int)
    assert isinstance(row["Memory"], int)
    assert row["OSType"] in ("linux", "windows")
    assert all(set(tag) == {"TagKey", "TagValue"} for tag in row["Tags"]["Tag"])
    assert isinstance(row["VpcAttributes"]["PrivateIpAddress"]["IpAddress"], list)
    assert isinstance(row["PublicIpAddress"]["IpAddress"], list)
    assert row["CreationTime"].endswith("Z")
    assert len(row["CreationTime"]) == len("2026-11-24T08:00Z")


def test_ids_are_a_filter_and_unknown_ones_are_simply_absent(api: Api, linux: list[str]) -> None:
    assert instance_ids(api, InstanceIds=json.dumps([*linux, "i-unknown"])) == linux
    assert instance_ids(api, InstanceIds="[]") == []


@pytest.mark.parametrize("value", ["i-1", "{}", "[1]", "", json.dumps(["i-1"] * 101)])
def test_malformed_ids_are_refused(api: Api, value: str) -> None:
    reply = api("DescribeInstances", InstanceIds=value)

    assert (reply.status, reply.code) == (400, "InvalidParameter")


def test_tags_must_all_match(api: Api, cloud: SimulatedCloud) -> None:
    wanted = {"env": "staging", "role": "web"}

    assert instance_ids(api, Tag=wanted) == [each.instance_id for each in cloud.instances("cn-hangzhou", tags=wanted)]
    assert instance_ids(api, Tag={**wanted, "role": "none"}) == []


def test_one_hundred_and_twenty_of_the_tagged_web_servers_can_run(api: Api, cloud: SimulatedCloud) -> None:
    tagged = cloud.instances("cn-hangzhou", tags={"env": "prod", "role": "web"})

    assert sum(each.can_run for each in tagged) == 120
    assert len(tagged) > 120


def test_names_take_a_star_and_addresses_are_exact(api: Api) -> None:
    (row,) = api("DescribeInstances", InstanceName="hz-web-012").body["Instances"]["Instance"]
    address = row["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0]

    assert row["InstanceId"] in instance_ids(api, InstanceName="hz-web-01*")
    assert len(instance_ids(api, InstanceName="hz-web-01*")) == 10
    assert instance_ids(api, PrivateIpAddresses=json.dumps([address]), InstanceNetworkType="vpc") == [row["InstanceId"]]
    assert instance_ids(api, PrivateIpAddresses=json.dumps([address[:-1]]), InstanceNetworkType="vpc") == []


@pytest.mark.parametrize("field", ["ZoneId", "InstanceType"])
def test_other_fields_filter_exactly(api: Api, field: str) -> None:
    wanted = api("DescribeInstances").body["Instances"]["Instance"][0][field]

    rows = api("DescribeInstances", MaxResults=100, **{field: wanted}).body["Instances"]["Instance"]

    assert {row[field] for row in rows} == {wanted}


def test_status_filters(api: Api, cloud: SimulatedCloud) -> None:
    stopped = [each.instance_id for each in cloud.instances("cn-hangzhou", kind="ecs", status="Stopped")]

    assert instance_ids(api, Status="Stopped") == stopped != []
    assert api("DescribeInstances", Status="Asleep").code == "InvalidStatus.NotFound"


def test_a_dry_run_that_passes_answers_an_error_code(api: Api) -> None:
    reply = api("DescribeInstances", DryRun="true")

    assert (reply.status, reply.code) == (400, "DryRunOperation")


def test_a_change_behind_the_scenes_is_seen(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.retag_instance(linux[0], {"team": "blue"})
    cloud.release_instance(linux[1])

    rows = api("DescribeInstances", InstanceIds=json.dumps(linux)).body["Instances"]["Instance"]

    assert [row["InstanceId"] for row in rows] == [linux[0], linux[2]]
    assert rows[0]["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "blue"}]


def test_managed_instances_have_plain_lists_and_booleans(api: Api, cloud: SimulatedCloud) -> None:
    rows = api("DescribeManagedInstances", MaxResults=50).body["Instances"]

    assert [row["InstanceId"] for row in rows] == [
        each.instance_id for each in cloud.instances("cn-hangzhou", kind="managed")
    ]
    assert all(row["InstanceId"].startswith("mi-") for row in rows)
    assert {type(row["Connected"]) for row in rows} == {bool}
    assert {type(row["InvocationCount"]) for row in rows} == {int}
    assert all(set(tag) == {"TagKey", "TagValue"} for row in rows for tag in row["Tags"])


def test_managed_instances_can_be_filtered(api: Api) -> None:
    rows = api("DescribeManagedInstances", MaxResults=50).body["Instances"]
    first, offline = rows[0], [row["InstanceId"] for row in rows if not row["Connected"]]

    def found(**filters: object) -> list[str]:
        return [
            row["InstanceId"] for row in api("DescribeManagedInstances", MaxResults=50, **filters).body["Instances"]
        ]

    assert found(InstanceId=[first["InstanceId"]]) == [first["InstanceId"]]
    assert found(InstanceIp=first["InternetIp"]) == [first["InstanceId"]]
    assert first["InstanceId"] in found(InstanceIp=first["IntranetIp"])
    assert found(InstanceName=first["InstanceName"]) == [first["InstanceId"]]
    assert found(Connected="false") == offline != []
    assert {row["OsType"] for row in rows if row["InstanceId"] in found(OsType="windows")} == {"windows"}


def test_managed_instances_exist_in_some_regions_only(api: Api) -> None:
    reply = api("DescribeManagedInstances", region="eu-west-1")

    assert (reply.status, reply.code) == (400, "RegionId.ApiNotSupported")
    assert api("DescribeManagedInstances", region="us-east-1").body["Instances"] == []


def test_a_page_of_managed_instances_has_a_limit(api: Api) -> None:
    assert api("DescribeManagedInstances", MaxResults=51).code == "InvalidParameter.MaxResults"
    assert api("DescribeManagedInstances", PageSize=51).code == "InvalidParam.PageSize"
