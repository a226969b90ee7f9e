"""The files a Linux machine is made with."""

import time
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from simulator.machines.files import Entry, folder, link, text, with_folders
from simulator.machines.linux.accounts import accounts_of, group_text, passwd_text
from simulator.machines.linux.facts import Distribution, distribution_of, load_of, role_of, service_user_of
from simulator.machines.linux.units import Unit, units_of
from simulator.machines.model import Machine

UNIT_FOLDER: Final = "/usr/lib/systemd/system"
OWN_UNIT_FOLDER: Final = "/etc/systemd/system"
WANTED: Final = f"{OWN_UNIT_FOLDER}/multi-user.target.wants"
SCRIPT_FOLDER: Final = "/usr/local/share/aliyun-assist/work/script"  # where the agent puts root's scripts
JOURNAL: Final = "/var/log/journal/system.log"

_NGINX_CONF: Final = """\
user {user};
worker_processes auto;
error_log /var/log/nginx/error.log;
pid /run/nginx.pid;

events {{
    worker_connections 1024;
}}

http {{
    access_log /var/log/nginx/access.log;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}}
"""
_SITE_CONF: Final = """\
server {{
    listen 80;
    listen 443 ssl;
    server_name shop.example.com;
    ssl_certificate /etc/nginx/tls/shop.pem;
    ssl_certificate_key /etc/nginx/tls/shop.key;
    location /health {{
        return 200 "ok\\n";
    }}
    location / {{
        {proxy} http://127.0.0.1:8000;
    }}
}}
"""
_LOGROTATE: Final = (
    "/var/log/app/*.log {\n    daily\n    rotate 14\n    missingok\n    notifempty\n    copytruncate\n}\n"
)
_BASHRC: Final = "# .bashrc\nalias ll='ls -l'\n"


def seed(machine: Machine) -> dict[str, Entry]:
    """By path, folders included. Logs end at the present minute; all else is the same every time."""
    distribution = distribution_of(machine)
    files = (
        _identity(machine, distribution)
        | _accounts(machine)
        | _services(machine)
        | _logs(machine)
        | _kernel(machine, distribution)
        | _web(machine)
        | _folders()
    )
    return with_folders(files)


def _identity(machine: Machine, distribution: Distribution) -> dict[str, Entry]:
    release = (
        f'NAME="{distribution.name}"\nVERSION="{distribution.version}"\nID="{distribution.id}"\n'
        f'VERSION_ID="{distribution.version.split()[0]}"\nPRETTY_NAME="{distribution.pretty_name}"\n'
    )
    files = {
        "/etc/os-release": text(release),
        "/etc/hostname": text(f"{machine.hostname}\n"),
        "/etc/hosts": text(f"127.0.0.1 localhost localhost.localdomain\n{machine.private_ip} {machine.hostname}\n"),
        "/etc/resolv.conf": text(
            "options timeout:2 attempts:3 rotate single-request-reopen\nnameserver 100.100.2.136\n"
        ),
        "/etc/timezone": text(f"{machine.timezone}\n"),
        "/etc/machine-id": text(f"{Random(machine.instance_id).getrandbits(128):032x}\n"),
        "/etc/fstab": text("UUID=1b2c8e40-7f4e-4f0a-9a52-6f1d0c6d8b11 / ext4 defaults 1 1\n"),
        "/etc/crontab": text("SHELL=/bin/bash\nPATH=/sbin:/bin:/usr/sbin:/usr/bin\nMAILTO=root\n"),
        "/etc/profile": text("umask 022\n"),
        "/etc/shells": text("/bin/sh\n/bin/bash\n"),
        "/etc/chrony.conf": text(
            "server ntp.cloud.aliyuncs.com minpoll 4 maxpoll 10 iburst\nmakestep 1.0 3\nrtcsync\n"
        ),
        "/etc/chrony.d": folder(),
        "/etc/ssh/sshd_config": text("Port 22\nPermitRootLogin yes\nPasswordAuthentication no\n", 0o600),
        "/etc/logrotate.d/app": text(_LOGROTATE),
        "/opt": folder(),
        "/data": folder(),
    }
    if distribution.family == "rhel":
        files["/etc/redhat-release"] = text(f"{distribution.name} release {distribution.version}\n")
        files["/etc/pki/ca-trust/source/anchors"] = folder()
    else:
        files["/etc/debian_version"] = text("12.7\n" if distribution.id == "debian" else "bookworm/sid\n")
        files["/usr/local/share/ca-certificates"] = folder()
    return files


def _accounts(machine: Machine) -> dict[str, Entry]:
    accounts = accounts_of(machine)
    files = {
        "/etc/passwd": text(passwd_text(accounts)),
        "/etc/group": text(group_text(accounts)),
        "/etc/sudoers.d/deploy": text("deploy ALL=(ALL) NOPASSWD: ALL\n", 0o440),
        "/etc/polkit-1/rules.d/50-deploy.rules": text(
            "// deploy may manage units\npolkit.addRule(function(action, subject) {\n"
            '    if (action.id == "org.freedesktop.systemd1.manage-units" && subject.user == "deploy") {\n'
            "        return polkit.Result.YES;\n    }\n});\n"
        ),
    }
    for account in accounts:
        if account.uid == 0 or account.name in machine.users:
            files[account.home] = folder(0o700 if account.uid == 0 else 0o755)
            files[f"{account.home}/.bashrc"] = text(_BASHRC)
    return files


