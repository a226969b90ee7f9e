import socket

import pytest

from consoleapp import listening
from consoleapp.listening import CannotListen, listen
from tests.services import free_port


def test_a_given_port_that_is_taken_is_told_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            CannotListen, match=f"^Port {port} is taken by another program; stop it, or set CONSOLE_PORT"
        ):
            listen("127.0.0.1", port)


def test_without_a_given_port_the_next_free_one_is_taken(monkeypatch):
    first = free_port()
    monkeypatch.setattr(listening, "FIRST_PORT", first)

    with listen("127.0.0.1", None) as one, listen("127.0.0.1", None) as two:
        assert one.getsockname()[1] == first
        assert first < two.getsockname()[1] < first + listening.TRIED


def test_an_address_of_another_computer_is_told_in_a_sentence():
    with pytest.raises(CannotListen, match=r"^CONSOLE_HOST=192\.0\.2\.1 is not an address of this computer"):
        listen("192.0.2.1", None)


def test_nobody_else_gets_the_port_before_the_server_is_ready():
    with listen("127.0.0.1", None) as taken, pytest.raises(CannotListen):
        listen("127.0.0.1", taken.getsockname()[1])
