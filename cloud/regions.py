"""Which regions there are."""

from dataclasses import dataclass
from typing import Literal

from cloud import answers, sdk
from cloud.connection import Connection
from cloud.gate import call

HOME_REGION = "cn-hangzhou"  # any endpoint lists all regions

# Where managed instances exist (DescribeManagedInstances; help page of 2026). RegionId.ApiNotSupported counts as well.
MANAGED_INSTANCE_REGIONS = frozenset(
    {
        "cn-qingdao",
        "cn-beijing",
        "cn-zhangjiakou",
        "cn-huhehaote",
        "cn-wulanchabu",
        "cn-hangzhou",
        "cn-shanghai",
        "cn-shenzhen",
        "cn-heyuan",
        "cn-guangzhou",
        "cn-chengdu",
        "cn-hongkong",
        "ap-southeast-1",
        "ap-northeast-1",
        "us-west-1",
        "us-east-1",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    region_id: str
    local_name: str  # in the language asked for


def list_regions(connection: Connection, *, language: Literal["en-US", "zh-CN"] = "en-US") -> list[Region]:
    """All regions open to the account, in the cloud's order (DescribeRegions)."""
    request = sdk.ecs().DescribeRegionsRequest(accept_language=language)
    answer = call("DescribeRegions", connection, HOME_REGION, request)
    return [
        Region(region_id=answers.text(row, "RegionId"), local_name=answers.text(row, "LocalName"))
        for row in answers.rows(answer, "Regions", "Region")
    ]
