"""What else administrators call: trust stores, kernel settings, logs."""

from typing import Final

from simulator.machines.linux.host import Answer, Call, Command, failed


async def update_ca_trust(call: Call) -> Answer:
    """Says nothing when it goes well."""
    if not call.by_root:
        return failed("p11-kit: couldn't create directory: /etc/pki/ca-trust/extracted: Permission denied")
    await call.host.pause(1.8)
    anchors = call.host.names_in("/etc/pki/ca-trust/source/anchors")
    call.host.write("/etc/pki/ca-trust/extracted/README", f"{142 + len(anchors)} certificates\n")
    return ""


async def update_ca_certificates(call: Call) -> Answer:
    if not call.by_root:
        return failed(
            "mktemp: failed to create file via template ‘/etc/ssl/certs/ca-certificates.XXXXXX’: Permission denied"
        )
    await call.host.pause(1.8)
    added = len(call.host.names_in("/usr/local/share/ca-certificates"))
    return (
        f"Updating certificates in /etc/ssl/certs...\n{added} added, 0 removed; done.\n"
        "Running hooks in /etc/ca-certificates/update.d...\ndone.\n"
    )


def sysctl(call: Call) -> Answer:
    arguments = call.parsed("-p", "-w")
    known = {"net.core.somaxconn": "1024", "vm.swappiness": "0", "fs.file-max": "786432", "net.ipv4.ip_forward": "0"}
    for line in call.host.read("/etc/sysctl.d/console.conf").splitlines():
        name, _, value = line.partition("=")
        known[name.strip()] = value.strip()
    assignments = [word for word in (*arguments.words, *arguments.values("-w")) if "=" in word]
    if assignments:
        if not call.by_root:
            return failed(f'sysctl: permission denied on key "{assignments[0].partition("=")[0]}"', 255)
        call.host.append("/etc/sysctl.d/console.conf", "".join(f"{word}\n" for word in assignments))
        return "".join(f"{word.replace('=', ' = ')}\n" for word in assignments)
    names = arguments.words or list(known)
    if unknown := [name for name in names if name not in known]:
        return failed(f"sysctl: cannot stat /proc/sys/{unknown[0].replace('.', '/')}: No such file or directory", 255)
    return "".join(f"{known[name]}\n" if arguments.has("-n") else f"{name} = {known[name]}\n" for name in names)


def dmesg(call: Call) -> Answer:
    kernel = call.host.distribution.kernel
    return (
        f"[    0.000000] Linux version {kernel}\n[    0.411203] virtio_net virtio0 eth0: link up\n"
        "[    1.902114] systemd[1]: Reached target Basic System.\n"
    )


def logger(call: Call) -> Answer:
    arguments = call.parsed("-t", "--tag", "-p", "--priority", "-f", "-i")
    tag = arguments.value("-t", "--tag") or call.user
    call.host.log(f"{tag}[{call.host.dice.randrange(1000, 30000)}]: {' '.join(arguments.words) or call.stdin.strip()}")
    return ""


def who(call: Call) -> Answer:
    """Nobody is signed in."""
    return ""


def getenforce(call: Call) -> Answer:
    return "Disabled\n"


def crontab(call: Call) -> Answer:
    path = f"/var/spool/cron/{call.parsed('-u').value('-u') or call.user}"
    if "-l" in call.args:
        return call.host.read(path) or failed(f"no crontab for {call.user}")
    if "-r" in call.args:
        call.host.write(path, "")
        return ""
    words = call.parsed("-u").words
    call.host.write(path, call.stdin if words in ([], ["-"]) else call.host.read(words[0]))
    return ""


COMMANDS: Final[dict[str, Command]] = {
    "sysctl": sysctl,
    "dmesg": dmesg,
    "logger": logger,
    "who": who,
    "w": who,
    "last": who,
    "crontab": crontab,
}
RED_HAT_COMMANDS: Final[dict[str, Command]] = {"update-ca-trust": update_ca_trust, "getenforce": getenforce}
DEBIAN_COMMANDS: Final[dict[str, Command]] = {"update-ca-certificates": update_ca_certificates}
