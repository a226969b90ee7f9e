"""The execute panel on a schedule or at startup: its fields, the preview, what is refused, what is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from invocations import requests
from invocations.models import Batch, Draft, Invocation
from tests.factories import CommandFactory, InstanceFactory
from tests.invocations.panels import Shown, fresh_region, panel_url, refused, run_form, submitted

pytestmark = pytest.mark.django_db

SCHEDULED = {"repeat_mode": "Period"}


@pytest.fixture
def command():
    fresh_region()
    return CommandFactory(timeout=60)


@pytest.fixture
def instance(command):
    return InstanceFactory()


def checked(client, command, *instances, **fields):
    """What the form comes to by Check, which runs nothing and needs no script."""
    response = client.post(panel_url(command), run_form(command, *instances, **fields) | {"action": "check"})
    assert response.status_code == 200
    assert not Invocation.objects.exists()
    return Shown(response)


def sent(run):
    request = requests.read(Batch.objects.filter(invocation=run).first())
    return request.repeat_mode, request.frequency


@pytest.mark.parametrize(
    ("fields", "frequency"),
    [
        ({"schedule_kind": "interval", "interval_value": "6", "interval_unit": "h"}, "rate(6h)"),
        ({"interval_value": "９０", "interval_unit": "s"}, "rate(90s)"),  # full-width digits are digits
        (
            {"schedule_kind": "once", "once_at": "2090-12-24T18:00:00", "time_zone": "UTC"},
            "at(2090-12-24 18:00:00 UTC)",
        ),
        ({"once_at": "2090-12-24 18:00", "time_zone": "GMT+8:00"}, "at(2090-12-24 18:00:00 GMT+8:00)"),
        ({"cron": "0 0 3 * * ?", "time_zone": "Asia/Shanghai"}, "0 0 3 * * ? Asia/Shanghai"),
        ({"cron": "0  0 9 ? * mon-fri", "time_zone": "UTC"}, "0 0 9 ? * MON-FRI UTC"),
        ({"cron": "0 0 3 * * ? 2090 UTC", "time_zone": "UTC"}, "0 0 3 * * ? 2090 UTC"),
        ({"repeat": "week", "clock_weekday": "7", "clock_time": "02:30:00", "time_zone": "UTC"}, "0 30 2 ? * SUN UTC"),
        ({"repeat": "month", "clock_day": "L", "clock_time": "2:30", "time_zone": "UTC"}, "0 30 2 L * ? UTC"),
        ({"repeat": "hour", "clock_minute": "10", "time_zone": "UTC"}, "0 10 * * * ? UTC"),
    ],
)
def test_a_schedule_is_sent_as_it_was_chosen(operator, command, instance, fields, frequency):
    response = submitted(operator, command, instance, **SCHEDULED, **fields)

    run = Invocation.objects.get()
    assert (response.status_code, response.url) == (303, f"/r/cn-hangzhou/schedules/{run.pk}/")
    assert sent(run) == ("Period", frequency)
    assert (run.repeat_mode, run.frequency) == ("Period", frequency)


@pytest.mark.parametrize("mode", ["NextRebootOnly", "EveryReboot"])
def test_a_startup_is_sent_without_a_frequency(operator, command, instance, mode):
    submitted(operator, command, instance, repeat_mode=mode)

    assert sent(Invocation.objects.get()) == (mode, "")


def test_the_page_tells_every_startup_by_a_field_of_its_own(operator, command, instance):
    submitted(operator, command, instance, repeat_mode="NextRebootOnly", startup="EveryReboot")

    assert sent(Invocation.objects.get()) == ("EveryReboot", "")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"repeat_mode": "Sometimes"}, "Choose when to run: now, on a schedule or on startup."),
        (
            {"interval_value": "59", "interval_unit": "s"},
            "The interval must be from 60 seconds to 7 days and longer than the timeout.",
        ),
        (
            {"interval_value": "60", "interval_unit": "s"},
            "The interval must be from 60 seconds to 7 days and longer than the timeout.",
        ),
        (
            {"interval_value": "-1", "interval_unit": "m"},
            "The interval must be from 60 seconds to 7 days and longer than the timeout.",
        ),
        (
            {"interval_value": "1h30m", "interval_unit": "m"},
            "The interval must be from 60 seconds to 7 days and longer than the timeout.",
        ),
        ({"once_at": "2020-01-01T00:00:00", "time_zone": "UTC"}, "Choose a time in the future."),
        (
            {"once_at": "2027-02-29 03:00:00", "time_zone": "UTC"},
            "Enter a date and a time of the calendar, such as 2026-12-24 18:00:00.",
        ),
        (
            {"once_at": "2030-01-01 24:00:00", "time_zone": "UTC"},
            "Enter a date and a time of the calendar, such as 2026-12-24 18:00:00.",
        ),
        ({"once_at": "9999-12-31 23:59:59", "time_zone": "GMT-12:59"}, "Choose a year up to 2099."),
        ({"once_at": "0001-01-01 00:00:00", "time_zone": "GMT+14:59"}, "Choose a year up to 2099."),
        (
            {"cron": "0 3 * * *", "time_zone": "UTC"},
            "The expression can’t be read: it has no seconds. It needs seconds, minutes, hours, day, month, weekday."
            " Did you mean 0 0 3 * * *?",
        ),
        ({"cron": "0 0 9 30 2 ?", "time_zone": "UTC"}, "The expression never comes true."),
        (
            {"cron": "0/5 * * * * ?", "time_zone": "UTC"},
            "Runs would be 5 s apart. They must be at least 60 s apart (10 s, and no less than the timeout).",
        ),
        ({"cron": "0 0 3 * * ?", "time_zone": ""}, "Choose a time zone. Without one each instance would use its own."),
        (
            {"cron": "0 0 3 * * ?", "time_zone": "CST"},
            "The cloud takes no time zone “CST”. Did you mean Asia/Shanghai, GMT+8:00?",
        ),
        (
            {"cron": "0 0 3 * * ? UTC", "time_zone": "Asia/Shanghai"},
            "The expression ends in the time zone UTC, and the field below says Asia/Shanghai. Give one of them.",
        ),
        ({"repeat": "day", "clock_time": "25:00:00", "time_zone": "UTC"}, "Enter a time of the day, such as 03:00:00."),
        ({"repeat": "hour", "clock_minute": "60", "time_zone": "UTC"}, "Enter a minute from 0 to 59."),
    ],
)
def test_B61_B62_B63_B64_what_cannot_be_is_refused_with_a_sentence_and_kept(
    operator, command, instance, fields, sentence
):
    shown = refused(operator, command, instance, **SCHEDULED | fields)

    assert sentence in shown.text
    assert sentence in shown.errors
    for name, value in fields.items():
        if name not in ("repeat_mode", "interval_unit", "repeat"):  # those are no text
            assert shown.value(name) == value, "nothing that was typed is lost"


ODD = ["\x00", "' or 1=1 --", "x" * 300, "𝟘 𝟘 𝟛 * * ?"]


@pytest.mark.parametrize("name", ["cron", "once_at", "interval_value", "time_zone", "clock_time", "repeat", "replaces"])
def test_odd_input_never_breaks_the_form(operator, command, instance, name):
    kind = {"once_at": "once", "interval_value": "interval"}.get(name, "clock")
    for text in ODD:
        response = submitted(operator, command, instance, **{**SCHEDULED, "schedule_kind": kind, name: text})
        assert response.status_code in (303, 422)


def test_the_preview_needs_no_script(operator, command, instance):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    shown = checked(operator, command, instance, **SCHEDULED, cron="0 0 3 * * ?", time_zone="Asia/Shanghai")

    assert shown.part("schedule-preview")["data-frequency"] == "0 0 3 * * ? Asia/Shanghai"
    assert "Every day at 03:00 (Asia/Shanghai)" in shown.text
    assert shown.html.count('<li>\n          <time datetime="') == 5
    assert f"{tomorrow:%Y}" in shown.text
    assert "RepeatMode=Period" in shown.text
    assert "Schedule on 1 instance" in shown.text


def test_an_expression_that_was_typed_is_believed_and_so_is_a_choice_made_after_it(operator, command, instance):
    typed = checked(operator, command, instance, **SCHEDULED, cron="0 30 2 ? * 7", time_zone="UTC")
    assert (typed.value("cron"), typed.value("cron_shown"), typed.value("clock_time")) == ("0 30 2 ? * 7",) * 2 + (
        "02:30:00",
    )

    fields = {name: typed.value(name) for name in ("cron", "cron_shown", "clock_time", "time_zone")}
    chosen = checked(operator, command, instance, **SCHEDULED, **fields | {"repeat": "weekday"})

    assert chosen.value("cron") == "0 30 2 ? * MON-FRI"


def test_a_check_by_the_cloud_can_never_become_a_schedule(operator, command, instance):
    from invocations.models import CheckCall

    fields = run_form(command, instance, **SCHEDULED, cron="0 0 3 * * ?", time_zone="UTC") | {"action": "cloud_check"}
    operator.post(panel_url(command), fields)

    call = CheckCall.objects.get()
    assert '"repeat_mode":"DryRun"' in call.request
    assert "frequency" not in call.request


def test_a_draft_keeps_the_schedule_and_a_link_carries_it(operator, command, instance):
    shown = checked(operator, command, instance, **SCHEDULED, cron="0 0 3 L * ?", time_zone="Asia/Shanghai")

    kept = Draft.objects.get().fields
    link = shown.html.partition('data-copy-link="')[2].partition('"')[0].replace("&amp;", "&")
    opened = Shown(operator.get(link, follow=True))

    assert (kept["repeat_mode"], kept["cron"], kept["time_zone"]) == ("Period", "0 0 3 L * ?", "Asia/Shanghai")
    assert opened.part("schedule-preview")["data-frequency"] == "0 0 3 L * ? Asia/Shanghai"
    assert "replaces" not in link


def test_a_run_of_now_has_nothing_of_it(operator, command, instance):
    submitted(operator, command, instance, cron="nonsense", time_zone="nowhere", schedule_kind="clock")

    run = Invocation.objects.get()
    assert sent(run) == ("Once", "")
    assert run.frequency == ""


def test_the_same_form_twice_is_one_schedule(operator, command, instance):
    form = run_form(command, instance, **SCHEDULED, cron="0 0 3 * * ?", time_zone="UTC")

    first, second = operator.post(panel_url(command), form), operator.post(panel_url(command), form)

    assert first.url == second.url
    assert Invocation.objects.count() == 1


def test_replacing_is_filled_in_and_named(operator, command, instance):
    submitted(
        operator, command, instance, **SCHEDULED, cron="0 0 3 ? * 6#3", time_zone="Asia/Shanghai", username="deploy"
    )
    old = Invocation.objects.get()

    response = operator.post(f"/r/cn-hangzhou/schedules/{old.pk}/replace/", follow=True)
    shown = Shown(response)

    assert (shown.value("cron"), shown.value("time_zone")) == ("0 0 3 ? * 6#3", "Asia/Shanghai")
    assert (shown.value("username"), shown.value("replaces")) == ("deploy", str(old.pk))
    assert f"Replaces schedule #{old.pk}" in shown.text
    again = submitted(
        operator, command, instance, **SCHEDULED, cron="0 0 4 * * ?", time_zone="UTC", replaces=str(old.pk)
    )
    assert again.status_code == 303
    assert Invocation.objects.latest("pk").replaces == old


def test_nobody_replaces_what_they_may_not_stop(operator, admin, command, instance):
    submitted(admin, command, instance, **SCHEDULED, cron="0 0 3 * * ?", time_zone="UTC")
    old = Invocation.objects.get()

    submitted(operator, command, instance, **SCHEDULED, cron="0 0 4 * * ?", time_zone="UTC", replaces=str(old.pk))

    assert Invocation.objects.latest("pk").replaces is None
    assert operator.post(f"/r/cn-hangzhou/schedules/{old.pk}/replace/").status_code == 404
    assert operator.post(f"/r/cn-hangzhou/schedules/{old.pk}/stop/").status_code == 404
