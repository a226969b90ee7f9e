"""How log lines are written: no text from outside can look like another line, and no reader can make us wait.

JSON has one object a line; text is for a terminal. Both name the request, task, run and batch the work was about
(invocations/tracing.py), and neither ever holds a one-time link.
"""

import json
import logging
import os
import queue
import re
import threading
from datetime import UTC, datetime
from logging.handlers import QueueHandler
from typing import Any

from consoleapp.counters import LINES_LOST
from invocations import tracing

LONGEST = 4000  # characters of one message or traceback
KEPT = 2000  # lines that may wait for a slow reader
LAST_LINES = 1.0  # seconds that ending may wait for them to be written
STDERR = 2
_SIGNIN_LINK = re.compile(r"(/signin/link/)[^/\s]+")


class JSONFormatter(logging.Formatter):
    """ASCII only: line ends, escape sequences, invisible characters come out as \\u…; one-time links without token."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _tidy(record.getMessage()),
            **tracing.about(),
        }
        if record.exc_info:
            entry["exception"] = _tidy(self.formatException(record.exc_info))
        return json.dumps(entry)


class TextFormatter(logging.Formatter):
    """One line for an eye; a traceback below it, indented, so that no text of it can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        about = "".join(f" {name}={_plain(str(value))}" for name, value in tracing.about().items())
        message = _plain(_tidy(record.getMessage()))
        lines = [f"{_time(record)} {record.levelname} {record.name}: {message}{about}"]
        if record.exc_info:
            lines += [f"    {_plain(line)}" for line in _tidy(self.formatException(record.exc_info)).splitlines()]
        return "\n".join(lines)


class PatientHandler(QueueHandler):
    """Lines go to a thread that writes them: a full pipe, a full disk or a dead reader costs lines, never time (A97).

    What is lost is counted (console_log_lines_lost_total). The thread is made anew in a process that was forked.
    """

    def __init__(self, descriptor: int = STDERR, capacity: int = KEPT) -> None:
        super().__init__(queue.Queue(capacity))
        self._descriptor = descriptor
        self._pid = 0

    def prepare(self, record: logging.LogRecord) -> Any:
        return self.format(record)  # here, where the context is; the thread has another

    def enqueue(self, line: Any) -> None:
        if self._pid != os.getpid():
            self._start()
        try:
            self.queue.put_nowait(line)
        except queue.Full:
            LINES_LOST.inc()

    def handleError(self, record: logging.LogRecord) -> None:
        """Python’s own would print it, and wait."""
        LINES_LOST.inc()

    def flush(self) -> None:
        """Wait for what is still to be written, but not for long."""
        with self._waiting.all_tasks_done:
            self._waiting.all_tasks_done.wait_for(lambda: not self._waiting.unfinished_tasks, LAST_LINES)

    @property
    def _waiting(self) -> "queue.Queue[str]":
        assert isinstance(self.queue, queue.Queue)
        return self.queue

    def _start(self) -> None:
        self.queue = queue.Queue(self._waiting.maxsize)
        self._pid = os.getpid()
        threading.Thread(target=self._write, args=(self._waiting,), name="log", daemon=True).start()

    def _write(self, lines: "queue.Queue[str]") -> None:
        """Past `sys.stderr`, whose lock a write that hangs would hold when the process ends."""
        while True:
            text = f"{lines.get()}\n".encode()
            try:
                while text:
                    text = text[os.write(self._descriptor, text) :]
            except OSError:
                LINES_LOST.inc()
            finally:
                lines.task_done()


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _plain(text: str) -> str:
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)


def _tidy(text: str) -> str:
    text = _SIGNIN_LINK.sub(r"\1…", text)
    if len(text) <= LONGEST:
        return text
    end = LONGEST * 3 // 4  # a traceback says at its end what went wrong
    return f"{text[: LONGEST - end]}… ({len(text)} characters) …{text[-end:]}"
