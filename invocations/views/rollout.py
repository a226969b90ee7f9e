"""The gate of a rollout: going on, and stopping here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import address
from accounts.access import operators_only
from accounts.answers import see_other
from accounts.plain_input import as_number
from invocations import rollouts
from invocations.access import get_run_for
from invocations.models import Rollout
from invocations.waves import Amount
from regions.http import RegionRequest

if TYPE_CHECKING:
    from invocations.models import Invocation


@require_POST
@operators_only
def resume(request: RegionRequest, region: str, run: int) -> HttpResponse:
    """Let the next wave go, or go on after a halt. Pressed twice, or by two, it has one effect, and says so."""
    found = get_run_for(request.user, region, run)
    rollout = Rollout.objects.filter(pk=found.pk).first()
    typed = request.POST.get("stop_after_failures", "").strip()
    limit = Amount.read(typed, least=0)
    if typed and limit is None:
        messages.error(request, _("Enter a whole number of at least 0, or a share from 0% to 100%."))
    elif rollout is None:
        messages.info(request, _("This run goes to all of its instances at once; there is no gate to open."))
    elif rollout.halted_at and rollout.stopped_at is None:
        rollouts.go_on(found, request.user, address.of(request), limit=None if limit is None else str(limit))
    else:
        _release(request, found, as_number(request.POST.get("wave")))
    return see_other(found.get_absolute_url())


def _release(request: RegionRequest, found: Invocation, n: int | None) -> None:
    wave = found.rollout.waves.filter(n=n or 0).first() or rollouts.following(found.rollout.waves.all())
    if wave is None or wave.released_at or not rollouts.release(found, wave.n, request.user, address.of(request)):
        messages.info(request, _why_not(found, wave.n if wave else None))


def _why_not(found: Invocation, n: int | None) -> str:
    """Who was quicker, or what has to happen first."""
    wave = found.rollout.waves.select_related("released_by").filter(n=n or 0, released_at__isnull=False).first()
    if wave and wave.released_by:
        values = {"n": wave.n, "user": wave.released_by.shown_name}
        return _("Wave %(n)s had already been released by %(user)s.") % values
    if wave or n is None:
        return _("Wave %(n)s had already been released.") % {"n": n or found.rollout.waves.count()}
    if found.rollout.stopped_at or found.stop_requested_at or found.ended_at:
        return _("Nothing was released: the run was stopped.")
    return _("Nothing was released: the wave before it has not ended yet.")


def stop_here(request: RegionRequest, found: Invocation) -> HttpResponse:
    """What is unsent is cancelled, what runs goes on to its end."""
    rollout = Rollout.objects.filter(pk=found.pk).exists()
    if not rollout or not found.is_live or not rollouts.stop_here(found, request.user, address.of(request)):
        messages.info(request, _("Nothing was left to stop: it had already ended."))
    return see_other(found.get_absolute_url())
