"""Who may call: both signatures, wherever the parameters travel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import ECS, Api

AWKWARD = {"RegionId": "cn-hangzhou", "Name": "a b+c*d~e/f&g=h%20 王 {{x}}"}


@pytest.mark.parametrize(("method", "in_form"), [("GET", False), ("POST", False), ("POST", True)])
def test_the_new_signature_is_accepted_in_query_and_form(api: Api, method: str, in_form: bool) -> None:
    reply = api.acs3("DescribeCommands", AWKWARD, method=method, in_form=in_form)

    assert (reply.status, reply.body["Commands"]) == (200, {"Command": []})


@pytest.mark.parametrize(("method", "in_form"), [("GET", False), ("POST", False), ("POST", True)])
@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_the_old_signature_is_accepted_in_query_and_form(api: Api, method: str, in_form: bool, digest: str) -> None:
    reply = api.rpc("DescribeCommands", AWKWARD, method=method, in_form=in_form, digest=digest)

    assert (reply.status, reply.body["Commands"]) == (200, {"Command": []})


@pytest.mark.parametrize("sign", ["acs3", "rpc"])
def test_a_wrong_secret_is_refused(api: Api, sign: str) -> None:
    reply = getattr(replace(api, secret="wrong"), sign)("DescribeRegions", {})

    assert (reply.status, reply.code) == (400, "SignatureDoesNotMatch")


@pytest.mark.parametrize("sign", ["acs3", "rpc"])
def test_an_unknown_key_is_refused(api: Api, sign: str) -> None:
    reply = getattr(replace(api, key="nobody"), sign)("DescribeRegions", {})

    assert (reply.status, reply.code) == (404, "InvalidAccessKeyId.NotFound")


def test_a_request_without_any_signature_is_refused(api: Api) -> None:
    reply = api.send("POST", "/?Action=DescribeRegions&Version=2014-05-26", {}, b"")

    assert (reply.status, reply.code) == (400, "IncompleteSignature")


def test_a_signature_that_leaves_the_action_unsigned_is_refused(api: Api) -> None:
    headers = {
        "Authorization": f"ACS3-HMAC-SHA256 Credential={api.key},SignedHeaders=host;x-acs-date,Signature=00",
        "x-acs-action": "DescribeRegions",
    }

    assert api.send("POST", "/", headers, b"").code == "IncompleteSignature"


def test_a_body_that_was_changed_after_signing_is_refused(api: Api) -> None:
    reply = api.acs3("DescribeRegions", {"AcceptLanguage": "en-US"}, in_form=True, payload_hash="0" * 64)

    assert reply.code == "SignatureDoesNotMatch"


def test_a_request_line_of_a_whole_script_is_taken(api: Api) -> None:
    script = "#" * 18_000

    command_id = api.command(script)

    (row,) = api("DescribeCommands", CommandId=command_id, ContentEncoding="PlainText").body["Commands"]["Command"]
    assert row["CommandContent"] == script


def test_an_error_has_the_fields_of_the_api(api: Api) -> None:
    reply = api("DescribeInstances", region="cn-atlantis")

    assert reply.status == 404
    assert set(reply.body) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert reply.body["Code"] == "InvalidRegionId.NotFound"
    assert reply.body["RequestId"] in reply.body["Recommend"]
    assert reply.headers["content-type"] == "application/json;charset=utf-8"


def test_a_success_has_an_upper_case_request_id(api: Api) -> None:
    request_id = api("DescribeRegions", region="").body["RequestId"]

    assert (request_id, len(request_id)) == (request_id.upper(), 36)


def test_unknown_operations_and_versions_are_told_apart(api: Api) -> None:
    assert api("DescribeClouds").code == "InvalidAction.NotFound"
    assert api("DescribeRegions", version="1999-01-01").code == "InvalidVersion"
    assert api("DescribeRegions", version="2015-04-01").code == "InvalidAction.NotFound"


def test_a_missing_region_is_named(api: Api) -> None:
    reply = api("DescribeInstances", region="")

    assert (reply.status, reply.code) == (400, "MissingParameter")
    assert "RegionId" in reply.body["Message"]


@pytest.mark.parametrize("sign", ["acs3", "rpc"])
@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_date_far_off_counts_only_when_asked_for(api: Api, cloud: SimulatedCloud, sign: str, minutes: int) -> None:
    late = replace(api, date=datetime.now(UTC) + timedelta(minutes=minutes))
    assert getattr(late, sign)("DescribeRegions", {}).status == 200

    cloud.rule("check_date")

    reply = getattr(late, sign)("DescribeRegions", {})
    assert (reply.status, reply.code) == (400, "InvalidTimeStamp.Expired")
    assert getattr(api, sign)("DescribeRegions", {}).status == 200


def test_how_far_off_a_date_may_be_can_be_chosen(api: Api, cloud: SimulatedCloud) -> None:
    cloud.rule("check_date", seconds=5)

    late = replace(api, date=datetime.now(UTC) - timedelta(seconds=10))

    assert late("DescribeRegions").code == "InvalidTimeStamp.Expired"
    assert api("DescribeRegions").status == 200


def test_the_date_is_judged_by_the_clouds_clock(api: Api, cloud: SimulatedCloud) -> None:
    cloud.rule("check_date")
    cloud.clock(3600)

    assert api("DescribeRegions").code == "InvalidTimeStamp.Expired"
    ahead = replace(api, date=datetime.now(UTC) + timedelta(hours=1))
    assert ahead("DescribeRegions").status == 200


@pytest.mark.parametrize("sign", ["acs3", "rpc"])
def test_a_malformed_date_is_refused(api: Api, sign: str) -> None:
    reply = getattr(replace(api, date="yesterday"), sign)("DescribeRegions", {})

    assert (reply.status, reply.code) == (400, "IllegalTimestamp")


@pytest.mark.parametrize("sign", ["acs3", "rpc"])
def test_a_nonce_is_good_once_when_asked_for(api: Api, cloud: SimulatedCloud, sign: str) -> None:
    twin = replace(api, nonce="the-same")
    assert [getattr(twin, sign)("DescribeRegions", {}).status for _ in range(2)] == [200, 200]

    cloud.rule("check_nonce")

    replies = [getattr(twin, sign)("DescribeRegions", {}) for _ in range(2)]
    assert [reply.code for reply in replies] == ["", "SignatureNonceUsed"]


def test_answers_carry_the_clouds_own_date(api: Api, cloud: SimulatedCloud) -> None:
    cloud.clock(24 * 3600)

    date = api("DescribeRegions").headers["date"]

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert date.startswith(tomorrow.strftime("%a, %d %b %Y"))


def test_the_version_may_come_from_a_header_or_a_parameter(api: Api) -> None:
    assert api.rpc("DescribeRegions", {}, version=ECS).status == 200
    assert api.acs3("DescribeRegions", {}, version=ECS).status == 200
