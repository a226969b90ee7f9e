"""
ip, ss, curl and their like.

There is no network. The machine itself answers on the ports of its running services, and the metadata service of the
cloud answers with what a script may ask of it; everything else can't be reached.
"""

from typing import Final
from urllib.parse import urlsplit

from bashkit import BuiltinResult

from simulator.machines.linux.host import Answer, Arguments, Call, Command, Host, failed
from simulator.machines.linux.services import Services
from simulator.machines.linux.units import Unit

_METADATA_IP: Final = "100.100.100.200"
_REFUSED, _UNRESOLVED, _HTTP_ERROR = 7, 6, 22  # exit codes of curl


def ip(call: Call) -> Answer:
    arguments = call.parsed()
    address = call.host.machine.private_ip
    gateway = address.rpartition(".")[0] + ".253"
    brief = any(option.startswith("-br") for option in call.args)
    match arguments.words[:1]:
        case [word] if "address".startswith(word) or word == "addr":
            return _brief_addresses(address) if brief else _addresses(address)
        case [word] if "route".startswith(word):
            subnet = f"{address.rpartition('.')[0]}.0/24"
            return f"default via {gateway} dev eth0\n{subnet} dev eth0 proto kernel scope link src {address}\n"
        case [word] if "link".startswith(word):
            return "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n"
    return failed('Object "{}" is unknown, try "ip help".'.format(*(arguments.words or [""])))


def _brief_addresses(address: str) -> str:
    return f"lo               UNKNOWN        127.0.0.1/8\neth0             UP             {address}/24\n"


def _addresses(address: str) -> str:
    return (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
        "    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n"
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n"
        f"    inet {address}/24 brd {address.rpartition('.')[0]}.255 scope global dynamic eth0\n"
        "       valid_lft forever preferred_lft forever\n"
    )


def ifconfig(call: Call) -> Answer:
    address = call.host.machine.private_ip
    return (
        f"eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n        inet {address}  netmask 255.255.255.0\n"
    )


def ss(call: Call) -> Answer:
    arguments = call.parsed()
    listening = _listening(call.host)
    if arguments.has("-s", "--summary"):
        count = len(listening)
        return f"Total: {count + 121}\nTCP:   {count + 38} (estab 24, closed 8, orphaned 0, timewait 8)\n"
    services = Services(call.host)
    lines = [f"{'State':<8}{'Recv-Q':<8}{'Send-Q':<8}{'Local Address:Port':>22}  {'Peer Address:Port':<20}Process\n"]
    for port, unit in listening:
        process = f'users:(("{unit.process}",pid={services.pid(unit)},fd=6))' if arguments.has("-p") else ""
        lines.append(
            f"{'LISTEN':<8}{'0':<8}{'511':<8}{f'0.0.0.0:{port}':>22}  {'0.0.0.0:*':<20}{process}".rstrip() + "\n"
        )
    return "".join(lines)


def netstat(call: Call) -> Answer:
    services = Services(call.host)
    lines = ["Active Internet connections (only servers)\n"]
    lines.append("Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\n")
    for port, unit in _listening(call.host):
        local = f"0.0.0.0:{port}"
        lines.append(
            f"tcp        0      0 {local:<23} 0.0.0.0:*               LISTEN      {services.pid(unit)}/{unit.process}\n"
        )
    return "".join(lines)


def _listening(host: Host) -> list[tuple[int, Unit]]:
    return sorted(
        ((port, unit) for unit in Services(host).running() for port in unit.ports), key=lambda found: found[0]
    )


# -- curl

_WITH_VALUE: Final = (
    *("-o", "--output", "-w", "--write-out", "-X", "--request", "-H", "--header", "-d", "--data", "-m", "--max-time"),
    *("--connect-timeout", "-u", "--user", "-A", "--user-agent", "--retry", "-T", "--cacert", "--resolve", "-e"),
)


