"""
Which machines there are.

The whole fleet follows from the tables below and from the machines' names: each name seeds its own random numbers, so
that an ID, an address or a speed stays the same from start to start, however large the fleet is grown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from simulator.machines.model import AgentState, Machine, OsType, Power, Quirk

AGENT_VERSION: Final = "2.2.4.661"
WINDOWS_AGENT_VERSION: Final = "2.1.4.661"
_FIRST_DAY: Final = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Place:
    region: str
    short: str  # in names and command IDs
    id_prefix: str  # of instance IDs, as the real region has it
    zones: str  # their letters
    subnet: int  # 10.<subnet>.x.y
    timezone: str  # IANA zone of its machines


@dataclass(frozen=True, slots=True)
class System:
    """An operating system as DescribeInstances names it."""

    name: str
    os_type: OsType
    family: str  # "rhel" | "debian" | "windows"


@dataclass(frozen=True, slots=True)
class Group:
    """Machines that do the same work in the same place."""

    place: Place
    role: str
    env: str
    count: int
    net: int  # first machine's third octet
    systems: Sequence[System]
    instance_type: str
    cpu: int
    memory_mb: int


HANGZHOU: Final = Place("cn-hangzhou", "hz", "bp1", "hijk", 20, "Asia/Shanghai")
BEIJING: Final = Place("cn-beijing", "bj", "2ze", "ghk", 21, "Asia/Shanghai")
SHANGHAI: Final = Place("cn-shanghai", "sh", "uf6", "bgl", 22, "Asia/Shanghai")
SHENZHEN: Final = Place("cn-shenzhen", "sz", "wz9", "df", 23, "Asia/Shanghai")
SINGAPORE: Final = Place("ap-southeast-1", "sg", "t4n", "abc", 24, "Asia/Singapore")
PLACES: Final = {place.region: place for place in (HANGZHOU, BEIJING, SHANGHAI, SHENZHEN, SINGAPORE)}

ALINUX: Final = System("Alibaba Cloud Linux 3.2104 LTS 64-bit", "linux", "rhel")
UBUNTU: Final = System("Ubuntu 22.04 64-bit", "linux", "debian")
UBUNTU_24: Final = System("Ubuntu 24.04 64-bit", "linux", "debian")
CENTOS: Final = System("CentOS 7.9 64-bit", "linux", "rhel")
DEBIAN: Final = System("Debian 12.5 64-bit", "linux", "debian")
WIN2019: Final = System("Windows Server 2019 Datacenter 64-bit", "windows", "windows")
WIN2022: Final = System("Windows Server 2022 Datacenter 64-bit", "windows", "windows")

_MOSTLY_ALINUX: Final = (ALINUX, ALINUX, ALINUX, ALINUX, ALINUX, ALINUX, UBUNTU, UBUNTU, DEBIAN, CENTOS)
_WINDOWS: Final = (WIN2022, WIN2019)

GROUPS: Final = (
    # cn-hangzhou: 262. 126 of them are prod web servers, of which six can't run a command (see PECULIAR).
    Group(HANGZHOU, "web", "prod", 126, 1, _MOSTLY_ALINUX, "ecs.c7.xlarge", 4, 8192),
    Group(HANGZHOU, "web", "staging", 8, 4, _MOSTLY_ALINUX, "ecs.c7.large", 2, 4096),
    Group(HANGZHOU, "web", "dev", 4, 5, (UBUNTU, DEBIAN), "ecs.t6-c1m2.large", 2, 4096),
    Group(HANGZHOU, "api", "prod", 36, 8, (ALINUX, ALINUX, UBUNTU), "ecs.g7.xlarge", 4, 16384),
    Group(HANGZHOU, "api", "staging", 6, 9, (ALINUX, UBUNTU), "ecs.g7.large", 2, 8192),
    Group(HANGZHOU, "db", "prod", 14, 16, (ALINUX, CENTOS), "ecs.r7.4xlarge", 16, 131072),
    Group(HANGZHOU, "db", "staging", 2, 17, (ALINUX,), "ecs.r7.xlarge", 4, 32768),
    Group(HANGZHOU, "cache", "prod", 12, 20, (ALINUX, DEBIAN), "ecs.r7.2xlarge", 8, 65536),
    Group(HANGZHOU, "worker", "prod", 24, 24, (UBUNTU, ALINUX), "ecs.c7.2xlarge", 8, 16384),
    Group(HANGZHOU, "worker", "staging", 4, 25, (UBUNTU,), "ecs.c7.large", 2, 4096),
    Group(HANGZHOU, "batch", "prod", 8, 28, (CENTOS, ALINUX), "ecs.c7.4xlarge", 16, 32768),
    Group(HANGZHOU, "win", "prod", 14, 32, _WINDOWS, "ecs.g7.xlarge", 4, 16384),
    Group(HANGZHOU, "win", "staging", 4, 33, _WINDOWS, "ecs.g7.large", 2, 8192),
    # cn-beijing: 41
    Group(BEIJING, "web", "prod", 20, 1, _MOSTLY_ALINUX, "ecs.c7.xlarge", 4, 8192),
    Group(BEIJING, "api", "prod", 10, 8, (ALINUX, UBUNTU), "ecs.g7.xlarge", 4, 16384),
    Group(BEIJING, "db", "prod", 4, 16, (ALINUX,), "ecs.r7.2xlarge", 8, 65536),
    Group(BEIJING, "cache", "prod", 3, 20, (DEBIAN,), "ecs.r7.xlarge", 4, 32768),
    Group(BEIJING, "win", "prod", 4, 32, _WINDOWS, "ecs.g7.xlarge", 4, 16384),
    # cn-shanghai: 96
    Group(SHANGHAI, "web", "prod", 48, 1, _MOSTLY_ALINUX, "ecs.c7.xlarge", 4, 8192),
    Group(SHANGHAI, "api", "prod", 24, 8, (ALINUX, UBUNTU), "ecs.g7.xlarge", 4, 16384),
    Group(SHANGHAI, "worker", "prod", 12, 24, (UBUNTU, ALINUX), "ecs.c7.2xlarge", 8, 16384),
    Group(SHANGHAI, "db", "prod", 6, 16, (ALINUX,), "ecs.r7.2xlarge", 8, 65536),
    Group(SHANGHAI, "win", "prod", 6, 32, _WINDOWS, "ecs.g7.xlarge", 4, 16384),
    # cn-shenzhen: 12, ap-southeast-1: 18
    Group(SHENZHEN, "web", "dev", 12, 1, (UBUNTU, DEBIAN), "ecs.t6-c1m2.large", 2, 4096),
    Group(SINGAPORE, "web", "prod", 10, 1, (ALINUX, UBUNTU), "ecs.c7.xlarge", 4, 8192),
    Group(SINGAPORE, "api", "prod", 4, 8, (UBUNTU,), "ecs.g7.xlarge", 4, 16384),
    Group(SINGAPORE, "db", "prod", 2, 16, (ALINUX,), "ecs.r7.2xlarge", 8, 65536),
    Group(SINGAPORE, "win", "prod", 2, 32, (WIN2022,), "ecs.g7.xlarge", 4, 16384),
)

# What a larger fleet is filled with, up to 10,000 machines: cn-hangzhou, tag role=node.
_NODES: Final = Group(HANGZHOU, "node", "prod", 0, 64, _MOSTLY_ALINUX, "ecs.c7.large", 2, 4096)


@dataclass(frozen=True, slots=True)
class Peculiarity:
    """What sets one machine apart from its group."""

    status: Power = "Running"
    agent: AgentState = "normal"
    system: System | None = None
    pace: float | None = None
    quirk: Quirk = ""
    zone: str = ""


_STOPPED: Final = Peculiarity(status="Stopped", agent="silent")
_SILENT: Final = Peculiarity(agent="silent")
_NO_AGENT: Final = Peculiarity(agent="none")
_OPENRESTY: Final = Peculiarity(system=ALINUX, quirk="no-nginx", pace=1.0, zone="i")

PECULIAR: Final[Mapping[str, Peculiarity]] = {
    # the six prod web servers of cn-hangzhou that can't run a command
    "hz-web-005": _STOPPED,
    "hz-web-006": _SILENT,
    "hz-web-031": _STOPPED,
    "hz-web-058": _STOPPED,
    "hz-web-077": _SILENT,
    "hz-web-103": _STOPPED,
    # those among the 120 others on which `restart-service` with nginx does not go well
    "hz-web-012": _OPENRESTY,
    "hz-web-024": _OPENRESTY,
    "hz-web-038": _OPENRESTY,
    "hz-web-045": Peculiarity(quirk="nginx-hangs", pace=0.8),
    "hz-web-091": Peculiarity(quirk="nginx-broken"),
    "hz-web-067": Peculiarity(pace=4.0),
    "hz-web-118": Peculiarity(pace=3.2),
    "hz-web-019": Peculiarity(quirk="disk-full"),
    "hz-web-084": Peculiarity(quirk="disk-full"),
    # elsewhere
    "hz-db-013": _NO_AGENT,
    "hz-db-014": _NO_AGENT,
    "hz-batch-007": _NO_AGENT,
    "hz-batch-008": _STOPPED,
    "hz-worker-017": _STOPPED,
    "hz-api-021": _SILENT,
    "hz-cache-004": Peculiarity(pace=3.0),
    "hz-win-009": _STOPPED,
    "hz-win-014": _NO_AGENT,
    "bj-web-007": _STOPPED,
    "bj-api-003": Peculiarity(quirk="disk-full"),
    "bj-win-004": _NO_AGENT,
    "sh-web-013": _SILENT,
    "sh-web-040": _STOPPED,
    "sh-worker-006": _NO_AGENT,
    "sz-web-dev-002": _STOPPED,
    "sg-api-002": _SILENT,
    "sg-db-002": _NO_AGENT,
}


@dataclass(frozen=True, slots=True)
class Site:
    """Managed instances of one site: servers of one's own, registered with the cloud."""

    place: Place
    names: str  # "sh-edge"
    count: int
    system: System
    first_ip: str
    site: str
    registered: datetime


