"""The versions of a command, and what differs between two of them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from commands import comparing, highlighting
from commands.access import get_command_for
from commands.models import Command, Version
from regions.http import RegionRequest

LAYOUTS = ("side", "unified")


@require_safe
def versions(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    command = get_command_for(request.user, region, cloud_id)
    comparison = comparing.read(command, request.GET.dict())
    layout = request.GET.get("layout", "")
    context = {
        "command": command,
        "versions": _told(command),
        "comparison": comparison,
        "layout": layout if layout in LAYOUTS else LAYOUTS[0],
        "lines": highlighting.lines_of(comparison.new.script) if comparison and comparison.is_of_one else [],
    }
    return render(request, "commands/versions.html", context)


def _told(command: Command) -> list[Version]:
    """Who saved what when, without the scripts."""
    columns = ("number", "note", "saved_at", "origin", "person__username", "person__first_name", "person__last_name")
    return list(command.versions.select_related("person").only("command_id", *columns))
