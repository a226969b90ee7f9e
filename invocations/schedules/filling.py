"""The execute form filled in as a schedule was, to run it again or to replace it."""

from __future__ import annotations

from invocations.models import Invocation, RepeatMode
from invocations.schedules import changes
from invocations.schedules.frequency import Interval, Once
from invocations.schedules.presets import EXPRESSION, Preset


def fields_of(run: Invocation) -> dict[str, str]:
    """Form field -> what to type; as the cloud has it now, if it was changed elsewhere. Nothing for a run of now."""
    if run.repeat_mode == RepeatMode.ONCE:
        return {}
    if run.repeat_mode != RepeatMode.PERIOD:
        return {"repeat_mode": run.repeat_mode, "startup": run.repeat_mode}
    timing = changes.timing_of(run)
    found = timing.frequency
    fields = {"repeat_mode": run.repeat_mode, "time_zone": timing.zone_name}
    match found:
        case None:  # written elsewhere, and nobody can read it
            return fields | {"schedule_kind": "clock", "repeat": EXPRESSION, "cron": timing.text}
        case Interval():
            return fields | {
                "schedule_kind": "interval",
                "interval_value": str(found.value),
                "interval_unit": found.unit,
            }
        case Once():
            return fields | {"schedule_kind": "once", "once_at": f"{found.local:%Y-%m-%d %H:%M:%S}"}
    preset = Preset.of(found.cron.text)
    return fields | {
        "schedule_kind": "clock",
        "repeat": preset.repeat if preset else EXPRESSION,
        "cron": found.cron.text,
    }
