"""The lists of commands, own and public ones."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.pages import own_referer
from commands import listing, quota, sync
from commands.models import Command
from regions import catalog, lists, trouble
from regions.http import RegionRequest
from regions.models import Mirror, MirrorKind

PATIENCE = 5.0  # seconds for somebody who asked for a copy


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
    context = {
        "list": listing.read(address, shown, default=listing.BY_NAME if is_public else listing.LAST_RUN_FIRST),
        "address": address,
        "mirror": mirror,
        "trouble": trouble.of(mirror, request.region),
        "is_public": is_public,
        "types": listing.TYPES,
        "public_count": publicly.count(),
        "quota": quota.of(request.region.pk),
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
