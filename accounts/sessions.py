"""When a session begins and ends (C08): a new id at sign-in, an absolute life, for team admins also an idle one."""

import math
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Person

View = TypeVar("View", bound=Callable[..., HttpResponse])

NOTED_EVERY = 60  # seconds between two writes of when a session was last used


def background(view: View) -> View:
    """For what a page asks by itself, on a timer: it does not keep an idle session alive."""
    view.is_background = True  # type: ignore[attr-defined]
    return view


def start(request: HttpRequest, person: Person) -> None:
    """Sign the person in, under a new session id."""
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    request.session["signed_in_at"] = request.session["used_at"] = _now()


def minutes_until_end(request: HttpRequest) -> int | None:
    """None while the session of a signed-in person lasts; afterwards the minutes it was allowed to be idle, or 0.

    A session without a beginning was started by another way than `start` and counts from now.
    """
    now = _now()
    if now - request.session.setdefault("signed_in_at", now) >= settings.SESSION_LIFE:
        return 0
    is_watched = isinstance(request.user, Person) and request.user.is_admin
    if is_watched and now - request.session.setdefault("used_at", now) >= settings.SESSION_IDLE:
        return math.ceil(settings.SESSION_IDLE / 60)
    return None


def note_use(request: HttpRequest) -> None:
    now = _now()
    if now - request.session.get("used_at", 0) >= NOTED_EVERY:
        request.session["used_at"] = now


def _now() -> int:
    return int(timezone.now().timestamp())
