"""What the tests of the execute panel share: a region with fresh copies, and a form read as a plain client reads it."""

import uuid
from html.parser import HTMLParser

from django.urls import reverse

from invocations.models import Invocation
from regions.models import Account
from tests.factories import HANGZHOU, AccountFactory, MirrorFactory, RegionFactory

FRESH = ("instances", "managed", "commands", "public", "quota")


def fresh_region(region_id=HANGZHOU, **columns):
    """A region whose copies are as of now, so that nobody asks the cloud."""
    if not Account.objects.exists():
        AccountFactory()
    region = RegionFactory(region_id=region_id, **columns)
    for kind in FRESH:
        MirrorFactory(region=region_id, kind=kind)
    return region


def panel_url(command, **query):
    return reverse("invocations:panel", args=[command.region, command.cloud_id], query=query)


def selection_url(draft_id, region=HANGZHOU, **query):
    return reverse("invocations:selection", args=[region, draft_id], query=query)


def run_form(command, *instances, **fields):
    """The fewest fields a plain client sends; `instances` are rows or ids."""
    ids = [getattr(instance, "instance_id", instance) for instance in instances]
    return {"form_token": str(uuid.uuid4()), "action": "run", "instance_ids": ",".join(ids), **fields}


class _Form(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fields, self.errors, self.text, self._in_errors, self.parts = {}, [], [], False, {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.parts[attrs["id"]] = attrs
        if attrs.get("data-testid"):
            self.parts[attrs["data-testid"]] = attrs
            self._in_errors = self._in_errors or attrs["data-testid"] == "error-summary"
        is_ticked = attrs.get("type") not in ("checkbox", "radio") or "checked" in attrs
        if tag in ("input", "select", "textarea") and "name" in attrs and is_ticked:
            self.fields.setdefault(attrs["name"], []).append(attrs.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "section":
            self._in_errors = False

    def handle_data(self, data):
        if data.strip():
            self.text.append(" ".join(data.split()))
            if self._in_errors:
                self.errors.append(self.text[-1])


class Shown:
    """An answer, read: `fields` as a browser would send them, `errors` of the summary, `part(id or test id)`."""

    def __init__(self, response):
        parser = _Form()
        parser.feed(response.content.decode())
        self.html = response.content.decode()
        self.fields = parser.fields
        self.errors = parser.errors[1:]  # without the heading
        self.text = " ".join(parser.text)
        self.parts = parser.parts

    def value(self, name):
        return self.fields.get(name, [""])[0]

    def part(self, name):
        return self.parts[name]


def submitted(client, command, *instances, **fields):
    return client.post(panel_url(command), run_form(command, *instances, **fields))


def refused(client, command, *instances, **fields) -> Shown:
    """The answer to a form that must not run."""
    response = submitted(client, command, *instances, **fields)
    assert response.status_code == 422, response.status_code
    assert not Invocation.objects.exists()
    return Shown(response)
