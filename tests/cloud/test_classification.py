"""What comes of a call, by what comes back: the table that the dispatch protocol rests on, row by row (A42 to A53)."""

import gzip
import json
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cloud import transport
from cloud.connection import Connection
from cloud.errors import (
    BadCredentials,
    CloudError,
    NotPermitted,
    OutcomeUnknown,
    QuotaExceeded,
    RegionUnavailable,
    Rejected,
    Throttled,
    Unreachable,
)
from cloud.invocations import Accepted, FrozenRequest, invoke
from cloud.transport import Bounds
from tests.cloud.conftest import connected_to
from tests.cloud.listener import Listener, Script, answer, cut_after, drip, half_of, silence
from tests.cloud.tls import new_authority

GOOD = {"RequestId": "R-1", "InvokeId": "t-1"}
HTML = b"<html><title>Blocked</title><body>Please sign in</body></html>"


def error_body(code: str, message: str = "No.", **more: Any) -> dict[str, Any]:
    return {"RequestId": "R-1", "HostId": "ecs", "Code": code, "Message": message, **more}


@pytest.fixture
def sent(request_for: Callable[..., FrozenRequest]) -> Callable[[Connection], Accepted]:
    def send(connection: Connection) -> Accepted:
        return invoke(connection, request_for(), client_token="token", date=datetime.now(UTC))

    return send


@pytest.fixture
def outcome_of(
    listener: Listener, to_listener: Connection, sent: Callable[[Connection], Accepted]
) -> Callable[[Script], CloudError]:
    """What an InvokeCommand ends with when the server does `script` after having read the request."""

    def outcome(script: Script) -> CloudError:
        listener.script = script
        with pytest.raises(CloudError) as raised:
            sent(to_listener)
        assert len(listener.heard) == 1, "sent more than once"
        return raised.value

    return outcome


def test_an_answer_that_names_an_invocation_is_an_acceptance(listener, to_listener, sent):
    assert sent(to_listener) == Accepted(invoke_id="t-1", request_id="R-1")


def test_A46_right_json_is_taken_under_a_wrong_content_type(listener, to_listener, sent):
    listener.script = answer(GOOD, Content_Type="text/plain")

    assert sent(to_listener).invoke_id == "t-1"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"null",
        b"[]",
        b"12",
        b"",
        HTML,
        b'{"RequestId":"R-1"}',
        b'{"RequestId":"R-1","InvokeId":null}',
        b'{"RequestId":"R-1","InvokeId":""}',
        b'{"RequestId":"R-1","InvokeId":12345}',
        b'{"RequestId":"R-1","InvokeId":["t-1"]}',
        b'{"RequestId":"R-1","InvokeId":"c-1"}',
        b'{"InvokeId":"t-1"}',
        json.dumps(error_body("InternalError")).encode(),
        json.dumps(error_body("InvalidInstance.NotFound") | GOOD).encode(),
        json.dumps(GOOD).encode() * 2,
        json.dumps(GOOD).encode()[:-1] + b',"x":"\xff\xfe"}',
        b"[" * 2_000,
    ],
)
def test_a_good_status_without_an_invocation_says_nothing(outcome_of, body):
    error = outcome_of(answer(raw=body))

    assert isinstance(error, OutcomeUnknown)
    assert error.http_status == 200
    assert not error.alarm


def test_an_answer_of_no_content_says_nothing(outcome_of):
    assert isinstance(outcome_of(answer(raw=b"", status=204)), OutcomeUnknown)


def test_broken_compression_says_nothing(outcome_of):
    body = gzip.compress(json.dumps(GOOD).encode())[:-12] + b"garbage!"

    assert isinstance(outcome_of(answer(raw=body, Content_Encoding="gzip")), OutcomeUnknown)


@pytest.mark.parametrize("status", [400, 403, 404, 407, 413, 414, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    "body", [HTML, b"", b'{"error":"denied"}', b'{"code":"denied","message":"by the firewall"}', b"[]"]
)
def test_an_error_that_is_not_the_apis_says_nothing_but_its_status(outcome_of, status, body):
    error = outcome_of(answer(raw=body, status=status))

    assert isinstance(error, OutcomeUnknown)
    assert (error.code, error.http_status) == ("NotTheApi", status)


def test_the_page_of_something_in_between_is_quoted_as_plain_text(outcome_of):
    error = outcome_of(answer(raw=HTML + b"x" * 500, status=502))

    assert error.excerpt.startswith("Blocked Please sign in xxx")
    assert len(error.excerpt) == 200


@pytest.mark.parametrize(
    "code", ["InternalError", "ServiceUnavailable", "Throttling", "Forbidden.RAM", "InvalidInstance.NotFound"]
)
def test_an_error_of_the_service_says_nothing_whatever_its_code(outcome_of, code):
    error = outcome_of(answer(error_body(code), 503, x_acs_retry_after="1500"))

    assert isinstance(error, OutcomeUnknown)
    assert (error.code, error.http_status, error.request_id, error.retry_after) == (code, 503, "R-1", 1.5)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "SignatureNonceUsed"),
        (403, "IdempotentProcessing"),
        (403, "LastTokenProcessing"),
        (409, "OperationConflict"),
        (408, "RequestTimeout"),
        (409, "Conflict"),
        (403, "IdempotentParameterMismatch"),
        (400, "InvalidIdempotenceParameter.Mismatch"),
    ],
)
def test_a_refusal_that_a_twin_may_have_caused_says_nothing(outcome_of, status, code):
    assert isinstance(outcome_of(answer(error_body(code), status)), OutcomeUnknown)