SITES: Final = (
    Site(HANGZHOU, "sh-edge", 3, UBUNTU_24, "198.51.100.21", "shanghai", datetime(2026, 3, 12, 3, 20, tzinfo=UTC)),
    Site(HANGZHOU, "sz-edge", 4, DEBIAN, "203.0.113.40", "shenzhen", datetime(2026, 6, 2, 6, 5, tzinfo=UTC)),
    Site(HANGZHOU, "hz-idc", 3, CENTOS, "198.51.100.60", "hangzhou-idc", datetime(2025, 9, 8, 1, 40, tzinfo=UTC)),
    Site(HANGZHOU, "gz-edge", 2, UBUNTU, "203.0.113.70", "guangzhou", datetime(2026, 7, 21, 8, 0, tzinfo=UTC)),
    Site(HANGZHOU, "hz-shop", 2, WIN2019, "198.51.100.90", "hangzhou-shop", datetime(2026, 1, 15, 5, 30, tzinfo=UTC)),
    Site(BEIJING, "bj-idc", 4, CENTOS, "198.51.100.120", "beijing-idc", datetime(2025, 11, 3, 2, 10, tzinfo=UTC)),
    Site(SHANGHAI, "sh-lab", 3, DEBIAN, "203.0.113.110", "shanghai-lab", datetime(2026, 4, 9, 7, 45, tzinfo=UTC)),
    Site(SINGAPORE, "sg-edge", 2, UBUNTU_24, "203.0.113.150", "singapore", datetime(2026, 5, 18, 4, 15, tzinfo=UTC)),
)
_OFFLINE: Final = frozenset({"sz-edge-04", "bj-idc-03"})

