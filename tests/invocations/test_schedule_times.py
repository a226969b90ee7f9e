"""When schedules come, what of them the cloud would refuse, and how they read in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from invocations.schedules import frequency, limits, phrases, zones
from invocations.schedules.cron import Unreadable
from invocations.schedules.presets import Preset
from simulator import schedules as other_implementation

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # a Tuesday; 10:00 in Shanghai, 21:00 of the day before in New York
SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"


def times(text, now=NOW, n=4):
    return frequency.next_times(frequency.read(text, begins_at=now), now, n)


def by_the_cloud(text, now=NOW, n=4):
    """The same, as the simulated cloud works them out: it shares no line of code with the console."""
    schedule, found = other_implementation.parse(text, begins_at=now.timestamp()), []
    moment = schedule.after(now.timestamp())
    while moment is not None and len(found) < n:
        found.append(datetime.fromtimestamp(moment, UTC))
        moment = schedule.after(moment)
    return found


@pytest.mark.parametrize(
    "expression",
    [
        "0 30 9 * * ?",
        "0 30 9 ? * *",
        "0 30 9 * * * *",
        "0 0/20 * * * ?",
        "0 */20 10-11 * * ?",
        "15,45 0 12 * * ?",
        "*/10 * * * * ?",
        "0 05 08 01 01 ? 2027-2028",
        "0 0 0 29 2 ?",
        "0 0 0 29 2 ? 2028,2030",
        "0 0 0 30 2 ?",
        "0 0 0 31 * ?",
        "0 0 0 L 2 ?",
        "0 0 9 ? * 1",
        "0 0 9 ? * 7",
        "0 0 9 ? * 1-5",
        "0 0 9 ? * 2/2",
        "0 0 9 ? * */3",
        "0 0 9 ? * MON-FRI",
        "0 0 9 ? * sat,SUN",
        "0 0 9 ? * 6#3",
        "0 0 9 ? * MON#5",
        "0 0 9 ? 2 MON#5",
        "0 0 9 ? * 5L",
        "0 0 9 ? * 6L",
        "0 0 9 ? * L",
        "0 0 9 ? * MON,5L",
        "0 0 9 ? * 1#1,3#2",
        "0 0 9 L * ?",
        "0 0 9 LW * ?",
        "0 0 9 15W * ?",
        "0 0 9 1W 8 ?",
        "0 0 9 31W * ?",
        "0 0 9 1,15W,L * ?",
        "0 0 9 1-5,20 DEC ?",
        "0 0 9 13 * FRI",
        "0 0 9 L * MON#1",
        "0 0 9 */10 JAN-MAR ?",
        "59 59 23 31 12 ? 2099",
        "0 0 12 * * ? 2020",
        "0 0 0 1 1 ? */4",
        "30 15 2,14 ? 3,6,9,12 7",
    ],
)
def test_A89_the_preview_is_what_the_cloud_works_out(expression):
    for zone in ("UTC", SHANGHAI, NEW_YORK, "GMT-3:30"):
        assert times(f"{expression} {zone}") == by_the_cloud(f"{expression} {zone}")


@pytest.mark.parametrize(
    "text", ["rate(60s)", "rate(7d)", "at(2026-12-24 18:00:00)", f"at(2026-12-24 18:00:00 {NEW_YORK})"]
)
def test_A89_so_are_intervals_and_single_times(text):
    assert times(text) == by_the_cloud(text)


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        (NEW_YORK, datetime(2027, 3, 13, 12, tzinfo=UTC)),
        (NEW_YORK, datetime(2027, 11, 6, 12, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2027, 4, 3, 12, tzinfo=UTC)),  # put back by half an hour
        ("America/Santiago", datetime(2027, 9, 4, 12, tzinfo=UTC)),  # forward at midnight
    ],
)
@pytest.mark.parametrize(
    "expression", ["0 30 1 * * ?", "0 30 2 * * ?", "0 0/15 * * * ?", "0 15 0 * * ?", "0 0 2 ? * 7"]
)
def test_A89_clocks_that_are_put_forward_and_back(expression, zone, around):
    for hours in (0, 17.75, 18.25, 19.25):
        now = around + timedelta(hours=hours)
        assert times(f"{expression} {zone}", now) == by_the_cloud(f"{expression} {zone}", now)


def test_A89_a_time_the_clocks_skip_is_left_out_and_one_that_comes_twice_runs_once():
    spring, autumn = datetime(2027, 3, 13, 12, tzinfo=UTC), datetime(2027, 11, 6, 12, tzinfo=UTC)

    skipped = [f"{due.astimezone(ZoneInfo(NEW_YORK)):%d %H:%M}" for due in times(f"0 30 2 * * ? {NEW_YORK}", spring)]
    doubled = [f"{due.astimezone(ZoneInfo(NEW_YORK)):%d %H:%M %Z}" for due in times(f"0 30 1 * * ? {NEW_YORK}", autumn)]

    assert skipped[:2] == ["15 02:30", "16 02:30"]
    assert doubled[:2] == ["07 01:30 EDT", "08 01:30 EST"]


FIELD = st.sampled_from(["*", "0", "7", "1-5", "*/3", "2/4", "1,5"])
DAY = st.sampled_from(["?", "*", "1", "31", "L", "LW", "15W", "1,LW", "10-12"])
WEEKDAY = st.sampled_from(["?", "*", "1", "MON-FRI", "7", "6#3", "5L", "MON,5L", "SUN#5"])


@settings(max_examples=15, deadline=None)
@given(st.tuples(FIELD, FIELD, FIELD, DAY, FIELD, WEEKDAY), st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))
def test_A89_any_expression_comes_when_the_cloud_has_it(fields, now):
    text, now = f"{' '.join(fields)} Europe/London", now.replace(tzinfo=UTC, microsecond=0)
    try:
        expected = by_the_cloud(text, now, 3)
    except other_implementation.Unusable:
        with pytest.raises(Unreadable):
            frequency.read(text)
    else:
        assert times(text, now, 3) == expected


def test_an_interval_keeps_the_grid_that_began_when_the_cloud_took_it():
    taken = datetime(2026, 11, 24, 1, 50, tzinfo=UTC)

    (first,) = frequency.next_times(frequency.read("rate(3h)", begins_at=taken), NOW, 1)

    assert first == taken + timedelta(hours=3)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("* * * * *", "it has no seconds"),
        ("@daily", "the cloud knows no names such as @daily"),
        ("60 * * * * *", "seconds can’t be “60”; they go from 0 to 59"),
        ("0 60 9 * * ?", "minutes can’t be “60”; they go from 0 to 59"),
        ("0 */0 9 * * ?", "“*/0” needs a step from 1 to 59"),
        ("0 0 24 * * ?", "hours can’t be “24”; they go from 0 to 23"),
        ("0 000 9 * * ?", "minutes can’t be “000”; they go from 0 to 59"),
        ("0 0 9 32 * ?", "day can’t be “32”; they go from 1 to 31"),
        ("0 0 9 * 13 ?", "month can’t be “13”; they go from 1 to 12"),
        ("0 0 9 ? * 0", "weekday can’t be “0”; 1 is Monday, 7 is Sunday"),
        ("0 0 9 ? * FRI-MON", "“FRI-MON” runs backwards"),
        ("0 0 9 * * ? 2100", "year can’t be “2100”; they go from 1970 to 2099"),
        ("0 ,5 9 * * ?", "minutes can’t be “”; they go from 0 to 59"),
        ("0 0 9 * * ? * * *", "it has 9 parts"),
        ("; rm -rf /", "it has 4 parts"),
    ],
)
def test_B61_what_the_cloud_would_refuse_is_told_by_the_field(text, why):
    with pytest.raises(Unreadable) as refused:
        frequency.read(f"{text} UTC" if len(text.split()) > 5 and len(text.split()) < 9 else text)
    assert refused.value.why == why
    with pytest.raises(other_implementation.Unusable):
        other_implementation.parse(text, begins_at=0)


def test_B61_five_fields_are_offered_with_seconds_in_front():
    with pytest.raises(Unreadable) as refused:
        frequency.read("30 3 * * *")
    assert refused.value.meant == "0 30 3 * * *"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Asia/Beijing", ["Asia/Shanghai", "GMT+8:00"]),
        ("PRC", ["Asia/Shanghai", "GMT+8:00"]),
        ("CST", ["Asia/Shanghai", "GMT+8:00"]),
        ("UTC+8", ["GMT+8:00"]),
        ("GMT+08:00", ["GMT+8:00"]),
        ("GMT+14:60", []),
        ("GMT-13:00", ["GMT-13:00"]),
        ("shanghai", ["Asia/Shanghai"]),
        ("Europe/Berln", ["Europe/Berlin"]),
        ("Mars/Olympus", []),
        ("America/Argentina", []),
        ("../etc/passwd", []),
        ("Asia/Shanghai\n", ["Asia/Shanghai"]),
    ],
)
def test_B64_zones_the_cloud_does_not_take_and_what_was_meant(name, meant):
    with pytest.raises(zones.UnknownZone):
        zones.zone(name)
    if meant != [name]:
        assert zones.meant_by(name)[: len(meant)] == meant or not meant


@pytest.mark.parametrize("name", ["UTC", "Asia/Shanghai", "GMT+8:00", "GMT-12:59", "GMT+14:59", "US/Eastern"])
def test_B64_zones_the_cloud_takes(name):
    now = datetime.now(UTC)
    assert zones.zone(name).utcoffset(now.astimezone(zones.zone(name))) is not None
    assert other_implementation.parse(f"0 0 9 * * ? {name}", begins_at=0)


@pytest.mark.parametrize(
    ("text", "timeout", "code"),
    [
        ("rate(59s)", 10, "interval"),
        ("rate(60s)", 59, ""),
        ("rate(60s)", 60, "interval"),
        ("rate(7d)", 60, ""),
        ("rate(8d)", 60, "interval"),
        ("at(2026-11-24 02:00:00 UTC)", 60, "once"),
        ("at(2026-11-24 02:00:30 UTC)", 60, "once"),
        ("at(2026-11-24 02:01:00 UTC)", 60, ""),
        (f"at(2027-03-14 02:30:00 {NEW_YORK})", 60, "once"),  # there is no such time
        ("0 0/10 * * * ? UTC", 600, ""),
        ("0 0/10 * * * ? UTC", 601, "cron"),
        ("0/10 * * * * ? UTC", 10, ""),
        ("0/5 * * * * ? UTC", 10, "cron"),
        ("0,5 0 9 * * ? UTC", 10, "cron"),
        ("0 0 9 30 2 ? UTC", 60, "cron"),
        ("0 0 9 * * ? 2020 UTC", 60, "cron"),
    ],
)
def test_B62_B63_how_soon_and_how_often(text, timeout, code):
    found = frequency.read(text)
    if not code:
        limits.check(found, timeout, NOW)
        return
    with pytest.raises(ValidationError) as refused:
        limits.check(found, timeout, NOW)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("rate(6h)", "Every 6 hours", "每 6 小时"),
        ("rate(1d)", "Every day", "每 1 天"),
        (
            f"at(2026-11-28 02:00:00 {SHANGHAI})",
            f"Once, 2026-11-28 at 02:00 ({SHANGHAI})",
            f"仅一次，2026-11-28 02:00（{SHANGHAI}）",
        ),
        (f"0 0 3 * * ? {SHANGHAI}", f"Every day at 03:00 ({SHANGHAI})", f"每天 03:00（{SHANGHAI}）"),
        ("30 0 3 ? * * UTC", "Every day at 03:00:30 (UTC)", "每天 03:00:30（UTC）"),
        ("0 10 * * * ? UTC", "Every hour at minute 10 (UTC)", "每小时的第 10 分钟（UTC）"),
        ("0 0 7 ? * MON-FRI UTC", "Every weekday at 07:00 (UTC)", "每个工作日 07:00（UTC）"),
        ("0 30 2 ? * 1 UTC", "Every Monday at 02:30 (UTC)", "每星期一 02:30（UTC）"),
        ("0 0 9 ? * MON,THU UTC", "Every Monday, Thursday at 09:00 (UTC)", "每星期一、星期四 09:00（UTC）"),
        ("0 0 9 15 * ? UTC", "On day 15 of every month at 09:00 (UTC)", "每月 15 日 09:00（UTC）"),
        ("0 0 9 L * ? UTC", "On the last day of every month at 09:00 (UTC)", "每月最后一天 09:00（UTC）"),
        ("0 0 9 ? * 6#3 UTC", "On the third Saturday of every month at 09:00 (UTC)", "每月第三个星期六 09:00（UTC）"),
        ("0 0 9 ? * 5L UTC", "On the last Friday of every month at 09:00 (UTC)", "每月最后一个星期五 09:00（UTC）"),
        ("0 0/15 * * * ? UTC", "Every 15 minutes (UTC)", "每 15 分钟（UTC）"),
        ("0 5 */6 * * ? UTC", "Every 6 hours at minute 5 (UTC)", "每 6 小时的第 5 分钟（UTC）"),
        ("0 0 9 13 * FRI UTC", "By the expression 0 0 9 13 * FRI (UTC)", "按表达式 0 0 9 13 * FRI（UTC）"),
    ],
)
def test_a_schedule_in_words(text, english, chinese):
    with translation.override("en"):
        assert phrases.with_zone(frequency.read(text)) == english
    with translation.override("zh-hans"):
        assert phrases.with_zone(frequency.read(text)) == chinese


def test_A89_without_a_zone_each_instance_uses_its_own_and_that_is_said():
    found = frequency.read("0 0 3 * * ?")

    assert phrases.with_zone(found) == "Every day at 03:00, in each instance’s own time zone"
    assert frequency.next_times(found, NOW) == []


@pytest.mark.parametrize(
    "preset",
    [
        Preset("hour", minute=10),
        Preset("day", 3, 5, 30),
        Preset("weekday", 7, 0, 0),
        Preset("week", 2, 30, 0, weekday=7),
        Preset("month", 0, 0, 0, day="31"),
        Preset("month", 9, 0, 0, day="L"),
    ],
)
def test_a_preset_is_known_again_by_its_expression(preset):
    assert Preset.of(preset.cron).cron == preset.cron
    assert Preset.of(f"{preset.cron} *").repeat == preset.repeat
    assert frequency.read(f"{preset.cron} UTC")


@pytest.mark.parametrize(
    "cron", ["", "x", "0 0 3 * * ? 2027", "0 0 3 1 1 ?", "0 0 3 ? * 12", "0 0 3 1 * MON", "0 0/5 * * * ?"]
)
def test_other_expressions_belong_to_no_preset(cron):
    assert Preset.of(cron) is None
