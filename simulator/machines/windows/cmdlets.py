"""The cmdlets of the simulated PowerShell."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final, Union

from simulator.machines.windows.host import HOT_FIXES, Service, WindowsHost


@dataclass(frozen=True, slots=True)
class Record:
    """An object with properties; `columns` are those a table shows."""

    properties: tuple[tuple[str, "Value"], ...]
    columns: tuple[str, ...] = ()

    def get(self, name: str) -> "Value":
        return next((value for known, value in self.properties if known.lower() == name.lower()), None)


Value = Union[None, bool, int, float, str, datetime, Record, list["Value"]]  # noqa: UP007  # it names itself


class NotSupported(Exception):
    """A parameter or use of a cmdlet that is not understood; the text names it."""


@dataclass(frozen=True, slots=True)
class Call:
    named: dict[str, Value]  # parameters, lower case
    words: list[Value]
    piped: Value
    write: Callable[[str], None]

    def first(self, *names: str) -> Value:
        """The named parameter, else the first word, else what is piped in."""
        found = next((self.named[name] for name in names if name in self.named), None)
        return found if found is not None else self.words[0] if self.words else self.piped


Cmdlet = Callable[[WindowsHost, Call], Awaitable[Value]]


def shown(value: Value) -> str:
    """The value within a text."""
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case datetime():
            return f"{value:%m/%d/%Y %H:%M:%S}"
        case Record():
            return "@{" + "; ".join(f"{name}={shown(each)}" for name, each in value.properties) + "}"
        case list():
            return " ".join(shown(each) for each in value)
        case _:
            return str(value)


def printed(value: Value) -> str:
    """The value as a statement of its own prints it."""
    if value is None:
        return ""
    values = value if isinstance(value, list) else [value]
    records = [each for each in values if isinstance(each, Record)]
    if records:
        return _table(records) if records[0].columns else "".join(map(_list, records))
    return "".join(
        f"{f'{each:%A, %B %d, %Y %H:%M:%S}' if isinstance(each, datetime) else shown(each)}\r\n" for each in values
    )


def _table(records: list[Record]) -> str:
    columns = records[0].columns
    rows = [list(columns), ["-" * len(column) for column in columns]]
    rows += [[shown(record.get(column)) for column in columns] for record in records]
    widths = [max(len(row[position]) for row in rows) for position in range(len(columns))]
    lines = (" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n"


def _list(record: Record) -> str:
    width = max(len(name) for name, _ in record.properties)
    return "\r\n" + "".join(f"{name.ljust(width)} : {shown(value)}\r\n" for name, value in record.properties) + "\r\n"


def is_like(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))


def is_known(name: str) -> bool:
    return name.lower() in _BY_NAME


async def call(name: str, host: WindowsHost, arguments: Call) -> Value:
    """Raises NotSupported, and NoSuchThing of the host."""
    return await _BY_NAME[name.lower()](host, arguments)


# -- output


async def _write_output(host: WindowsHost, arguments: Call) -> Value:
    return arguments.first("inputobject") if len(arguments.words) <= 1 else list(arguments.words)


async def _write_host(host: WindowsHost, arguments: Call) -> Value:
    words = arguments.words or [arguments.named.get("object")]
    arguments.write(" ".join(shown(word) for word in words) + ("" if "nonewline" in arguments.named else "\r\n"))
    return None


async def _write_error(host: WindowsHost, arguments: Call) -> Value:
    arguments.write(f"Write-Error : {shown(arguments.first('message'))}\r\n")
    return None


async def _nothing(host: WindowsHost, arguments: Call) -> Value:
    return None


async def _unchanged(host: WindowsHost, arguments: Call) -> Value:
    return arguments.piped


async def _select_object(host: WindowsHost, arguments: Call) -> Value:
    values = arguments.piped if isinstance(arguments.piped, list) else [arguments.piped]
    if isinstance(count := arguments.named.get("first"), int):
        values = values[:count]
    if name := arguments.named.get("expandproperty"):
        return [each.get(shown(name)) for each in values if isinstance(each, Record)]
    names = [shown(word) for word in (arguments.named.get("property"), *arguments.words) if word]
    if not names:
        return list(values)
    return [Record(tuple((n, each.get(n)) for n in names), tuple(names)) for each in values if isinstance(each, Record)]


# -- services and application pools


def _service_record(service: Service) -> Record:
    properties = (("Status", service.state), ("Name", service.name), ("DisplayName", service.display_name))
    return Record(properties, ("Status", "Name", "DisplayName"))


async def _get_service(host: WindowsHost, arguments: Call) -> Value:
    name = arguments.first("name", "displayname")
    if name is None:
        return [_service_record(service) for service in host.services()]
    if "*" in shown(name):
        return [_service_record(service) for service in host.services() if is_like(service.name, shown(name))]
    return _service_record(host.service(_service_name(name)))


async def _start_service(host: WindowsHost, arguments: Call) -> Value:
    service = host.service(_service_name(arguments.first("name")))
    if service.state == "Stopped":
        await host.start(service)
    return None


async def _stop_service(host: WindowsHost, arguments: Call) -> Value:
    service = host.service(_service_name(arguments.first("name")))
    if service.state == "Running":
        await host.stop(service)
    return None


async def _restart_service(host: WindowsHost, arguments: Call) -> Value:
    service = host.service(_service_name(arguments.first("name")))
    await host.stop(service)
    await host.start(service)
    return None


def _service_name(value: Value) -> str:
    return shown(value.get("Name")) if isinstance(value, Record) else shown(value)


async def _restart_pool(host: WindowsHost, arguments: Call) -> Value:
    await host.set_pool(shown(arguments.first("name")), "Running")
    return None


async def _start_pool(host: WindowsHost, arguments: Call) -> Value:
    await host.set_pool(shown(arguments.first("name")), "Running")
    return None


async def _stop_pool(host: WindowsHost, arguments: Call) -> Value:
    await host.set_pool(shown(arguments.first("name")), "Stopped")
    return None


async def _pool_state(host: WindowsHost, arguments: Call) -> Value:
    state = host.pool_state(shown(arguments.first("name")))
    return Record((("Value", "Started" if state == "Running" else "Stopped"),), ("Value",))


# -- the machine


async def _get_date(host: WindowsHost, arguments: Call) -> Value:
    pattern = arguments.named.get("format")
    if pattern is None:
        return host.now()
    text = shown(pattern)
    for theirs, ours in (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S")):
        text = text.replace(theirs, ours)
    return host.now().strftime(text)


async def _computer_info(host: WindowsHost, arguments: Call) -> Value:
    return Record(
        (
            ("CsName", host.computer_name),
            ("WindowsProductName", host.machine.os_name.removesuffix(" 64-bit")),
            ("OsVersion", host.version),
            ("CsNumberOfLogicalProcessors", host.machine.cpu),
            ("CsTotalPhysicalMemory", host.machine.memory_mb * 1024**2),
            ("OsLastBootUpTime", host.booted),
            ("TimeZone", host.machine.timezone),
        )
    )


async def _cim_instance(host: WindowsHost, arguments: Call) -> Value:
    name = shown(arguments.first("classname", "class"))
    match name.lower():
        case "win32_operatingsystem":
            caption = f"Microsoft {host.machine.os_name.removesuffix(' 64-bit')}"
            memory = host.machine.memory_mb * 1024
            return Record(
                (
                    ("Caption", caption),
                    ("Version", host.version),
                    ("CSName", host.computer_name),
                    ("LastBootUpTime", host.booted),
                    ("TotalVisibleMemorySize", memory),
                    ("FreePhysicalMemory", memory // 3),
                )
            )
        case "win32_computersystem":
            return Record((("Name", host.computer_name), ("NumberOfLogicalProcessors", host.machine.cpu)))
    raise NotSupported(f"Get-CimInstance {name}")


async def _hot_fixes(host: WindowsHost, arguments: Call) -> Value:
    columns = ("Source", "Description", "HotFixID", "InstalledOn")
    return [
        Record(tuple(zip(columns, (host.computer_name, kind, name, day), strict=True)), columns)
        for name, kind, day in HOT_FIXES
    ]


async def _start_sleep(host: WindowsHost, arguments: Call) -> Value:
    milliseconds = arguments.named.get("milliseconds")
    seconds = arguments.first("seconds", "s")
    try:
        await host.clock.sleep(float(shown(milliseconds)) / 1000 if milliseconds is not None else float(shown(seconds)))
    except ValueError:
        raise NotSupported(f"Start-Sleep {shown(seconds)}") from None
    return None


_CMDLETS: Final[dict[str, Cmdlet]] = {
    "echo": _write_output,
    "Format-List": _unchanged,
    "Format-Table": _unchanged,
    "Get-CimInstance": _cim_instance,
    "Get-ComputerInfo": _computer_info,
    "Get-Date": _get_date,
    "Get-HotFix": _hot_fixes,
    "Get-Service": _get_service,
    "Get-WebAppPoolState": _pool_state,
    "Get-WmiObject": _cim_instance,
    "Import-Module": _nothing,
    "Out-Null": _nothing,
    "Out-String": _unchanged,
    "Restart-Service": _restart_service,
    "Restart-WebAppPool": _restart_pool,
    "Select-Object": _select_object,
    "Start-Service": _start_service,
    "Start-Sleep": _start_sleep,
    "Start-WebAppPool": _start_pool,
    "Stop-Service": _stop_service,
    "Stop-WebAppPool": _stop_pool,
    "Write-Error": _write_error,
    "Write-Host": _write_host,
    "Write-Output": _write_output,
}
NAMES: Final = tuple(_CMDLETS)
_BY_NAME: Final = {name.lower(): cmdlet for name, cmdlet in _CMDLETS.items()}
