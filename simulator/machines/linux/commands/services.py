"""systemctl, service, nginx and journalctl."""

from collections.abc import Callable
from fnmatch import fnmatch
from typing import Final

from bashkit import BuiltinResult

from simulator.machines.linux import nginx
from simulator.machines.linux.host import Answer, Arguments, Call, Command, days_since, failed
from simulator.machines.linux.seed import JOURNAL
from simulator.machines.linux.services import Services
from simulator.machines.linux.units import Unit

_NOT_ACTIVE: Final = 3  # exit codes of systemctl: LSB's for a status, its own for the rest
_NO_SUCH_UNIT: Final = 4
_NOT_INSTALLED: Final = 5
_OPTIONS: Final = ("-t", "--type", "--state", "-p", "--property", "-n", "--lines", "-o", "--output", "-H", "-M")
_CHANGING: Final = frozenset(
    ["start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "enable", "disable"]
)


async def systemctl(call: Call) -> Answer:
    arguments = call.parsed(*_OPTIONS)
    verb, *names = arguments.words or ["list-units"]
    services = Services(call.host)
    if verb in _CHANGING:
        return await _change(call, arguments, services, verb, names)
    if verb == "daemon-reload":
        return "" if call.by_root else _refused("reload daemon", "")
    if verb in ("reboot", "poweroff", "halt"):
        return await power(call)
    questions: dict[str, Callable[[Services, Arguments, list[str], Call], Answer]] = {
        "is-active": _is_active,
        "is-enabled": _is_enabled,
        "is-failed": _is_failed,
        "is-system-running": lambda *_: "running\n",
        "status": _status,
        "show": _show,
        "cat": _cat,
        "list-units": _list_units,
        "list-unit-files": _list_unit_files,
    }
    if verb not in questions:
        return failed(f"Unknown command verb {verb}.")
    return questions[verb](services, arguments, names, call)


# -- changes


async def _change(call: Call, arguments: Arguments, services: Services, verb: str, names: list[str]) -> Answer:
    if not names:
        return failed("Too few arguments.")
    if not call.by_root and not _may_manage_units(call):
        return _refused(verb, _full(names[0]))
    told = ""
    for name in names:
        unit = services.get(name)
        if unit is None:
            return _not_found(verb, name)
        answer = await _change_one(call, arguments, services, verb, unit)
        if isinstance(answer, BuiltinResult):
            return answer
        told += answer
    return BuiltinResult(stderr=told)  # systemctl says on stderr what it links


async def _change_one(call: Call, arguments: Arguments, services: Services, verb: str, unit: Unit) -> Answer:
    """Empty, or what is told, or why it failed."""
    active = services.is_active(unit)
    match verb:
        case "stop":
            return await _stop(call, services, unit)
        case "enable" | "disable":
            told = _link(services, verb, unit)
            if arguments.has("--now"):
                failure = await (_start if verb == "enable" else _stop)(call, services, unit)
                return failure or told
            return told
        case "start":
            return "" if active else await _start(call, services, unit)
        case "try-restart":
            return await _restart(call, services, unit) if active else ""
        case "reload":
            return await _reload(call, services, unit)
        case "reload-or-restart" if active:
            return await _reload(call, services, unit)
        case _:
            return await _restart(call, services, unit)


async def _restart(call: Call, services: Services, unit: Unit) -> Answer:
    call.host.log(f"systemd[1]: Stopping {unit.description}...")
    await call.host.pause(unit.start_seconds * 0.3)
    return await _start(call, services, unit)


async def _start(call: Call, services: Services, unit: Unit) -> Answer:
    host = call.host
    host.log(f"systemd[1]: Starting {unit.description}...")
    if unit.name == "nginx" and (error := nginx.first_error(host)):
        return _broken(call, services, unit, error)
    await host.pause(unit.start_seconds * 0.7)
    if unit.name == "nginx" and host.machine.quirk == "nginx-hangs":
        services.become(unit, "activating")
        host.log("nginx[1]: waiting for the old workers to let go of port 443")
        return ""
    services.become(unit, "active")
    host.log(f"systemd[1]: Started {unit.description}.")
    return ""


def _broken(call: Call, services: Services, unit: Unit, error: str) -> BuiltinResult:
    services.become(unit, "failed")
    call.host.log(f"nginx[1]: nginx: [emerg] {error}")
    call.host.log(f"systemd[1]: Failed to start {unit.description}.")
    return failed(
        f"Job for {unit.name}.service failed because the control process exited with error code.\n"
        f'See "systemctl status {unit.name}.service" and "journalctl -xe" for details.'
    )


async def _stop(call: Call, services: Services, unit: Unit) -> Answer:
    if services.condition(unit).active != "inactive":
        await call.host.pause(unit.start_seconds * 0.3)
        services.become(unit, "inactive")
        call.host.log(f"systemd[1]: Stopped {unit.description}.")
    return ""


async def _reload(call: Call, services: Services, unit: Unit) -> Answer:
    if not services.is_active(unit):
        return failed(f"{unit.name}.service is not active, cannot reload.")
    if unit.name == "nginx" and nginx.first_error(call.host):
        return failed(
            'Job for nginx.service failed.\nSee "systemctl status nginx.service" and "journalctl -xe" for details.'
        )
    await call.host.pause(unit.start_seconds * 0.1)
    call.host.log(f"systemd[1]: Reloaded {unit.description}.")
    return ""


def _link(services: Services, verb: str, unit: Unit) -> str:
    name, was = unit.name, services.is_enabled(unit)
    if verb == "enable":
        services.enable(unit)
        created = (
            f"Created symlink /etc/systemd/system/multi-user.target.wants/{name}.service → {services.path(name)}.\n"
        )
        return "" if was else created
    services.disable(unit)
    return f"Removed /etc/systemd/system/multi-user.target.wants/{name}.service.\n" if was else ""


def _may_manage_units(call: Call) -> bool:
    """By the polkit rules of the machine."""
    folder = "/etc/polkit-1/rules.d"
    return any(f'"{call.user}"' in call.host.read(f"{folder}/{name}") for name in call.host.names_in(folder))


def _refused(verb: str, unit: str) -> BuiltinResult:
    what = f"{verb} {unit}".strip()
    return failed(
        f"Failed to {what}: Interactive authentication required.\n"
        f"See system logs and 'systemctl status {unit}' for details."
    )


def _not_found(verb: str, name: str) -> BuiltinResult:
    unit = _full(name)
    if verb in ("enable", "disable"):
        return failed(f"Failed to {verb} unit: Unit file {unit} does not exist.")
    state = "not loaded" if verb in ("stop", "try-restart") else "not found"
    return failed(f"Failed to {verb} {unit}: Unit {unit} {state}.", _NOT_INSTALLED)


def _full(name: str) -> str:
    return name if "." in name else f"{name}.service"


# -- questions


def _is_active(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    states = [services.condition(unit).active if (unit := services.get(name)) else "inactive" for name in names]
    shown = "" if arguments.has("-q", "--quiet") else "".join(f"{state}\n" for state in states)
    return BuiltinResult(shown, exit_code=0 if "active" in states else _NOT_ACTIVE)


def _is_failed(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    states = [services.condition(unit).active if (unit := services.get(name)) else "inactive" for name in names]
    shown = "" if arguments.has("-q", "--quiet") else "".join(f"{state}\n" for state in states)
    return BuiltinResult(shown, exit_code=0 if "failed" in states else 1)


def _is_enabled(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    unit = services.get(names[0]) if names else None
    if unit is None:
        return failed(
            f"Failed to get unit file state for {_full(names[0] if names else '')}: No such file or directory"
        )
    enabled = services.is_enabled(unit)
    shown = "" if arguments.has("-q", "--quiet") else f"{'enabled' if enabled else 'disabled'}\n"
    return BuiltinResult(shown, exit_code=0 if enabled else 1)


def _status(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    if not names:
        return f"● {call.host.hostname}\n    State: running\n    Units: {len(services.names())} loaded\n"
    unit = services.get(names[0])
    if unit is None:
        return failed(f"Unit {_full(names[0])} could not be found.", _NO_SUCH_UNIT)
    condition = services.condition(unit)
    since = f"{call.host.local(condition.since):%a %Y-%m-%d %H:%M:%S %Z}; {days_since(condition.since)}"
    lines = [
        f"{'●' if condition.active == 'active' else '○'} {unit.name}.service - {unit.description}",
        f"     Loaded: loaded ({services.path(unit.name)}; {'enabled' if services.is_enabled(unit) else 'disabled'})",
        f"     Active: {condition.active} ({condition.sub}) since {since}",
    ]
    if condition.active == "active":
        lines.append(f"   Main PID: {services.pid(unit)} ({unit.process})")
        lines.append(f"     Memory: {unit.memory_mb}.0M")
        lines.append(f"     CGroup: /system.slice/{unit.name}.service")
        lines.append(f"             └─{services.pid(unit)} {unit.program}")
    last = _journal_of(call, unit)[-int(arguments.value("-n", "--lines") or 5) :]
    text = "\n".join(lines) + "\n" + ("\n" + "".join(last) if last else "")
    return BuiltinResult(text, exit_code=0 if condition.active == "active" else _NOT_ACTIVE)


def _show(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    unit = services.get(names[0]) if names else None
    condition = services.condition(unit) if unit else None
    values = {
        "Id": _full(names[0] if names else ""),
        "LoadState": "loaded" if unit else "not-found",
        "ActiveState": condition.active if condition else "inactive",
        "SubState": condition.sub if condition else "dead",
        "MainPID": str(services.pid(unit)) if unit and services.is_active(unit) else "0",
        "UnitFileState": "" if unit is None else "enabled" if services.is_enabled(unit) else "disabled",
    }
    asked = [name for value in arguments.values("-p", "--property") for name in value.split(",")]
    shown = {name: value for name, value in values.items() if not asked or name in asked}
    return "".join(f"{value}\n" if arguments.has("--value") else f"{name}={value}\n" for name, value in shown.items())


def _cat(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    path = services.path(names[0]) if names else ""
    if not path:
        return failed(f"No files found for {_full(names[0] if names else '')}.")
    return f"# {path}\n{call.host.read(path)}"


def _list_units(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    states = [state for value in arguments.values("--state") for state in value.split(",")]
    if arguments.has("--failed"):
        states.append("failed")
    lines = []
    for unit in services.all():
        condition = services.condition(unit)
        if names and not any(fnmatch(f"{unit.name}.service", _full(pattern)) for pattern in names):
            continue
        if states and not {condition.active, condition.sub} & set(states):
            continue
        if condition.active != "inactive" or arguments.has("-a", "--all"):
            lines.append(
                f"{unit.name + '.service':<28} loaded {condition.active:<8} {condition.sub:<8} {unit.description}\n"
            )
    if arguments.has("--no-legend"):
        return "".join(lines)
    head = f"{'UNIT':<28} LOAD   ACTIVE   SUB      DESCRIPTION\n"
    return f"{head}{''.join(lines)}\n{len(lines)} loaded units listed.\n"


def _list_unit_files(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    lines = [
        f"{u.name + '.service':<40} {'enabled' if services.is_enabled(u) else 'disabled'}\n" for u in services.all()
    ]
    if arguments.has("--no-legend"):
        return "".join(lines)
    return f"{'UNIT FILE':<40} STATE\n{''.join(lines)}\n{len(lines)} unit files listed.\n"


# -- other commands about services


async def service(call: Call) -> Answer:
    """service NAME VERB, which leaves it to systemctl."""
    if "--status-all" in call.args:
        services = Services(call.host)
        return "".join(f" [ {'+' if services.is_active(unit) else '-'} ]  {unit.name}\n" for unit in services.all())
    if len(call.args) < 2:
        return failed("Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]")
    name, verb = call.args[:2]
    answer = await systemctl(_as_systemctl(call, [verb, name]))
    redirected = f"Redirecting to /bin/systemctl {verb} {name}.service\n"
    if call.host.distribution.family == "debian":
        return answer
    if isinstance(answer, str):
        return BuiltinResult(answer, redirected)
    return BuiltinResult(answer.stdout, redirected + answer.stderr, answer.exit_code)


def _as_systemctl(call: Call, args: list[str]) -> Call:
    return Call(
        host=call.host,
        name="systemctl",
        args=args,
        stdin="",
        user=call.user,
        cwd=call.cwd,
        environment=call.environment,
    )


async def nginx_command(call: Call) -> Answer:
    services = Services(call.host)
    unit = services.get("nginx")
    if unit is None:
        return failed(f"-bash: {call.name}: command not found", 127)
    if {"-v", "-V"} & set(call.args):
        return BuiltinResult(stderr="nginx version: nginx/1.24.0\n")
    if "-t" in call.args:
        return _tested(call)
    if call.args[:1] == ["-s"] and call.args[1:] in (["reload"], ["reopen"]):
        return await _reload(call, services, unit)
    if call.args[:1] == ["-s"]:
        return await _stop(call, services, unit)
    return await _start(call, services, unit)


def _tested(call: Call) -> Answer:
    if error := nginx.first_error(call.host):
        return failed(f"nginx: [emerg] {error}\nnginx: configuration file {nginx.MAIN} test failed")
    return BuiltinResult(
        stderr=f"nginx: the configuration file {nginx.MAIN} syntax is ok\n"
        f"nginx: configuration file {nginx.MAIN} test is successful\n"
    )


def journalctl(call: Call) -> Answer:
    arguments = call.parsed("-u", "--unit", "-n", "--lines", "--since", "--until", "-p", "--priority", "-o", "--output")
    lines = call.host.read(JOURNAL).splitlines(keepends=True)
    if name := arguments.value("-u", "--unit"):
        unit = Services(call.host).get(name)
        lines = _journal_of(call, unit) if unit else []
    count = arguments.value("-n", "--lines")
    shown = lines[-int(count) :] if count.isdigit() else lines
    text = "".join(reversed(shown) if arguments.has("-r") else shown) or "-- No entries --\n"
    if arguments.has("-f", "--follow"):
        return BuiltinResult(text, "journalctl: this simulated machine does not follow the journal\n", 1)
    return text


def _journal_of(call: Call, unit: Unit) -> list[str]:
    lines = call.host.read(JOURNAL).splitlines(keepends=True)
    return [line for line in lines if f"{unit.process}[" in line or f" {unit.description}" in line]


async def power(call: Call) -> Answer:
    """A reboot ends the script; switching off is for the cloud alone."""
    verb = call.args[0] if call.name == "systemctl" else call.name
    if not call.by_root:
        return _refused(verb, "")
    if verb == "reboot" or (verb == "shutdown" and "-r" in call.args):
        call.host.reboot()
        await call.host.clock.sleep(float("inf"))
    return failed(f"{verb}: this simulated machine can be switched off through the cloud only")


COMMANDS: Final[dict[str, Command]] = {
    "systemctl": systemctl,
    "service": service,
    "nginx": nginx_command,
    "journalctl": journalctl,
    "reboot": power,
    "shutdown": power,
    "poweroff": power,
    "halt": power,
}
