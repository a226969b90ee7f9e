"""A TCP relay between the console and the cloud that can hold, delay or cut what passes through it.

What it has taken in it delivers, however late, even where the sender has died since: "the worker was killed, and its
request arrived anyway" (A06).
"""

import contextlib
import socket
import struct
import threading
import time

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_CHUNK = 65536


class Gate:
    """One direction: shut, it keeps all that comes until it is opened."""

    def __init__(self) -> None:
        self.delay = 0.0  # seconds for each piece
        self._is_open = threading.Event()
        self._is_open.set()

    def shut(self) -> None:
        self._is_open.clear()

    def open(self) -> None:
        self.delay = 0.0
        self._is_open.set()

    def wait(self) -> None:
        time.sleep(self.delay)
        self._is_open.wait()


class Relay:
    def __init__(self, port: int) -> None:
        """Listens on a free port and passes on to `port` of this machine."""
        self.requests, self.answers = Gate(), Gate()
        self._target = ("127.0.0.1", port)
        self._clients: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def cut(self) -> int:
        """Reset every connection of the console; what was taken in from them still arrives. How many there were."""
        clients = list(self._clients)
        for client in clients:
            _reset(client)
        return len(clients)

    def calm(self) -> None:
        self.requests.open()
        self.answers.open()

    def close(self) -> None:
        self.calm()
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            cloud = socket.create_connection(self._target, timeout=10)
        except OSError:
            _reset(client)
            return
        cloud.settimeout(None)
        self._clients.add(client)
        back = threading.Thread(target=_pass_on, args=[cloud, client, self.answers], daemon=True)
        back.start()
        _pass_on(client, cloud, self.requests)
        back.join()
        self._clients.discard(client)
        for end in (client, cloud):
            end.close()


def _pass_on(source: socket.socket, sink: socket.socket, gate: Gate) -> None:
    """Until the source ends; then the sink is told so."""
    with contextlib.suppress(OSError):
        while piece := source.recv(_CHUNK):
            gate.wait()
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _reset(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        client.shutdown(socket.SHUT_RDWR)
        client.close()
