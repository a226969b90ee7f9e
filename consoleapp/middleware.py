"""What is added to answers on their way out, and what is noted of each request."""

import secrets
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from consoleapp.counters import REQUEST_SECONDS, REQUESTS
from consoleapp.task_scopes import is_request_id
from consoleapp.version import VERSION
from invocations import tracing

Handler = Callable[[HttpRequest], HttpResponse]


class RequestMiddleware:
    """Gives each request an id, or takes that of X-Request-ID, for log and answer; and counts it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID")
        request_id = given if given and is_request_id(given) else secrets.token_hex(8)
        began = time.monotonic()
        with tracing.scope(request=request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        route = _route(request)
        REQUESTS.labels(route, _method(request), response.status_code).inc()
        REQUEST_SECONDS.labels(route).observe(time.monotonic() - began)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        if isinstance(kwargs.get("run"), int):
            tracing.note(run=kwargs["run"])


def _route(request: HttpRequest) -> str:
    """The name of the address in urls.py; static files and addresses that lead nowhere have none of their own."""
    return request.resolver_match.view_name if request.resolver_match else "none"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in ("GET", "HEAD", "POST") else "other"


class SentenceMiddleware:
    """405 says why, as every other error does (B10): Django answers it with nothing but a header."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.streaming or response.content:
            return response
        answer = render(request, "errors/error.html", {"status": 405}, status=405)
        answer.headers["Allow"] = response.headers["Allow"]
        return answer


class VersionMiddleware:
    """Fragments name the version that made them: a page of an older one asks to be loaded anew (B97, js/version.js)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "HX-Request" in request.headers:
            response.headers["X-Console-Version"] = VERSION
        return response
