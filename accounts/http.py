"""The request a signed-in person's view receives, for the type checker."""

from django.http import HttpRequest

from accounts.models import Person


class PersonRequest(HttpRequest):
    user: Person
