"""The one gate: of every call comes an answer or exactly one member of `cloud.errors`, whatever happens."""

import re
import time
from datetime import datetime
from typing import Any

from cloud import credentials, health, limiter
from cloud.answers import Row
from cloud.codes import DRY_RUN_PASSED
from cloud.connection import Connection, Service
from cloud.errors import BadCredentials, CloudError, RegionUnavailable, Throttled

SERVICES = {"ListSecretParameters": Service.OOS, "GetCallerIdentity": Service.STS}  # all others are ECS
BRING_A_PERMIT = ("InvokeCommand", "RunCommand")  # taken before the claim: waiting must not eat the lease
PERMIT_WAIT = 10.0  # seconds
SLOW_DOWN = 1.0  # seconds, where a throttled answer does not say how long


def call(
    operation: str, connection: Connection, region: str, request: Any = None, *, date: datetime | None = None
) -> Row:
    """Send one request of the SDK and give its answer, a JSON object that holds a RequestId.

    Waits for a permit of the rate limiter first, but for the two operations that run something. Never retries.
    """
    outcome = _outcome(operation, connection, region, request, date)
    if isinstance(outcome, CloudError):
        raise outcome
    return outcome


def _outcome(
    operation: str, connection: Connection, region: str, request: Any, date: datetime | None
) -> Row | CloudError:
    if not re.fullmatch(r"[a-z0-9-]{1,40}", region):  # it becomes part of a host name (C55)
        return RegionUnavailable("InvalidRegionId.NotFound", "This is no region.")
    if operation not in BRING_A_PERMIT and not limiter.acquire(operation, region, wait=PERMIT_WAIT):
        return Throttled("RateLimitOfConsole", "The console’s own rate limit.", retry_after=PERMIT_WAIT)
    started = time.monotonic()
    outcome = _attempt(operation, connection, region, request, date)
    error = outcome if isinstance(outcome, CloudError) and outcome.code != DRY_RUN_PASSED else None
    health.record(operation, region, error, seconds=time.monotonic() - started)
    if isinstance(error, Throttled):
        limiter.slow_down(operation, region, error.retry_after or SLOW_DOWN)
    return outcome


def _attempt(
    operation: str, connection: Connection, region: str, request: Any, date: datetime | None
) -> Row | CloudError:
    from cloud import wire  # brings the SDK

    try:
        credentials.current(connection)
    except BadCredentials as error:
        return error
    return wire.send(operation, SERVICES.get(operation, Service.ECS), connection, region, request, date)
