"""DescribeRegions, DescribeAccountAttributes, GetCallerIdentity, and the names of secrets."""

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import OOS, STS, Api


@pytest.mark.parametrize(
    ("language", "name"), [("en-US", "China (Hangzhou)"), ("zh-CN", "华东1（杭州）"), ("", "华东1（杭州）")]
)
def test_regions_have_names_in_the_language_asked_for(api: Api, language: str, name: str) -> None:
    regions = api("DescribeRegions", region="", AcceptLanguage=language).body["Regions"]["Region"]

    (hangzhou,) = [region for region in regions if region["RegionId"] == "cn-hangzhou"]
    assert (hangzhou["LocalName"], hangzhou["Status"]) == (name, "available")
    assert hangzhou["RegionEndpoint"] == "ecs.cn-hangzhou.aliyuncs.com"


def test_the_real_regions_are_there(api: Api) -> None:
    ids = [region["RegionId"] for region in api("DescribeRegions").body["Regions"]["Region"]]

    assert len(ids) == len(set(ids)) >= 28
    assert {"cn-beijing", "cn-shanghai", "ap-southeast-1", "eu-central-1"} <= set(ids)


def test_limits_are_told_as_text(api: Api) -> None:
    reply = api(
        "DescribeAccountAttributes", AttributeName=["max-axt-invocation-daily", "max-axt-command-count", "other"]
    )

    items = reply.body["AccountAttributeItems"]["AccountAttributeItem"]
    assert {item["AttributeName"]: item["AttributeValues"]["ValueItem"] for item in items} == {
        "max-axt-invocation-daily": [{"Value": "5000"}],
        "max-axt-command-count": [{"Value": "500"}],
    }


def test_the_caller_learns_its_account(api: Api, cloud: SimulatedCloud) -> None:
    identity = api("GetCallerIdentity", version=STS, region="").body

    assert identity["IdentityType"] == "RAMUser"
    assert identity["AccountId"].isdigit()
    assert identity["AccountId"] in identity["Arn"]

    cloud.rule("other_account", account_id="1111222233334444")

    assert api("GetCallerIdentity", version=STS, region="").body["AccountId"] == "1111222233334444"


def test_names_of_secrets_are_listed_without_values(api: Api) -> None:
    secrets = api("ListSecretParameters", version=OOS).body["Parameters"]

    assert [secret["Name"] for secret in secrets] == ["win-administrator-password", "win-deploy-password"]
    assert all("Value" not in secret and secret["Type"] == "Secret" for secret in secrets)
    found = api("ListSecretParameters", version=OOS, Name="deploy").body["Parameters"]
    assert [secret["Name"] for secret in found] == ["win-deploy-password"]


def test_secrets_are_those_of_the_region(api: Api) -> None:
    assert api("ListSecretParameters", version=OOS, region="eu-west-1").body["Parameters"] == []


def test_one_secret_is_told_of_but_never_decrypted(api: Api) -> None:
    reply = api("GetSecretParameter", version=OOS, Name="win-deploy-password")

    assert reply.body["Parameter"]["Name"] == "win-deploy-password"
    assert "Value" not in reply.body["Parameter"]
    decrypted = api("GetSecretParameter", version=OOS, Name="win-deploy-password", WithDecryption=True)
    assert (decrypted.status, decrypted.code) == (403, "Forbidden.RAM")
    unknown = api("GetSecretParameter", version=OOS, Name="nothing")
    assert (unknown.status, unknown.code) == (404, "EntityNotExists.Parameter")


def test_secrets_come_in_pages_of_ten_at_least(api: Api) -> None:
    assert api("ListSecretParameters", version=OOS, MaxResults=9).code == "InvalidParameter.MaxResults"
    assert api("ListSecretParameters", version=OOS, MaxResults=10).body["NextToken"] == ""
