"""What holds for every request: proxies, odd requests, headers, how long a session lasts, language and time zone."""

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts import address, keeping, pages, sessions, throttling
from accounts.models import Person
from accounts.plain_input import visible

Handler = Callable[[HttpRequest], HttpResponse]

METHODS = ["GET", "HEAD", "POST"]
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LONGEST_QUERY = 32 * 1024  # bytes
_NUL = re.compile("%00|\0")
HEADERS = {
    "Cache-Control": "no-store",  # pages show outputs and names; static files say something else
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class ProxyMiddleware:
    """Takes the scheme from a proxy in CONSOLE_TRUSTED_PROXIES, and from nobody else."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if address.is_trusted_proxy(address.peer(request)):
            request.META["CONSOLE_FORWARDED_PROTO"] = request.META.get("HTTP_X_FORWARDED_PROTO", "")
        return self.get_response(request)


class HeadersMiddleware:
    """Headers that Django sets none of, on every answer that has no other word for them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        patch_vary_headers(response, ["HX-Request"])
        return response


class OddRequestsMiddleware:
    """Refuses what no page of ours sends: other methods, other sites' forms (C12), other bodies, endless queries.

    No address has a NUL, which PostgreSQL can't even be asked for: in a path it leads nowhere (B11), in a query it is
    made visible, so that it is found nowhere (B06).
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            raise SuspiciousOperation("a query too long to be one of ours")
        if "\0" in request.path_info:
            raise Http404
        request.META["QUERY_STRING"] = _NUL.sub(quote(visible("\0")), request.META.get("QUERY_STRING", ""))
        if request.method == "POST" and request.META.get("HTTP_SEC_FETCH_SITE") == "cross-site":
            return _refused_form(request)
        if request.method == "POST" and request.content_type not in FORMS and request.META.get("CONTENT_LENGTH"):
            return render(request, "errors/error.html", {"status": 415}, status=415)
        return self.get_response(request)


def _refused_form(request: HttpRequest) -> HttpResponse:
    refuse: Callable[..., HttpResponse] = import_string(settings.CSRF_FAILURE_VIEW)
    return refuse(request, reason="the form was sent by another site")


class SessionRulesMiddleware:
    """Ends sessions that are over, and remembers for the sign-in page that one was."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            minutes = sessions.minutes_until_end(request)
            if minutes is not None:
                logout(request)
                request.session["ended_after"] = minutes
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        if request.user.is_authenticated and not getattr(view, "is_background", False):
            sessions.note_use(request)


class RatesMiddleware:
    """Holds each person to settings.RATES (C20). Nobody can use up what is another's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        rate = settings.RATES.get((str(request.method), name))
        if rate is None or not isinstance(request.user, Person):
            return None
        key = (name, str(request.user.pk))
        wait = throttling.seconds_to_wait(rate, *key)
        if not wait:
            throttling.count(rate, *key)
            return None
        why = _("Try again in %(seconds)s s.") % {"seconds": math.ceil(wait)}
        response = render(request, "errors/error.html", {"status": 429, "why": why}, status=429)
        response.headers["Retry-After"] = str(math.ceil(wait))
        return response


class PreferencesMiddleware:
    """The person's own language and time zone, in place of the browser's; static/js/time_zone.js tells its zone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if not isinstance(person, Person):
            return self.get_response(request)
        if person.language:
            translation.activate(person.language)  # LocaleMiddleware, around us, names it in the answer's headers
            request.LANGUAGE_CODE = person.language
        with timezone.override(_zone(person.time_zone or request.COOKIES.get("time_zone", ""))):
            return self.get_response(request)


def _zone(name: str) -> ZoneInfo | None:
    """None for what is no time zone's name: anybody can write a cookie."""
    return ZoneInfo(name) if name in _zones() else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


class SigninRequiredMiddleware(LoginRequiredMiddleware):
    """Every view is closed until its person has signed in; what was on its way is not lost."""

    def handle_no_permission(  # type: ignore[override]  # any response will do
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        """A fragment gets 401: its page goes to sign-in as a whole (B14). A posted form is kept (B94)."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)
        if request.method == "POST":
            kept = keeping.keep(request)
            next = request.get_full_path() if kept else pages.own_referer(request)
            return pages.signin_page(request, next=next, kept=kept, status=401)
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('accounts:signin')}?{query}")
