"""Whose cloud it is, and what happens when it becomes another one's."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cloud import account as gateway
from commands import sync
from commands.models import Command, Version
from instances import mirror
from instances.models import Instance
from regions import account
from regions.models import Account, Mirror, Region
from tests.factories import HANGZHOU, InstanceFactory, RegionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unknown() -> None:
    RegionFactory()
    gateway._identities.clear()


def test_the_first_copy_tells_whose_cloud_it_is(simulator) -> None:
    mirror.refresh(HANGZHOU)

    known = Account.objects.get()
    assert known.account_id.isdecimal()
    assert known.arn.startswith("acs:ram::")
    assert known.provider


def test_the_cloud_is_asked_once(simulator) -> None:
    mirror.refresh(HANGZHOU)
    sync.refresh(HANGZHOU)

    assert len(simulator.journal.calls("GetCallerIdentity")) == 1


def test_A75_with_another_account_everything_copied_is_forgotten(simulator) -> None:
    mirror.refresh(HANGZHOU)
    sync.refresh(HANGZHOU)
    versions = Version.objects.count()
    gateway._identities.clear()
    simulator.rule("other_account", account_id="5555555555555555")

    account.confirm()

    assert Account.objects.get().account_id == "5555555555555555"
    assert not Instance.objects.exists()
    assert not Mirror.objects.exclude(refreshed_at=None).exists()
    assert not Command.objects.present().exists()
    assert Region.objects.get().instance_count is None
    assert Version.objects.count() == versions


def test_A75_and_read_again_by_the_next_page(simulator, viewer) -> None:
    InstanceFactory(name="of the former account")
    mirror.refresh(HANGZHOU)
    Mirror.objects.update(refreshed_at=timezone.now() - timedelta(minutes=2))
    gateway._identities.clear()
    simulator.rule("other_account", account_id="5555555555555555")

    page = viewer.get("/r/cn-hangzhou/instances/", {"q": "hz-web-001"})

    assert "hz-web-001" in page.content.decode()
    assert not Instance.objects.filter(name="of the former account").exists()
    assert Account.objects.count() == 1


def test_the_same_account_with_other_keys_keeps_everything(simulator) -> None:
    mirror.refresh(HANGZHOU)
    Account.objects.update(arn="acs:ram::1:user/former")
    count = Instance.objects.count()

    account.confirm()

    assert Instance.objects.count() == count
    assert Account.objects.get().arn != "acs:ram::1:user/former"


def test_while_the_cloud_does_not_tell_nothing_changes(simulator) -> None:
    mirror.refresh(HANGZHOU)
    gateway._identities.clear()
    simulator.fault("GetCallerIdentity", "throttle")
    known = Account.objects.get()

    assert account.confirm() == known
    mirror.refresh(HANGZHOU)

    assert Instance.objects.exists()
