"""Commands about services: systemctl, service, nginx, journalctl."""

from dataclasses import replace
from typing import Final

from bashkit import BuiltinResult

from simulator.machines.linux import nginx
from simulator.machines.linux.commands import starting
from simulator.machines.linux.commands.systemctl import power, systemctl
from simulator.machines.linux.commands.unit_questions import journal_of
from simulator.machines.linux.host import Answer, Call, Command, failed
from simulator.machines.linux.seed import JOURNAL
from simulator.machines.linux.services import Services


async def service(call: Call) -> Answer:
    """service NAME VERB, which leaves it to systemctl."""
    if "--status-all" in call.args:
        services = Services(call.host)
        return "".join(f" [ {'+' if services.is_active(unit) else '-'} ]  {unit.name}\n" for unit in services.all())
    if len(call.args) < 2:
        return failed("Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]")
    name, verb = call.args[:2]
    answer = await systemctl(replace(call, name="systemctl", args=[verb, name]))
    redirected = f"Redirecting to /bin/systemctl {verb} {name}.service\n"
    if call.host.distribution.family == "debian":
        return answer
    if isinstance(answer, str):
        return BuiltinResult(answer, redirected)
    return BuiltinResult(answer.stdout, redirected + answer.stderr, answer.exit_code)


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
        return await starting.reload(call, services, unit)
    if call.args[:1] == ["-s"]:
        return await starting.stop(call, services, unit)
    return await starting.start(call, services, unit)


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
        lines = journal_of(call, unit) if unit else []
    count = arguments.value("-n", "--lines")
    shown = lines[max(0, len(lines) - int(count)) :] if count.isdecimal() else lines
    text = "".join(reversed(shown) if arguments.has("-r") else shown) or "-- No entries --\n"
    if arguments.has("-f", "--follow"):
        return BuiltinResult(text, "journalctl: this simulated machine does not follow the journal\n", 1)
    return text


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