@pytest.mark.parametrize(
    ("code", "alarm"),
    [
        ("IdempotentParameterMismatch", True),
        ("InvalidIdempotenceParameter.Mismatch", True),
        ("IdempotentProcessing", False),
        ("SignatureNonceUsed", False),
    ],
)
def test_only_a_token_known_with_other_parameters_raises_the_alarm(outcome_of, code, alarm):
    assert outcome_of(answer(error_body(code), 403)).alarm is alarm


@pytest.mark.parametrize("status", [400, 403, 429])
@pytest.mark.parametrize(
    "code", ["Throttling", "Throttling.User", "Throttling.Api", "Throttling.Something", "Rejected.Throttling"]
)
def test_throttling_is_known_by_its_code_and_names_its_seconds(outcome_of, status, code):
    error = outcome_of(answer(error_body(code), status, x_acs_retry_after="2500"))

    assert isinstance(error, Throttled)
    assert error.retry_after == 2.5


@pytest.mark.parametrize(("header", "seconds"), [("0", 0), ("-5", 0), ("soon", None), ("9" * 12, 3600)])
def test_an_odd_wait_is_brought_to_reason(outcome_of, header, seconds):
    assert outcome_of(answer(error_body("Throttling"), 400, x_acs_retry_after=header)).retry_after == seconds


def test_throttling_need_not_say_how_long(outcome_of):
    assert outcome_of(answer(error_body("Throttling"), 400)).retry_after is None


def test_too_many_requests_is_throttling_under_any_code(outcome_of):
    assert isinstance(outcome_of(answer(error_body("FlowControl"), 429)), Throttled)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "InvalidAccessKeyId.NotFound"),
        (403, "InvalidAccessKeyId.Inactive"),
        (403, "Forbidden.AccessKeyDisabled"),
        (400, "SignatureDoesNotMatch"),
        (400, "IncompleteSignature"),
        (400, "InvalidTimeStamp.Expired"),
        (400, "IllegalTimestamp"),
        (400, "InvalidSecurityToken.Expired"),
        (403, "InvalidSecurityToken.Malformed"),
        (400, "MissingSecurityToken"),
    ],
)
def test_credentials_that_are_not_taken(outcome_of, status, code):
    error = outcome_of(answer(error_body(code), status))

    assert isinstance(error, BadCredentials)
    assert error.clock_is_off is ("imestamp" in code.lower())


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("Forbidden.RAM", "ecs:InvokeCommand"),
        ("Forbidden.SubUser", "ecs:InvokeCommand"),
        ("NoPermission", "ecs:InvokeCommand"),
        ("ParameterStore.NoPermission", "oos:GetSecretParameter"),
        ("Forbidden.RiskControl", ""),
        ("Operation.Forbidden", ""),
        ("RealNameAuthenticationError", ""),
        ("InvalidAccountStatus.NotEnoughBalance", ""),
        ("Account.Arrearage", ""),
    ],
)
def test_a_missing_permission_names_the_action_to_grant(outcome_of, code, action):
    error = outcome_of(answer(error_body(code), 403))

    assert isinstance(error, NotPermitted)
    assert error.action == action


def test_the_clouds_own_word_on_the_missing_action_is_believed(outcome_of):
    body = error_body("Forbidden.RAM", AccessDeniedDetail={"AuthAction": "ecs:CommandRunAs"})

    assert outcome_of(answer(body, 403)).action == "ecs:CommandRunAs"


@pytest.mark.parametrize(
    ("code", "is_daily"),
    [("Invocation.ExceedQuota", True), ("CmdCount.ExceedQuota", False), ("CommandLimitExceeded", False)],
)
def test_a_used_up_quota(outcome_of, code, is_daily):
    error = outcome_of(answer(error_body(code), 403))

    assert isinstance(error, QuotaExceeded)
    assert error.is_daily is is_daily


