"""
Who signed a request: ACS3-HMAC-SHA256 (the SDKs of today) and the old RPC signature (CLI, older SDKs).

Both are recomputed from the decoded parameters, since clients escape differently (`+` or `%20`, `*` or `%2A`).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from multidict import CIMultiDictProxy

from simulator.errors import CODES, ApiError

_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256\s+Credential=(?P<key>[^,]+),\s*SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]+)"
)
_MUST_BE_SIGNED = {
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
}
_OLD_HASHES = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a valid signature vouches for."""

    access_key_id: str
    date: datetime
    nonce: str


def verify(request: Received, secrets: Mapping[str, str]) -> Signed:
    """Raise ApiError unless the request is signed with one of the access keys (`secrets`: secret by id)."""
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith("ACS3-"):
        return _verify_acs3(request, authorization, secrets)
    return _verify_rpc(request, secrets)


def _verify_acs3(request: Received, authorization: str, secrets: Mapping[str, str]) -> Signed:
    if not (parts := _AUTHORIZATION.fullmatch(authorization.strip())):
        raise ApiError("IncompleteSignature")
    names = parts["headers"].split(";")
    if not _MUST_BE_SIGNED.issubset(names):
        raise ApiError("IncompleteSignature")
    secret = _secret(parts["key"], secrets)
    payload = hashlib.sha256(request.body).hexdigest()
    if payload != request.headers.get("x-acs-content-sha256", ""):
        raise ApiError("SignatureDoesNotMatch")
    canonical = _canonical_request(request, names, parts["headers"], payload)
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    expected = hmac.new(secret.encode(), to_sign.encode(), "sha256").hexdigest()
    _compare(expected, parts["signature"], to_sign)
    return Signed(
        access_key_id=parts["key"],
        date=_moment(request.headers.get("x-acs-date", "")),
        nonce=request.headers.get("x-acs-signature-nonce", ""),
    )


def _canonical_request(request: Received, names: list[str], signed: str, payload: str) -> str:
    headers = "".join(f"{name}:{_header_value(request.headers, name)}\n" for name in names)
    return "\n".join([request.method, request.path, _canonical_query(request.query), headers, signed, payload])


def _header_value(headers: CIMultiDictProxy[str], name: str) -> str:
    return ",".join(sorted(value.strip() for value in headers.getall(name, [])))


def _verify_rpc(request: Received, secrets: Mapping[str, str]) -> Signed:
    pairs = request.query + request.form
    fields = dict(pairs)
    key, given = fields.get("AccessKeyId", ""), fields.get("Signature", "")
    algorithm = _OLD_HASHES.get(fields.get("SignatureMethod", ""))
    if not (key and given and algorithm and fields.get("SignatureNonce")):
        raise ApiError("IncompleteSignature")
    secret = _secret(key, secrets)
    canonical = _canonical_query((name, value) for name, value in pairs if name != "Signature")
    to_sign = f"{request.method}&%2F&{_encode(canonical)}"
    digest = hmac.new(f"{secret}&".encode(), to_sign.encode(), algorithm).digest()
    _compare(base64.b64encode(digest).decode(), given, to_sign)
    return Signed(access_key_id=key, date=_moment(fields.get("Timestamp", "")), nonce=fields["SignatureNonce"])


def _secret(access_key_id: str, secrets: Mapping[str, str]) -> str:
    if access_key_id not in secrets:
        raise ApiError("InvalidAccessKeyId.NotFound")
    return secrets[access_key_id]


def _compare(expected: str, given: str, to_sign: str) -> None:
    """The older Python SDK takes the message apart at its colon, to tell a wrong secret from a fault of its own."""
    if not hmac.compare_digest(expected.encode(), given.encode()):
        _, told = CODES["SignatureDoesNotMatch"]
        raise ApiError("SignatureDoesNotMatch", f"{told} server string to sign is:{to_sign}")


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ApiError("IllegalTimestamp") from None


def _canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(pairs))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
