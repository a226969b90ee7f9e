"""The HTTP side: from bytes to a verified call, and from its answer, spoilt if a test wants it so, back to bytes."""

from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import parse_qsl

from aiohttp import web

from simulator import answers, faults, signatures
from simulator.cloud import Cloud
from simulator.control import control_routes
from simulator.errors import ApiError
from simulator.service import Answer, Service, refused
from simulator.wire import COMMON_PARAMETERS, Call

_LONGEST_LINE = 262_144  # a script of 24 KB travels in the request line
_LARGEST_BODY = 1024 * 1024


class Api:
    """The endpoint `/` for the operations of all products."""

    def __init__(self, cloud: Cloud, secrets: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._secrets = secrets
        self._service = Service(cloud)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        received = await _received(request)
        call = _call(received, self._cloud.clock.now())
        try:
            self._cloud.freshness.check(signatures.verify(received, self._secrets))
        except ApiError as error:
            answer = refused(error, call)
            self._cloud.journal.called(call, fault="", status=answer.status, code=answer.code)
            return self._response(answer)
        return await self._answer(request, call)

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        taken = self._cloud.faults.take(call)
        interruption = next((fault for fault in taken if fault.kind not in faults.BENT), None)
        answer = await self._service.answer(call, interruption, [fault for fault in taken if fault is not interruption])
        is_silent = interruption is not None and interruption.kind in faults.SILENT
        # Before anything leaves: what follows may never come to an end
        self._cloud.journal.called(
            call,
            fault=(interruption or taken[0]).kind if taken else "",
            status=None if is_silent else answer.status,
            code=answer.code,
            invoke_id=str(answer.body.get("InvokeId", "")),
        )
        response = self._response(answer)
        return await answers.spoil(interruption, request, response) if interruption else response

    def _response(self, answer: Answer) -> web.Response:
        date = formatdate(self._cloud.clock.now(), usegmt=True)
        headers = {"Content-Type": "application/json;charset=utf-8", "Date": date, **answer.headers}
        return web.Response(status=answer.status, body=answers.to_json(answer.body), headers=headers)


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
    """Action and version come in headers or, with the old signature, as parameters."""
    fields = dict(received.query + received.form)
    return Call(
        operation=received.headers.get("x-acs-action", "") or fields.get("Action", ""),
        version=received.headers.get("x-acs-version", "") or fields.get("Version", ""),
        parameters={name: value for name, value in fields.items() if name not in COMMON_PARAMETERS},
        at=now,
    )


def application(cloud: Cloud, secrets: Mapping[str, str], control_token: str) -> web.Application:
    app = web.Application(client_max_size=_LARGEST_BODY)
    app.add_routes(control_routes(cloud, control_token))
    app.router.add_route("*", "/", Api(cloud, secrets).handle)
    return app


async def listen(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Serve; returns the runner, to be cleaned up, and the port."""
    # A caller who leaves ends a hanging answer, and so does the end of the program
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=0.5,
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port, reuse_address=True).start()
    return runner, int(runner.addresses[0][1])
