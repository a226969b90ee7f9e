"""The start page."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.http import PersonRequest
from accounts.models import Person
from regions.models import Region


def home(request: PersonRequest) -> HttpResponse:
    return redirect(start_page(request.user))


def start_page(person: Person) -> str:
    """The commands of the person's last region, else of the first one."""
    regions = Region.objects.filter(is_listed=True)
    region = regions.filter(pk__in=person.recent_regions[:1]).first() or regions.first()
    return reverse("commands:list", args=[region.pk]) if region else reverse("regions:list")
