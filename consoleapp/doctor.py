"""Everything the console depends on, looked at one by one for `manage.py doctor`. Changes nothing, nowhere.

Each look stands for itself: where database or cloud are down, the others still say what they see.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from cloud import account, clock, errors, limiter, permissions, regions
from cloud.connection import ConfigurationError, Connection, current
from cloud.permissions import Verdict
from consoleapp import backups, problems, simulated_cloud, startup, system, versions
from consoleapp.version import VERSION
from invocations import secrets
from invocations.dispatch import CLOCK_TOLERANCE
from invocations.models import Batch, Deployment
from regions.models import Account, Mirror, MirrorKind

POLICY = "the policy in README.md, The real cloud"
RECENT_REGIONS = 10  # whose endpoints are tried


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works, but not as well as it should
    BAD = "bad"
    SKIPPED = "skipped"  # could not be looked at


@dataclass(frozen=True, slots=True)
class Line:
    part: str
    level: Level
    said: str
    remedy: str = ""


Lines = Iterator[Line]


def look(region: str = "", instance_id: str = "") -> Lines:
    """One line for each thing. `region` and `instance_id` say where, and with which machine, permissions are tried."""
    here: tuple[Callable[[], Lines], ...] = (_settings, _folder, _database, _schema, _rows, _keys, _broker)
    for part in here:
        yield from _whatever_happens(part)
    yield from _cloud(region, instance_id)


def _whatever_happens(part: Callable[[], Lines]) -> Lines:
    """A database that is down is told once, by `_database`."""
    try:
        yield from list(part())
    except DatabaseError:
        name = part.__name__.strip("_")
        yield Line(name, Level.SKIPPED, "needs the database")


# This machine


def _settings() -> Lines:
    where = settings.PUBLIC_URL or f"{settings.HOST}:{settings.PORT or 8000}"
    yield Line("console", Level.OK, f"version {VERSION}, at {where}, cloud {settings.CLOUD}")
    if settings.LEASE + settings.REQUEST_LIFE > settings.TOKEN_WINDOW:
        said = f"CONSOLE_LEASE {settings.LEASE} + CONSOLE_REQUEST_LIFE {settings.REQUEST_LIFE} > CONSOLE_TOKEN_WINDOW"
        remedy = "Batches in doubt are looked up, not sent again. Lower the first two, if that is not meant."
        yield Line("token window", Level.WARNING, f"{said} {settings.TOKEN_WINDOW}", remedy)
    else:
        yield Line("token window", Level.OK, f"{settings.TOKEN_WINDOW} s, enough for a lease and a request's life")


def _folder() -> Lines:
    folder = Path(settings.VAR)
    if not folder.is_dir():
        yield Line("folder", Level.BAD, f"{folder} is not there", "Make it, for the console's own user alone.")
        return
    open_to_others = [path for path in (folder, *_key_files(folder), *_database_file()) if _is_open(path)]
    if open_to_others:
        named = " ".join(str(path) for path in open_to_others)
        yield Line("folder", Level.BAD, "others may look into it", f"chmod go-rwx {named}")
    else:
        yield Line("folder", Level.OK, f"{folder}, for its owner alone")
    free, share = system.free_space()
    is_full = free < problems.LITTLE_SPACE or share < problems.LITTLE_SHARE
    yield Line(
        "disk",
        Level.BAD if is_full else Level.OK,
        f"{free / 1e9:.1f} GB free ({share:.0%})",
        "Make room: when it is full, nothing new is sent." if is_full else "",
    )


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _key_files(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in backups.KEYS if (folder / name).is_file())


def _database_file() -> Iterator[Path]:
    """In a folder that nobody else may enter its own mode is of no concern."""
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and path.is_file() and _is_open(path.parent):
        yield path


def _keys() -> Lines:
    sealed = Batch.objects.exclude(secrets=None).values_list("secrets", flat=True).first()
    try:
        secrets.unseal(sealed)
    except InvalidToken:
        remedy = "Give the former key, too, after the new one, in CONSOLE_ENCRYPTION_KEY."
        yield Line("keys", Level.BAD, "no configured key opens the secrets in the database", remedy)
        return
    yield Line("keys", Level.OK, f"{len(settings.ENCRYPTION_KEYS)} of encryption, one of cookies")


def _broker() -> Lines:
    name, is_up = system.broker()
    remedy = "" if is_up else "Look at Redis and REDIS_URL. Until then the tick wakes nobody; due work waits."
    yield Line("broker", Level.OK if is_up else Level.BAD, str(name) if is_up else f"{name} does not answer", remedy)


# The database


def _database() -> Lines:
    try:
        yield Line("database", Level.OK, f"{system.database()}, version {_server_version()}")
    except DatabaseError as error:
        said = str(error).strip().partition("\n")[0]
        yield Line("database", Level.BAD, f"does not answer: {said}", "Look at the database server and DATABASE_URL.")
        return
    try:
        startup.refuse_forgetful_database()
        yield Line("durability", Level.OK, "what is committed survives a power cut")
    except ImproperlyConfigured as error:
        yield Line("durability", Level.BAD, str(error), "Change it on the server, for this database or its user.")
    why = system.database_trouble()
    remedy = "Look for a full disk, a read-only server, or a lock that somebody holds." if why else ""
    yield Line("writable", Level.BAD if why else Level.OK, why or "a row can be written", remedy)


def _server_version() -> str:
    return ".".join(map(str, connection.get_database_version()))


def _schema() -> Lines:
    try:
        versions.check()
        yield Line("migrations", Level.OK, "those of this version")
    except ImproperlyConfigured as error:
        yield Line("migrations", Level.BAD, str(error), "Do what it says.")


def _rows() -> Lines:
    """What the other processes wrote."""
    status = system.status()
    start = "Start one: celery -A consoleapp worker -P threads, or script/server, which holds one."
    alive = f"{status.alive} alive"
    yield Line("worker", Level.OK if status.alive else Level.BAD, alive, "" if status.alive else start)
    age = "none yet" if status.tick.age is None else f"{status.tick.age} s ago"
    is_late = status.tick.family == "bad"
    remedy = "A worker that is alive and does not tick can't write; its log says why." if is_late else ""
    yield Line("tick", Level.BAD if is_late else Level.OK, age, remedy)
    if Deployment.objects.filter(paused_at__isnull=False).exists():
        remedy = "A team admin looks at the unfinished runs, or manage.py adoptdatabase."
        yield Line("sending", Level.BAD, "paused: this database was restored or copied", remedy)


# The cloud


def _cloud(region: str, instance_id: str) -> Lines:
    if simulated_cloud.is_wanted():
        yield Line("cloud", Level.SKIPPED, "a simulated one, inside script/server; it needs no permissions")
        return
    try:
        connected = current()
        identity = account.who_am_i(connected)
    except ConfigurationError as error:
        yield Line("cloud", Level.BAD, str(error), "Change the setting that it names.")
        return
    except errors.CloudError as error:
        yield Line("credentials", Level.BAD, f"{error.cause} ({error.code})", str(error.fix))
        return
    yield from _identity(identity)
    yield from _clock(connected)
    yield from _limiter()
    asked = region or next(iter(_used_regions()), regions.HOME_REGION)
    yield from _endpoints(connected, [asked, *_used_regions()])
    yield from _permissions(connected, asked, instance_id)


def _identity(identity: account.Identity) -> Lines:
    who = f"{identity.arn or identity.account_id} ({identity.identity_type}), from {identity.provider}"
    if identity.identity_type == "Account":
        remedy = f"Make a RAM role or user with {POLICY}; what gets hold of this console gets hold of the account."
        yield Line("credentials", Level.WARNING, f"{who}: the main account may do more than is needed", remedy)
    else:
        yield Line("credentials", Level.OK, who)
    known = _known_account()
    if known and known != identity.account_id:
        remedy = "Runs of the other account wait. Give its credentials, or let them end first."
        yield Line("account", Level.BAD, f"the database is of account {known}", remedy)


def _known_account() -> str:
    try:
        return Account.objects.values_list("account_id", flat=True).first() or ""
    except DatabaseError:
        return ""


def _clock(connected: Connection) -> Lines:
    offset = clock.offset(connected)
    if offset is None:
        return
    is_off = abs(offset) > CLOCK_TOLERANCE
    remedy = "Set this machine's clock (NTP): nothing is sent while it is off." if is_off else ""
    yield Line("clock", Level.BAD if is_off else Level.OK, f"{abs(offset):.1f} s from the cloud's", remedy)


def _limiter() -> Lines:
    if settings.REDIS_URL:
        is_up = limiter.is_store_up()
        said = "shared through Redis" if is_up else "its store is away; each worker keeps to its part of the limit"
        yield Line(
            "limiter", Level.OK if is_up else Level.WARNING, said, "" if is_up else "Look at Redis and REDIS_URL."
        )


def _used_regions() -> list[str]:
    """Those that somebody has looked at, the last first."""
    try:
        seen = Mirror.objects.filter(kind=MirrorKind.INSTANCES).exclude(refreshed_at=None).order_by("-refreshed_at")
        return list(seen.values_list("region", flat=True)[:RECENT_REGIONS])
    except DatabaseError:
        return []


def _endpoints(connected: Connection, names: list[str]) -> Lines:
    for region in dict.fromkeys(names):
        try:
            account.daily_quota(connected, region)
        except errors.Unreachable as error:
            remedy = "Look at the network, the name service, a proxy, and ALIBABA_CLOUD_ECS_ENDPOINT."
            yield Line(region, Level.BAD, f"can't be reached ({error.code})", remedy)
        except errors.RegionUnavailable as error:
            yield Line(
                region, Level.BAD, f"not available to this account ({error.code})", "Open it, or use another one."
            )
        except errors.CloudError:
            yield Line(region, Level.OK, "answers")  # whatever it says of the permission is told below
        else:
            yield Line(region, Level.OK, "answers")


def _permissions(connected: Connection, region: str, instance_id: str) -> Lines:
    for found in permissions.findings(connected, region, instance_id=instance_id):
        yield _permission(found)


def _permission(found: permissions.Finding) -> Line:
    name = found.action
    if found.verdict == Verdict.ALLOWED:
        return Line(name, Level.OK, f"allowed: {found.purpose}")
    if found.verdict == Verdict.MISSING:
        return Line(name, Level.BAD, f"missing: {found.purpose}", f"{name}: add it to {POLICY}.")
    if found.verdict == Verdict.DOUBTFUL:
        remedy = f"A policy that is limited to tagged machines says the same. {_sure(name)}"
        return Line(name, Level.WARNING, f"refused for a machine that does not exist: {found.purpose}", remedy)
    if found.verdict == Verdict.UNTRIED:
        return Line(name, Level.SKIPPED, f"can't be tried without an effect; needed to {found.purpose}")
    return Line(
        name, Level.SKIPPED, f"the cloud could not be asked ({found.code}): {found.purpose}", "Try again later."
    )


def _sure(action: str) -> str:
    if action.endswith(":InstallCloudAssistant"):
        return "It has no dry run: install the agent on one machine to be sure."
    return "To be sure, try with one of them: manage.py doctor --instance i-…"
