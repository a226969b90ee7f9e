"""No secret in any error or log, whatever goes wrong (C37, C38), and no random answer that passes for an acceptance."""

import importlib
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud import transport
from cloud.connection import Connection
from cloud.errors import CloudError
from cloud.invocations import Accepted, FrozenRequest, FrozenRun, invoke, run
from cloud.transport import Bounds
from tests.cloud.conftest import connected_to
from tests.cloud.listener import Listener, Script, answer, cut_after, half_of, silence

CANARY = "c4n&ry +%/=?é王\"'<b>"
TOKEN = "token-7b1e"
ACCESS_KEY = ("LTAI-canary-id", "canary-key-secret")
ECHO = f"Bad request /?Parameters={quote_plus(CANARY)} {CANARY} {quote(CANARY)} {json.dumps(CANARY)} {TOKEN}"
SPELLINGS = {CANARY, quote(CANARY, safe=""), quote_plus(CANARY), json.dumps(CANARY)[1:-1], TOKEN, *ACCESS_KEY}


def refusal(code: str, status: int) -> Script:
    """The API quotes what it signed, ill-behaved servers what they got."""
    signed = f"Specified signature is not matched. server string to sign is:POST&%2F&Parameters={quote(CANARY)}"
    return answer({"RequestId": "R", "Code": code, "Message": f"{ECHO} {ACCESS_KEY[0]} {signed}"}, status)


FAULTS = {
    "connection refused": None,
    "reset": cut_after(),
    "half an answer": half_of({"RequestId": "R-1"}),
    "garbage": cut_after(b"HTTP/1.1 banana\r\n\r\n"),
    "broken headers": cut_after(b"HTTP/1.1 200 OK\r\nno colon here\r\n  odd\r\n\r\nx"),
    "silence": silence,
    "page in between": answer(raw=f"<html><p>{ECHO}".encode(), status=403),
    "redirect": answer(raw=b"", status=307, Location="http://127.0.0.1:9/"),
    "not JSON": answer(raw=ECHO.encode()),
    "error under a good status": refusal("InternalError", 200),
    "server fault": refusal("InternalError", 500),
    "throttled": refusal("Throttling", 400),
    "wrong signature": refusal("SignatureDoesNotMatch", 400),
    "no permission": refusal("Forbidden.RAM", 403),
    "quota": refusal("Invocation.ExceedQuota", 403),
    "rejected": refusal("InvalidParameter.Parameters", 400),
    "mismatch": refusal("IdempotentParameterMismatch", 403),
}


@pytest.fixture(params=["invoke", "run"])
def send(request: pytest.FixtureRequest) -> Callable[[Connection], Accepted]:
    parameters = json.dumps({"password": CANARY}, ensure_ascii=False, separators=(",", ":"))
    common = {"region": "cn-hangzhou", "instance_ids": ("i-1",), "parameters": parameters}
    if request.param == "invoke":
        frozen = FrozenRequest(command_id="c-1", **common)
        return lambda connection: invoke(connection, frozen, client_token=TOKEN, date=datetime.now(UTC))
    scripted = FrozenRun(type="RunShellScript", content=f"login {CANARY}", **common)
    return lambda connection: run(connection, scripted, client_token=TOKEN, date=datetime.now(UTC))


