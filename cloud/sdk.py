"""Alibaba's SDKs, imported at first use: together they cost two seconds and a hundred megabytes."""

from functools import cache
from typing import Any


@cache
def ecs() -> Any:
    """Request models of ECS, API version 2014-05-26."""
    from alibabacloud_ecs20140526 import models

    return models


@cache
def oos() -> Any:
    """Request models of Operation Orchestration Service, API version 2019-06-01."""
    from alibabacloud_oos20190601 import models

    return models
