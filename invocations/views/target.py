"""One target of a run: its page, and the raw bytes it printed."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.answers import see_other, text_file
from invocations.access import get_run_for, get_target_for
from invocations.results import listing, output, run_page
from regions.http import RegionRequest


@require_safe
def target(request: RegionRequest, region: str, run: int, instance_id: str) -> HttpResponse:
    found = get_run_for(request.user, region, run)
    if found.repeats:  # its outputs stand with its executions
        return see_other(found.get_absolute_url())
    shown = run_page.Shown.of(get_target_for(request.user, found, instance_id), found, [], timezone.now())
    previous, following = listing.neighbours(found, listing.Filters(), shown.target)
    context = {
        "run": found,
        "shown": shown,
        "run_as": run_page.run_as(found),
        "previous": previous,
        "following": following,
        "is_alone": True,
    }
    return render(request, "invocations/target.html", context)


@require_safe
def download(request: RegionRequest, region: str, run: int, instance_id: str) -> HttpResponse:
    """The bytes as they came."""
    found = get_run_for(request.user, region, run)
    content = output.content_of(get_target_for(request.user, found, instance_id))
    name = re.sub(r"[^0-9A-Za-z-]", "", instance_id)
    return text_file(content, f"run-{found.pk}-{name}.txt")