@pytest.fixture(params=FAULTS)
def faulty(request: pytest.FixtureRequest, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection to a server that does one of the faults."""
    monkeypatch.setattr(transport, "BOUNDS", Bounds(read_seconds=0.1))
    script = FAULTS[request.param]
    if script is None:
        return connected_to("http://127.0.0.1:1", ACCESS_KEY)
    listener.script = script
    return connected_to(listener.url, ACCESS_KEY)


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that can be made to speak does, even where somebody has opened the SDK's loggers again."""
    monkeypatch.setenv("DEBUG", "sdk")
    monkeypatch.setattr(logging.root, "level", logging.NOTSET)
    importlib.import_module("cloud.wire")
    for name in ("darabonba-core", "alibabacloud-tea"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
        logging.getLogger(name).manager._clear_cache()


def holds_a_secret(text: str) -> list[str]:
    return [secret for secret in SPELLINGS if secret in text]


def test_no_secret_is_in_an_error_or_beside_it(faulty, send):
    with pytest.raises(CloudError) as raised:
        send(faulty)

    error = raised.value
    shown = [str(error), repr(error), repr(vars(error)), repr(faulty), pickle.dumps(error.args).decode("latin-1")]
    assert not holds_a_secret("\n".join(shown))
    assert error.__cause__ is None
    assert error.__context__ is None


def test_no_secret_is_in_a_traceback_or_in_the_variables_of_its_frames_within_the_gateway(faulty, send):
    with pytest.raises(CloudError) as raised:
        send(faulty)

    report = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    within = [frame for frame in report.stack if "/cloud/" in frame.filename and "/tests/" not in frame.filename]
    assert within
    shown = "".join(f"{name}={value}\n" for frame in within for name, value in (frame.locals or {}).items())
    assert not [secret for secret in holds_a_secret(shown) if secret != TOKEN]


def test_no_secret_is_logged_or_printed(faulty, send, talkative, caplog, capfd):
    with pytest.raises(CloudError):
        send(faulty)

    out, err = capfd.readouterr()
    assert not holds_a_secret(f"{caplog.text}\n{out}\n{err}")


def test_a_good_call_is_neither_logged_nor_printed(send, to_listener, talkative, caplog, capfd):
    send(to_listener)

    out, err = capfd.readouterr()
    assert not holds_a_secret(f"{caplog.text}\n{out}\n{err}")
    assert "Authorization" not in caplog.text + out + err


def test_nothing_of_a_request_stays_behind_in_the_thread(send, to_listener):
    send(to_listener)

    assert (transport.exchange.request, transport.exchange.body) == (None, b"")


def test_requests_and_connections_hide_their_secrets_from_a_print(to_listener):
    frozen = FrozenRequest(region="r", command_id="c-1", instance_ids=(), parameters=CANARY)
    scripted = FrozenRun(region="r", instance_ids=(), type="t", content=CANARY)

    assert "c4n" not in repr(frozen) + repr(scripted)
    assert "test-secret" not in repr(to_listener)


def test_an_ordinary_message_stays_as_it_is(listener, to_listener, request_for):
    message = "The specified InstanceId i-1 in cn-hangzhou does not exist (max 50%)."
    listener.script = answer({"RequestId": "R", "Code": "InvalidInstance.NotFound", "Message": message}, 404)

    with pytest.raises(CloudError) as raised:
        invoke(to_listener, request_for(), client_token=TOKEN, date=datetime.now(UTC))

    assert raised.value.message == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["RequestId", "InvokeId", "Code", "x"]), inner)
    ),
    max_leaves=8,
)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@QUICK
@given(body=st.binary(max_size=300), status=st.sampled_from([200, 201, 204, 400, 403, 404, 429, 500, 503]))
def test_random_bytes_are_never_an_acceptance_nor_a_refusal(listener, to_listener, request_for, body, status):
    listener.script = answer(raw=b"" if status == 204 else body, status=status)

    with pytest.raises(CloudError) as raised:
        invoke(to_listener, request_for(), client_token=TOKEN, date=datetime.now(UTC))

    assert type(raised.value).__name__ == "OutcomeUnknown"


@QUICK
@given(body=JSON, status=st.sampled_from([200, 400, 500]))
def test_random_json_is_an_acceptance_only_if_it_names_an_invocation(listener, to_listener, request_for, body, status):
    listener.script = answer(body, status)

    try:
        accepted = invoke(to_listener, request_for(), client_token=TOKEN, date=datetime.now(UTC))
    except CloudError:
        return

    assert status == 200
    assert accepted.invoke_id == body["InvokeId"]
    assert accepted.invoke_id.startswith("t-")
