"""Targets whose end nobody tells: asking the cloud for it once more, and saying it by hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import address
from accounts.access import operators_only
from accounts.answers import see_other
from cloud import errors
from cloud.connection import ConfigurationError
from cloud.explain import in_short
from invocations import asking, drafts, marking
from invocations.access import get_run_for
from invocations.models import Invocation
from regions.http import RegionRequest


@require_POST
@operators_only
def mark(request: RegionRequest, region: str, run: int) -> HttpResponse:
    found = get_run_for(request.user, region, run)
    result = request.POST.get("result", "")
    ids = drafts.ids_in(request.POST.getlist("ids"))
    if result not in marking.RESULTS:
        messages.error(request, _("Nothing was marked: choose succeeded or failed."))
        return _back(found, ids)
    n = marking.mark(found, result, ids, request.user, address.of(request))
    if n:
        text = ngettext("The result of %(n)s instance is marked.", "The results of %(n)s instances are marked.", n)
        messages.success(request, text % {"n": f"{n:,}"})
    else:
        messages.info(request, _("Nothing was marked: how it ended is known."))
    return _back(found, ids)


@require_POST
@operators_only
def ask(request: RegionRequest, region: str, run: int) -> HttpResponse:
    found = get_run_for(request.user, region, run)
    ids = drafts.ids_in(request.POST.getlist("ids"))
    try:
        news, asked = asking.ask(found, ids)
    except (errors.CloudError, ConfigurationError) as error:
        messages.error(request, in_short(error))
        return _back(found, ids)
    if news:
        text = ngettext(
            "The cloud told something new of %(n)s instance.", "The cloud told something new of %(n)s instances.", news
        )
        messages.success(request, text % {"n": f"{news:,}"})
    elif asked:
        messages.info(request, _("The cloud knows nothing more. Look on the instance, or mark the result."))
    else:
        messages.info(request, _("There was nothing to ask: how it ended is known."))
    return _back(found, ids)


def _back(run: Invocation, ids: list[str]) -> HttpResponse:
    """Where one came from: the output of the one target, or the run."""
    url = reverse("invocations:run", args=[run.region, run.pk])
    return see_other(f"{url}?target={ids[0]}" if len(ids) == 1 and ids[0].isascii() else url)
