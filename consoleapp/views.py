"""The start page."""

from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.http import PersonRequest
from regions.models import Region


def home(request: PersonRequest) -> HttpResponse:
    """To the commands of the last region, else of the first."""
    regions = Region.objects.filter(is_listed=True)
    region = regions.filter(pk__in=request.user.recent_regions[:1]).first() or regions.first()
    return redirect("commands:list", region.pk) if region else redirect("regions:list")
