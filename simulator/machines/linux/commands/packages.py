"""
yum, dnf, apt-get, rpm and dpkg.

A machine knows the packages of its distribution; what was installed or updated since is written to /var/lib/packages.
Anything else does not exist, as there is no network to fetch it from.
"""

from dataclasses import dataclass
from typing import Final

from bashkit import BuiltinResult

from simulator.machines.linux.facts import Family
from simulator.machines.linux.host import Answer, Call, Command, Host, failed
from simulator.machines.linux.services import Services

_STORE: Final = "/var/lib/packages"
_WITH_VALUE: Final = ("-t", "-o", "-c", "--enablerepo", "--disablerepo", "-x", "--exclude", "--qf", "--queryformat")


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    installed: str  # version; empty: not installed
    available: str

    @property
    def is_outdated(self) -> bool:
        return bool(self.installed) and self.installed != self.available


_KNOWN: Final[
    dict[Family, dict[str, tuple[str, str, bool]]]
] = {  # when the machine was made, now, whether it is installed
    "rhel": {
        "bash": ("5.1.8-9", "5.1.8-9", True),
        "curl": ("7.76.1-26", "7.76.1-31", True),
        "glibc": ("2.34-100", "2.34-100", True),
        "openssl": ("1:3.0.7-27", "1:3.0.7-28", True),
        "openssh-server": ("8.7p1-38", "8.7p1-38", True),
        "nginx": ("1:1.24.0-4", "1:1.24.0-5", False),
        "git": ("2.43.5-1", "2.43.5-1", False),
        "htop": ("3.3.0-1", "3.3.0-1", False),
        "jq": ("1.6-17", "1.6-17", True),
        "tmux": ("3.2a-5", "3.2a-5", False),
        "vim-enhanced": ("2:8.2.2637-20", "2:8.2.2637-21", True),
    },
    "debian": {
        "bash": ("5.2.15-2", "5.2.15-2", True),
        "curl": ("7.88.1-10", "7.88.1-11", True),
        "libc6": ("2.36-9", "2.36-9", True),
        "openssl": ("3.0.13-1", "3.0.15-1", True),
        "openssh-server": ("1:9.2p1-2", "1:9.2p1-3", True),
        "nginx": ("1.22.1-9", "1.22.1-10", False),
        "git": ("1:2.39.5-0", "1:2.39.5-0", False),
        "htop": ("3.2.2-2", "3.2.2-2", False),
        "jq": ("1.6-2", "1.6-2", True),
        "tmux": ("3.3a-3", "3.3a-3", False),
        "vim": ("2:9.0.1378-2", "2:9.0.1378-3", True),
    },
}


def _all(host: Host) -> dict[str, Package]:
    found = {}
    for name, (made_with, available, at_first) in _KNOWN[host.distribution.family].items():
        at_first = at_first or Services(host).get(name) is not None
        stored = host.read(f"{_STORE}/{name}").strip()
        installed = "" if stored == "removed" else stored or (made_with if at_first else "")
        found[name] = Package(name, installed, available)
    return found


def _wanted(host: Host, word: str) -> Package | None:
    """By name, or by name and version as each manager writes it; None when there is no such thing."""
    packages = _all(host)
    name, _, version = word.partition("=")
    if name not in packages:
        name, _, version = word.partition("-")
    package = packages.get(word) or packages.get(name)
    return package if package and (not version or package.name == word or package.available.endswith(version)) else None


async def yum(call: Call) -> Answer:
    arguments = call.parsed(*_WITH_VALUE)
    verb, *words = arguments.words or ["help"]
    match verb:
        case "install" | "update" | "upgrade" | "reinstall":
            return await _yum_install(call, verb, words)
        case "remove" | "erase":
            return await _remove(call, words)
        case "list":
            listed = [p for p in _all(call.host).values() if p.installed or "installed" not in words]
            return "Installed Packages\n" + "".join(
                f"{p.name + '.x86_64':<36}{p.installed:<20}@os\n" for p in listed if p.installed
            )
        case "check-update":
            outdated = [p for p in _all(call.host).values() if p.is_outdated]
            shown = "\n" + "".join(f"{p.name + '.x86_64':<36}{p.available:<20}updates\n" for p in outdated)
            return BuiltinResult(shown, exit_code=100 if outdated else 0)
        case "makecache":
            await call.host.pause(1.5)
            return "Metadata cache created.\n"
        case "clean":
            return "12 files removed\n"
    return failed(
        f"No such command: {verb}. This simulated machine knows install, update, remove, list, check-update, makecache."
    )


