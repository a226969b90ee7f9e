"""The services that machines of each role have."""

from dataclasses import dataclass
from typing import Final

from simulator.machines.linux.facts import distribution_of, role_of, service_user_of
from simulator.machines.model import Machine


@dataclass(frozen=True, slots=True)
class Unit:
    name: str  # without ".service"
    description: str
    program: str
    user: str
    ports: tuple[int, ...]
    start_seconds: float  # until it is up, on an ordinary machine
    memory_mb: int

    @property
    def process(self) -> str:
        return self.program.split()[0].rpartition("/")[2]


_WEB_SERVER: Final = "The nginx HTTP and reverse proxy server"


def units_of(machine: Machine) -> list[Unit]:
    """Those that are installed and enabled when the machine is made, in the order they start."""
    return _system_units(machine) + _role_units(machine)


def _system_units(machine: Machine) -> list[Unit]:
    red_hat = distribution_of(machine).family == "rhel"
    return [
        Unit("rsyslog", "System Logging Service", "/usr/sbin/rsyslogd -n", "root", (), 0.3, 6),
        Unit("chronyd" if red_hat else "chrony", "NTP client/server", "/usr/sbin/chronyd", "chrony", (), 0.4, 3),
        Unit("crond" if red_hat else "cron", "Command Scheduler", "/usr/sbin/crond -n", "root", (), 0.2, 2),
        Unit("sshd" if red_hat else "ssh", "OpenSSH server daemon", "/usr/sbin/sshd -D", "root", (22,), 0.5, 7),
        Unit("aliyun", "Aliyun Assist", "/usr/sbin/aliyun-service", "root", (), 1.5, 18),
    ]


def _role_units(machine: Machine) -> list[Unit]:
    service_user = service_user_of(machine)
    nginx = Unit("nginx", _WEB_SERVER, "/usr/sbin/nginx", service_user, (80, 443), 5.0, 34)
    if machine.quirk == "no-nginx":
        nginx = Unit(
            "openresty", "The OpenResty platform", "/usr/local/openresty/nginx/sbin/nginx", "nginx", (80, 443), 5.0, 41
        )
    app = Unit("app", "Shop application", "/srv/app/bin/gunicorn shop.wsgi", "deploy", (8000,), 8.0, 410)
    worker = Unit(
        "app-worker", "Shop background worker", "/srv/app/bin/worker --queue default", service_user, (), 6.0, 290
    )
    by_role: dict[str, list[Unit]] = {
        "web": [nginx, app],
        "api": [app],
        "worker": [worker],
        "edge": [nginx],
        "node": [app],
        "db": [Unit("mysqld", "MySQL Server", "/usr/sbin/mysqld", "mysql", (3306,), 14.0, 9200)],
        "cache": [
            Unit("redis", "Redis persistent key-value database", "/usr/bin/redis-server", "redis", (6379,), 3.0, 5100)
        ],
        "batch": [
            Unit(
                "airflow-scheduler", "Airflow scheduler", "/opt/airflow/bin/airflow scheduler", "airflow", (), 11.0, 730
            )
        ],
    }
    return by_role.get(role_of(machine), [])