_SERVICE_ACCOUNT: Final = {
    ("web", "rhel"): "nginx",
    ("web", "debian"): "www-data",
    ("api", "rhel"): "app",
    ("api", "debian"): "app",
    ("db", "rhel"): "mysql",
    ("cache", "rhel"): "redis",
    ("cache", "debian"): "redis",
    ("worker", "rhel"): "app",
    ("worker", "debian"): "app",
    ("batch", "rhel"): "airflow",
}


def machines(size: int | None = None) -> list[Machine]:
    """The default fleet, managed instances included; filled up to `size` machines with `role=node` if that is more."""
    fleet = [machine for group in GROUPS for machine in _members(group, range(1, group.count + 1))]
    fleet += [machine for site in SITES for machine in _registered(site)]
    missing = (size or 0) - len(fleet)
    fleet += _members(_NODES, range(1, missing + 1))
    return fleet


def _members(group: Group, numbers: range) -> Iterator[Machine]:
    for number in numbers:
        yield _instance(group, number)


def _instance(group: Group, number: int) -> Machine:
    place, name = group.place, _name(group, number)
    dice, other = Random(name), PECULIAR.get(name, Peculiarity())
    instance_id = f"i-{place.id_prefix}{_letters(dice, 17)}"
    system = other.system or group.systems[dice.randrange(len(group.systems))]
    zone = f"{place.region}-{other.zone or dice.choice(place.zones)}"
    pace = _pace(dice)
    created_at = _FIRST_DAY + timedelta(days=dice.randrange(900), minutes=dice.randrange(24 * 60))
    return Machine(
        instance_id=instance_id,
        kind="ecs",
        region=place.region,
        zone=zone,
        name=name,
        hostname=name,
        os_type=system.os_type,
        os_name=system.name,
        private_ip=_private_ip(place, group.net, number),
        public_ip=f"47.{96 + place.subnet}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        if group.role == "win"
        else "",
        vpc_id=f"vpc-{place.id_prefix}{_letters(Random(place.region), 17)}",
        instance_type=group.instance_type,
        cpu=group.cpu,
        memory_mb=group.memory_mb,
        tags={"env": group.env, "role": group.role},
        status=other.status,
        agent=other.agent,
        agent_version=_agent_version(system, other.agent),
        users=_users(group.role, system),
        pace=other.pace or pace,
        created_at=created_at,
        quirk=other.quirk,
        timezone=place.timezone,
    )