def _services(machine: Machine) -> dict[str, Entry]:
    files: dict[str, Entry] = {"/run/systemd/units": folder(), "/var/lib/packages": folder()}
    for unit in units_of(machine):
        path = f"{UNIT_FOLDER}/{unit.name}.service"
        files[path] = text(_unit_file(unit))
        files[f"{WANTED}/{unit.name}.service"] = link(path)
    return files


def _unit_file(unit: Unit) -> str:
    return (
        f"[Unit]\nDescription={unit.description}\nAfter=network.target\n\n"
        f"[Service]\nUser={unit.user}\nExecStart={unit.program}\nRestart=on-failure\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def _web(machine: Machine) -> dict[str, Entry]:
    """nginx and its site, or OpenResty in its place."""
    if not any(unit.name in ("nginx", "openresty") for unit in units_of(machine)):
        return {}
    if machine.quirk == "no-nginx":
        return {"/usr/local/openresty/nginx/conf/nginx.conf": text(_NGINX_CONF.format(user="nginx"))}
    proxy = "proxi_pass" if machine.quirk == "nginx-broken" else "proxy_pass"
    return {
        "/etc/nginx/nginx.conf": text(_NGINX_CONF.format(user=service_user_of(machine))),
        "/etc/nginx/conf.d/shop.conf": text(_SITE_CONF.format(proxy=proxy)),
        "/usr/share/nginx/html/index.html": text("<!doctype html><title>shop</title>\n"),
        "/var/log/nginx/access.log": text(_log(machine, "nginx", '"GET / HTTP/1.1" 200 6231', 12)),
        "/var/log/nginx/error.log": text(""),
    }


def _logs(machine: Machine) -> dict[str, Entry]:
    if role_of(machine) == "db":
        own = {"/var/log/mysql/mysqld.log": text(_log(machine, "mysqld", "[Note] InnoDB: page cleaner took 4 ms", 6))}
    else:
        own = {"/var/log/mail.log": text("")}
    old = int(time.time()) - 20 * 86400
    return own | {
        JOURNAL: text(_journal(machine)),
        "/var/log/messages": text(_log(machine, "kernel", "eth0: link is up", 4)),
        "/var/log/app/app.log": text(_log(machine, "app", "INFO order placed", 20)),
        "/var/log/app/access.log": text(_log(machine, "app", "INFO GET /cart 200", 30)),
        "/var/log/app/error.log": text(_log(machine, "app", "WARNING slow query 812 ms", 3)),
        "/var/log/app/worker.log": text(_log(machine, "worker", "INFO job done", 14)),
        "/var/log/app/app.log-20261101": text(_log(machine, "app", "INFO order placed", 5), modified=old),
    }


def _journal(machine: Machine) -> str:
    lines = [f"{unit.process}[{900 + n}]: watchdog ok" for n, unit in enumerate(units_of(machine))]
    lines.append("crond[902]: (root) CMD (run-parts /etc/cron.hourly)")
    stamps = _minutes(machine)[-len(lines) :]
    return "".join(f"{stamp[1]} {machine.hostname} {line}\n" for stamp, line in zip(stamps, lines, strict=True))


def _log(machine: Machine, name: str, message: str, count: int) -> str:
    pid = Random(f"{name}/{machine.instance_id}").randrange(900, 4000)
    return "".join(f"{stamp[0]} {name}[{pid}] {message}\n" for stamp in _minutes(machine)[-count:])


def _minutes(machine: Machine) -> list[tuple[str, str]]:
    """The last half hour, minute by minute, as programs and as the journal write it."""
    return _minutes_until(int(time.time()) // 60 * 60, machine.timezone)


@lru_cache(maxsize=4)
def _minutes_until(end: int, zone: str) -> list[tuple[str, str]]:
    moments = (datetime.fromtimestamp(at, ZoneInfo(zone)) for at in range(end - 29 * 60, end + 1, 60))
    return [(f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%b %d %H:%M:%S}") for moment in moments]


def _kernel(machine: Machine, distribution: Distribution) -> dict[str, Entry]:
    cpu = "processor\t: {n}\nmodel name\t: Intel(R) Xeon(R) Platinum 8369B CPU @ 2.70GHz\ncpu MHz\t\t: 2699.998\n\n"
    total = machine.memory_mb * 1024
    load = load_of(machine)
    return {
        "/proc/cpuinfo": text("".join(cpu.format(n=n) for n in range(machine.cpu))),
        "/proc/meminfo": text(
            f"MemTotal:       {total:8} kB\nMemFree:        {total // 5:8} kB\nSwapTotal:             0 kB\n"
        ),
        "/proc/loadavg": text(f"{load:.2f} {load * 0.9:.2f} {load * 0.8:.2f} 1/312 {machine.cpu * 4000}\n"),
        "/proc/version": text(f"Linux version {distribution.kernel} (gcc) #1 SMP\n"),
        "/proc/sys/kernel/hostname": text(f"{machine.hostname}\n"),
    }


def _folders() -> dict[str, Entry]:
    bin_links = {path: link("/usr/bin") for path in ("/bin", "/sbin", "/usr/sbin")}
    plain = (
        SCRIPT_FOLDER,
        "/usr/bin",
        "/usr/local/bin",
        "/var/lib",
        "/var/cache",
        "/srv/app",
        "/home",
        "/mnt",
        "/etc/cron.d",
    )
    open_to_all = {path: folder(0o1777) for path in ("/tmp", "/var/tmp")}  # noqa: S108  # the machine's
    return bin_links | {path: folder() for path in plain} | open_to_all
