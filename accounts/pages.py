"""The sign-in page, which more than one way leads to, and where people may be taken afterwards."""

import math
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.address import is_loopback
from accounts.forms import SigninForm


def signin_page(
    request: HttpRequest,
    form: SigninForm | None = None,
    *,
    next: str = "",
    kept: str = "",
    locked_for: timedelta | None = None,
    status: int = 200,
) -> HttpResponse:
    """`kept` is what accounts/keeping.py made of a form that was on its way; `locked_for`: no sign-in before that."""
    context = {
        "form": form or SigninForm(),
        "next": own_path(next),
        "kept": kept,
        "prints_links": is_loopback(settings.HOST) and not settings.IS_HTTPS,
        "ended_after": request.session.pop("ended_after", None),
        "locked_minutes": locked_for and max(1, math.ceil(locked_for / timedelta(minutes=1))),
    }
    response = render(request, "accounts/signin.html", context, status=status)
    if locked_for:
        response.headers["Retry-After"] = str(math.ceil(locked_for.total_seconds()))
    return response


def own_referer(request: HttpRequest) -> str:
    """The path of the page a request came from, if that was one of ours."""
    parts = urlsplit(request.headers.get("Referer", ""))
    return own_path(parts._replace(scheme="", netloc="").geturl()) if parts.netloc == request.get_host() else ""


def own_path(url: str) -> str:
    """The URL if it is a path of this console, else "" (B20): nobody is led elsewhere by a link to our sign-in.

    What stands beside our sub-path on the same host is elsewhere, too, also by way of `..`.
    """
    is_path = url.startswith(get_script_prefix()) and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    climbs = ".." in unquote(url.partition("?")[0].replace("\\", "/")).split("/")
    return url if is_path and not climbs else ""
