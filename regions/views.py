"""The region selector, which is also a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import PersonRequest
from regions import catalog, choosing, trouble


@require_safe
def choose(request: PersonRequest) -> HttpResponse:
    """`to` is the name of the view somebody is on: choosing leads to the same kind of page."""
    mirror = catalog.ensure_fresh()
    current = choosing.last(request)
    context = {
        "groups": choosing.groups(request, page=request.GET.get("to", ""), current=current.pk if current else ""),
        "trouble": trouble.of(mirror, None),
    }
    template = "regions/list.html#choices" if request.htmx else "regions/list.html"
    return render(request, template, context)
