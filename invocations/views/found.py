"""One invocation that was found in the cloud: its page, asking for it once more, stopping it, running it again."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

import cloud.invocations as gateway
from accounts import address, audit
from accounts.access import operators_only
from accounts.answers import see_other
from cloud import connection, errors
from cloud.connection import ConfigurationError
from cloud.explain import in_short
from invocations import again, sweeping
from invocations.models import Found
from invocations.results.found import FoundView
from regions.http import RegionRequest


@require_safe
def found(request: RegionRequest, region: str, invoke_id: str) -> HttpResponse:
    view = FoundView(_get(region, invoke_id))
    return render(request, "invocations/found.html", {"found": view.found, "view": view})


@require_POST
@operators_only
def ask(request: RegionRequest, region: str, invoke_id: str) -> HttpResponse:
    """How it stands now. It is followed only when somebody asks."""
    row = _get(region, invoke_id)
    try:
        listed = gateway.list_invocations(connection.current(), region, invoke_ids=(row.invoke_id,))
    except (errors.CloudError, ConfigurationError) as error:
        messages.error(request, in_short(error))
        return _back(row)
    if listed:
        sweeping.keep(region, listed[0], is_ours=row.is_ours)
        messages.success(request, _("This is how it stands in the cloud now."))
    else:
        messages.info(request, _("The cloud no longer lists %(id)s.") % {"id": row.invoke_id})
    return _back(row)


@require_POST
@operators_only
def stop(request: RegionRequest, region: str, invoke_id: str) -> HttpResponse:
    row = _get(region, invoke_id)
    ids = tuple(row.targets)
    with transaction.atomic():  # written before the call, as every effect is
        audit.record(
            request.user, "found.stopped", region=region, object=row.invoke_id, address=address.of(request), ids=ids
        )
    try:
        gateway.stop(connection.current(), region, row.invoke_id, instance_ids=ids)
    except (errors.CloudError, ConfigurationError) as error:
        messages.error(request, in_short(error))
    else:
        messages.success(request, _("The instances are told to stop. Ask the cloud once more how it ended."))
    return _back(row)


@require_POST
@operators_only
def run_again(request: RegionRequest, region: str, invoke_id: str) -> HttpResponse:
    """The panel with its script and instances; who typed which parameters is not known."""
    draft = again.of_found(_get(region, invoke_id), request.user)
    return see_other(f"{reverse('invocations:unsaved', args=[region])}?draft={draft.pk}")


def _get(region: str, invoke_id: str) -> Found:
    return get_object_or_404(Found, region=region, invoke_id=invoke_id, is_ours=True)


def _back(row: Found) -> HttpResponse:
    return see_other(reverse("invocations:found", args=[row.region, row.invoke_id]))
