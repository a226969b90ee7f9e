"""The request a signed-in person's view receives, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Person


class PersonRequest(HttpRequest):
    user: Person
    htmx: HtmxDetails  # false where the request is not htmx's
