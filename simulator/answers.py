"""How a fault spoils an answer: on the wire, or within its JSON."""

import asyncio
import gzip
import json
import os
import random
import re
import signal
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from simulator.faults import Fault, Kind
from simulator.wire import Body

_FOREVER = 24 * 3600.0
_HUGE = 200 * 1024 * 1024
_ROW_LISTS = frozenset(
    {
        "Command",
        "Instance",
        "InstanceCloudAssistantStatus",
        "Instances",
        "Invocation",
        "InvocationResult",
        "InvokeInstance",
        "Parameters",
        "Region",
    }
)

# What `body` may be; each is sent with status 200
BODIES: dict[str, Callable[[bytes], tuple[bytes, str]]] = {
    "empty_object": lambda good: (b"{}", "application/json"),
    "null": lambda good: (b"null", "application/json"),
    "list": lambda good: (b"[]", "application/json"),
    "number_id": lambda good: (b'{"RequestId":"1","InvokeId":12345}', "application/json"),
    "error": lambda good: (b'{"RequestId":"1","Code":"InternalError","Message":"Unknown"}', "application/json"),
    "html": lambda good: (b"<html><body>Please sign in to this network</body></html>", "text/html"),
    "empty": lambda good: (b"", "application/json"),
    "bad_utf8": lambda good: (good[:-1] + b',"x":"\xff\xfe"}', "application/json"),
    "two_documents": lambda good: (good + good, "application/json"),
    "text_plain": lambda good: (good, "text/plain"),
    "random": lambda good: (random.randbytes(512), "application/json"),
}


async def spoil(fault: Fault, request: web.Request, good: web.Response) -> web.StreamResponse:
    """What the caller gets instead of `good`."""
    match fault.kind:
        case Kind.CLOSE_BEFORE | Kind.LOSE_AFTER:
            await asyncio.sleep(float(fault.more.get("seconds", 0)))
            return _cut(request)
        case Kind.HANG:
            await asyncio.sleep(float(fault.more.get("seconds", _FOREVER)))
            return _cut(request)
        case Kind.KILL:
            _kill_caller(request)
            return _cut(request)
        case Kind.STATUS:
            return _status(fault, good)
        case Kind.REDIRECT:
            return web.Response(status=307, headers={"Location": str(fault.more.get("location", "/elsewhere"))})
        case Kind.BODY if fault.more.get("body") == "huge":
            return await _huge(request)
        case Kind.BODY:
            body, content_type = BODIES[str(fault.more.get("body", "empty_object"))](_body(good))
            return web.Response(body=body, headers={"Content-Type": content_type})
        case Kind.DRIP:
            return await _drip(fault, request, good)
        case Kind.TRUNCATE:
            return await _truncate(request, good)
        case Kind.BAD_GZIP:
            body = gzip.compress(_body(good))[:-12] + b"garbage!"
            return web.Response(body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
    return good


def _body(response: web.Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def _cut(request: web.Request) -> web.Response:
    """Reset the connection; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _kill_caller(request: web.Request) -> None:
    """The pid stands in the User-Agent in test settings, so that the product needs no hooks to crash by."""
    match = re.search(r"\bpid/([0-9]{1,9})\b", request.headers.get("User-Agent", ""))
    if match and int(match[1]) not in (0, 1, os.getpid()):
        os.kill(int(match[1]), signal.SIGKILL)


def _status(fault: Fault, good: web.Response) -> web.Response:
    status = int(fault.more.get("code", 502))
    match fault.more.get("body", "html"):
        case "json":
            code = fault.more.get("api_code", "ServiceUnavailable")
            return web.json_response({"RequestId": "0", "Code": code, "Message": "Unavailable"}, status=status)
        case "empty":
            return web.Response(status=status)
    return web.Response(status=status, text=f"<html><h1>{status}</h1></html>", content_type="text/html")


async def _stream(request: web.Request, good: web.Response, length: int) -> web.StreamResponse:
    response = web.StreamResponse(status=good.status, headers={"Content-Type": "application/json;charset=utf-8"})
    response.content_length = length
    await response.prepare(request)
    return response


async def _drip(fault: Fault, request: web.Request, good: web.Response) -> web.StreamResponse:
    body = _body(good)
    response = await _stream(request, good, len(body))
    for number in range(len(body)):
        await response.write(body[number : number + 1])
        await asyncio.sleep(float(fault.more.get("seconds", 1)))
    return response


async def _truncate(request: web.Request, good: web.Response) -> web.StreamResponse:
    body = _body(good)
    response = await _stream(request, good, len(body))
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _huge(request: web.Request) -> web.StreamResponse:
    response = await _stream(request, web.Response(), _HUGE)
    for _ in range(_HUGE // 65536):
        await response.write(b" " * 65536)
    return response


# -- within the JSON


def bend(fault: Fault, body: Body) -> Body:
    """The answer as this fault has it. `body` is changed in place."""
    match fault.kind:
        case Kind.ROWS:
            for holder, name in _row_lists(body):
                holder[name] = _changed_rows(fault, holder[name])
        case Kind.EMPTY_LIST:
            for holder, name in _row_lists(body):
                holder[name] = []
        case Kind.TOKEN_LOOP:
            for holder in _holders_of(body, "NextToken"):
                holder["NextToken"] = "cGFnZTow"  # page:0
        case Kind.STATUS_WORD:
            for row in _target_rows(fault, body):
                row["InvocationStatus"] = fault.more.get("word", "Frobnicating")
        case Kind.TIMES:
            for row in _target_rows(fault, body):
                _change_times(str(fault.more.get("change", "missing")), row)
    return body


def _changed_rows(fault: Fault, rows: list[Body]) -> list[Body]:
    chosen = [row for row in rows if fault.instance_id in ("", row.get("InstanceId"))]
    match fault.more.get("change"):
        case "drop":
            dropped = chosen if fault.instance_id else chosen[:1]
            return [row for row in rows if row not in dropped]
        case "shuffle":
            return fault.dice.sample(rows, len(rows))
    return [twin for row in rows for twin in ([row, row] if row in chosen else [row])]


def _change_times(change: str, row: Body) -> None:
    finish = "FinishedTime" if "FinishedTime" in row else "FinishTime"
    match change:
        case "missing":
            row.pop("StartTime", None)
            row.pop(finish, None)
        case "odd":
            row["StartTime"] = row[finish] = "yesterday, about noon"
        case "backwards":
            row["StartTime"], row[finish] = row.get(finish, ""), row.get("StartTime", "")


def _target_rows(fault: Fault, body: Body) -> Iterator[Body]:
    for row in _holders_of(body, "InvocationStatus"):
        if "InstanceId" in row and fault.instance_id in ("", row["InstanceId"]):
            yield row


def _holders_of(value: Any, name: str) -> Iterator[Body]:
    """Every object within that has this key."""
    if isinstance(value, dict):
        if name in value:
            yield value
        for inner in list(value.values()):
            yield from _holders_of(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _holders_of(inner, name)


def _row_lists(value: Any) -> Iterator[tuple[Body, str]]:
    """Every list of rows within, by the object that holds it and its name there; inner ones first."""
    if isinstance(value, dict):
        for name, inner in list(value.items()):
            yield from _row_lists(inner)
            if name in _ROW_LISTS and isinstance(inner, list):
                yield value, name
    elif isinstance(value, list):
        for inner in value:
            yield from _row_lists(inner)


def to_json(body: Body) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
