"""Words and sentences that no single template holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

FOR_SCRIPTS = {
    "copied": _("Copied."),
    "just_now": _("just now"),
    "seconds_ago": _("%(n)s s ago"),
    "minutes_ago": _("%(n)s min ago"),
    "hours_ago": _("%(n)s h ago"),
    "yesterday": _("yesterday"),
    "days_ago": _("%(n)s days ago"),
}


MIRRORS = {
    "regions": _("Regions"),
    "instances": _("Instances"),
    "managed": _("Managed instances"),
    "commands": _("Commands"),
    "public": _("Public commands"),
    "quota": _("Quota"),
    "secrets": _("Secret names"),
    "schedules": _("Scheduled tasks"),
}


class Trouble(NamedTuple):
    what: _StrPromise
    why: _StrPromise


TROUBLE = {
    400: Trouble(_("The request can’t be read."), _("Go back and try again.")),
    403: Trouble(_("You may not do this."), _("Ask a team admin.")),
    404: Trouble(_("Nothing here."), _("The address is wrong, the thing was deleted, or it is outside your scope.")),
    405: Trouble(_("This address doesn’t answer that kind of request."), _("Go back and use the button or the form.")),
    413: Trouble(_("That is too large."), _("Make it smaller, then send it again.")),
    415: Trouble(_("This kind of content can’t be read here."), _("Send it as a form.")),
    429: Trouble(_("Too many requests."), _("Wait a little, then try again.")),
    500: Trouble(_("Something broke in the console."), _("Runs under way go on.")),
    502: Trouble(_("The console can’t be reached."), _("Try again in a moment.")),
    503: Trouble(_("The console is being maintained."), _("Runs already sent go on in the cloud.")),
}


def trouble(status: int) -> Trouble:
    """What an error page says; a status without words of its own is told as 400 or 500."""
    return TROUBLE.get(status) or TROUBLE[500 if status >= 500 else 400]
