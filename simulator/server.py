"""The HTTP side: from bytes to a verified call, through the operation and what a test makes go wrong, back to bytes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import parse_qsl

from aiohttp import web

from simulator import answers, faults, signatures
from simulator.cloud import Cloud
from simulator.control import control_routes
from simulator.errors import ApiError
from simulator.faults import Fault, Kind
from simulator.operations import OPERATIONS, PRODUCTS, Operation
from simulator.operations.regions import check_region
from simulator.wire import COMMON_PARAMETERS, Body, Call

CLOUD = web.AppKey("cloud", Cloud)
_LONGEST_LINE = 262_144  # a script of 24 KB travels in the request line
_LARGEST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Body
    headers: Mapping[str, str]
    code: str = ""


class Api:
    """The endpoint `/` for the operations of all products."""

    def __init__(self, cloud: Cloud, secrets: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._secrets = secrets
        self._slow: set[asyncio.Task[Answer]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        received = await _received(request)
        call = _call(received, self._cloud.clock.now())
        try:
            self._cloud.freshness.check(signatures.verify(received, self._secrets))
        except ApiError as error:
            answer = _refused(error, call)
            self._journal(call, answer, "")
            return self._response(answer)
        return await self._strike(request, call, self._cloud.faults.take(call))

    async def _strike(self, request: web.Request, call: Call, taken: list[Fault]) -> web.StreamResponse:
        bending = [fault for fault in taken if fault.kind in faults.BENT]
        interrupting = next((fault for fault in taken if fault not in bending), None)
        name = interrupting.kind.value if interrupting else bending[0].kind.value if bending else ""
        if interrupting and interrupting.strikes_first:
            answer = self._instead(interrupting, call)
        else:
            answer = await self._perform(call, interrupting)
        for fault in bending:
            if answer.status == 200:
                answers.bend(fault, answer.body)
        if interrupting and interrupting.kind is Kind.NONCE_SEEN:
            answer = _refused(ApiError("SignatureNonceUsed"), call)
        response = self._response(answer)
        self._journal(call, answer, name, is_silent=interrupting is not None and interrupting.kind in faults.SILENT)
        return await answers.spoil(interrupting, request, response) if interrupting else response

    def _instead(self, fault: Fault, call: Call) -> Answer:
        """The answer where the operation does not take place."""
        if fault.kind is Kind.FORBID and call.operation == "DescribeInstances" and not call.flag("DryRun"):
            # As in reality: who may not list sees nothing, and no error
            return _succeeded({"Instances": {"Instance": []}, "TotalCount": 0, "NextToken": ""}, call)
        error = faults.refusal(fault, call, PRODUCTS.get(call.version, "ecs"))
        return _refused(error, call) if error else _succeeded({}, call)

    async def _perform(self, call: Call, fault: Fault | None) -> Answer:
        try:
            operation = _operation(call)
            if fault and fault.kind is Kind.SLOW:
                # Its own task: the service goes on although the caller may have left
                slow = asyncio.create_task(self._perform_slowly(operation, call, float(fault.more.get("seconds", 1))))
                self._slow.add(slow)
                slow.add_done_callback(self._slow.discard)
                return await asyncio.shield(slow)
            return _succeeded(self._act(operation, call), call)
        except ApiError as error:
            return _refused(error, call)

    async def _perform_slowly(self, operation: Operation, call: Call, seconds: float) -> Answer:
        try:
            if not self._cloud.tokens.counts(call):
                await asyncio.sleep(seconds)
                return _succeeded(self._act(operation, call), call)
            with self._cloud.tokens.in_progress(call):
                await asyncio.sleep(seconds)
            return _succeeded(self._act(operation, call), call)
        except ApiError as error:
            return _refused(error, call)

    def _act(self, operation: Operation, call: Call) -> Body:
        """Once for each ClientToken; effect and memory of it are one transaction."""
        cloud = self._cloud
        if operation.is_regional:
            check_region(call)
        if operation.check and cloud.faults.rule(Kind.VALIDATE_FIRST, call.region):
            operation.check(cloud, call)
        if not cloud.tokens.counts(call):
            with cloud.state.transaction():
                return operation.act(cloud, call)
        with cloud.tokens.in_progress(call), cloud.state.transaction():
            if (known := cloud.tokens.answer_known(call)) is not None:
                return known
            answer = operation.act(cloud, call)
            cloud.tokens.remember(call, answer)
            return answer

    def _journal(self, call: Call, answer: Answer, fault: str, *, is_silent: bool = False) -> None:
        self._cloud.journal.called(
            call,
            fault=fault,
            status=None if is_silent else answer.status,
            code=answer.code,
            invoke_id=str(answer.body.get("InvokeId", "")),
        )

    def _response(self, answer: Answer) -> web.Response:
        date = formatdate(self._cloud.clock.now(), usegmt=True)
        headers = {"Content-Type": "application/json;charset=utf-8", "Date": date, **answer.headers}
        return web.Response(status=answer.status, body=answers.to_json(answer.body), headers=headers)


def _operation(call: Call) -> Operation:
    if call.version not in PRODUCTS:
        raise ApiError("InvalidVersion")
    if operation := OPERATIONS.get((call.version, call.operation)):
        return operation
    raise ApiError("InvalidAction.NotFound")


def _succeeded(body: Body, call: Call) -> Answer:
    return Answer(200, {"RequestId": call.request_id, **body}, {})


def _refused(error: ApiError, call: Call) -> Answer:
    product = PRODUCTS.get(call.version, "ecs")
    body = {
        "RequestId": call.request_id,
        "HostId": f"{product}.{call.region or 'cn-hangzhou'}.aliyuncs.com",
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={error.code}&product={product.capitalize()}"
        f"&requestId={call.request_id}",
        **error.detail,
    }
    return Answer(error.status, body, error.headers, error.code)


async def _received(request: web.Request) -> signatures.Received:
    body = await request.read()
    is_form = request.content_type == "application/x-www-form-urlencoded"
    return signatures.Received(
        method=request.method,
        path=request.path,
        headers=request.headers,
        query=parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True),
        form=parse_qsl(body.decode(errors="replace"), keep_blank_values=True) if is_form else [],
        body=body,
    )


def _call(received: signatures.Received, now: float) -> Call:
    fields = dict(received.query + received.form)
    return Call(
        operation=received.headers.get("x-acs-action", "") or fields.get("Action", ""),
        version=received.headers.get("x-acs-version", "") or fields.get("Version", ""),
        parameters={name: value for name, value in fields.items() if name not in COMMON_PARAMETERS},
        at=now,
    )


def application(cloud: Cloud, secrets: Mapping[str, str], control_token: str) -> web.Application:
    app = web.Application(client_max_size=_LARGEST_BODY)
    app[CLOUD] = cloud
    app.add_routes(control_routes(cloud, control_token))
    app.router.add_route("*", "/", Api(cloud, secrets).handle)
    return app


async def listen(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Serve; returns the runner, to be cleaned up, and the port."""
    # A caller who leaves ends a hanging answer
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port, reuse_address=True).start()
    return runner, int(runner.addresses[0][1])
