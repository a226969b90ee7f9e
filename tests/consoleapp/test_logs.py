import json
import logging

import pytest

from consoleapp.logs import JSONFormatter
from consoleapp.management.commands.runconsole import Command

CORPUS = [
    "two\nlines",
    "carriage\rreturn",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\u202eevil",
    '"}{"level":"INFO"',
    "\x00",
    "名字",
]


def formatted(message, *arguments, **more):
    record = logging.LogRecord("console", logging.WARNING, "file.py", 1, message, arguments, more.get("exc_info"))
    return JSONFormatter().format(record)


@pytest.mark.parametrize("text", CORPUS)
def test_C51_whatever_a_user_sends_a_log_line_stays_one_harmless_line(text):
    line = formatted("name: %s", text)

    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == f"name: {text}"


@pytest.mark.parametrize("text", CORPUS)
def test_C52_the_terminal_gets_nothing_that_it_would_obey(text, capsys):
    Command().say(f"The region {text} is ready.")

    shown = capsys.readouterr().out
    assert shown.endswith(" is ready.\n")
    assert shown[:-1].isprintable()


def test_C51_a_log_line_has_an_end():
    assert len(formatted("%s", "x" * 1_000_000)) < 5000


def test_C07_the_token_of_a_one_time_link_is_in_no_log_line():
    assert "s3cret" not in formatted("Gone: %s", "/console/signin/link/s3cret-token/")
    assert "/signin/link/…/" in json.loads(formatted("Gone: %s", "/signin/link/s3cret-token/"))["message"]


def test_an_exception_is_part_of_its_line():
    try:
        raise ValueError("broken\nhere")
    except ValueError as error:
        line = formatted("trouble", exc_info=(type(error), error, error.__traceback__))

    assert "\n" not in line
    assert "ValueError: broken\nhere" in json.loads(line)["exception"]
