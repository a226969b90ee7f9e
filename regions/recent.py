"""The regions somebody worked in last, newest first.

They are kept in a cookie, by the browser: opening a page changes nothing on this side, and what is remembered outlives
the session.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "regions"
MOST = 5
_ID = re.compile(r"[a-z0-9-]{1,64}")
_YEAR = 365 * 86_400  # seconds


def of(request: HttpRequest) -> list[str]:
    """Region ids. They come from outside: to be looked up before anything is made of them."""
    ids = request.COOKIES.get(COOKIE, "").split(".")
    return [region for region in ids if is_id(region)][:MOST]


def remember(request: HttpRequest, response: HttpResponse, region: str) -> None:
    """Put the region first."""
    known = of(request)
    if known[:1] == [region]:
        return
    ids = [region, *(other for other in known if other != region)][:MOST]
    value = ".".join(ids)
    response.set_cookie(
        COOKIE,
        value,
        max_age=_YEAR,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def is_id(text: str) -> bool:
    """Whether a text has the form of a region's id."""
    return bool(_ID.fullmatch(text))
