"""The start page and System status."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import address, audit
from accounts.access import admins_only
from accounts.http import PersonRequest
from accounts.sessions import background
from consoleapp import problems
from consoleapp import system as within
from consoleapp.version import VERSION
from regions import choosing


@require_safe
def home(request: PersonRequest) -> HttpResponse:
    return redirect(start_page(request))


def start_page(request: HttpRequest) -> str:
    """The commands of the region somebody was in last, else of the first (settings.START_PAGE)."""
    region = choosing.start(request)
    return reverse("commands:list", args=[region.pk]) if region else reverse("regions:list")


@require_safe
def system(request: PersonRequest) -> HttpResponse:
    return render(request, "system.html", _system(request))


@background
@require_safe
def system_live(request: PersonRequest) -> HttpResponse:
    return render(request, "system.html#status", _system(request))


def _system(request: PersonRequest) -> dict[str, Any]:
    """Everybody sees whether it works; team admins also see why."""
    status = within.status()
    context: dict[str, Any] = {"status": status, "problems": problems.of(status)}
    return context | _details(status) if request.user.is_admin else context


def _details(status: within.Status) -> dict[str, Any]:
    reports = within.all_reports(status)
    return {
        "apis": within.apis(reports),
        "limits": within.limits(reports),
        "limiter_store": within.limiter_store(),
        "mirrors": within.mirrors(),
        "database": within.database(),
        "broker": within.broker(),
        "console_version": VERSION,
        "sdk_version": within.sdk_version(),
    }


@admins_only
@require_POST
def alarm_seen(request: PersonRequest, alarm: int) -> HttpResponse:
    with transaction.atomic():
        is_news = within.see(alarm, request.user)
        if is_news:
            audit.record(request.user, "alarm.seen", object=f"alarm {alarm}", address=address.of(request))
    if is_news:
        messages.success(request, _("The alarm is marked as seen."))
    return redirect("system")
