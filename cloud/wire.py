"""Send one request through the SDK. Importing this module brings the SDK with it."""

import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_oos20190601.client import Client as OosClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import ExtendsParameters, RuntimeOptions

from cloud import classify, clock, credentials, transport
from cloud.answers import Row
from cloud.connection import Connection, Service
from cloud.errors import CloudError
from cloud.transport import exchange

transport.install()

CLIENTS = {Service.ECS: EcsClient, Service.OOS: OosClient, Service.STS: StsClient}


class _Clients(threading.local):
    def __init__(self) -> None:
        self.made: dict[tuple[Connection, Service, str], Any] = {}


_clients = _Clients()


def send(
    operation: str, service: Service, connection: Connection, region: str, request: Any, date: datetime | None
) -> Row | CloudError:
    """One attempt, no retry. `date` is the signing date; None: now."""
    method = _method(_client(service, connection, region), operation)
    arguments = () if request is None else (request,)
    exchange.begin()
    failure, sent_at = None, time.time()
    try:
        method(*arguments, _runtime(date))
    except (
        Exception
    ) as error:  # whatever the SDK, requests, urllib3, ssl or json may raise: sorted below, never passed on
        failure = error
    try:
        body = classify.json_object(exchange.body)
        offset = _clock_offset(connection, sent_at) if classify.is_from_api(body) else None
        return classify.outcome(exchange, body, failure, action=f"{service}:{operation}", clock_offset=offset)
    finally:
        exchange.end()


def _client(service: Service, connection: Connection, region: str) -> Any:
    key = (connection, service, region)
    if key not in _clients.made:
        _clients.made[key] = CLIENTS[service](_config(service, connection, region))
    return _clients.made[key]


def _config(service: Service, connection: Connection, region: str) -> Any:
    """The SDK wants scheme and host apart; without a host it takes the region's own. It retries only when told to."""
    url = urlsplit(connection.endpoint(service).replace("{region}", region))
    return Config(
        region_id=region,
        protocol=url.scheme or "https",
        endpoint=url.netloc or None,
        user_agent=f"cloud-assistant-console pid/{os.getpid()}",  # so that the cloud's own records name the process
        **credentials.config(connection),
    )


def _runtime(date: datetime | None) -> Any:
    bounds = transport.BOUNDS
    headers = {"x-acs-date": date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")} if date else {}
    return RuntimeOptions(
        connect_timeout=int(bounds.connect_seconds * 1000),
        read_timeout=int(bounds.read_seconds * 1000),
        extends_parameters=ExtendsParameters(headers=headers),
    )


def _method(client: Any, operation: str) -> Callable[..., Any]:
    """DescribeInstances → describe_instances_with_options."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
    method: Callable[..., Any] = getattr(client, f"{name}_with_options")
    return method


def _clock_offset(connection: Connection, sent_at: float) -> float | None:
    offset = clock.measure(exchange.headers.get("Date", ""), sent_at=sent_at, received_at=time.time())
    if offset is not None:
        clock.note(connection, offset)
    return offset
