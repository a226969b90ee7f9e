"""The socket the embedded console listens on, taken before anything else is started."""

import errno
import socket

FIRST_PORT = 8000
TRIED = 100  # ports from the first one, where none was asked for


class CannotListen(Exception):
    """The sentence says why, and what would help."""


def listen(host: str, port: int | None) -> socket.socket:
    """On `port`, or, when None was asked for, on the first free one from 8000 on. Raises CannotListen."""
    if port is not None:
        return _listen(host, port)
    for candidate in range(FIRST_PORT, FIRST_PORT + TRIED):
        try:
            return _listen(host, candidate)
        except PortTaken:
            continue
    raise CannotListen(
        f"All ports from {FIRST_PORT} to {FIRST_PORT + TRIED - 1} are taken; set CONSOLE_PORT to a free one."
    )


class PortTaken(CannotListen):
    pass


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen()  # at once: until then another program could take it, too
    except OSError as error:
        taken.close()
        raise _explained(error, host, port) from None
    return taken


def _explained(error: OSError, host: str, port: int) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(f"Port {port} is taken by another program; stop it, or set CONSOLE_PORT to a free port.")
    if error.errno == errno.EACCES:
        return CannotListen(f"This user may not listen on port {port}; set CONSOLE_PORT to one above 1023.")
    return CannotListen(f"CONSOLE_HOST={host} is not an address of this computer: {error.strerror}.")