@pytest.mark.parametrize("code", ["InvalidRegionId.NotFound", "InvalidAction.NotFound", "InvalidVersion"])
def test_a_region_or_endpoint_that_is_not_for_us_rejects_no_target(outcome_of, code):
    assert isinstance(outcome_of(answer(error_body(code), 404)), RegionUnavailable)


@pytest.mark.parametrize(
    ("code", "splits", "too_many", "is_gone"),
    [
        ("InvalidInstance.NotFound", True, False, False),
        ("InvalidInstanceId.NotFound", True, False, False),
        ("InvalidInstance.NotMatch", True, False, False),
        ("InvalidInstanceId.OSTypeUnsupported", True, False, False),
        ("InstanceIds.ExceedLimit", True, True, False),
        ("InvalidInstanceId.CountLimitExceeded", True, True, False),
        ("InvalidCmdId.NotFound", False, False, True),
        ("InvalidInvokeId.NotFound", False, False, True),
        ("Parameter.NotMatched", False, False, False),
        ("Code.NeverHeardOf", False, False, False),
        ("QuotaExceed.ElasticQuota", False, False, False),
        ("ThisIsNotThrottling", False, False, False),
        ("ForbiddenFruit", False, False, False),
    ],
)
def test_any_other_refusal_says_what_may_be_done_with_the_targets(outcome_of, code, splits, too_many, is_gone):
    error = outcome_of(answer(error_body(code, "Read me."), 403))

    assert isinstance(error, Rejected)
    assert (error.splits, error.too_many, error.is_gone) == (splits, too_many, is_gone)
    assert (error.message, error.request_id, error.instance_ids) == ("Read me.", "R-1", ())


def test_a_refusal_that_names_instances_of_the_request_passes_them_on(outcome_of):
    error = outcome_of(answer(error_body("InvalidInstance.NotFound", "i-2, i-22 and mi-9 do not exist."), 404))

    assert error.instance_ids == ("i-2",)


def test_an_error_in_xml_is_understood(outcome_of):
    body = b"<Error><RequestId>R-1</RequestId><Code>Throttling.User</Code><Message>No.</Message></Error>"

    error = outcome_of(answer(raw=body, status=400, Content_Type="text/xml;charset=utf-8"))

    assert isinstance(error, Throttled)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_A50_a_redirect_is_not_followed(outcome_of, status):
    with Listener() as elsewhere:
        error = outcome_of(answer(GOOD, status, Location=f"{elsewhere.url}/"))

        assert isinstance(error, OutcomeUnknown)
        assert (error.code, error.http_status) == ("Redirected", status)
        assert elsewhere.heard == []


