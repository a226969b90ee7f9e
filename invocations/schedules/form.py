"""The schedule's part of the execute form. What is typed for another kind than the chosen one stays, unread."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.plain_input import PlainForm, as_number, as_typed_number, visible
from invocations.fields import Line
from invocations.models import RepeatMode
from invocations.schedules import frequency, limits, phrases, presets, zones
from invocations.schedules.cron import WEEKDAYS, Cron, Unreadable
from invocations.schedules.frequency import Clock, Frequency, Interval, Once
from invocations.schedules.presets import EXPRESSION, Preset
from invocations.schedules.timing import Timing

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MODES: list[tuple[str, str | _StrPromise]] = [
    (RepeatMode.ONCE, gettext_lazy("Run now")),
    (RepeatMode.PERIOD, gettext_lazy("On schedule")),
    (RepeatMode.NEXT_REBOOT_ONLY, gettext_lazy("Next startup only")),
    (RepeatMode.EVERY_REBOOT, gettext_lazy("Every startup")),
]
KINDS = [
    ("interval", gettext_lazy("At an interval")),
    ("once", pgettext_lazy("schedule", "Once")),
    ("clock", gettext_lazy("By the clock")),
]
UNITS = [
    ("s", pgettext_lazy("schedule", "seconds")),
    ("m", pgettext_lazy("schedule", "minutes")),
    ("h", pgettext_lazy("schedule", "hours")),
    ("d", pgettext_lazy("schedule", "days")),
]
DAYS = [*((str(n), str(n)) for n in range(1, 32)), (presets.LAST, pgettext_lazy("schedule", "the last day"))]
_MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}
_THEIRS = {"data-theirs": "value"}  # what is typed while the server looks at the form stays
_FIELD_OF = {"interval": "interval_value", "once": "once_at", "cron": "cron"}  # by the code of what is wrong
_YEARS = range(2000, 2100)


class ScheduleFields(PlainForm):
    """Mixed into the execute form, whose `repeat_mode` says whether any of this counts."""

    data: QueryDict

    startup = forms.ChoiceField(label=gettext_lazy("On startup"), choices=list(phrases.STARTUP.items()), required=False)
    schedule_kind = forms.ChoiceField(
        label=pgettext_lazy("schedule", "Schedule"),
        choices=KINDS,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose at an interval, once, or by the clock.")},
    )
    interval_value = Line(
        label=pgettext_lazy("schedule", "Every"),
        max_length=20,
        help_text=gettext_lazy("60 seconds to 7 days, and longer than the timeout."),
        widget=forms.TextInput(attrs=_THEIRS | {"inputmode": "numeric", "autocomplete": "off"}),
    )
    interval_unit = forms.ChoiceField(label=pgettext_lazy("schedule", "Unit"), choices=UNITS, required=False)
    once_at = Line(
        label=gettext_lazy("Date and time"),
        max_length=40,
        help_text=gettext_lazy("24 hours, such as 2026-12-24 18:00:00, in the time zone below."),
        widget=forms.TextInput(attrs=_MONO | _THEIRS | {"placeholder": "YYYY-MM-DD HH:MM:SS"}),
    )
    repeat = forms.ChoiceField(label=pgettext_lazy("schedule", "Repeat"), choices=presets.CHOICES, required=False)
    clock_time = Line(
        label=pgettext_lazy("schedule", "At"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "HH:MM:SS", "autocomplete": "off"}),
    )
    clock_minute = Line(
        label=pgettext_lazy("schedule", "At minute"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    clock_weekday = forms.ChoiceField(
        label=pgettext_lazy("schedule", "On"),
        choices=[(str(n), phrases.WEEKDAY_NAMES[name]) for n, name in enumerate(WEEKDAYS, 1)],
        required=False,
    )
    clock_day = forms.ChoiceField(label=pgettext_lazy("schedule", "On day"), choices=DAYS, required=False)
    cron = Line(
        label=gettext_lazy("Expression"),
        max_length=200,
        help_text=gettext_lazy("Seconds first. Monday is 1, Sunday is 7."),
        widget=forms.TextInput(attrs=_MONO),
    )
    cron_shown = Line(max_length=200, widget=forms.HiddenInput)  # as the page had it: another one was typed
    time_zone = Line(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("Such as Asia/Shanghai, GMT+8:00 or UTC."),
        widget=forms.TextInput(attrs=_MONO | _THEIRS | {"list": "time-zones"}),
    )

    replaces = Line(max_length=20, widget=forms.HiddenInput)  # the number of a schedule

    timing: Timing  # of what was typed, once it was cleaned; run now while something is wrong with it

    @property
    def mode(self) -> str:
        """What is chosen, read or not."""
        mode: str = self.data.get("repeat_mode") or RepeatMode.ONCE
        return self.data.get("startup") or mode if mode in phrases.STARTUP else mode

    @property
    def repeats(self) -> bool:
        """It is not to run now, but on a schedule or at startup."""
        return self.mode != RepeatMode.ONCE

    @property
    def is_scheduled(self) -> bool:
        return self.mode == RepeatMode.PERIOD

    @property
    def is_for_startup(self) -> bool:
        return self.mode in phrases.STARTUP

    @property
    def kind(self) -> str:
        """The chosen one; without a choice what the other fields speak of."""
        if chosen := self.data.get("schedule_kind"):
            return chosen
        given = (kind for kind, field in _FIELD_OF.items() if self.data.get(field) and field != "cron")
        return next(given, "clock")

    @property
    def preset(self) -> str:
        return self.data.get("repeat") or EXPRESSION

    # What the page starts with

    def start_schedule(self) -> None:
        """Fill in what nobody has typed. Of the expression and the fields that write one, the newer is believed."""
        if not self.is_scheduled:
            return
        data, tomorrow = self.data, timezone.localtime() + timedelta(days=1)
        if "time_zone" not in data:
            data["time_zone"] = _zone_of_viewer()
            if data["time_zone"] == "UTC":  # static/js/panel.js knows the browser's
                self.fields["time_zone"].widget.attrs["data-of-browser"] = ""
        if self.kind == "interval":
            data.setdefault("interval_value", "1")
            data.setdefault("interval_unit", "h")
        elif self.kind == "once":
            data.setdefault("once_at", f"{tomorrow:%Y-%m-%d} 03:00:00")
        else:
            self._settle_clock()

    def _settle_clock(self) -> None:
        data = self.data
        cron = data.get("cron", "").strip()
        if cron and cron != data.get("cron_shown"):
            self._show_preset(Preset.of(cron))
        elif data.get("repeat") != EXPRESSION:
            self._show_preset(Preset(repeat=data.get("repeat") or "day"), keep=True)
            if preset := self._typed_preset():
                data["cron"] = preset.cron
        data["cron_shown"] = data.get("cron", "")

    def _show_preset(self, preset: Preset | None, *, keep: bool = False) -> None:
        """In the fields; `keep`: only in those that hold nothing."""
        shown = preset or Preset(EXPRESSION)
        fields = {
            "repeat": shown.repeat,
            "clock_time": shown.time,
            "clock_minute": str(shown.minute),
            "clock_weekday": str(shown.weekday),
            "clock_day": shown.day,
        }
        for name, value in fields.items():
            if not (keep and self.data.get(name)):
                self.data[name] = value

    def _typed_preset(self) -> Preset | None:
        """What the fields say; None while one that counts can't be read."""
        data = self.data
        repeat = data.get("repeat", "")
        if repeat not in dict(presets.CHOICES):
            return None
        if repeat == "hour":
            minute = as_typed_number(data.get("clock_minute"))
            return Preset("hour", minute=minute) if minute is not None and minute < 60 else None
        time = _time(data.get("clock_time"))
        weekday, day = as_number(data.get("clock_weekday")), data.get("clock_day", "")
        if time is None or weekday is None or not 1 <= weekday <= 7 or day not in dict(DAYS):
            return None
        return Preset(repeat, *time, weekday=weekday, day=day)

    # Cleaning

    def clean_schedule(self, timeout: int) -> None:
        """`timeout`: in seconds, which two times must not be closer than."""
        self.timing = Timing()
        mode = self.mode
        if mode == RepeatMode.ONCE or "repeat_mode" in self.errors or "startup" in self.errors:
            return
        if mode in phrases.STARTUP:
            self.timing = Timing(mode)
            return
        try:
            found = self._frequency()
            limits.check(found, timeout, timezone.now())
        except _Told:
            return
        except ValidationError as error:
            self.add_error(_FIELD_OF[str(error.code)], error)
            return
        self.timing = Timing(mode, found.text)

    def _frequency(self) -> Frequency:
        """Raises _Told or ValidationError."""
        match self.kind:
            case "interval":
                return self._interval()
            case "once":
                return self._once()
            case "clock":
                return self._clock()
        raise _Told

    def _interval(self) -> Interval:
        value, unit = as_typed_number(self._typed("interval_value")), self._typed("interval_unit") or "h"
        return Interval(value if value is not None else 0, unit)

    def _once(self) -> Once:
        typed = unicodedata.normalize("NFKC", self._typed("once_at")).strip().replace("T", " ")
        for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
            try:
                local = datetime.strptime(typed, form)
            except ValueError:
                continue
            if local.year not in _YEARS:
                raise ValidationError(_("Choose a year up to 2099."), code="once")
            return Once(local, self._zone())
        raise ValidationError(_("Enter a date and a time of the calendar, such as 2026-12-24 18:00:00."), code="once")

    def _clock(self) -> Clock:
        self._check_preset()
        typed, zone_name = frequency.split(self._typed("cron"))
        try:
            cron = Cron.read(typed)
        except Unreadable as error:
            raise self._unreadable(error) from error
        return Clock(cron, self._zone(zone_name))

    def _check_preset(self) -> None:
        """Only where its fields are what counts."""
        if self.data.get("repeat") == EXPRESSION or self._typed_preset():
            return
        if self.data.get("repeat") == "hour":
            self._tell("clock_minute", _("Enter a minute from 0 to 59."), "minute")
        if _time(self._typed("clock_time")) is None:
            self._tell("clock_time", _("Enter a time of the day, such as 03:00:00."), "time")
        raise _Told  # of a choice that there is not the field itself tells

    def _unreadable(self, error: Unreadable) -> ValidationError:
        message = _("The expression can’t be read: %(why)s. It needs seconds, minutes, hours, day, month, weekday.")
        params = {"why": error.why}
        if error.meant:
            message += " " + _("Did you mean %(meant)s?")
            params["meant"] = visible(error.meant)[:100]
        return ValidationError(message, code="cron", params=params)

    def _zone(self, in_expression: str = "") -> str:
        """The zone that is sent. One behind the expression must not contradict the field."""
        name = self._typed("time_zone").strip() or in_expression
        if in_expression and in_expression != name:
            message = _("The expression ends in the time zone %(a)s, and the field below says %(b)s. Give one of them.")
            raise ValidationError(message, code="cron", params={"a": visible(in_expression)[:64], "b": name[:64]})
        if not name:
            self._tell("time_zone", _("Choose a time zone. Without one each instance would use its own."), "no-zone")
        try:
            zones.zone(name)
        except zones.UnknownZone:
            message, meant = _("The cloud takes no time zone “%(name)s”."), zones.meant_by(name)
            if meant:
                message += " " + _("Did you mean %(meant)s?")
            self._tell("time_zone", message, "zone", name=name, meant=", ".join(meant))
        return name

    def _typed(self, name: str) -> str:
        """Raises _Told where the field itself has something to say."""
        if name in self.errors:
            raise _Told
        return self.cleaned_data.get(name) or ""

    def _tell(self, field: str, message: str, code: str, **params: Any) -> None:
        self.add_error(field, ValidationError(message, code=code, params=params))
        raise _Told


class _Told(Exception):
    """What is wrong stands at a field already."""


def _zone_of_viewer() -> str:
    name = timezone.get_current_timezone_name()
    return name if "/" in name and not name.startswith("Etc/") else "UTC"


def _time(text: str | None) -> tuple[int, int, int] | None:
    """03:00:00 or 3:00"""
    found = re.fullmatch(
        r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", unicodedata.normalize("NFKC", text or "").strip()
    )
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
