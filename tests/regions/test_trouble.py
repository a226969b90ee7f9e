"""Why a copy is not fresh, in words."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone, translation

from regions import trouble
from regions.models import Mirror
from tests.factories import MirrorFactory, RegionFactory

pytestmark = pytest.mark.django_db


def failed(kind: str, **more) -> Mirror:
    return MirrorFactory(failed_at=timezone.now(), error_kind=kind, **more)


@pytest.mark.parametrize(
    ("mirror", "sentence"),
    [
        ({"kind": "Unreachable", "refreshed_at": None}, "China (Hangzhou) can’t be reached."),
        (
            {"kind": "BadCredentials", "error_code": "InvalidAccessKeyId.NotFound"},
            "credentials (InvalidAccessKeyId.NotFou",
        ),
        ({"kind": "NotPermitted", "error_action": "ecs:DescribeCommands"}, "credentials lack ecs:DescribeCommands."),
        (
            {"kind": "RegionUnavailable", "error_message": "Closed.", "error_code": "InvalidRegionId"},
            "China (Hangzhou) isn’t available to this account: Closed. (InvalidRegionId).",
        ),
        (
            {"kind": "Rejected", "error_message": "No.", "error_code": "InvalidParam"},
            "The cloud rejected this call: No. (InvalidParam).",
        ),
        ({"kind": "ConfigurationError", "error_message": "No endpoint."}, "No endpoint. (ConfigurationError)."),
    ],
)
def test_each_kind_of_trouble_has_its_sentence(mirror: dict, sentence: str) -> None:
    found = trouble.of(failed(**mirror), RegionFactory())

    assert sentence in found.what


@time_machine.travel("2026-11-24T14:02:00Z", tick=False)
def test_what_is_old_says_since_when() -> None:
    region = RegionFactory()
    today = failed("Unreachable", refreshed_at=timezone.now() - timedelta(minutes=2))
    assert trouble.of(today, region).what == "Shown as of 14:00; the cloud can’t be reached."

    Mirror.objects.all().delete()
    earlier = failed("OutcomeUnknown", refreshed_at=timezone.now() - timedelta(days=2))
    assert trouble.of(earlier, region).what == "Shown as of 2026-11-22 14:02; the cloud can’t be reached."


@time_machine.travel("2026-11-24T14:02:00Z", tick=False)
def test_throttling_says_when_the_next_try_is() -> None:
    mirror = failed("Throttled", next_try_at=timezone.now() + timedelta(seconds=12.2))

    assert trouble.of(mirror, RegionFactory()).what == "The cloud is slowing us down. Next try in 13 s."


def test_a_code_is_told_where_the_sentence_does_not_name_it() -> None:
    mirror = failed("Unreachable", error_code="ConnectTimedOut")

    assert trouble.of(mirror, RegionFactory()).code == "ConnectTimedOut"


def test_cause_and_fix_come_in_both_languages() -> None:
    found = trouble.of(failed("Throttled"), RegionFactory())

    english = str(found.cause), str(found.fix)
    with translation.override("zh-hans"):
        assert str(found.cause) != english[0]
    assert all(english)


def test_where_all_is_well_there_is_nothing_to_say() -> None:
    assert trouble.of(MirrorFactory(), RegionFactory()) is None
    assert trouble.of(None, None) is None
