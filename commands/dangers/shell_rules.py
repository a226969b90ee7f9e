"""What a shell command can destroy: a rule for each program, asked about one call of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from commands.dangers.shell_words import UNKNOWN, Simple, Word

SHELLS = {"sh", "bash", "dash", "ash", "ksh", "zsh"}
_INTERPRETERS = SHELLS | {"python", "python2", "python3", "perl", "ruby", "node", "php", "source", ".", "eval"}
_DOWNLOADERS = {"curl", "wget", "fetch", "aria2c"}

_SYSTEM = {"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/proc", "/root", "/run", "/sbin"}
_SYSTEM |= {"/srv", "/sys", "/usr", "/var", "/opt", "/etc/ssh", "/etc/systemd", "/usr/bin", "/usr/lib", "/usr/lib64"}
_SYSTEM |= {"/usr/sbin", "/usr/local", "/usr/local/bin", "/usr/share", "/var/lib", "/var/log", "/var/lib/mysql", "~"}
_SYSTEM_FILES = {f"/etc/{name}" for name in ("passwd", "shadow", "group", "fstab", "sudoers", "ssh/sshd_config")}
_SYSTEM_FILES |= {"/boot/grub2/grub.cfg", "/boot/grub/grub.cfg", "/etc/ld.so.preload", "/etc/resolv.conf", "/bin/sh"}
_DATA = {
    "/home",
    "/opt",
    "/run",
    "/srv",
    "/usr/local",
    "/usr/local/bin",
    "/var/lib/mysql",
    "/var/log",
    "~",
}  # may be given away
_EVERYTHING = re.compile(r"(?=.*[*?])[.*?\[\]!]+|\.")  # a last part that leaves nothing out
_DISK = re.compile(r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|mapper/|dm-|md|disk/|loop\d)")
_LOGS = re.compile(r"/var/log/(?:secure|auth\.log|wtmp|btmp|utmp|lastlog|faillog|messages|syslog|audit/)")
_HISTORY = re.compile(r"\.(?:bash|zsh|sh|ash|mysql|psql|python)_history$")
_AGENT = {"aliyun", "aliyun-service", "aliyun.service", "AliYunAssistService", "aliyun_assist"}
_NETWORK = {"sshd", "ssh", "network", "networking", "NetworkManager", "systemd-networkd"}
_FIREWALLS = {"firewalld", "iptables", "ip6tables", "nftables", "ufw"}

Found = Iterator[tuple[str, str, str]]  # code, where, name: what a Danger is made of


@dataclass(slots=True)
class Call:
    """One program with its arguments: options apart from what it works on."""

    simple: Simple
    program: str
    words: list[Word]
    short: set[str] = field(default_factory=set)  # letters
    long: set[str] = field(default_factory=set)  # without --, without a value
    operands: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        is_over = False
        for word in self.words:
            text = word.text
            if is_over or not text.startswith("-") or text == "-":
                self.operands.append(word)
            elif text == "--":
                is_over = True
            elif text.startswith("--"):
                self.long.add(text[2:].split("=")[0])
            else:
                self.short |= set(text[1:])

    @property
    def texts(self) -> list[str]:
        return [word.text for word in self.words]

    @property
    def names(self) -> list[str]:
        """The operands' texts."""
        return [word.text for word in self.operands]

    def has(self, letters: str, *long: str) -> bool:
        return bool(self.short & set(letters)) or bool(self.long & set(long))


def of_call(call: Call) -> Found:
    if rule := _RULES.get(call.program):
        yield from rule(call)
    elif call.program.startswith("mkfs"):
        yield "format", "", ""
    if call.program in _INTERPRETERS and _is_fed_by_download(call):
        yield "download", "", ""


def _is_fed_by_download(call: Call) -> bool:
    """`curl … | bash`, `bash <(curl …)`, `sh -c "$(curl …)"`."""
    inner = {program for word in call.words for program in word.inner}
    if _DOWNLOADERS & inner and (call.program in (".", "source", "eval") or "c" in call.short or call.operands):
        return True
    reads_input = call.names in ([], ["-"]) or (call.program in SHELLS and "s" in call.short)
    return reads_input and bool(_DOWNLOADERS & set(call.simple.fed_by))


