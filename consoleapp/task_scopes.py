"""Tasks say in their log lines what they are about, and which request woke them. Connected by apps.py."""

import re
from contextvars import Token
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from consoleapp.counters import TASKS
from invocations import tracing

HEADER = "console_request"
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")

_scopes: dict[str, Token[tracing.About]] = {}  # of the tasks in hand, by their id; each ends in the thread it began in


def is_request_id(text: object) -> bool:
    """What may be taken over into the log from a header of a request or message that anybody could have written."""
    return isinstance(text, str) and bool(_ID.fullmatch(text))


@before_task_publish.connect
def _send_along(headers: Any = None, **more: Any) -> None:
    request = tracing.about().get("request")
    if request and headers is not None:
        headers[HEADER] = request


@task_prerun.connect
def _begin(task_id: str = "", task: Any = None, **more: Any) -> None:
    request = getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER)
    about = {"request": request} if is_request_id(request) else {}
    _scopes[task_id] = tracing.begin(task=task.name.rpartition(".")[2], **about)


@task_postrun.connect
def _end(task_id: str = "", task: Any = None, state: str | None = None, **more: Any) -> None:
    TASKS.labels(task.name.rpartition(".")[2], "ok" if state == "SUCCESS" else "failed").inc()
    token = _scopes.pop(task_id, None)
    if token is not None:
        tracing.end(token)
