"""One command: its page, and its script as a file."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from commands import dangers, definitions, highlighting
from commands.access import get_command_for
from commands.looking_over import Size
from commands.models import Command, Version
from regions.http import RegionRequest

_UNFIT_FOR_FILES = re.compile(r"[^\w.-]+")
_ENDINGS = {"RunShellScript": "sh", "RunPowerShellScript": "ps1", "RunBatScript": "bat"}


@require_safe
def detail(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    command = get_command_for(request.user, region, cloud_id)
    found = dangers.dangers_in(command.content, command.type)
    context = {
        "command": command,
        "dangers": found,
        "dangerous": {danger.line for danger in found},
        "lines": highlighting.lines_of(command),
        "definitions": definitions.definitions_of(command),
        "first": _version(command, 1),
        "newest": _version(command, command.version_number),
        "size": Size.of(command.content),
    }
    return render(request, "commands/detail.html", context)


def _version(command: Command, number: int) -> Version | None:
    """Who saved it and when."""
    return command.versions.filter(number=number).select_related("person").defer("content", "definitions").first()


@require_safe
def content(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    """The script as a file, byte for byte."""
    command = get_command_for(request.user, region, cloud_id)
    response = HttpResponse(command.content.encode(), content_type="text/plain; charset=utf-8")
    name = f"{_UNFIT_FOR_FILES.sub('_', command.name)}.{_ENDINGS[command.type]}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"  # opened, it is still no page (C49)
    return response
