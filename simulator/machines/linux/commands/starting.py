"""What happens when a service is started, stopped, restarted or reloaded, whichever command asks for it."""

from bashkit import BuiltinResult

from simulator.machines.linux import nginx
from simulator.machines.linux.host import Answer, Call, failed
from simulator.machines.linux.services import Services
from simulator.machines.linux.units import Unit


async def restart(call: Call, services: Services, unit: Unit) -> Answer:
    call.host.log(f"systemd[1]: Stopping {unit.description}...")
    await call.host.pause(unit.start_seconds * 0.3)
    return await start(call, services, unit)


async def start(call: Call, services: Services, unit: Unit) -> Answer:
    host = call.host
    host.log(f"systemd[1]: Starting {unit.description}...")
    if unit.name == "nginx" and (error := nginx.first_error(host)):
        return _broken(call, services, unit, error)
    if unit.name == "nginx" and host.machine.quirk == "nginx-hangs":
        services.become(unit, "activating")
        host.log("nginx[1]: waiting for the old workers to let go of port 443")
        return ""
    await host.pause(unit.start_seconds * 0.7)
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


async def stop(call: Call, services: Services, unit: Unit) -> Answer:
    if services.condition(unit).active != "inactive":
        await call.host.pause(unit.start_seconds * 0.3)
        services.become(unit, "inactive")
        call.host.log(f"systemd[1]: Stopped {unit.description}.")
    return ""


async def reload(call: Call, services: Services, unit: Unit) -> Answer:
    if not services.is_active(unit):
        return failed(f"{unit.name}.service is not active, cannot reload.")
    if unit.name == "nginx" and nginx.first_error(call.host):
        return failed(
            'Job for nginx.service failed.\nSee "systemctl status nginx.service" and "journalctl -xe" for details.'
        )
    await call.host.pause(unit.start_seconds * 0.1)
    call.host.log(f"systemd[1]: Reloaded {unit.description}.")
    return ""
