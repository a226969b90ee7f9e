"""What the environment says about how to run; a wrong value ends the program with one sentence."""

import ipaddress
import os
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NAMES_FILE = re.compile("SIMULATOR_[A-Z_]+_FILE")
_REAL_CREDENTIALS = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")


class WrongSetting(Exception):
    """The sentence says what is wrong with which variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    host: str
    port: int  # 0: a free one
    access_keys: Mapping[str, str]  # secret by id
    control_token: str  # empty: the control path does not exist
    fleet: int | None  # so many machines at least
    state: Path
    pace: float  # multiplies every duration that is only there to look real
    daily_quota: int
    tied: bool  # leave when stdin ends


def read(environment: Mapping[str, str], arguments: list[str]) -> Settings:
    """Raises WrongSetting."""
    unknown = set(arguments) - {"--tied", "--i-know"}
    if unknown:
        raise WrongSetting(f"Unknown argument {min(unknown)}; there are --tied and --i-know.")
    _refuse_real_credentials(environment)
    state = Path(environment.get("SIMULATOR_STATE", "") or "var/simulator")
    return Settings(
        host=_host(environment.get("SIMULATOR_HOST", "") or "127.0.0.1", "--i-know" in arguments),
        port=_number(environment, "SIMULATOR_PORT", 0, most=65535),
        access_keys=_access_keys(environment.get("SIMULATOR_ACCESS_KEYS", "")) or _made_access_key(state),
        control_token=environment.get("SIMULATOR_CONTROL_TOKEN", ""),
        fleet=_number(environment, "SIMULATOR_FLEET", 0, most=100_000) or None,
        state=state,
        pace=_pace(environment.get("SIMULATOR_PACE", "") or "1"),
        daily_quota=_number(environment, "SIMULATOR_DAILY_QUOTA", 5000, most=10_000_000),
        tied="--tied" in arguments,
    )


def from_process(arguments: list[str]) -> Settings:
    """Any variable may be given as NAME_FILE instead: the file's content, without the white space around it."""
    return read({**os.environ, **_from_files(os.environ)}, arguments)


def _from_files(environment: Mapping[str, str]) -> dict[str, str]:
    named = {name.removesuffix("_FILE"): path for name, path in environment.items() if _NAMES_FILE.fullmatch(name)}
    both = [name for name in named if environment.get(name)]
    if both:
        raise WrongSetting(f"{both[0]} is set, and so is {both[0]}_FILE: set only one of them.")
    return {name: _content(name, path) for name, path in named.items() if path}


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, ValueError) as error:
        raise WrongSetting(f"{name}_FILE names {path}, which can’t be read; name a file of its text.") from error


def _refuse_real_credentials(environment: Mapping[str, str]) -> None:
    """In an environment made for the real cloud, someone who thinks to talk to it must not talk to this one."""
    if environment.get("CONSOLE_CLOUD", "") != "alibaba":
        return
    for name in _REAL_CREDENTIALS:
        if environment.get(name):
            raise WrongSetting(
                f"CONSOLE_CLOUD is alibaba and {name} is set: this is the simulated cloud, so it won't start."
            )


def _host(host: str, is_known_to_be_open: bool) -> str:
    if not is_loopback(host) and not is_known_to_be_open:
        raise WrongSetting(
            f"SIMULATOR_HOST={host} is not a loopback address. Everybody who reaches it may run scripts in the "
            "simulated cloud; say --i-know if that is meant."
        )
    return host


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _number(environment: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = environment.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise WrongSetting(f"{name}={text} is not a number from 0 to {most}.")
    return int(text)


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= 1000:
        raise WrongSetting(f"SIMULATOR_PACE={text} is not a number from 0 to 1000.")
    return pace


def _access_keys(text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, colon, secret = pair.partition(":")
        if not (key and colon and secret):
            raise WrongSetting("SIMULATOR_ACCESS_KEYS must read id:secret,id:secret,…")
        keys[key] = secret
    return keys


def _made_access_key(state: Path) -> dict[str, str]:
    """The key of a simulator that was given none: made once, kept beside its state for its owner to read."""
    path = state / "access-key"
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        letters = string.ascii_letters + string.digits
        made = "SIM" + "".join(secrets.choice(letters) for _ in range(17)) + ":" + secrets.token_urlsafe(24)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made)
    return _access_keys(path.read_text())
