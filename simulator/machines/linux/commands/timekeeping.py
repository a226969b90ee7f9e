"""Time: sleep, timedatectl, chronyc."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import available_timezones

from simulator.machines.linux.host import Answer, Call, Command, failed
from simulator.machines.linux.services import Services

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


async def sleep(call: Call) -> Answer:
    """In the time of the run, which the simulator can make shorter."""
    if not call.args:
        return failed("sleep: missing operand\nTry 'sleep --help' for more information.")
    try:
        seconds = sum(_seconds(arg) for arg in call.args)
    except ValueError as error:
        return failed(f"sleep: invalid time interval ‘{error}’\nTry 'sleep --help' for more information.")
    await call.host.clock.sleep(seconds)
    return ""


def _seconds(arg: str) -> float:
    number, unit = (arg[:-1], _UNITS[arg[-1]]) if arg[-1:] in _UNITS else (arg, 1)
    try:
        seconds = float(number) * unit
    except ValueError:
        raise ValueError(arg) from None
    if not seconds >= 0:
        raise ValueError(arg)
    return seconds


def timedatectl(call: Call) -> Answer:
    words = call.parsed().words
    match words:
        case ["set-timezone", zone] if zone in available_timezones():
            return _set_zone(call, zone)
        case ["set-timezone", zone]:
            return failed(f"Failed to set time zone: Invalid or not installed time zone '{zone}'")
        case ["list-timezones"]:
            return "".join(f"{zone}\n" for zone in sorted(available_timezones()))
        case [] | ["status"] | ["show"]:
            now = call.host.now()
            return (
                f"               Local time: {now:%a %Y-%m-%d %H:%M:%S %Z}\n"
                f"           Universal time: {datetime.now(UTC):%a %Y-%m-%d %H:%M:%S} UTC\n"
                f"                Time zone: {call.host.zone.key} ({now:%Z, %z})\n"
                "System clock synchronized: yes\n              NTP service: active\n          RTC in local TZ: no\n"
            )
    return failed(f"Unknown command verb {words[0]}.")


def _set_zone(call: Call, zone: str) -> Answer:
    if not call.by_root:
        return failed("Failed to set time zone: Interactive authentication required.")
    call.host.write("/etc/timezone", f"{zone}\n")
    return ""


async def chronyc(call: Call) -> Answer:
    services = Services(call.host)
    unit = services.get("chronyd") or services.get("chrony")
    if unit is None or not services.is_active(unit):
        return failed("506 Cannot talk to daemon")
    words = call.parsed("-h", "-p").words
    match words[:1]:
        case ["makestep" | "burst" | "waitsync"]:
            if not call.by_root:
                return failed("501 Not authorised")
            await call.host.pause(0.6)
            return "200 OK\n"
        case ["tracking"]:
            return (
                "Reference ID    : 64643D58 (100.100.61.88)\nStratum         : 2\n"
                "System time     : 0.000011520 seconds fast of NTP time\n"
                "Leap status     : Normal\n"
            )
        case ["sources"]:
            return (
                "MS Name/IP address         Stratum Poll Reach LastRx Last sample\n"
                "^* 100.100.61.88                 1   8   377   101    +12us[  +18us] +/- 5112us\n"
            )
    return failed("Unrecognized command")


COMMANDS: Final[dict[str, Command]] = {"sleep": sleep, "timedatectl": timedatectl, "chronyc": chronyc}
