"""What is added to answers on their way out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from consoleapp.version import VERSION

Handler = Callable[[HttpRequest], HttpResponse]


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
