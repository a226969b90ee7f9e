"""Old addresses of a command lead to it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.urls import reverse

from commands.access import Moved


class _Permanently(HttpResponseRedirectBase):
    status_code = 301


class _WithItsBody(HttpResponseRedirectBase):
    status_code = 308  # a browser posts the same form again


class MovedMiddleware:
    """Answers `Moved` with the same page of the command's present ID; a form goes along and is judged there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Moved) or request.resolver_match is None:
            return None
        match = request.resolver_match
        path = reverse(match.view_name, kwargs={**match.kwargs, "cloud_id": exception.command.cloud_id})
        query = request.META.get("QUERY_STRING", "")
        is_read = request.method in ("GET", "HEAD")
        return (_Permanently if is_read else _WithItsBody)(f"{path}?{query}" if query else path)
