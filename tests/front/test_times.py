"""Moments and durations as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from consoleapp import times
from consoleapp.templatetags.console import short_duration

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (3.2, "3.2 s"),
        (18.4, "18 s"),
        (64, "1 min 4 s"),
        (3599.6, "1 h 0 min"),
        (7800, "2 h 10 min"),
    ],
)
def test_a_duration_shows_its_two_largest_units(seconds, shown):
    assert times.duration(seconds) == shown


def test_a_duration_reads_the_same_in_chinese():
    with translation.override("zh-hans"):
        assert [times.duration(seconds) for seconds in (3.2, 64, 7800)] == ["3.2 秒", "1 分 4 秒", "2 小时 10 分"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(3.21, "3.2 s"), (59.94, "59.9 s"), (59.96, "1:00"), (64, "1:04"), (7805, "2:10:05"), (None, "–")],
)
def test_a_cell_shows_a_duration_shortly(seconds, shown):
    assert short_duration(seconds) == shown


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (timedelta(seconds=-3), "just now"),  # another machine's clock
        (timedelta(seconds=4), "just now"),
        (timedelta(seconds=18), "18 s ago"),
        (timedelta(minutes=4, seconds=59), "4 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=14, minutes=59), "14 h ago"),
        (timedelta(hours=16), "yesterday"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(days=7), "7 days ago"),
        (timedelta(days=8), "2026-11-12"),
    ],
)
def test_a_moment_is_relative_for_a_week_and_then_a_date(before, shown):
    assert times.relative(NOW - before, NOW) == shown


def test_a_moment_just_before_midnight_is_some_hours_ago_not_yesterday():
    assert times.relative(NOW - timedelta(hours=11), NOW.replace(hour=2)) == "just now"
    assert times.relative(NOW.replace(hour=2) - timedelta(hours=11), NOW.replace(hour=2)) == "11 h ago"


def test_days_are_those_of_the_viewers_zone():
    late, morning = datetime(2026, 11, 18, 15, 30, tzinfo=UTC), datetime(2026, 11, 19, 16, 30, tzinfo=UTC)

    with timezone.override("Asia/Shanghai"):
        assert times.relative(late, morning) == "2 days ago"  # 23:30 on the 18th, 00:30 on the 20th
        assert times.absolute(late) == "2026-11-18 23:30:00 CST"
    assert times.relative(late, morning) == "yesterday"