def curl(call: Call) -> Answer:
    arguments = call.parsed(*_WITH_VALUE)
    if not arguments.words:
        return failed("curl: no URL specified!\ncurl: try 'curl --help' for more information", 2)
    body = _fetched(call.host, arguments.words[-1])
    if isinstance(body, BuiltinResult):
        return _quiet(arguments, body)
    status = 200 if body else 404
    if status == 404 and arguments.has("-f", "--fail"):
        return _quiet(arguments, failed("curl: (22) The requested URL returned error: 404", _HTTP_ERROR))
    return _received(call, arguments, status, body)


def _fetched(host: Host, address: str) -> str | BuiltinResult:
    """The body, empty for what is not there, or why there is no connection."""
    try:
        url = urlsplit(address if "://" in address else f"http://{address}")
        port = url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return failed("curl: (3) URL using bad/illegal format or missing URL", 3)
    name = url.hostname or ""
    if url.scheme not in ("http", "https"):
        return failed(f'curl: (1) Protocol "{url.scheme}" not supported or disabled in libcurl', 1)
    if name == _METADATA_IP:
        return _metadata(host, url.path)
    if name in ("localhost", "127.0.0.1", host.machine.private_ip, host.hostname):
        if any(port == open_port for open_port, _ in _listening(host)):
            return "ok\n"
        return failed(f"curl: ({_REFUSED}) Failed to connect to {name} port {port}: Connection refused", _REFUSED)
    if name.replace(".", "").isdigit():
        return failed(f"curl: ({_REFUSED}) Failed to connect to {name} port {port}: Network is unreachable", _REFUSED)
    return failed(f"curl: ({_UNRESOLVED}) Could not resolve host: {name}", _UNRESOLVED)


def _metadata(host: Host, path: str) -> str:
    machine = host.machine
    known = {
        "instance-id": machine.instance_id,
        "region-id": machine.region,
        "zone-id": machine.zone,
        "hostname": host.hostname,
        "private-ipv4": machine.private_ip,
        "vpc-id": machine.vpc_id,
        "instance/instance-type": machine.instance_type,
        "instance/instance-name": machine.name,
    }
    return known.get(path.removeprefix("/latest/meta-data/").strip("/"), "") if machine.kind == "ecs" else ""


def _received(call: Call, arguments: Arguments, status: int, body: str) -> Answer:
    reason = "OK" if status == 200 else "Not Found"
    content = (
        f"HTTP/1.1 {status} {reason}\r\nServer: nginx/1.24.0\r\n\r\n" if arguments.has("-I", "-i", "--head") else ""
    )
    content += "" if arguments.has("-I", "--head") else body
    if path := arguments.value("-o", "--output"):
        if path != "/dev/null":
            call.host.write(path if path.startswith("/") else f"{call.cwd}/{path}", content)
        content = ""
    written = arguments.value("-w", "--write-out").replace("%{http_code}", str(status)).replace("\\n", "\n")
    return content + written


def _quiet(arguments: Arguments, failure: BuiltinResult) -> BuiltinResult:
    if arguments.has("-s", "--silent") and not arguments.has("-S", "--show-error"):
        return BuiltinResult(exit_code=failure.exit_code)
    return failure


def wget(call: Call) -> Answer:
    words = call.parsed("-O", "-o", "-T", "-t", "-P").words or [""]
    name = words[0].partition("://")[2].partition("/")[0] or words[0]
    return failed(f"wget: unable to resolve host address ‘{name}’", 4)


def unreachable(call: Call) -> Answer:
    words = call.parsed("-c", "-W", "-i", "-w", "-p", "-o", "-l").words
    return failed(
        f"{call.name}: {words[0] if words else ''}: Network is unreachable", 2 if call.name == "ping" else 255
    )


COMMANDS: Final[dict[str, Command]] = {
    "ip": ip,
    "ifconfig": ifconfig,
    "ss": ss,
    "netstat": netstat,
    "curl": curl,
    "wget": wget,
    "ping": unreachable,
    "ssh": unreachable,
    "scp": unreachable,
}