def of_redirects(simple: Simple) -> Found:
    for operator, word in simple.redirects:
        target = word.text
        if "<" in operator and operator != "<>":
            continue
        if _DISK.match(target):
            yield "device", "", ""
        elif target == "/proc/sysrq-trigger":
            yield "power", "", ""
        elif target in _SYSTEM_FILES and operator in (">", ">|", "&>"):
            yield "overwrite", target, ""
        elif operator != ">>" and (_LOGS.match(target) or _HISTORY.search(target)):
            yield "traces", "", ""


# Folders


def _folder(text: str, cwd: str | None) -> str:
    """The folder of the system that a path stands for, or all that is in it; "" for any other."""
    text = re.sub(r"^~root\b", "~", text)
    if not text.startswith(("/", "~")):
        if not cwd or not cwd.startswith(("/", "~")):
            return ""
        text = f"{cwd}/{text}"
    path = posixpath.normpath(text)
    while path not in ("/", "//") and _EVERYTHING.fullmatch(posixpath.basename(path)):
        path = posixpath.dirname(path)
    path = posixpath.normpath(path.replace("//", "/"))
    return path if path in _SYSTEM and UNKNOWN not in path else ""


def _below(call: Call, code: str, words: list[Word]) -> Found:
    for word in words:
        where = _folder(word.text, call.simple.cwd)
        if not where or (code != "remove" and where in _DATA):
            continue
        yield ("remove-unset", where, word.emptied) if word.emptied and code == "remove" else (code, where, "")


# Rules


def _rm(call: Call) -> Found:
    if call.has("rR", "recursive"):
        yield from _below(call, "remove", call.operands)
    for name in call.names:
        if name in _SYSTEM_FILES:
            yield "remove-file", name, ""
        elif _HISTORY.search(name) or _LOGS.match(name):
            yield "traces", "", ""


def _find(call: Call) -> Found:
    """Only what is told to remove everything: with a test of a name or an age it is tidying up."""
    texts = call.texts
    removes = "-delete" in texts or ("rm" in texts and ("-exec" in texts or "-execdir" in texts))
    tests = {"-name", "-iname", "-mtime", "-mmin", "-ctime", "-atime", "-size", "-regex", "-path", "-empty", "-newer"}
    if removes and not tests & set(texts):
        paths = []
        for word in call.words:
            if word.text.startswith(("-", "(", "!")):
                break
            paths.append(word)
        yield from _below(call, "remove", paths)


def _wiping(call: Call) -> Found:
    yield "format", "", ""


def _unless(*harmless: str) -> Callable[[Call], Found]:
    """Formatting, but with one of these words it only looks."""

    def rule(call: Call) -> Found:
        if call.words and not set(harmless) & set(call.texts):
            yield "format", "", ""

    return rule


def _only_with(code: str, *harmful: str) -> Callable[[Call], Found]:
    def rule(call: Call) -> Found:
        if set(harmful) & set(call.texts):
            yield code, "", ""

    return rule


def _wipefs(call: Call) -> Found:
    if call.has("ao", "all", "offset"):
        yield "format", "", ""


def _dd(call: Call) -> Found:
    if any(text.startswith("of=") and _DISK.match(text[3:]) for text in call.texts):
        yield "device", "", ""


def _writing(call: Call) -> Found:
    """cp, tee, shred, …: the device is the one written to where it comes last."""
    if call.names and _DISK.match(call.names[-1]):
        yield "device", "", ""
    if call.program == "truncate":
        yield from (("traces", "", "") for name in call.names if _LOGS.match(name))


def _mv(call: Call) -> Found:
    if call.names[-1:] == ["/dev/null"]:
        yield "throw-away", "", ""
    yield from _below(call, "remove", call.operands[:-1])


def _shutdown(call: Call) -> Found:
    if not call.has("ck", "help", "show"):
        yield "power", "", ""


def _reboot(call: Call) -> Found:
    if not call.has("w", "help", "version", "wtmp-only"):
        yield "power", "", ""


def _init(call: Call) -> Found:
    if call.names[:1] in (["0"], ["6"], ["1"]):
        yield "power", "", ""


def _systemctl(call: Call) -> Found:
    verb, units = (call.names[0] if call.names else ""), call.names[1:]
    if verb in ("reboot", "poweroff", "halt", "kexec", "rescue", "emergency"):
        yield "power", "", ""
    elif verb in ("stop", "disable", "mask", "kill"):
        yield from _stopped(units)


def _service(call: Call) -> Found:
    if call.names[1:2] == ["stop"]:
        yield from _stopped(call.names[:1])


