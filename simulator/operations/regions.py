"""DescribeRegions."""

from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.fleet import REGIONS
from simulator.wire import Body, Call

REGION_IDS = frozenset(region.id for region in REGIONS)


def describe_regions(cloud: Cloud, call: Call) -> Body:
    is_chinese = (call.text("AcceptLanguage") or "zh-CN").lower().startswith("zh")
    rows = [
        {
            "RegionId": region.id,
            "LocalName": region.name_zh if is_chinese else region.name_en,
            "RegionEndpoint": f"ecs.{region.id}.aliyuncs.com",
            "Status": "available",
        }
        for region in REGIONS
    ]
    return {"Regions": {"Region": rows}}


def check_region(call: Call) -> None:
    """For operations that need a RegionId: ApiError unless there is such a region."""
    if call.required("RegionId") not in REGION_IDS:
        raise ApiError("InvalidRegionId.NotFound")
