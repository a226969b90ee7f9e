"""What a person reads when a request goes wrong: one sentence, one cause, one step, and a reference the log knows, too.

The handlers of urls.py and settings.CSRF_FAILURE_VIEW. Any other code answers with
`render(request, "errors/error.html", {"status": 429}, status=429)`.
"""

import logging
import secrets
import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.access import NotHere
from accounts.answers import is_fragment
from accounts.pages import own_referer
from commands import definitions
from commands.models import Command
from consoleapp import versions

logger = logging.getLogger(__name__)

# Views that fill their form in again from a POST with `action=check`, and run nothing by it.
EXECUTING = "invocations:panel"
REFILLING = {EXECUTING, "invocations:unsaved", "commands:new", "commands:edit"}
RETRY_AFTER = 2  # seconds; a database restarts within a few
NEVER_AGAIN = {"csrfmiddlewaretoken", "action"}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000
        return _page(request, 413, why=_("The limit is %(limit)s.") % {"limit": f"{limit:.1f} MB"})
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    region = _unknown_region(request)
    if not region:
        return _page(request, 404, why=str(exception) if isinstance(exception, NotHere) else "")
    why = _("%(region)s isn’t a region of this account.") % {"region": region}
    return _page(request, 404, why=why, opens_regions=True)


def broken(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is away or of a newer version. Asks no session: it may be what is broken."""
    passing = _passing(sys.exception())
    status = 503 if passing else 500
    context = {
        "status": status,
        "reference": _new_reference(request, status),
        "error_frame": "errors/note.html" if is_fragment(request) else "plain.html",
        "cloud_kind": settings.CLOUD,
        **passing,
    }
    headers = {"Retry-After": str(RETRY_AFTER)} if passing else {}
    return HttpResponse(render_to_string("errors/error.html", context), status=status, headers=headers)


def _passing(error: BaseException | None) -> dict[str, str]:
    """Words for what goes by without anybody's doing; none for what is broken."""
    if isinstance(error, DatabaseError) and _is_left_behind():
        return _upgrading()
    return _away() if isinstance(error, OperationalError | InterfaceError) else {}


def _is_left_behind() -> bool:
    try:
        return not versions.fits()
    except DatabaseError:
        return False


def _upgrading() -> dict[str, str]:
    """A40: this process is of the version before the tables', and they have changed more than it can live with."""
    return {
        "what": _("The console is being upgraded."),
        "why": _(
            "What was just asked for needs the new version, which starts within a minute. Nothing was stored of it, "
            "and runs already sent go on in the cloud. Wait a moment, then try again."
        ),
    }


def _away() -> dict[str, str]:
    """A33, A37, A39: it is restarted, or somebody holds its lock."""
    return {
        "what": _("The console’s database can’t be reached right now."),
        "why": _(
            "Nothing that was stored is lost, and runs already sent go on in the cloud. Wait a moment, then try again; "
            "a form may be sent again as it is: a run starts only once."
        ),
    }


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is no longer good. What was typed comes back as a check, unless another site sent it."""
    if is_fragment(request) or not reason.startswith("CSRF ") or _is_cross_site(request):
        return _page(request, 403)  # the other reasons are about the form's origin
    context = {
        "status": 403,
        "reference": _new_reference(request, 403),
        "fields": list(typed(request)),
        "address": request.get_full_path(),
        "back": own_referer(request),
    }
    return render(request, "errors/csrf.html", context, status=403)


def typed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """What was typed into a form that could not be taken, to be sent to the same address again as a check.

    Secrets are not among it; nothing is where the address fills no form in. See settings.TYPED_FIELDS.
    """
    match = request.resolver_match
    if match is None or match.view_name not in REFILLING:
        return
    left_out = NEVER_AGAIN | (_secret_fields(request, **match.kwargs) if match.view_name == EXECUTING else set())
    yield "action", "check"
    for name, values in request.POST.lists():
        if name not in left_out:
            yield from ((name, value) for value in values)


def _secret_fields(request: HttpRequest, region: str, cloud_id: str) -> set[str]:
    """Of any version, whichever the form was made from; all parameters of a command that is gone, for nobody knows."""
    is_it = Q(cloud_id=cloud_id) | Q(superseded__cloud_id=cloud_id)
    command = Command.objects.filter(is_it, region=region).first()
    if command is None:
        return {name for name in request.POST if name.startswith("param-")}
    known = (one for script in (command, *command.versions.all()) for one in definitions.definitions_of(script))
    return {f"param-{one.name}" for one in known if one.is_secret}


def _page(request: HttpRequest, status: int, **more: Any) -> HttpResponse:
    context = {"status": status, "reference": _new_reference(request, status), **more}
    return render(request, "errors/error.html", context, status=status)


def _new_reference(request: HttpRequest, status: int) -> str:
    """7f3c-9a12-04; the log names it together with the address."""
    digits = secrets.token_hex(5)
    reference = f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
    level = logging.ERROR if status >= 500 else logging.INFO
    logger.log(level, "Reference %s: %s answered with %s", reference, request.path, status)
    return reference


def _unknown_region(request: HttpRequest) -> str:
    """The region in the address when it is none of ours. Who is signed out is told nothing."""
    match = request.resolver_match
    if match is None or not request.user.is_authenticated or getattr(request, "region", None) is not None:
        return ""
    return str(match.kwargs.get("region", ""))[:64]


def _is_cross_site(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Site") == "cross-site"
