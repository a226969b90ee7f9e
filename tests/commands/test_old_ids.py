"""The ID of an older version leads to the command, wherever it stands in an address."""

import dataclasses
import uuid

import pytest
from django.urls import reverse

from commands import saving, sync
from commands.models import Command
from commands.saving import By, Edition
from tests.factories import HANGZHOU, PersonFactory, RegionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(simulator) -> tuple[str, Command]:
    """The ID it had, and the command."""
    RegionFactory()
    sync.refresh(HANGZHOU)
    command = Command.objects.get(name="restart-service")
    old_id = command.cloud_id
    edition = dataclasses.replace(Edition.of(command), content="echo {{service}} {{wait_seconds}}")
    saving.save(command, edition, By(person=PersonFactory()), base=1, token=uuid.uuid4())
    command.refresh_from_db()
    return old_id, command


@pytest.mark.parametrize(
    "page", ["commands:detail", "commands:content", "invocations:command_runs", "invocations:panel"]
)
def test_an_old_address_leads_to_the_same_page_of_the_command_for_ever(operator, moved, page) -> None:
    old_id, command = moved

    answer = operator.get(reverse(page, args=[HANGZHOU, old_id]), {"param-service": "nginx"})

    assert answer.status_code == 301
    assert answer["Location"] == reverse(page, args=[HANGZHOU, command.cloud_id]) + "?param-service=nginx"
    assert operator.get(answer["Location"]).status_code == 200


def test_a_form_of_the_old_address_goes_along(operator, moved) -> None:
    old_id, command = moved

    answer = operator.post(reverse("invocations:panel", args=[HANGZHOU, old_id]), {"action": "check"})

    assert answer.status_code == 308
    assert answer["Location"] == reverse("invocations:panel", args=[HANGZHOU, command.cloud_id])


def test_the_old_address_of_a_deleted_command_is_nothing(operator, moved) -> None:
    old_id, command = moved
    Command.objects.filter(pk=command.pk).update(deleted_at="2026-01-01T00:00Z")

    assert operator.get(reverse("commands:detail", args=[HANGZHOU, old_id])).status_code == 404


def test_old_versions_stand_in_no_list(operator, moved) -> None:
    old_id, _command = moved
    sync.refresh(HANGZHOU)

    page = operator.get(reverse("commands:list", args=[HANGZHOU])).content.decode()

    assert old_id not in page
    assert page.count(">restart-service<") == 1
