import pytest
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def test_an_entry_names_who_what_where_and_when():
    person = PersonFactory(username="li.wei")

    audit.record(person, "run.submitted", region="cn-hangzhou", object="run 7", address="10.0.0.1", targets=120)

    entry = AuditEntry.objects.get()
    assert (entry.person, entry.actor, entry.action, entry.object) == (person, "li.wei", "run.submitted", "run 7")
    assert (entry.region, entry.address, entry.detail) == ("cn-hangzhou", "10.0.0.1", {"targets": 120})
    assert abs((timezone.now() - entry.at).total_seconds()) < 60


def test_what_nobody_did_is_the_consoles_own_doing():
    audit.record(None, "signin.refused")

    assert AuditEntry.objects.get().actor == "console"


def test_an_entry_falls_with_its_cause():
    def broken():
        with transaction.atomic():
            audit.record(None, "something")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()

    assert not AuditEntry.objects.exists()


def test_an_entry_is_never_changed_nor_deleted():
    audit.record(None, "something")
    entry = AuditEntry.objects.get()

    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()