def _registered(site: Site) -> Iterator[Machine]:
    network, _, first = site.first_ip.rpartition(".")
    for number in range(1, site.count + 1):
        name = f"{site.names}-{number:02}"
        dice = Random(name)
        agent: AgentState = "silent" if name in _OFFLINE else "normal"
        yield Machine(
            instance_id=f"mi-{site.place.short}0{_letters(dice, 12)}",
            kind="managed",
            region=site.place.region,
            zone="",
            name=name,
            hostname=name,
            os_type=site.system.os_type,
            os_name=site.system.name,
            private_ip=f"192.168.{site.place.subnet}.{10 + number}",
            public_ip=f"{network}.{int(first) + number - 1}",
            vpc_id="",
            instance_type="",
            cpu=4,
            memory_mb=8192,
            tags={"site": site.site},
            status="Running",
            agent=agent,
            agent_version=_agent_version(site.system, agent),
            users=_users("edge", site.system),
            pace=_pace(dice) * 1.3,  # farther away than the cloud's own machines
            created_at=site.registered + timedelta(minutes=7 * number),
            quirk="",
            timezone=site.place.timezone,
        )


def _name(group: Group, number: int) -> str:
    """hz-web-001, hz-web-staging-01: what is in production goes without saying."""
    short, role = group.place.short, group.role
    if group is _NODES:
        return f"{short}-{role}-{number:04}"
    return f"{short}-{role}-{number:03}" if group.env == "prod" else f"{short}-{role}-{group.env}-{number:03}"


def _private_ip(place: Place, net: int, number: int) -> str:
    """Every third address from 10.<subnet>.<net>.7 on; .0 and .255 are left out."""
    step = 3 * number + 3
    return f"10.{place.subnet}.{net + step // 254}.{1 + step % 254}"


def _users(role: str, system: System) -> tuple[str, ...]:
    if system.os_type == "windows":
        return ("Administrator", "deploy")
    service = _SERVICE_ACCOUNT.get((role, system.family))
    return ("deploy", service) if service else ("deploy",)


def _agent_version(system: System, agent: AgentState) -> str:
    if agent == "none":
        return ""
    return WINDOWS_AGENT_VERSION if system.os_type == "windows" else AGENT_VERSION


def _pace(dice: Random) -> float:
    """Most machines are about as fast as one another; one in twenty is markedly slower."""
    return round(dice.uniform(2.0, 3.0) if dice.random() < 0.05 else dice.uniform(0.7, 1.4), 2)


def _letters(dice: Random, count: int) -> str:
    return "".join(dice.choices(_BASE36, k=count))
