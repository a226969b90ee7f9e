"""The lists of commands, and one command."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.pages import own_referer
from cloud import limits
from commands import definitions, highlighting, listing, sync
from commands.access import get_command_for
from commands.models import Command
from commands.parameters import size_after_base64
from regions import catalog, lists, trouble
from regions.http import RegionRequest
from regions.models import Mirror, MirrorKind

PATIENCE = 5.0  # seconds for somebody who asked for a copy
KILOBYTE = 1024
_UNFIT_FOR_FILES = re.compile(r"[^\w.-]+")
_ENDINGS = {"RunShellScript": "sh", "RunPowerShellScript": "ps1", "RunBatScript": "bat"}


@require_safe
def own(request: RegionRequest, region: str) -> HttpResponse:
    address = lists.Address(request, "commands")
    mirror = Mirror.objects.of(region, MirrorKind.COMMANDS) if address.is_watching else sync.ensure_fresh(region)
    catalog.ensure_quotas_fresh(region)
    return _list(request, address, mirror, is_public=False)


@require_safe
def public(request: RegionRequest, region: str) -> HttpResponse:
    address = lists.Address(request, "public-commands")
    mirror = Mirror.objects.of(region, MirrorKind.PUBLIC) if address.is_watching else sync.ensure_public_fresh(region)
    return _list(request, address, mirror, is_public=True)


def _list(request: RegionRequest, address: lists.Address, mirror: Mirror, *, is_public: bool) -> HttpResponse:
    visible = Command.objects.visible_to(request.user)
    mine, publicly = visible.own(request.region.pk), visible.public(request.region.pk)
    shown = publicly if is_public else mine
    saved = mine.count()
    context = {
        "list": listing.read(address, shown, default=listing.BY_NAME if is_public else listing.LAST_RUN_FIRST),
        "address": address,
        "mirror": mirror,
        "trouble": trouble.of(mirror, request.region),
        "is_public": is_public,
        "types": listing.TYPES,
        "public_count": publicly.count(),
        "quota": listing.Quota(saved, request.region.command_quota),
    }
    template = "commands/list.html#rows" if request.htmx else "commands/list.html"
    return address.answer(render(request, template, context))


@require_POST
def synchronize(request: RegionRequest, region: str) -> HttpResponse:
    """Copy the commands again, own or public ones, whatever the age of what is there."""
    if request.POST.get("list") == "public":
        sync.ensure_public_fresh(region, max_age=0, wait=PATIENCE)
    else:
        sync.ensure_fresh(region, max_age=0, wait=PATIENCE)
    return redirect(own_referer(request) or reverse("commands:list", args=[region]))


@require_safe
def detail(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    command = get_command_for(request.user, region, cloud_id)
    context = {
        "command": command,
        "lines": highlighting.lines(command.content, command.type, {} if command.enable_parameter else None),
        "definitions": definitions.definitions_of(command),
        "size": {
            "kilobytes": f"{size_after_base64(command.content) / KILOBYTE:.1f}",
            "most": f"{limits.content_bytes() / KILOBYTE:g}",
        },
    }
    return render(request, "commands/detail.html", context)


@require_safe
def content(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    """The script as a file, byte for byte."""
    command = get_command_for(request.user, region, cloud_id)
    response = HttpResponse(command.content.encode(), content_type="text/plain; charset=utf-8")
    name = f"{_UNFIT_FOR_FILES.sub('_', command.name)}.{_ENDINGS[command.type]}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"  # opened, it is still no page (C49)
    return response
