"""The console's addresses, and a few that go wrong."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from consoleapp.urls import handler400, handler403, handler404, handler500
from consoleapp.urls import urlpatterns as console

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the code")


@login_not_required
def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("the database system is shutting down")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


@require_POST
def taking(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join(request.POST))


urlpatterns = [
    *console,
    path("wrong/broken/", broken),
    path("wrong/away/", away),
    path("wrong/forbidden/", forbidden),
    path("wrong/taking/", taking),
]
