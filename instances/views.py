"""The lists of machines, and what can be done for some of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from accounts import address as addresses
from accounts.access import operators_only
from accounts.pages import own_path, own_referer
from accounts.plain_input import visible
from cloud.errors import CloudError
from cloud.explain import explain_error
from instances import access, fixing, listing, mirror
from instances.fixing import Fix
from instances.models import Instance, Kind
from regions import lists, trouble
from regions.http import RegionRequest
from regions.models import Mirror, MirrorKind, Region

PATIENCE = 5.0  # seconds for somebody who asked for a copy


@require_safe
def ecs(request: RegionRequest, region: str) -> HttpResponse:
    address = lists.Address(request, "instances")
    found = Mirror.objects.of(region, MirrorKind.INSTANCES) if address.is_watching else mirror.ensure_fresh(region)
    return _list(request, address, found, Kind.ECS)


@require_safe
def managed(request: RegionRequest, region: str) -> HttpResponse:
    if not request.region.has_managed:
        elsewhere = Region.objects.filter(is_listed=True, has_managed=True)
        return render(request, "instances/no_managed.html", {"regions": elsewhere})
    address = lists.Address(request, "managed-instances")
    if not address.is_watching:
        mirror.ensure_managed_fresh(region)
    return _list(request, address, Mirror.objects.of(region, MirrorKind.MANAGED), Kind.MANAGED)


def _list(request: RegionRequest, address: lists.Address, found: Mirror, kind: Kind) -> HttpResponse:
    instances = access.visible_to(request.user, request.region.pk, kind)
    context = {
        "list": listing.read(address, request.user, request.region, instances, kind),
        "address": address,
        "mirror": found,
        "trouble": trouble.of(found, request.region),
        "kind": kind.value,
    }
    template = "instances/list.html#rows" if request.htmx else "instances/list.html"
    return address.answer(render(request, template, context))


@require_POST
def refresh(request: RegionRequest, region: str) -> HttpResponse:
    """Copy the machines again, whatever the age of what is there."""
    mirror.ensure_fresh(region, max_age=0, wait=PATIENCE)
    return redirect(own_referer(request) or reverse("instances:list", args=[region]))


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def start(request: RegionRequest, region: str) -> HttpResponse:
    return _fix(request, Fix.START)


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def install_agent(request: RegionRequest, region: str) -> HttpResponse:
    return _fix(request, Fix.INSTALL)


def _fix(request: RegionRequest, fix: Fix) -> HttpResponse:
    """GET asks, naming count and effect; POST does it. `ids` may be repeated or hold several, with commas."""
    given = request.POST if request.method == "POST" else request.GET
    ids = [visible(word.strip()) for value in given.getlist("ids") for word in value.split(",") if word.strip()]
    chosen = access.present_among(request.user, request.region.pk, ids[: fixing.MOST])
    helped = [instance for instance in chosen if fix.helps(instance)]
    context: dict[str, object] = {
        "fix": fix.value,
        "instances": helped,
        "left_out": len(set(ids)) - len(helped),
        "next": own_path(given.get("next", "")),
    }
    if request.method != "POST" or not helped:
        return _ask(request, context, status=422 if request.method == "POST" else 200)
    return _do(request, fix, helped, context)


def _ask(request: RegionRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    template = "instances/fix.html#dialog" if request.htmx else "instances/fix.html"
    return render(request, template, context, status=status)


def _do(request: RegionRequest, fix: Fix, helped: list[Instance], context: dict[str, object]) -> HttpResponse:
    try:
        outcome = fixing.apply(fix, request.user, request.region.pk, helped, address=addresses.of(request))
    except CloudError as error:
        return _ask(request, context | {"error": error, "told": explain_error(error)}, status=422)
    if request.htmx:
        response = render(request, "instances/fix.html#done", context | {"outcome": outcome})
        return trigger_client_event(response, "instances-changed", {"ids": outcome.done})
    if outcome.sentence:
        messages.success(request, outcome.sentence)
    for refusal in outcome.refusals[:2]:
        messages.error(request, refusal)
    return redirect(str(context["next"]) or reverse("instances:list", args=[request.region.pk]))
