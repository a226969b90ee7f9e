"""A server of bare sockets: it reads requests whole and then does to the connection whatever a test says."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came."""

    target: str
    headers: dict[str, str]  # names in lower case
    connection: int  # 0 for the first connection that was made, 1 for the next, …

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


Script = Callable[[socket.socket], None]


class Listener:
    """Answers every request by `script`, which gets the connection once the request has been read to its end."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        greeting: bytes = b"",
        breaks_after: int | None = None,
    ) -> None:
        self.heard: list[Heard] = []
        self.script = script or answer({"RequestId": "R-1", "InvokeId": "t-1"})
        self._tls = tls
        self._greeting = greeting  # said before anything is read
        self._breaks_after = breaks_after  # bytes of a request, then the connection is reset
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._closing = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        socket.create_connection(self._socket.getsockname()).close()  # wakes accept
        self._threads[0].join(5)
        self._socket.close()
        for connection in self._open:
            _break(connection)
        for thread in self._threads:
            thread.join(5)

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            connection, _address = self._socket.accept()
            if self._closing:
                connection.close()
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, len(self._open) - 1), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open[number] = connection
            connection.sendall(self._greeting)
            if self._breaks_after is not None:
                connection.recv(self._breaks_after)
                _break(connection)
            while head := _read_head(connection):
                self.heard.append(_parsed(head, number))
                self.script(connection)
        except OSError:
            pass  # the client, or the end of the test, has cut it
        finally:
            connection.close()


def answer(body: object = None, status: int = 200, *, raw: bytes | None = None, **headers: str) -> Script:
    """A whole answer: `body` as JSON, or `raw` as it is. Underscores in names of headers stand for hyphens."""
    content = json.dumps(body).encode() if raw is None else raw
    return lambda connection: connection.sendall(_head(status, len(content), headers) + content)


def cut_after(sent: bytes = b"") -> Script:
    """Send some bytes, then reset the connection."""

    def script(connection: socket.socket) -> None:
        connection.sendall(sent)
        _break(connection)

    return script


def half_of(body: object) -> Script:
    """Announce a whole answer, send half of it and close."""
    content = json.dumps(body).encode()

    def script(connection: socket.socket) -> None:
        connection.sendall(_head(200, len(content), {}) + content[: len(content) // 2])
        connection.shutdown(socket.SHUT_RDWR)

    return script


def drip(content: bytes, every: float) -> Script:
    """Send byte by byte, with a pause before each."""
    pause = threading.Event()

    def script(connection: socket.socket) -> None:
        for byte in content:
            pause.wait(every)
            connection.sendall(bytes([byte]))

    return script


def silence(connection: socket.socket) -> None:
    """Say nothing until the client leaves."""
    connection.recv(1)


def _head(status: int, length: int, headers: dict[str, str]) -> bytes:
    lines = {"Content_Type": "application/json;charset=utf-8", "Content_Length": str(length), **headers}
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Status\r\n{named}\r\n".encode()


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        if not (chunk := connection.recv(65536)):
            return b""
        head += chunk
    return head


def _parsed(head: bytes, connection: int) -> Heard:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if line)
    return Heard(first.split(" ")[1], {name.lower(): value for name, value in headers.items()}, connection)


def _break(connection: socket.socket) -> None:
    """A reset, not an orderly end."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    except OSError:
        pass