async def _yum_install(call: Call, verb: str, words: list[str]) -> Answer:
    if not call.by_root:
        return failed(
            "Error: This command has to be run with superuser privileges (under the root user on most systems)."
        )
    missing = [word for word in words if _wanted(call.host, word) is None]
    if missing:
        lines = "".join(f"No match for argument: {word}\n" for word in missing)
        return BuiltinResult(lines, f"Error: Unable to find a match: {' '.join(missing)}\n", 1)
    changed = _to_change(call.host, verb, words)
    if not changed:
        return "Dependencies resolved.\nNothing to do.\nComplete!\n"
    await _install(call.host, changed)
    lines = "".join(f"  {package.name}-{package.available}.x86_64\n" for package in changed)
    what = "Installed" if verb == "install" else "Upgraded"
    return f"Dependencies resolved.\nRunning transaction\n{what}:\n{lines}\nComplete!\n"


def _to_change(host: Host, verb: str, words: list[str]) -> list[Package]:
    packages = _all(host)
    chosen = [package for word in words if (package := _wanted(host, word))]
    if verb in ("update", "upgrade", "dist-upgrade", "full-upgrade"):
        return [package for package in chosen or packages.values() if package.is_outdated]
    return [package for package in chosen if package.installed != package.available]


async def _install(host: Host, packages: list[Package]) -> None:
    for package in packages:
        await host.pause(1.2)
        host.write(f"{_STORE}/{package.name}", f"{package.available}\n")


async def _remove(call: Call, words: list[str]) -> Answer:
    if not call.by_root:
        return failed(
            "Error: This command has to be run with superuser privileges (under the root user on most systems)."
        )
    packages = [package for word in words if (package := _all(call.host).get(word)) and package.installed]
    for package in packages:
        await call.host.pause(0.8)
        call.host.write(f"{_STORE}/{package.name}", "removed\n")
    return (
        "".join(f"Removed: {package.name}-{package.installed}\n" for package in packages)
        or "No packages marked for removal.\n"
    )


async def apt_get(call: Call) -> Answer:
    arguments = call.parsed(*_WITH_VALUE)
    verb, *words = arguments.words or ["help"]
    match verb:
        case "update":
            await call.host.pause(2.0)
            return "Hit:1 http://mirrors.cloud.aliyuncs.com stable InRelease\nReading package lists... Done\n"
        case "install" | "upgrade" | "dist-upgrade" | "full-upgrade":
            return await _apt_install(call, verb, words)
        case "remove" | "purge" | "autoremove":
            return await _remove(call, words)
        case "clean" | "autoclean":
            return ""
        case "list":
            return "".join(
                f"{p.name}/stable {p.installed} amd64 [installed]\n" for p in _all(call.host).values() if p.installed
            )
    return failed(f"E: Invalid operation {verb}", 100)


async def _apt_install(call: Call, verb: str, words: list[str]) -> Answer:
    if not call.by_root:
        return failed(
            "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
            "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?",
            100,
        )
    head = "Reading package lists...\nBuilding dependency tree...\n"
    for word in words:
        if _wanted(call.host, word) is None:
            name, equals, version = word.partition("=")
            known = _all(call.host).get(name)
            error = (
                f"E: Version '{version}' for '{name}' was not found"
                if known and equals
                else f"E: Unable to locate package {name}"
            )
            return BuiltinResult(head, f"{error}\n", 100)
    changed = _to_change(call.host, verb, words)
    await _install(call.host, changed)
    lines = "".join(f"Setting up {package.name} ({package.available}) ...\n" for package in changed)
    return f"{head}{len(changed)} upgraded or newly installed, 0 to remove.\n{lines}"


def rpm(call: Call) -> Answer:
    arguments, packages = call.parsed(*_WITH_VALUE), _all(call.host)
    installed = {name: package for name, package in packages.items() if package.installed}
    if arguments.has("-a"):
        return "".join(f"{name}-{_without_epoch(package.installed)}.x86_64\n" for name, package in installed.items())
    shown, missing = "", 0
    for word in arguments.words:
        if word in installed:
            shown += f"{word}-{_without_epoch(installed[word].installed)}.x86_64\n"
        else:
            shown, missing = shown + f"package {word} is not installed\n", missing + 1
    return BuiltinResult(shown, exit_code=missing)


def dpkg(call: Call) -> Answer:
    arguments, packages = call.parsed(*_WITH_VALUE), _all(call.host)
    installed = {name: package for name, package in packages.items() if package.installed}
    lines = [f"ii  {name:<24}{package.installed:<20}amd64\n" for name, package in installed.items()]
    if arguments.words:
        lines = [
            f"ii  {word:<24}{installed[word].installed:<20}amd64\n" for word in arguments.words if word in installed
        ]
        if not lines:
            return failed(f"dpkg-query: no packages found matching {arguments.words[0]}")
    return "".join(lines)


def _without_epoch(version: str) -> str:
    return version.partition(":")[2] or version


RED_HAT_COMMANDS: Final[dict[str, Command]] = {"yum": yum, "rpm": rpm}
DEBIAN_COMMANDS: Final[dict[str, Command]] = {"apt-get": apt_get, "apt": apt_get, "dpkg": dpkg, "dpkg-query": dpkg}
