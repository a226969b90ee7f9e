import json
import logging
import os
import re
import time
from contextlib import suppress

import pytest
from celery import shared_task
from celery.signals import before_task_publish
from prometheus_client import REGISTRY

from consoleapp import task_scopes
from consoleapp.logs import JSONFormatter, PatientHandler, TextFormatter
from consoleapp.management.commands.runconsole import Command
from invocations import tracing

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


@pytest.fixture(autouse=True)
def _nothing_in_hand():
    """What other tests worked on in this thread is forgotten."""
    with tracing.scope():
        yield


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


# Text, for a terminal


def in_text(message, *arguments, **more):
    record = logging.LogRecord("console", logging.WARNING, "file.py", 1, message, arguments, more.get("exc_info"))
    return TextFormatter().format(record)


@pytest.mark.parametrize("text", CORPUS)
def test_C51_in_text_too_no_line_is_made_by_what_a_user_sends(text):
    line = in_text("name: %s", text)

    assert line.isprintable()
    assert " WARNING console: name: " in line
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 ", line)


def test_C51_a_traceback_is_indented_so_that_none_of_it_looks_like_a_line_of_the_log():
    try:
        raise ValueError("broken\n2026-11-30T10:00:00.000+00:00 WARNING console: forged\x1b[2J")
    except ValueError as error:
        first, *rest = in_text("trouble", exc_info=(type(error), error, error.__traceback__)).split("\n")

    assert first.endswith("console: trouble")
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


# What a line is about


@pytest.fixture
def lines(caplog):
    """What is logged from here on, as the console would write it."""
    heard = []

    class Ear(logging.Handler):
        def emit(self, record):
            heard.append(json.loads(JSONFormatter().format(record)))

    ear, root = Ear(), logging.getLogger()
    root.addHandler(ear)
    yield heard
    root.removeHandler(ear)


def nothing_here(client, **headers):
    """Every such page writes a line."""
    with_level = logging.getLogger("consoleapp.errors")
    with_level.setLevel(logging.INFO)
    try:
        return client.get("/signin/link/s3cret/nothing/", headers=headers)
    finally:
        with_level.setLevel(logging.NOTSET)


@pytest.mark.django_db
def test_a_request_id_is_taken_over_given_back_and_in_each_line(operator, lines):
    answer = nothing_here(operator, **{"X-Request-ID": "edge-4711"})

    assert answer.headers["X-Request-ID"] == "edge-4711"
    assert {line["request"] for line in lines} == {"edge-4711"}
    assert "s3cret" not in str(lines)


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"}', "caf\xe9", "a\tb"])
def test_C51_an_odd_request_id_is_replaced_by_one_of_ours(operator, lines, given):
    answer = nothing_here(operator, **{"X-Request-ID": given})

    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])
    assert {line["request"] for line in lines} == {answer.headers["X-Request-ID"]}


def test_every_request_has_an_id_of_its_own(client):
    assert client.get("/healthz").headers["X-Request-ID"] != client.get("/healthz").headers["X-Request-ID"]


@pytest.mark.django_db
def test_a_page_of_a_run_names_it_in_its_lines(operator, lines):
    operator.get("/r/cn-hangzhou/runs/4711/")
    logging.getLogger("consoleapp").warning("afterwards")

    assert {line.get("run") for line in lines if line["message"].startswith("Reference")} <= {4711}
    assert "run" not in lines[-1]


@shared_task
def speak():
    logging.getLogger("consoleapp").warning("at work")


def test_a_task_names_itself_and_the_request_that_woke_it(lines):
    with tracing.scope(request="edge-4711"):
        speak.apply(headers={task_scopes.HEADER: "edge-4711"})
    logging.getLogger("consoleapp").warning("afterwards")

    spoken, afterwards = lines
    assert (spoken["task"], spoken["request"]) == ("speak", "edge-4711")
    assert "task" not in afterwards


def test_C69_a_forged_message_puts_nothing_into_the_log(lines):
    speak.apply(headers={task_scopes.HEADER: 'a"}\n{"level": "ERROR"'})

    assert "request" not in lines[0]


def test_a_message_to_the_workers_carries_the_id_of_the_request():
    headers = {}

    with tracing.scope(request="edge-4711"):
        before_task_publish.send(sender="task", headers=headers)

    assert headers == {task_scopes.HEADER: "edge-4711"}


# A97: the reader of the log


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for end in (reader, writer):
        with suppress(OSError):
            os.close(end)


@pytest.fixture
def logger():
    logger = logging.Logger("apart", logging.INFO)
    yield logger
    for handler in logger.handlers:
        handler.close()


def lost() -> float:
    return REGISTRY.get_sample_value("console_log_lines_lost_total") or 0.0


def to(logger, writer, capacity=100):
    handler = PatientHandler(writer, capacity)
    handler.setFormatter(JSONFormatter())
    logger.addHandler(handler)
    return handler


def test_lines_arrive_whole_and_in_order(logger, pipe):
    handler = to(logger, pipe[1])

    for number in range(50):
        logger.info("line %s %s", number, "x" * 500)
    handler.flush()

    messages = [json.loads(line)["message"].split()[1] for line in os.read(pipe[0], 65536).splitlines()]
    assert messages == [str(number) for number in range(50)]


def test_A97_a_pipe_that_nobody_empties_costs_lines_and_no_time(logger, pipe):
    before = lost()
    to(logger, pipe[1])

    began = time.monotonic()
    for _ in range(2000):
        logger.info("x" * 1000)  # 2 MB; a pipe holds 64 KB

    assert time.monotonic() - began < 2
    assert lost() - before > 1500


def test_A97_a_reader_that_has_died_hurts_nobody(logger, pipe):
    handler = to(logger, pipe[1])
    os.close(pipe[0])
    before = lost()

    for _ in range(10):
        logger.info("is anybody there?")
    handler.flush()

    assert lost() - before == 10


def fill(writer: int) -> None:
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)


def test_A97_a_run_is_sent_while_the_log_is_stuck(submitted, simulator, work_until_quiet, pipe):
    root, handler = logging.getLogger(), PatientHandler(pipe[1], capacity=5)
    handler.setFormatter(JSONFormatter())
    fill(pipe[1])
    level, before = root.level, lost()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        submitted(1)
        work_until_quiet()
    finally:
        root.setLevel(level)
        root.removeHandler(handler)

    assert [ran.exit_code for ran in simulator.journal.executions()] == [0]
    assert lost() > before
