"""A verified call, carried out: the operation, its ClientToken, and what a fault does before and after it."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

from simulator import answers, faults
from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.faults import Fault, Kind
from simulator.operations import OPERATIONS, PRODUCTS, Operation
from simulator.operations.regions import check_region
from simulator.wire import Body, Call


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Body
    code: str = ""  # of a refusal
    headers: Mapping[str, str] = field(default_factory=dict)


class Service:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._slow: set[asyncio.Task[Answer]] = set()

    async def answer(self, call: Call, interruption: Fault | None, bending: list[Fault]) -> Answer:
        """What the caller would get over a good line."""
        if interruption and interruption.strikes_first:
            answer = _instead(interruption, call)
        elif interruption and interruption.kind is Kind.SLOW:
            answer = await self._act_slowly(call, float(interruption.more.get("seconds", 1)))
        else:
            answer = self._act(call)
        if answer.status == 200:
            for fault in bending:
                answers.bend(fault, answer.body)
        if interruption and interruption.kind is Kind.NONCE_SEEN:
            return refused(ApiError("SignatureNonceUsed"), call)
        return answer

    async def _act_slowly(self, call: Call, seconds: float) -> Answer:
        """In a task of its own: the service goes on although the caller may have left."""
        task = asyncio.create_task(self._act_after(call, seconds))
        self._slow.add(task)
        task.add_done_callback(self._slow.discard)
        return await asyncio.shield(task)

    async def _act_after(self, call: Call, seconds: float) -> Answer:
        tokens = self._cloud.tokens
        try:
            with tokens.in_progress(call) if tokens.counts(call) else nullcontext():
                await asyncio.sleep(seconds)
        except ApiError as error:
            return refused(error, call)
        return self._act(call)

    def _act(self, call: Call) -> Answer:
        try:
            operation = _operation(call)
            if operation.is_regional:
                check_region(call)
            if operation.check and self._cloud.faults.rule(Kind.VALIDATE_FIRST, call.region):
                operation.check(self._cloud, call)
            return succeeded(self._act_once(operation, call), call)
        except ApiError as error:
            return refused(error, call)

    def _act_once(self, operation: Operation, call: Call) -> Body:
        """Once for each ClientToken; the effect and the memory of it are one transaction."""
        tokens, state = self._cloud.tokens, self._cloud.state
        if not tokens.counts(call):
            with state.transaction():
                return operation.act(self._cloud, call)
        with tokens.in_progress(call), state.transaction():
            if (known := tokens.answer_known(call)) is not None:
                return known
            answer = operation.act(self._cloud, call)
            tokens.remember(call, answer)
            return answer


def _operation(call: Call) -> Operation:
    if call.version not in PRODUCTS:
        raise ApiError("InvalidVersion")
    if operation := OPERATIONS.get((call.version, call.operation)):
        return operation
    raise ApiError("InvalidAction.NotFound")


def _instead(fault: Fault, call: Call) -> Answer:
    """The answer where the operation does not take place; empty where nobody will read it."""
    if fault.kind is Kind.FORBID and call.operation == "DescribeInstances" and call.text("DryRun").lower() != "true":
        # As in reality: who may not list sees nothing, and no error
        return succeeded({"Instances": {"Instance": []}, "TotalCount": 0, "NextToken": ""}, call)
    error = faults.refusal(fault, call, PRODUCTS.get(call.version, "ecs"))
    return refused(error, call) if error else succeeded({}, call)


def succeeded(body: Body, call: Call) -> Answer:
    return Answer(200, {"RequestId": call.request_id, **body})


def refused(error: ApiError, call: Call) -> Answer:
    product = PRODUCTS.get(call.version, "ecs")
    help_page = "https://api.aliyun.com/troubleshoot"
    body = {
        "RequestId": call.request_id,
        "HostId": f"{product}.{call.region or 'cn-hangzhou'}.aliyuncs.com",
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"{help_page}?q={error.code}&product={product.capitalize()}&requestId={call.request_id}",
        **error.detail,
    }
    return Answer(error.status, body, error.code, error.headers)
