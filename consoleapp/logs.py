"""How log lines are written: one JSON object each, so that no text from outside can look like another line."""

import json
import logging
import re
from datetime import UTC, datetime

LONGEST = 4000  # characters of one message or traceback
_SIGNIN_LINK = re.compile(r"(/signin/link/)[^/\s]+")


class JSONFormatter(logging.Formatter):
    """ASCII only: line ends, escape sequences, invisible characters come out as \\u…; one-time links without token."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _tidy(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = _tidy(self.formatException(record.exc_info))
        return json.dumps(entry)


def _tidy(text: str) -> str:
    text = _SIGNIN_LINK.sub(r"\1…", text)
    if len(text) <= LONGEST:
        return text
    end = LONGEST * 3 // 4  # a traceback says at its end what went wrong
    return f"{text[: LONGEST - end]}… ({len(text)} characters) …{text[-end:]}"
