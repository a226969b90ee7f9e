"""Signing in and out, and what people set for themselves."""

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import address, audit, keeping, sessions, signin_links, throttling
from accounts.answers import see_other
from accounts.forms import PasswordForm, PreferencesForm, SigninForm
from accounts.http import PersonRequest
from accounts.models import Person, Theme
from accounts.pages import own_path, signin_page

YEAR = 365 * 86400  # seconds


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def signin(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return signin_page(request, next=request.GET.get("next", ""))
    wait = throttling.seconds_to_wait(settings.SIGNIN_FAILURES_PER_ADDRESS, "signin", address.of(request))
    if wait:
        return _signin_page_again(request, SigninForm(request.POST), locked_for=timedelta(seconds=wait))
    form = SigninForm(request.POST)
    person = authenticate(request, **form.cleaned_data) if form.is_valid() else None
    if not isinstance(person, Person):
        return _refuse(request, form)
    sessions.start(request, person)
    audit.record(person, "signin.password", address=address.of(request))
    return _go_on(request)


def _refuse(request: HttpRequest, form: SigninForm) -> HttpResponse:
    throttling.count(settings.SIGNIN_FAILURES_PER_ADDRESS, "signin", address.of(request))
    known = Person.objects.filter(username=form.cleaned_data.get("username", "")).first()
    audit.record(None, "signin.refused", object=known.username if known else "", address=address.of(request))
    return _signin_page_again(request, form)


def _signin_page_again(request: HttpRequest, form: SigninForm, locked_for: timedelta | None = None) -> HttpResponse:
    kept, next = request.POST.get("kept", ""), request.POST.get("next", "")
    status = 429 if locked_for else 422
    return signin_page(request, form, next=next, kept=kept, locked_for=locked_for, status=status)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """Axes' answer in place of ours: too many wrong passwords for this name from this address."""
    name = (credentials or {}).get("username", "")
    attempts = AccessAttempt.objects.filter(username=name, ip_address=address.of(request) or None)
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    locked_for = max(last + settings.AXES_COOLOFF_TIME - timezone.now(), timedelta(seconds=1))
    return _signin_page_again(request, SigninForm(request.POST), locked_for)


def _go_on(request: HttpRequest) -> HttpResponse:
    """To where the person was going; what they had typed there lies before them again."""
    kept = keeping.unfold(request.POST.get("kept", ""))
    if kept:
        return render(request, "accounts/resume.html", {"kept": kept})
    return see_other(own_path(request.POST.get("next", "")) or _start_page(request))


def _start_page(request: HttpRequest) -> str:
    address: str = import_string(settings.START_PAGE)(request)
    return address


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def signin_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows whose link it is; only POST uses it up, for what only looks at links sends GET."""
    if not signin_links.comes_from_here(request):
        return render(request, "accounts/signin_link.html", {"is_elsewhere": True}, status=403)
    link = signin_links.find(token)
    if link is None or (request.method == "POST" and not signin_links.use(link)):
        return render(request, "accounts/signin_link.html", status=410)
    if request.method != "POST":
        return render(request, "accounts/signin_link.html", {"link": link, "expires": _clock(link.expires_at)})
    sessions.start(request, link.person)
    audit.record(link.person, "signin.link", address=address.of(request))
    if not link.person.has_usable_password():
        _ask_for_password(request)
    return see_other(_start_page(request))


def _clock(moment: datetime) -> str:
    """The time of day; static/js/clock.js puts it into the browser's zone, which nobody knows yet."""
    return format_html('<time datetime="{}" data-clock>{} UTC</time>', moment.isoformat(), moment.strftime("%H:%M"))


def _ask_for_password(request: HttpRequest) -> None:
    sentence = _("You have no password yet. Set one to sign in without a link:")
    link = format_html('<a href="{}">{}</a>', reverse("accounts:security"), _("Set a password"))
    messages.info(request, format_html("{} {}", sentence, link))


@login_not_required
@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, Person):
        audit.record(request.user, "signout", address=address.of(request))
    logout(request)
    response = see_other(reverse("accounts:signin"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch, then back to the same page. An unknown language changes nothing (B91)."""
    chosen = request.POST.get("language", "")
    response = see_other(own_path(request.POST.get("next", "")) or reverse("home"))
    if chosen not in dict(settings.LANGUAGES) or not check_for_language(chosen):
        return response
    if isinstance(request.user, Person):
        Person.objects.filter(pk=request.user.pk).update(language=chosen)
    _remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Switch, then back to the same page. An unknown theme changes nothing."""
    chosen = request.POST.get("theme", "")
    response = see_other(own_path(request.POST.get("next", "")) or reverse("home"))
    if chosen not in Theme.values:
        return response
    if isinstance(request.user, Person):
        Person.objects.filter(pk=request.user.pk).update(theme=chosen)
    _remember(response, "theme", chosen)
    return response


def _remember(response: HttpResponse, name: str, value: str) -> None:
    """For whoever uses this browser before they have signed in."""
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: PersonRequest) -> HttpResponse:
    """Language, time zone, theme, shortcuts: each saved at once where there is script, else by a button."""
    if request.method != "POST":
        return render(request, "accounts/profile.html", {"form": PreferencesForm(person=request.user)})
    form = PreferencesForm(request.POST, person=request.user)
    if not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form}, status=422)
    Person.objects.filter(pk=request.user.pk).update(**form.cleaned_data)
    is_fragment = bool(request.headers.get("HX-Request"))
    if is_fragment and set(form.changed_data) <= {"single_keys"}:
        return render(request, "accounts/profile.html#saved", {"is_saved": True})
    with translation.override(form.cleaned_data["language"] or translation.get_language()):
        messages.success(request, _("Saved."))
    if is_fragment:  # what changes every page brings this one anew
        return HttpResponse(headers={"HX-Refresh": "true"})
    return see_other(reverse("accounts:profile"))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def security(request: PersonRequest) -> HttpResponse:
    """The person's own password. Setting it ends their other sessions."""
    form = PasswordForm(request.POST if request.method == "POST" else None, person=request.user)
    if not form.is_valid():
        return render(request, "accounts/security.html", {"form": form}, status=422 if form.is_bound else 200)
    request.user.set_password(form.cleaned_data["new"])
    request.user.save(update_fields=["password"])
    login(request, request.user, backend="django.contrib.auth.backends.ModelBackend")
    audit.record(request.user, "person.password_set", address=address.of(request))
    messages.success(request, _("Your password is set. Your other sessions have ended."))
    return see_other(reverse("accounts:security"))
