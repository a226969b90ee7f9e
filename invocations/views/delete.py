"""Deleting a saved command. Here, for whoever deletes is told what becomes of its runs."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import address
from accounts.access import admins_only
from accounts.answers import is_fragment, see_other
from accounts.plain_input import visible
from cloud import errors
from commands import deleting, refusals, saving
from commands.access import get_edited_command_for
from commands.models import Command
from invocations import stopping
from invocations.access import runs_visible_to
from invocations.models import Invocation, RepeatMode
from regions.http import RegionRequest

MOST_NAMED = 10  # runs under way


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def delete(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    """GET says what uses it: a dialog, and a page of its own without script. POST deletes it; twice is as good as once.

    While a run of it waits or is under way nothing is deleted: what is still to be sent could not run any more.
    """
    command = get_edited_command_for(request.user, region, cloud_id)
    if command.deleted_at:
        messages.info(request, _("%(name)s is already deleted.") % {"name": visible(command.name)})
        return see_other(reverse("commands:list", args=[region]))
    unfinished = Invocation.objects.live().filter(command=command).order_by("pk")
    live = list(unfinished.filter(repeat_mode=RepeatMode.ONCE))
    schedules = list(unfinished.repeating().filter(stop_requested_at=None))
    if request.method != "POST":
        return _asked(request, command, live, schedules)
    if live:
        return _asked(request, command, live, schedules, status=409)
    if schedules and not _is_named(request, command):
        refusal = _("Type %(text)s exactly to delete this.") % {"text": _name_of(command)}
        return _asked(request, command, live, schedules, refusal=refusal, status=422)
    for schedule in schedules:  # all of them are in the cloud, or are never sent: neither needs the command any more
        stopping.request(schedule, request.user, address.of(request))
    try:
        deleting.delete(command, saving.By(person=request.user, address=address.of(request)))
    except (saving.SavedMeanwhile, errors.CloudError) as error:
        return _asked(request, command, live, refusal=refusals.sentence(error, request.region), status=409)
    messages.success(request, _("%(name)s is deleted. Its results stay.") % {"name": visible(command.name)})
    return see_other(reverse("commands:list", args=[region]))


def _name_of(command: Command) -> str:
    """As it is typed; the ID of a command whose name shows nothing."""
    return " ".join(visible(command.name).split()) or command.cloud_id


def _is_named(request: RegionRequest, command: Command) -> bool:
    return " ".join(request.POST.get("confirm_text", "").split()) == _name_of(command)


def _asked(
    request: RegionRequest,
    command: Command,
    live: list[Invocation],
    schedules: Sequence[Invocation] = (),
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "command": command,
        "schedules": schedules,
        "typed": visible(request.POST.get("confirm_text", ""))[:200],
        "live": live[:MOST_NAMED],
        "more": max(0, len(live) - MOST_NAMED),
        "runs": runs_visible_to(request.user).filter(command=command).count(),
        "refusal": refusal,
    }
    template = "invocations/delete.html#dialog" if is_fragment(request) else "invocations/delete.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
