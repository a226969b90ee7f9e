"""One instance, and what ran on it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.answers import is_fragment
from instances import access, mirror
from invocations.access import runs_visible_to
from invocations.models import TargetState
from invocations.results import keyset, what_ran
from regions.http import RegionRequest


@require_safe
def instance(request: RegionRequest, region: str, instance_id: str) -> HttpResponse:
    """A released one keeps its history; one that was never seen is none."""
    now = timezone.now()
    if not is_fragment(request):
        mirror.ensure_fresh(region, wait=0)
    found = access.visible_to(request.user, region).filter(instance_id=instance_id).first()
    ran = what_ran.on(runs_visible_to(request.user), region, instance_id)
    if found is None and not ran.exists():
        raise Http404
    filters = what_ran.Filters.of(request.GET, now)
    cursors = keyset.Cursors.of(f"instance {region} {instance_id}", request.user.pk, filters.as_query())
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    context = {
        "instance": found,
        "instance_id": instance_id,
        "name": found.name if found else ran[0].name,
        "is_released": found is None or found.released_at is not None,
        "filters": filters,
        "page": keyset.page_of(what_ran.matching(ran, filters), cursors, before=before, after=after),
        "states": TargetState.choices,
    }
    template = "invocations/instance.html#ran" if is_fragment(request) else "invocations/instance.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
