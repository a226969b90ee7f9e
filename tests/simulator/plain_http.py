"""
A client of the API made of nothing but HTTP and the two signature algorithms as the reference describes them.

It shares no code with the simulator, so that the two can only agree by both being right.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

ECS, OOS, STS = "2014-05-26", "2019-06-01", "2015-04-01"
REGION = "cn-hangzhou"
END = {"Success", "Failed", "Timeout", "Error", "Invalid", "Aborted", "Cancelled", "Terminated"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        """Of a refusal; empty for a success."""
        return str(self.body.get("Code", "")) if self.status >= 400 else ""


def encode(text: str) -> str:
    return quote(text, safe="-_.~")


def numbered(name: str, values: Iterable[str]) -> dict[str, str]:
    """InstanceId.1=…, InstanceId.2=…"""
    return {f"{name}.{number}": value for number, value in enumerate(values, 1)}


def tagged(tags: Mapping[str, str], name: str = "Tag") -> dict[str, str]:
    flat: dict[str, str] = {}
    for number, (key, value) in enumerate(tags.items(), 1):
        flat |= {f"{name}.{number}.Key": key, f"{name}.{number}.Value": value}
    return flat


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass
class Api:
    port: int
    key: str
    secret: str
    region: str = REGION
    date: datetime | str | None = None  # signed instead of now
    nonce: str = ""  # used instead of a fresh one
    timeout: float = 20
    extra_headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, operation: str, *, version: str = ECS, region: str | None = None, **parameters: Any) -> Reply:
        """One POST as the SDKs send it: everything in the query, signed with ACS3."""
        return self.acs3(operation, self.fields(region, parameters), version=version)

    def fields(self, region: str | None, parameters: Mapping[str, Any]) -> dict[str, str]:
        """Lists are numbered, tags taken apart; the region is ours unless said otherwise ("" leaves it out)."""
        chosen = self.region if region is None else region
        flat = {"RegionId": chosen} if chosen else {}
        for name, value in parameters.items():
            if isinstance(value, dict) and name.endswith("Tag"):
                flat |= tagged(value, name)
            elif isinstance(value, dict):
                flat[name] = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            elif isinstance(value, list):
                flat |= numbered(name, value)
            else:
                flat[name] = str(value)
        return flat

    def acs3(
        self,
        operation: str,
        fields: Mapping[str, str],
        *,
        version: str = ECS,
        method: str = "POST",
        in_form: bool = False,
        payload_hash: str | None = None,
    ) -> Reply:
        body = urlencode(fields).encode() if in_form else b""
        query = "" if in_form else urlencode(fields)
        signed = {
            "host": f"127.0.0.1:{self.port}",
            "x-acs-action": operation,
            "x-acs-content-sha256": payload_hash or hashlib.sha256(body).hexdigest(),
            "x-acs-date": self._date(),
            "x-acs-signature-nonce": self.nonce or uuid.uuid4().hex,
            "x-acs-version": version,
        }
        canonical_query = "" if in_form else self._canonical(fields)
        names = ";".join(sorted(signed))
        canonical_headers = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        request = "\n".join([method, "/", canonical_query, canonical_headers, names, signed["x-acs-content-sha256"]])
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(request.encode()).hexdigest()
        signature = hmac.new(self.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        authorization = f"ACS3-HMAC-SHA256 Credential={self.key},SignedHeaders={names},Signature={signature}"
        headers = {**signed, "Authorization": authorization, **self.extra_headers}
        if in_form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.send(method, f"/?{query}" if query else "/", headers, body)

    def rpc(
        self,
        operation: str,
        fields: Mapping[str, str],
        *,
        version: str = ECS,
        method: str = "GET",
        in_form: bool = False,
        digest: str = "sha1",
    ) -> Reply:
        """As the CLI and older SDKs sign: everything is a parameter, and nothing a header."""
        everything = {
            **fields,
            "Action": operation,
            "Version": version,
            "Format": "JSON",
            "Timestamp": self._date(),
            "SignatureMethod": f"HMAC-{digest.upper()}",
            "SignatureVersion": "1.0",
            "SignatureNonce": self.nonce or uuid.uuid4().hex,
            "SignatureType": "",
            "AccessKeyId": self.key,
        }
        to_sign = f"{method}&%2F&{encode(self._canonical(everything))}"
        signature = hmac.new(f"{self.secret}&".encode(), to_sign.encode(), digest).digest()
        everything["Signature"] = base64.b64encode(signature).decode()
        sent = urlencode(everything)
        if not in_form:
            return self.send(method, f"/?{sent}", {}, b"")
        return self.send(method, "/", {"Content-Type": "application/x-www-form-urlencoded"}, sent.encode())

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def _canonical(self, fields: Mapping[str, str]) -> str:
        return "&".join(f"{encode(name)}={encode(fields[name])}" for name in sorted(fields))

    def _date(self) -> str:
        if isinstance(self.date, str):
            return self.date
        return (self.date or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")

    # -- what most tests do

    def command(self, content: str = "echo hello", **wanted: Any) -> str:
        """Save a shell command; returns its ID."""
        wanted = {"Name": "a-command", "Type": "RunShellScript", **wanted}
        reply = self("CreateCommand", CommandContent=base64_of(content), **wanted)
        assert reply.status == 200, reply.body
        return str(reply.body["CommandId"])

    def invoke(self, command_id: str, instance_ids: list[str], **wanted: Any) -> str:
        """Run it; returns the InvokeId."""
        reply = self("InvokeCommand", CommandId=command_id, InstanceId=instance_ids, **wanted)
        assert reply.status == 200, reply.body
        return str(reply.body["InvokeId"])

    def targets(self, invoke_id: str, **wanted: Any) -> dict[str, dict[str, Any]]:
        """Its targets by instance, as DescribeInvocations has them; `Timed=True` for schedules."""
        found = self("DescribeInvocations", InvokeId=invoke_id, **wanted).body["Invocations"]["Invocation"]
        rows = found[0]["InvokeInstances"]["InvokeInstance"] if found else []
        return {row["InstanceId"]: row for row in rows}

    def results(self, invoke_id: str, **wanted: Any) -> list[dict[str, Any]]:
        wanted = {"MaxResults": 50, "InvokeId": invoke_id, **wanted}
        body = self("DescribeInvocationResults", **wanted).body
        return list(body["Invocation"]["InvocationResults"]["InvocationResult"])

    def ended(self, invoke_id: str) -> dict[str, dict[str, Any]]:
        """Its targets by instance, once all of them have ended."""
        return self.when(lambda: self.targets(invoke_id), lambda rows: bool(rows) and self._are_over(rows))

    def _are_over(self, rows: dict[str, dict[str, Any]]) -> bool:
        return all(row["InvocationStatus"] in END for row in rows.values())

    def when(self, look: Any, is_so: Any) -> Any:
        """Look again and again until it is so; returns what was seen."""
        for _ in patiently():
            if is_so(seen := look()):
                return seen
        raise AssertionError(f"Still not so after a while: {seen}")


def patiently(seconds: float = 20) -> Iterator[None]:
    """Turns of a loop that waits for something, for so long at most."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.005)


def output_of(row: Mapping[str, Any]) -> str:
    return base64.b64decode(row["Output"]).decode()
