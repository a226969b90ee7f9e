"""The HTTP session under the SDK: bounded, without redirects, and a witness of what was written and answered.

The SDK takes its `requests.Session` from `DaraCore._get_session`; `install` puts ours there, and a test fails if that
seam moves. The SDK's own loses the status of whatever is not JSON, follows redirects with the credentials, reads
without a limit, and asks the proxy for loopback too.
"""

import http.client
import io
import logging
import math
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.utils import should_bypass_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from cloud.connection import is_loopback

HOSTS_KEPT = 64  # connection pools a session keeps: one for each region, and more


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long and how large one exchange may be."""

    connect_seconds: float = 5
    read_seconds: float = 20  # between two bytes
    total_seconds: float = 60  # from the first byte out to the last byte in
    answer_bytes: int = 16 * 1024 * 1024


BOUNDS = Bounds()


class TooLarge(Exception):
    """The answer is longer than `Bounds.answer_bytes`."""


class Exchange(threading.local):
    """What is known of this thread's current call, whatever exception comes out of it."""

    def __init__(self) -> None:
        self.end()

    def end(self) -> None:
        """Forget the request, which holds parameter values and the signature.

        Until the next `begin` there is no deadline for others of this thread, such as a provider of credentials.
        """
        self.begin()
        self.deadline = math.inf

    def begin(self) -> None:
        self.request: requests.PreparedRequest | None = None
        self.deadline = time.monotonic() + BOUNDS.total_seconds
        self.written = False  # has the request begun to be written? The only proof that nothing was sent
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.body = b""


exchange = Exchange()


class _Patience(io.RawIOBase):
    """A socket's bytes, each waited for no longer than the exchange's deadline allows."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = exchange.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._sock.settimeout(min(left, BOUNDS.read_seconds))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PatientResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Patience(sock))


class _Witness:
    """Notes in the exchange that the request is about to be written, after the connection stands."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        connection: Any = self
        if connection.is_closed:
            connection.connect()  # nothing of ours is sent yet
        exchange.written = True
        super().request(*args, **kwargs)  # type: ignore[misc]


class _WitnessedConnection(_Witness, HTTPConnection):
    response_class = _PatientResponse


class _WitnessedTlsConnection(_Witness, HTTPSConnection):
    response_class = _PatientResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _WitnessedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WitnessedTlsConnection


class _Adapter(HTTPAdapter):
    """Trusts what the machine and certifi trust, keeps a connection per host, never retries."""

    def __init__(self) -> None:
        self._tls = ssl.create_default_context()
        self._tls.load_verify_locations(certifi.where())
        super().__init__(pool_connections=HOSTS_KEPT, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


class BoundedSession(requests.Session):
    """Sends within the exchange's bounds and writes down what comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        for prefix in ("http://", "https://"):
            self.mount(prefix, _Adapter())

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        exchange.request = request
        kwargs.update(allow_redirects=False, stream=True, proxies=_proxies(request, kwargs.get("proxies")))
        answer = super().send(request, **kwargs)
        exchange.status, exchange.headers = answer.status_code, answer.headers
        try:
            exchange.body = _read(answer)
        except BaseException:
            answer.close()
            raise
        answer._content, answer._content_consumed = exchange.body, True
        return answer


class _Sessions(threading.local):
    session: BoundedSession | None = None


_sessions = _Sessions()


def session_of_this_thread(**_ignored: Any) -> BoundedSession:
    """One session per thread: within it, one kept-alive connection per host, thus per region."""
    if _sessions.session is None:
        _sessions.session = BoundedSession()
    return _sessions.session


def install() -> None:
    """Put our session under the SDK and make its loggers, which print queries and headers, hold their tongue."""
    from darabonba.core import DaraCore
    from Tea.core import TeaCore

    DaraCore._get_session = staticmethod(session_of_this_thread)
    for core in (DaraCore, TeaCore):
        core._do_http_debug = staticmethod(lambda *_: None)  # what DEBUG=sdk asks for: the Authorization header
    for name in ("darabonba-core", "alibabacloud-tea", "credentials"):
        _silence(logging.getLogger(name))
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it names the URL up to WARNING


def _silence(logger: logging.Logger) -> None:
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)


def _read(answer: requests.Response) -> bytes:
    body = bytearray()
    while chunk := answer.raw.read1(65536, decode_content=True):  # read1: `stream` would wait for a full chunk
        body += chunk
        if len(body) > BOUNDS.answer_bytes:
            raise TooLarge
    return bytes(body)


def _proxies(request: requests.PreparedRequest, proxies: dict[str, str] | None) -> dict[str, str]:
    """None for loopback, whatever the environment says; the SDK asks neither for that nor for NO_PROXY."""
    url = request.url or ""
    if is_loopback(urlsplit(url).hostname or "") or should_bypass_proxies(url, no_proxy=None):
        return {}
    return proxies or {}