def _stopped(units: list[str]) -> Found:
    for unit in units:
        name = unit.removesuffix(".service").removesuffix(".socket")
        if name in _AGENT:
            yield "agent", "", ""
        elif name in _NETWORK:
            yield "lock-out", "", ""
        elif name in _FIREWALLS:
            yield "firewall", "", ""
        elif name == "auditd":
            yield "traces", "", ""


def _chmod(call: Call) -> Found:
    if call.has("R", "recursive"):
        yield from _below(call, "mode", call.operands[1:])


def _chown(call: Call) -> Found:
    if call.has("R", "recursive"):
        yield from _below(call, "owner", call.operands[1:])


def _iptables(call: Call) -> Found:
    texts = call.texts
    if call.has("FX", "flush") and not {"-L", "-S"} & set(texts):
        yield "firewall", "", ""
    elif ("-P" in texts or "--policy" in texts) and {"DROP", "REJECT"} & set(texts):
        yield "lock-out", "", ""


def _ip(call: Call) -> Found:
    flushes = call.names[:2] in (["route", "flush"], ["addr", "flush"], ["address", "flush"])
    if flushes or (call.names[:1] == ["link"] and "down" in call.names):
        yield "lock-out", "", ""


def _userdel(call: Call) -> Found:
    if call.operands:
        yield "account", "", ""


def _passwd(call: Call) -> Found:
    """Without a name it is that of root, who runs the script."""
    if not call.has("S", "status", "help") and call.names in ([], ["root"]):
        yield "root-password", "", ""


def _usermod(call: Call) -> Found:
    if "root" in call.names and call.has("LpseU", "lock", "password", "shell", "expiredate"):
        yield "root-password", "", ""


def _chpasswd(call: Call) -> Found:
    given = [*call.simple.fed_by, *(word.text for operator, word in call.simple.redirects if operator == "<<<")]
    if any(text.startswith("root:") for text in given):
        yield "root-password", "", ""


def _history(call: Call) -> Found:
    if call.has("c"):
        yield "traces", "", ""


def _kill(call: Call) -> Found:
    """A process number of -1 is all of them."""
    texts = call.texts
    if "-1" in texts[1:] or call.names[-1:] == ["1"]:
        yield "kill-all", "", ""


def _crontab(call: Call) -> Found:
    if call.has("r"):
        yield "crontab", "", ""


def _dropdb(call: Call) -> Found:
    if call.program == "dropdb" or "drop" in call.names:
        yield "database", "", ""


_RULES: dict[str, Callable[[Call], Found]] = {
    "rm": _rm,
    "find": _find,
    "mv": _mv,
    "dd": _dd,
    "cp": _writing,
    "tee": _writing,
    "shred": _writing,
    "truncate": _writing,
    "mke2fs": _wiping,
    "blkdiscard": _wiping,
    "lvremove": _wiping,
    "vgremove": _wiping,
    "pvremove": _wiping,
    "wipefs": _wipefs,
    "fdisk": _unless("-l", "--list", "-s"),
    "sfdisk": _unless("-l", "--list", "-d", "--dump", "-s"),
    "sgdisk": _only_with("format", "-Z", "-z", "-o", "-d", "--zap-all", "--zap", "--clear"),
    "parted": _only_with("format", "mklabel", "mktable", "rm"),
    "mdadm": _only_with("format", "--zero-superblock"),
    "cryptsetup": _only_with("format", "luksFormat", "erase", "luksErase"),
    "zpool": _only_with("format", "destroy"),
    "shutdown": _shutdown,
    "reboot": _reboot,
    "halt": _reboot,
    "poweroff": _reboot,
    "init": _init,
    "telinit": _init,
    "systemctl": _systemctl,
    "service": _service,
    "chmod": _chmod,
    "chown": _chown,
    "chgrp": _chown,
    "iptables": _iptables,
    "ip6tables": _iptables,
    "nft": _only_with("firewall", "flush"),
    "ufw": _only_with("firewall", "disable", "reset"),
    "ip": _ip,
    "ifdown": lambda _call: iter([("lock-out", "", "")]),
    "ifconfig": _only_with("lock-out", "down"),
    "nmcli": _only_with("lock-out", "off", "down"),
    "userdel": _userdel,
    "deluser": _userdel,
    "passwd": _passwd,
    "usermod": _usermod,
    "chpasswd": _chpasswd,
    "history": _history,
    "kill": _kill,
    "killall5": lambda _call: iter([("kill-all", "", "")]),
    "crontab": _crontab,
    "dropdb": _dropdb,
    "mysqladmin": _dropdb,
}
