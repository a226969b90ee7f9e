"""What PowerShell and Bat scripts have in common: folders of Windows, and programs that either of them runs."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Iterator

from commands.dangers.shell_words import UNKNOWN

Found = Iterator[tuple[str, str, str]]  # code, where, name: what a Danger is made of

# Variables of the environment that everybody has; others may be empty.
ENVIRONMENT = {
    "systemdrive": "C:",
    "systemroot": "C:\\Windows",
    "windir": "C:\\Windows",
    "programfiles": "C:\\Program Files",
    "programfiles(x86)": "C:\\Program Files (x86)",
    "programdata": "C:\\ProgramData",
    "allusersprofile": "C:\\ProgramData",
    "homedrive": "C:",
    "public": "C:\\Users\\Public",
}
ELSEWHERE = {"userprofile", "appdata", "localappdata", "temp", "tmp", "computername", "username", "path", "comspec"}
ELSEWHERE |= {
    "homepath",
    "userdomain",
    "number_of_processors",
    "processor_architecture",
    "date",
    "time",
    "random",
    "cd",
}

_DRIVE = re.compile(r"[a-z]:")
_SYSTEM = {"windows", "windows\\system32", "windows\\syswow64", "program files", "program files (x86)", "programdata"}
_SYSTEM |= {"users", "windows\\system32\\config", "windows\\system32\\drivers", "boot", "recovery"}
_ALL = re.compile(r"\*(?:\.\*)?|\.")
AGENT = {"aliyunservice", "aliyun service", "aliyun_assist_service", "aliyunassist"}
_REMOTE = {"termservice", "sshd", "dhcp", "dnscache", "netman", "lanmanworkstation"}
_FIREWALLS = {"mpssvc", "bfe"}
_LOCAL_MACHINE = re.compile(r"(?:hklm|hkey_local_machine)(?::|\\|$)", re.IGNORECASE)


def folder(text: str) -> str:
    """The drive or folder of Windows that a path stands for, or all that is in it; "" for any other."""
    path = text.strip("\"'").replace("/", "\\")
    while path and _ALL.fullmatch(ntpath.basename(path)) and path != ntpath.dirname(path):
        path = ntpath.dirname(path)
        if path in ("", "."):
            return ""
    path = path.rstrip("\\")
    if not path:
        return "\\" if "\\" in text or "/" in text else ""
    drive, rest = ntpath.splitdrive(path.lower())
    if not _DRIVE.fullmatch(drive) and not path.startswith("\\"):
        return ""
    rest = rest.strip("\\")
    return path if UNKNOWN not in path and (not rest or rest in _SYSTEM) else ""


def of_service(name: str) -> Found:
    """A service that is stopped, disabled or deleted."""
    name = name.strip("\"'").lower()
    if name in AGENT:
        yield "agent", "", ""
    elif name in _REMOTE:
        yield "lock-out", "", ""
    elif name in _FIREWALLS:
        yield "firewall", "", ""


def is_of_the_machine(key: str) -> bool:
    """Whether a key of the registry is one of HKEY_LOCAL_MACHINE."""
    return bool(_LOCAL_MACHINE.match(key.strip("\"'").removeprefix("Registry::")))


def of_program(program: str, arguments: list[str]) -> Found:
    """A program of Windows with its arguments, quotes taken off."""
    program = ntpath.basename(program.lower()).removesuffix(".exe").removesuffix(".com")
    if rule := _RULES.get(program):
        yield from rule([argument.lower() for argument in arguments])


def _shutdown(arguments: list[str]) -> Found:
    switches = {argument.lstrip("/-") for argument in arguments}
    if switches & {"s", "r", "p", "h", "g", "sg", "fw"} and "a" not in switches:
        yield "power", "", ""


def _format(arguments: list[str]) -> Found:
    if any(re.fullmatch(r"[a-z]:\\?", argument) for argument in arguments):
        yield "format", "", ""


def _always(code: str) -> Callable[[list[str]], Found]:
    def rule(_arguments: list[str]) -> Found:
        yield code, "", ""

    return rule


def _bcdedit(arguments: list[str]) -> Found:
    if arguments and arguments[0] not in ("/enum", "/v", "/?", "/export"):
        yield "boot", "", ""


def _reg(arguments: list[str]) -> Found:
    if arguments[:1] == ["delete"] and len(arguments) > 1 and is_of_the_machine(arguments[1]):
        yield "registry", "", ""


def _net(arguments: list[str]) -> Found:
    if arguments[:1] == ["user"] and "/delete" in arguments:
        yield "account", "", ""
    elif arguments[:2] == ["user", "administrator"] and len(arguments) > 2:
        yield "root-password", "", ""
    elif arguments[:1] == ["stop"] and len(arguments) > 1:
        yield from of_service(arguments[1])


def _sc(arguments: list[str]) -> Found:
    if arguments[:1] in (["stop"], ["delete"]) or (arguments[:1] == ["config"] and "disabled" in arguments):
        yield from (found for name in arguments[1:2] for found in of_service(name))


def _netsh(arguments: list[str]) -> Found:
    if "firewall" in arguments or "advfirewall" in arguments:
        if {"off", "disable", "reset"} & set(arguments) and "rule" not in arguments:
            yield "firewall", "", ""
    elif arguments[:1] == ["interface"] and any(argument.endswith("disable") for argument in arguments):
        yield "lock-out", "", ""


def _wevtutil(arguments: list[str]) -> Found:
    if arguments[:1] in (["cl"], ["clear-log"]):
        yield "traces", "", ""


def _vssadmin(arguments: list[str]) -> Found:
    if arguments[:1] == ["delete"]:
        yield "backups", "", ""


def _taskkill(arguments: list[str]) -> Found:
    if "*" in arguments and "/f" in arguments:
        yield "kill-all", "", ""


def _rights(arguments: list[str]) -> Found:
    """takeown, icacls, cacls: of everything below."""
    if {"/r", "/t"} & set(arguments):
        for argument in arguments:
            if where := folder(argument):
                yield "mode", where, ""


_RULES: dict[str, Callable[[list[str]], Found]] = {
    "shutdown": _shutdown,
    "format": _format,
    "diskpart": _always("format"),
    "bcdedit": _bcdedit,
    "bootsect": _always("boot"),
    "reg": _reg,
    "net": _net,
    "net1": _net,
    "sc": _sc,
    "netsh": _netsh,
    "wevtutil": _wevtutil,
    "vssadmin": _vssadmin,
    "taskkill": _taskkill,
    "takeown": _rights,
    "icacls": _rights,
    "cacls": _rights,
    "dropdb": _always("database"),
}
