"""What came of a call: the answer, or exactly one member of `cloud.errors`.

The question is always whether the call can have taken effect. What proves that it has not: not one byte of it was
written, or the API itself refused it. An exception's type proves nothing: a TLS stream that breaks after the whole
request was read raises the very types of a failed handshake.
"""

import json
import re
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3.exceptions as broken
from darabonba.exceptions import ResponseException

from cloud import codes
from cloud.answers import LONGEST_CODE, Row, storable, text
from cloud.errors import (
    BadCredentials,
    CloudError,
    Details,
    NotPermitted,
    OutcomeUnknown,
    QuotaExceeded,
    RegionUnavailable,
    Rejected,
    Throttled,
    Unreachable,
)
from cloud.scrub import excerpt, scrubbed
from cloud.transport import Exchange, TooLarge

CONFLICTS = (408, 409)  # time-out and conflict: the first try may still be at work
TOO_MANY_REQUESTS = 429
LONGEST_WAIT = 3600.0  # seconds that an answer may tell us to wait
# Only words for what is known already: whether anything was written
NOT_SENT_CODES = (
    (broken.ProxyError, "ProxyFailed"),
    (broken.NameResolutionError, "NameNotResolved"),
    (broken.NewConnectionError, "ConnectionFailed"),
    (broken.TimeoutError, "ConnectTimedOut"),  # of the connection, or of the handshake
)
NO_ANSWER_CODES = (
    (TooLarge, "AnswerTooLarge"),
    (broken.ReadTimeoutError, "ReadTimedOut"),
    (TimeoutError, "ReadTimedOut"),
    (broken.HTTPError, "ConnectionBroken"),
    (OSError, "ConnectionBroken"),
)


def outcome(
    exchange: Exchange, body: Row | None, failure: Exception | None, *, action: str, clock_offset: float | None
) -> Row | CloudError:
    """The answer of a finished exchange, or what went wrong with it.

    `body` is the JSON object that came, if one did, `failure` what the SDK raised, if it did, and `action` the RAM
    action of the operation.
    """
    if isinstance(failure, ResponseException) and (found := _api_error(failure)):
        code, said = found
        return _from_api(code, said, exchange, action, _details(exchange, said, clock_offset))
    if not exchange.written:
        return _not_sent(exchange, failure)
    return _unreadable(exchange, failure) if failure else _answered(exchange, body, clock_offset)


def is_from_api(body: Row | None) -> bool:
    """Whether the API itself answered, and nothing in between. Only then the Date header tells the cloud's time."""
    return bool(body and (text(body, "RequestId") or text(body, "Code")))


def json_object(body: bytes) -> Row | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _api_error(failure: Any) -> tuple[str, Row] | None:
    """Code and body of an error of the API. A proxy's JSON has no `Code`; the SDK would make one up."""
    body = failure.data if isinstance(failure.data, dict) else {}
    code = body.get("Code")
    return (storable(code)[:LONGEST_CODE], body) if isinstance(code, str) and code else None


def _from_api(code: str, body: Row, exchange: Exchange, action: str, details: Details) -> CloudError:
    message = scrubbed(text(body, "Message"), exchange.request)
    status = exchange.status or 0
    if status >= 500 or status in CONFLICTS or codes.is_among(code, codes.DOUBTFUL + codes.TOKEN_MISMATCH):
        return OutcomeUnknown(code, message, alarm=codes.is_among(code, codes.TOKEN_MISMATCH), **details)
    if codes.is_throttling(code) or status == TOO_MANY_REQUESTS:
        return Throttled(code, message, **details)
    if codes.is_among(code, codes.BAD_CREDENTIALS):
        return BadCredentials(code, message, **details)
    if codes.is_among(code, codes.NOT_PERMITTED):
        return NotPermitted(code, message, action=_missing_action(code, body, action), **details)
    if codes.is_among(code, codes.QUOTA_EXCEEDED):
        return QuotaExceeded(code, message, **details)
    if codes.is_among(code, codes.REGION_UNAVAILABLE):
        return RegionUnavailable(code, message, **details)
    too_many = codes.is_among(code, codes.TOO_MANY_TARGETS)
    return Rejected(
        code,
        message,
        splits=too_many or codes.is_among(code, codes.UNFIT_TARGET),
        too_many=too_many,
        is_gone=codes.is_among(code, codes.GONE),
        instance_ids=_named(message, exchange),
        **details,
    )


