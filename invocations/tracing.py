"""What the work in hand is about: request, task, run, batch. consoleapp/logs.py puts it into every line.

Held in a context variable, so that threads and requests do not mix theirs up.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token

About = Mapping[str, str | int]

_about: ContextVar[About] = ContextVar("about", default={})  # noqa: B039  # never changed, only replaced


def about() -> About:
    """`request`, `task`, `run`, `batch`, as far as they are known."""
    return _about.get()


def note(**ids: object) -> None:
    """From here on the work is about these, too, until the scope ends. Ids only, never a name or a value."""
    _about.set({**_about.get(), **{name: each if isinstance(each, int) else str(each) for name, each in ids.items()}})


def begin(**ids: object) -> Token[About]:
    """A scope of its own, about these and nothing else; `end` it with what is returned."""
    token = _about.set({})
    note(**ids)
    return token


def end(token: Token[About]) -> None:
    _about.reset(token)


@contextmanager
def scope(**ids: object) -> Iterator[None]:
    token = begin(**ids)
    try:
        yield
    finally:
        end(token)
