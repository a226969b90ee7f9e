"""Bat scripts, as far as they are understood: echo, set, if, exit /b and a dozen commands."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import re2

from simulator.machines.windows.host import NoSuchThing, WindowsHost

_CONDITION: Final = r"errorlevel\s+\d+|\S+\s*==\s*\S+|\S+\s+(?:equ|neq|lss|leq|gtr|geq)\s+\S+"
_IF: Final = re2.compile(rf"(?i)if\s+(?P<not>not\s+)?(?P<condition>{_CONDITION})\s+(?P<then>.+)")
_LONGEST_LINE: Final = 8191  # of the real command processor too
_COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    "equ": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "lss": lambda a, b: a < b,
    "leq": lambda a, b: a <= b,
    "gtr": lambda a, b: a > b,
    "geq": lambda a, b: a >= b,
}


class _Ended(Exception):
    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code


async def run(script: str, host: WindowsHost, write: Callable[[str], None]) -> int:
    """The script's exit code."""
    batch = _Batch(host, write)
    try:
        for number, line in enumerate(script.splitlines(), 1):
            await batch.run_line(line.strip(), number)
    except _Ended as ended:
        return ended.exit_code
    return batch.error_level


class _Batch:
    def __init__(self, host: WindowsHost, write: Callable[[str], None]) -> None:
        self.error_level = 0
        self._host = host
        self._write = write
        self._variables = {name.upper(): value for name, value in host.environment().items()}
        self._number = 0

    async def run_line(self, line: str, number: int) -> None:
        self._number = number
        line = line.removeprefix("@")
        if not line or line.startswith(("::", "rem ", "REM ")) or line.lower() == "rem":
            return
        line = self._filled(line)
        if len(line) > _LONGEST_LINE:
            self._write("The input line is too long.\r\n")
            raise _Ended(1)
        await self._run(line)

    def _filled(self, line: str) -> str:
        values = self._variables | {"ERRORLEVEL": str(self.error_level), "CD": "C:\\Windows\\System32"}
        values |= {"DATE": f"{self._host.now():%a %m/%d/%Y}", "TIME": f"{self._host.now():%H:%M:%S}.00"}
        return re.sub(r"%(\w+)%", lambda match: values.get(match[1].upper(), ""), line)

    async def _run(self, line: str) -> None:
        for part in re.split(r"&&?", line) if not line.lower().startswith(("echo", "if")) else [line]:
            await self._run_one(part.strip())
            if self.error_level and "&&" in line:
                return

    async def _run_one(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        name = word.lower().removesuffix(".exe")
        if name.startswith("echo") and name[4:5] in ("", ".", ":"):
            self._echo(line[4:])
        elif name == "if":
            await self._if(line)
        elif name == "exit":
            self._exit(rest.lower().replace("/b", "").strip(), line)
        elif command := self._commands().get(name):
            self.error_level = await command(rest.strip())
        else:
            self._give_up(line)

    def _exit(self, code: str, line: str) -> None:
        if code and not code.lstrip("-").isdecimal():
            self._give_up(line)
        raise _Ended(int(code or self.error_level))

    def _echo(self, text: str) -> None:
        if text.strip().lower() not in ("on", "off"):
            self._write(f"{text[1:]}\r\n")

    async def _if(self, line: str) -> None:
        match = _IF.fullmatch(line)
        if match is None or match["then"].startswith("("):
            self._give_up(line)
            return
        if self._holds(match["condition"]) != bool(match["not"]):
            await self._run_one(match["then"])

    def _holds(self, condition: str) -> bool:
        words = condition.split()
        if words[0].lower() == "errorlevel":
            return self.error_level >= int(words[1])
        left, equals, right = condition.partition("==")
        if equals:
            return left.strip() == right.strip()
        left, operator, right = words
        return left.lstrip("-").isdigit() and _COMPARISONS[operator.lower()](int(left), int(right))

    def _give_up(self, line: str) -> None:
        self._write(f"The simulated command processor does not know line {self._number}: {line}\r\n")
        self._write(
            "It knows echo, set, if, exit /b, rem, ver, hostname, whoami, ipconfig, iisreset, net start, net stop, "
            "sc query and timeout.\r\n"
        )
        raise _Ended(1)

    # -- commands: each returns the error level it leaves

    def _commands(self) -> dict[str, Callable[[str], Awaitable[int]]]:
        return {
            "set": self._set,
            "ver": self._ver,
            "hostname": self._hostname,
            "whoami": self._whoami,
            "ipconfig": self._ipconfig,
            "iisreset": self._iisreset,
            "net": self._net,
            "sc": self._sc,
            "timeout": self._timeout,
            "cd": self._nothing,
            "setlocal": self._nothing,
            "endlocal": self._nothing,
        }

    async def _set(self, rest: str) -> int:
        name, equals, value = rest.strip('"').partition("=")
        if equals:
            self._variables[name.strip().upper()] = value
        else:
            shown = {key: text for key, text in sorted(self._variables.items()) if key.startswith(name.upper())}
            self._write("".join(f"{key}={text}\r\n" for key, text in shown.items()))
        return 0

    async def _ver(self, rest: str) -> int:
        self._write(f"\r\nMicrosoft Windows [Version {self._host.version}]\r\n")
        return 0

    async def _hostname(self, rest: str) -> int:
        self._write(f"{self._host.machine.hostname}\r\n")
        return 0

    async def _whoami(self, rest: str) -> int:
        is_system = self._host.user.upper() == "SYSTEM"
        self._write(
            "nt authority\\system\r\n" if is_system else f"{self._host.computer_name}\\{self._host.user}\r\n".lower()
        )
        return 0

    async def _ipconfig(self, rest: str) -> int:
        if rest.lower() == "/flushdns":
            self._write("\r\nWindows IP Configuration\r\n\r\nSuccessfully flushed the DNS Resolver Cache.\r\n")
        else:
            address = self._host.machine.private_ip
            self._write("\r\nWindows IP Configuration\r\n\r\n\r\nEthernet adapter Ethernet:\r\n\r\n")
            self._write(
                f"   IPv4 Address. . . . . . . . . . . : {address}\r\n"
                "   Subnet Mask . . . . . . . . . . . : 255.255.255.0\r\n"
            )
        return 0

    async def _iisreset(self, rest: str) -> int:
        self._write("\r\nAttempting stop...\r\n")
        await self._host.stop(self._host.service("W3SVC"))
        self._write("Internet services successfully stopped\r\nAttempting start...\r\n")
        await self._host.start(self._host.service("W3SVC"))
        self._write("Internet services successfully restarted\r\n")
        return 0

    async def _net(self, rest: str) -> int:
        verb, _, name = rest.partition(" ")
        if verb.lower() not in ("start", "stop") or not name:
            self._give_up(f"net {rest}")
        try:
            service = self._host.service(name.strip('"'))
        except NoSuchThing:
            self._write("The service name is invalid.\r\n\r\nMore help is available by typing NET HELPMSG 2185.\r\n")
            return 2
        return await (self._net_start if verb.lower() == "start" else self._net_stop)(service.name)

    async def _net_start(self, name: str) -> int:
        service = self._host.service(name)
        if service.state == "Running":
            self._write("The requested service has already been started.\r\n")
            return 2
        await self._host.start(service)
        self._write(f"The {service.display_name} service was started successfully.\r\n")
        return 0

    async def _net_stop(self, name: str) -> int:
        service = self._host.service(name)
        if service.state == "Stopped":
            self._write(f"The {service.display_name} service is not started.\r\n")
            return 2
        await self._host.stop(service)
        self._write(f"The {service.display_name} service was stopped successfully.\r\n")
        return 0

    async def _sc(self, rest: str) -> int:
        verb, _, name = rest.partition(" ")
        if verb.lower() != "query":
            self._give_up(f"sc {rest}")
        try:
            service = self._host.service(name.strip('"'))
        except NoSuchThing:
            self._write(
                "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\nThe specified service does not exist.\r\n"
            )
            return 1060
        number = 4 if service.state == "Running" else 1
        self._write(
            f"\r\nSERVICE_NAME: {service.name}\r\n        STATE              : {number}  {service.state.upper()}\r\n"
        )
        return 0

    async def _timeout(self, rest: str) -> int:
        seconds = re.search(r"\d+", rest)
        await self._host.clock.sleep(float(seconds[0]) if seconds else 0)
        return 0

    async def _nothing(self, rest: str) -> int:
        return 0
