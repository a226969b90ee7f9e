"""What an engineer would write in an afternoon: the SDK, some threads, a limiter; no database, no retry, no page.

It does the same work as a run of the console, at the same rates: InvokeCommand in batches, DescribeInvocations once a
second while anything is open, DescribeInvocationResults of each batch as soon as that has ended.
"""

import base64
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

THREADS = 8
PAGE = 50
OPEN = ("Pending", "Running", "Scheduled", "Stopping")


@dataclass(frozen=True, slots=True)
class Done:
    seconds: float
    outputs: int
    output_bytes: int


class BareLoop:
    def __init__(self, url: str, access_key: tuple[str, str], region: str, rates: dict[str, Fraction]) -> None:
        self._endpoint = urlsplit(url).netloc
        self._access_key, self._region, self._rates = access_key, region, rates
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._local = threading.local()

    def run(self, command_id: str, ids: Sequence[str], batch_size: int) -> Done:
        """From the first call until the last output is here."""
        began, tag = time.monotonic(), uuid4().hex
        batches = [ids[start : start + batch_size] for start in range(0, len(ids), batch_size)]
        outputs: dict[str, bytes] = {}
        with ThreadPoolExecutor(THREADS) as pool:
            sent = [pool.submit(self._invoke, command_id, batch, tag) for batch in batches]
            fetched: dict[str, Any] = {}
            while len(fetched) < len(batches):
                asked = time.monotonic()
                if any(each.done() for each in sent):
                    for invoke_id in self._ended(tag) - fetched.keys():
                        fetched[invoke_id] = pool.submit(self._results, invoke_id)
                if len(fetched) < len(batches):
                    time.sleep(max(0.0, 1 - (time.monotonic() - asked)))
            for each in fetched.values():
                outputs.update(each.result())
        return Done(time.monotonic() - began, len(outputs), sum(map(len, outputs.values())))

    def _invoke(self, command_id: str, ids: Sequence[str], tag: str) -> None:
        request = models.InvokeCommandRequest(
            region_id=self._region,
            command_id=command_id,
            instance_id=list(ids),
            client_token=uuid4().hex,
            tag=[models.InvokeCommandRequestTag(key="loop", value=tag)],
        )
        self._client("InvokeCommand").invoke_command(request)

    def _ended(self, tag: str) -> set[str]:
        """InvokeIds of which no target is open."""
        request = models.DescribeInvocationsRequest(
            region_id=self._region, max_results=PAGE, tag=[models.DescribeInvocationsRequestTag(key="loop", value=tag)]
        )
        ended: set[str] = set()
        while True:
            body = self._client("DescribeInvocations").describe_invocations(request).body
            for row in body.invocations.invocation:
                if all(one.invocation_status not in OPEN for one in row.invoke_instances.invoke_instance):
                    ended.add(row.invoke_id)
            if not body.next_token:
                return ended
            request.next_token = body.next_token

    def _results(self, invoke_id: str) -> dict[str, bytes]:
        request = models.DescribeInvocationResultsRequest(
            region_id=self._region, invoke_id=invoke_id, max_results=PAGE, content_encoding="Base64"
        )
        outputs: dict[str, bytes] = {}
        while True:
            body = self._client("DescribeInvocationResults").describe_invocation_results(request).body
            rows = body.invocation.invocation_results.invocation_result
            outputs.update((row.instance_id, base64.b64decode(row.output or "")) for row in rows)
            if not body.invocation.next_token:
                return outputs
            request.next_token = body.invocation.next_token

    def _client(self, operation: str) -> Any:
        """This thread's, as soon as the rate allows a call."""
        rate = self._rates[operation]
        item = RateLimitItemPerSecond(rate.numerator, rate.denominator)
        while not self._limiter.hit(item, operation):
            time.sleep(0.02)
        if not hasattr(self._local, "client"):
            config = Config(
                access_key_id=self._access_key[0],
                access_key_secret=self._access_key[1],
                region_id=self._region,
                endpoint=self._endpoint,
                protocol="http",
            )
            self._local.client = Client(config)
        return self._local.client