@pytest.mark.parametrize(
    "script",
    [
        cut_after(),
        cut_after(b"HTTP/1.1 200 OK\r\nContent-"),
        cut_after(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        cut_after(b"\x16\x03\x01 this is not HTTP\r\n\r\n"),
        half_of(GOOD),
    ],
)
def test_A44_a_connection_that_breaks_after_the_request_says_nothing(outcome_of, script):
    assert isinstance(outcome_of(script), OutcomeUnknown)


def test_a_connection_that_breaks_while_the_request_is_written_says_nothing(request_for):
    with Listener(breaks_after=10) as listener:
        request = request_for(parameters=json.dumps({"x": "y" * 8_000_000}))

        with pytest.raises(OutcomeUnknown) as raised:
            invoke(connected_to(listener.url), request, client_token="token", date=datetime.now(UTC))

    assert raised.value.code == "ConnectionBroken"


def test_half_an_answer_that_reads_as_a_whole_one_says_nothing(outcome_of):
    body = json.dumps(GOOD).encode()

    error = outcome_of(cut_after(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + body))

    assert (type(error), error.code) == (OutcomeUnknown, "ConnectionBroken")


def test_silence_after_the_request_says_nothing(outcome_of, monkeypatch):
    monkeypatch.setattr(transport, "BOUNDS", Bounds(read_seconds=0.1))

    error = outcome_of(silence)

    assert (type(error), error.code) == (OutcomeUnknown, "ReadTimedOut")


@pytest.mark.parametrize("dripped", ["head", "body"])
def test_A52_an_answer_that_drips_is_given_up_when_the_whole_call_takes_too_long(outcome_of, monkeypatch, dripped):
    monkeypatch.setattr(transport, "BOUNDS", Bounds(read_seconds=5, total_seconds=0.3))
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"

    def body_only(connection: socket.socket) -> None:
        connection.sendall(head)
        drip(b" " * 100, 0.02)(connection)

    error = outcome_of(drip(head + b" " * 100, 0.02) if dripped == "head" else body_only)

    assert (type(error), error.code) == (OutcomeUnknown, "ReadTimedOut")


def test_A15_an_answer_without_end_is_given_up(outcome_of, monkeypatch):
    monkeypatch.setattr(transport, "BOUNDS", Bounds(answer_bytes=100_000))

    error = outcome_of(answer(raw=b"x" * 1_000_000))

    assert (type(error), error.code) == (OutcomeUnknown, "AnswerTooLarge")


def test_A15_a_small_answer_that_unpacks_to_a_huge_one_is_given_up(outcome_of, monkeypatch):
    monkeypatch.setattr(transport, "BOUNDS", Bounds(answer_bytes=100_000))

    error = outcome_of(answer(raw=gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip"))

    assert error.code == "AnswerTooLarge"


def test_a_refused_connection_proves_that_nothing_was_sent(sent):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(Unreachable) as raised:
        sent(connected_to(f"http://127.0.0.1:{port}"))

    assert (raised.value.code, raised.value.host) == ("ConnectionFailed", "127.0.0.1")


def test_a_name_that_does_not_resolve_proves_that_nothing_was_sent(sent):
    with pytest.raises(Unreachable) as raised:
        sent(connected_to("https://ecs.{region}.invalid"))

    assert (raised.value.code, raised.value.host) == ("NameNotResolved", "ecs.cn-hangzhou.invalid")


def test_a_connection_that_does_not_come_about_proves_that_nothing_was_sent(sent, monkeypatch):
    monkeypatch.setattr(transport, "BOUNDS", Bounds(connect_seconds=0.2))
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # fill the queue that nobody serves
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())

        with pytest.raises(Unreachable) as raised:
            sent(connected_to(f"http://127.0.0.1:{full.getsockname()[1]}"))

        for each in waiting:
            each.close()

    assert raised.value.code == "ConnectTimedOut"


def test_a_character_that_cannot_be_sent_is_the_requests_own_fault(to_listener, listener, request_for):
    with pytest.raises(Rejected) as raised:
        invoke(to_listener, request_for(username="\ud800"), client_token="token", date=datetime.now(UTC))

    assert raised.value.code == "InvalidCharacters"
    assert listener.heard == []


@pytest.mark.parametrize("region", ["evil.example.com", "cn-hangzhou/../x", "a@b", "", "CN", "x" * 41])
def test_what_is_no_region_never_becomes_part_of_a_host(to_listener, listener, request_for, region):
    with pytest.raises(RegionUnavailable):
        invoke(to_listener, request_for(region=region), client_token="token", date=datetime.now(UTC))

    assert listener.heard == []


class TestOverTls:
    """A45, and why an exception's type proves nothing."""

    @pytest.fixture
    def authority(self, tmp_path, monkeypatch):
        """A certificate authority that this thread's next session trusts."""
        authority = new_authority(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
        monkeypatch.setattr(transport, "_sessions", transport._Sessions())
        return authority

    def test_a_trusted_certificate_is_taken(self, authority, sent):
        with Listener(tls=authority.server_context("127.0.0.1")) as listener:
            assert sent(connected_to(listener.url)).invoke_id == "t-1"

    @pytest.mark.parametrize(
        ("host", "days", "why"),
        [
            ("127.0.0.9", 1, "IP address mismatch, certificate is not valid for '127.0.0.1'."),
            ("127.0.0.1", -1, "certificate has expired"),
        ],
    )
    def test_a_certificate_that_is_not_valid_proves_that_nothing_was_sent(self, authority, sent, host, days, why):
        with Listener(tls=authority.server_context(host, days=days)) as listener:
            with pytest.raises(Unreachable) as raised:
                sent(connected_to(listener.url))

            assert (raised.value.code, raised.value.message) == ("CertificateInvalid", why)
            assert listener.heard == []

    def test_an_unknown_authority_proves_that_nothing_was_sent(self, authority, sent, tmp_path_factory):
        stranger = new_authority(tmp_path_factory.mktemp("stranger"))
        with Listener(tls=stranger.server_context("127.0.0.1")) as listener, pytest.raises(Unreachable) as raised:
            sent(connected_to(listener.url))

        assert raised.value.code == "CertificateInvalid"

    def test_a_server_that_speaks_no_tls_proves_that_nothing_was_sent(self, sent):
        with Listener(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as listener, pytest.raises(Unreachable) as raised:
            sent(connected_to(listener.url.replace("http:", "https:")))

        assert raised.value.code == "TlsFailed"

    def test_a_stream_that_breaks_after_the_request_was_read_says_nothing(self, authority, sent):
        """It raises the very types of a failed handshake."""

        def garble(connection: socket.socket) -> None:
            assert isinstance(connection, ssl.SSLSocket)
            with socket.socket(fileno=connection.detach()) as bare:
                bare.sendall(b"no TLS record at all, but some other bytes")

        with Listener(garble, tls=authority.server_context("127.0.0.1")) as listener:
            with pytest.raises(CloudError) as raised:
                sent(connected_to(listener.url))

            assert isinstance(raised.value, OutcomeUnknown)
            assert len(listener.heard) == 1
