"""
The control path `/_simulator/`: the journal, faults, the clock and a reset, for tests.

It is there only when a token is configured, answers the bearer of that token on a loopback host, and never a browser.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import web

from simulator import events, faults, wishes
from simulator.cloud import Cloud
from simulator.faults import Fault, Kind
from simulator.settings import is_loopback

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def control_routes(cloud: Cloud, token: str) -> list[web.RouteDef]:
    """None without a token."""
    if not token:
        return []
    control = _Control(cloud)
    handlers: list[tuple[str, str, Handler]] = [
        ("GET", "journal", control.journal),
        ("GET", "faults", control.list_faults),
        ("POST", "faults", control.add_fault),
        ("DELETE", "faults", control.clear_faults),
        ("DELETE", "faults/{id}", control.remove_fault),
        ("GET", "clock", control.clock),
        ("POST", "clock", control.move_clock),
        ("POST", "reset", control.reset),
        ("GET", "instances", control.instances),
        ("GET", "invocations", control.invocations),
    ]
    return [web.route(method, f"/_simulator/{path}", _guarded(handler, token)) for method, path, handler in handlers]


def _guarded(handler: Handler, token: str) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        host = (request.host or "").rpartition(":")[0] or request.host
        if "Origin" in request.headers or not is_loopback(host):
            raise web.HTTPForbidden(text="Not for browsers, and only by a loopback address.\n")
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            raise web.HTTPUnauthorized(text="The bearer token is wrong.\n")
        return await handler(request)

    return guarded


class _Control:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def journal(self, request: web.Request) -> web.Response:
        match request.query.get("kind"):
            case "calls":
                return _lines(self._cloud.journal.calls(request.query.get("operation", "")))
            case "executions":
                return _lines(self._cloud.journal.executions())
        raise web.HTTPBadRequest(text="kind is calls or executions.\n")

    async def list_faults(self, request: web.Request) -> web.Response:
        return web.json_response([_shown(fault) for fault in self._cloud.faults.standing()])

    async def add_fault(self, request: web.Request) -> web.Response:
        wish = await _json(request)
        try:
            kind = Kind(wish.get("kind", ""))
            wishes.check(kind, wish)
            if kind in faults.EVENTS:
                events.happen(self._cloud, kind, wish)
                return web.json_response({"kind": kind})
            return web.json_response(_shown(self._cloud.faults.add(kind, wish)))
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}\n") from error

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._cloud.faults.clear()
        return web.Response(status=204)

    async def remove_fault(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        if not (number.isdigit() and self._cloud.faults.remove(int(number))):
            raise web.HTTPNotFound(text="No such fault.\n")
        return web.Response(status=204)

    async def clock(self, request: web.Request) -> web.Response:
        return web.json_response({"now": self._cloud.clock.now(), "offset": self._cloud.clock.offset})

    async def move_clock(self, request: web.Request) -> web.Response:
        """`offset` seconds ahead of this machine, or `advance` by so many."""
        wish = await _json(request)
        clock = self._cloud.clock
        try:
            offset = float(wish["offset"]) if "offset" in wish else clock.offset + float(wish["advance"])
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text="offset or advance, in seconds.\n") from error
        self._cloud.move_clock(offset)
        return await self.clock(request)

    async def reset(self, request: web.Request) -> web.Response:
        await self._cloud.reset()
        return web.Response(status=204)

    async def instances(self, request: web.Request) -> web.Response:
        """All of a region (or of all), with what the fleet and the cloud know of each."""
        region, now = request.query.get("region", ""), self._cloud.clock.now()
        rows = [
            {
                "instance_id": instance.id,
                "kind": instance.machine.kind,
                "region": instance.machine.region,
                "name": instance.machine.name,
                "os_type": instance.machine.os_type,
                "status": instance.status_at(now),
                "agent": instance.agent,
                "is_online": instance.is_online(now),
                "tags": dict(instance.tags),
            }
            for instance in self._cloud.instances.everywhere()
            if region in ("", instance.machine.region)
        ]
        return web.json_response(rows)

    async def invocations(self, request: web.Request) -> web.Response:
        """All that were ever accepted, oldest first: the journal may lack the call of one whose caller had left."""
        return web.json_response(list(self._cloud.state.tagged_invocations()))


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        wish = json.loads(await request.text() or "{}")
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise web.HTTPBadRequest(text="A JSON object is expected.\n")
    return wish


def _lines(lines: Iterable[str]) -> web.Response:
    return web.Response(text="".join(f"{line}\n" for line in lines), content_type="application/x-ndjson")


def _shown(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "kind": fault.kind,
        "operation": fault.operation,
        "region": fault.region,
        "instance_id": fault.instance_id,
        "seen": fault.seen,
        "struck": fault.struck,
        **fault.more,
    }
