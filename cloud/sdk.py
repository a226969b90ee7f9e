"""Alibaba's SDKs, imported at first use: together they cost two seconds and a hundred megabytes."""

from functools import cache
from typing import Any


def warm() -> None:
    """Import all of it now, so that whoever calls the cloud first need not wait for that."""
    from cloud import wire  # noqa: F401

    ecs()
    oos()


def credentials_chain() -> Any:
    """Alibaba's default chain of places where credentials may be, which are tried one after the other."""
    from cloud import wire  # noqa: F401  # what it imports is silent from then on
    from alibabacloud_credentials.client import Client  # isort: skip

    return Client()


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