def _missing_action(code: str, body: Row, action: str) -> str:
    """The RAM action to grant: the one the answer names, else the operation's own."""
    if codes.is_among(code, codes.LACKS_PASSWORD_ACCESS):
        return "oos:GetSecretParameter"
    denied = body.get("AccessDeniedDetail")
    if isinstance(denied, dict) and (named := text(denied, "AuthAction")):
        return named
    return action if codes.is_among(code, codes.LACKS_RAM_ACTION) else ""


def _named(message: str, exchange: Exchange) -> tuple[str, ...]:
    """The instances of this request that the message names."""
    query = urlsplit((exchange.request and exchange.request.url) or "").query
    sent = [value for key, value in parse_qsl(query) if key.startswith("InstanceId.")]
    words = set(re.findall(r"\bm?i-[\w-]+", message))
    return tuple(instance_id for instance_id in sent if instance_id in words)


def _not_sent(exchange: Exchange, failure: Exception | None) -> CloudError:
    """Why not one byte of the request was written."""
    host = urlsplit((exchange.request and exchange.request.url) or "").hostname or ""
    for link in _links(failure):
        if isinstance(link, ssl.SSLCertVerificationError):
            return Unreachable("CertificateInvalid", link.verify_message, host=host)
        if isinstance(link, ssl.SSLError):
            return Unreachable("TlsFailed", (link.reason or "").replace("_", " ").lower(), host=host)
        if isinstance(link, UnicodeError):
            return Rejected("InvalidCharacters", "The request holds characters that cannot be sent.")
    for kind, code in NOT_SENT_CODES:
        if any(isinstance(link, kind) for link in _links(failure)):
            return Unreachable(code, host=host)
    return Unreachable("NotSent", type(failure).__name__, host=host)


def _unreadable(exchange: Exchange, failure: Exception) -> CloudError:
    """Written, and then no answer or none that is the API's."""
    status = exchange.status
    if status is None or not exchange.body:
        for kind, code in NO_ANSWER_CODES:
            if any(isinstance(link, kind) for link in _links(failure)):
                return OutcomeUnknown(code, http_status=status)
    if status is not None and 300 <= status < 400:
        return OutcomeUnknown("Redirected", http_status=status)
    code = "NotTheApi" if status is not None and status >= 400 else "UnreadableAnswer"
    return OutcomeUnknown(code, http_status=status, excerpt=excerpt(exchange.body, exchange.request))


def _answered(exchange: Exchange, body: Row | None, clock_offset: float | None) -> Row | CloudError:
    """The SDK is content; it is so with `{}`, `null`, an error under status 200, and a redirect, too."""
    status = exchange.status
    if status is None or not 200 <= status < 300:
        return _unreadable(exchange, ValueError())
    if body is None or not text(body, "RequestId"):
        return OutcomeUnknown("UnreadableAnswer", http_status=status, excerpt=excerpt(exchange.body, exchange.request))
    if code := text(body, "Code"):
        message = scrubbed(text(body, "Message"), exchange.request)
        return OutcomeUnknown(code, message, **_details(exchange, body, clock_offset))
    return body


def _details(exchange: Exchange, body: Row, clock_offset: float | None) -> Details:
    return Details(
        request_id=text(body, "RequestId"),
        http_status=exchange.status,
        retry_after=_retry_after(exchange),
        clock_offset=clock_offset,
    )


def _retry_after(exchange: Exchange) -> float | None:
    """Seconds; the header counts milliseconds."""
    try:
        return min(max(0.0, int(exchange.headers.get("x-acs-retry-after", "")) / 1000), LONGEST_WAIT)
    except ValueError:
        return None


def _links(failure: BaseException | None) -> Iterator[BaseException]:
    """The exception and whatever it was made from: the SDK keeps one link, requests and urllib3 others."""
    seen: list[BaseException] = []
    waiting = [failure]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and not any(link is known for known in seen):
            seen.append(link)
            yield link
            inner = (getattr(link, name, None) for name in ("inner_exception", "reason", "__cause__", "__context__"))
            waiting += [*inner, *link.args]
