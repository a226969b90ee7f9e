"""Reading the environment: which values a setting may have, and what is said when it has another one."""

import ipaddress
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import EnvValidationError, FileAwareEnv, ValidationError

from accounts.address import is_loopback
from cloud import connection, limiter

SHORTEST_SECRET = 50  # characters, as `check --deploy` wants it
EXAMPLES = ("change", "example", "secret", "django-insecure", "password", "123456")  # what papers and templates hold
REMEDIES = {  # what the library says of a value -> what it should be
    "Not a valid integer.": "must be a whole number",
    "Not a valid boolean.": "must be on or off",
    "Not a valid log level.": "must be DEBUG, INFO, WARNING or ERROR",
    "Not a valid database URL.": "must look like postgres://user:password@host/name",
}
_SEGMENT = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")  # of a path: nothing that a proxy would write otherwise


class WrongSettings(ImproperlyConfigured):
    """Everything that is wrong with the environment, a sentence a line."""

    def __init__(self, sentences: list[str], readings: list["Reading"]) -> None:
        super().__init__("\n".join(sentences))
        self.readings = readings


@dataclass(frozen=True, slots=True)
class Reading:
    """One variable as it was found: `text` is None where the default holds, `file` "" where no file is named."""

    name: str
    text: str | None
    file: str


class Environment(FileAwareEnv):
    """Variables, or the files that NAME_FILE names. Wrong ones are collected and told all at once by `seal()`."""

    def __init__(self) -> None:
        super().__init__(eager=False, strip_whitespace=True)
        self.readings: list[Reading] = []

    def refuse(self, name: str, why: str) -> None:
        """Add what no reader of one variable could see."""
        self._errors[name].append(why)

    def seal(self) -> None:
        """Raises WrongSettings."""
        try:
            super().seal()
        except EnvValidationError as error:
            raise WrongSettings(list(_sentences(error.error_messages)), self.readings) from None

    def _get_value(self, env_key: str, default: Any) -> Any:
        path = os.environ.get(f"{env_key}_FILE", "")
        text = self._text_of_file(env_key, path) if path else os.environ.get(env_key)
        if path and os.environ.get(env_key):
            self.refuse(env_key, f"is set, and so is {env_key}_FILE: set only one of them")
            text = None
        text = text or None  # compose files pass on what nobody has set as empty
        if text and not text.isprintable():
            self.refuse(env_key, "holds a line break or another invisible character; give one line without")
            text = None
        self.readings.append(Reading(env_key, text, path))
        return default if text is None else text

    def _text_of_file(self, name: str, path: str) -> str:
        try:
            text = Path(path).read_text("utf-8-sig").strip()  # some editors begin a file with a mark
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not text in UTF-8"
            self.refuse(name, f"{name}_FILE names {path}, which can’t be read ({why}); name a file of its text")
            return ""
        if not text:
            self.refuse(
                name, f"{name}_FILE names {path}, which is empty; write the value into it, or unset {name}_FILE"
            )
        return text


def _sentences(messages: Any) -> Iterator[str]:
    """`messages`: what is wrong with each variable, by its name."""
    for name, texts in messages.items():
        for text in texts:
            yield f"{name}: {_lower(REMEDIES.get(str(text), str(text))).rstrip('.')}."


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def is_host_list(hosts: list[str]) -> None:
    """C14: exact names only."""
    for host in hosts:
        if "*" in host or host.startswith("."):
            raise ValidationError(f"{host} would let in more than one name; give each name in full")
        if "/" in host or not host.strip():
            raise ValidationError(f"“{host}” is not a host name; give names such as console.example.com")


def is_network_list(networks: list[str]) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValidationError(f"{network} is not an address or a network such as 10.0.0.0/8") from None


def is_address(url: str) -> None:
    """An http(s) URL whose path, if any, reads the same whichever proxy writes it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    is_bare = not (parts.query or parts.fragment or parts.username is not None)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_bare:
        raise ValidationError("must look like https://console.example.com or https://example.com/console")
    if parts.path.strip("/") and not all(map(_SEGMENT.fullmatch, parts.path.rstrip("/").split("/")[1:])):
        raise ValidationError("its path may have letters, digits and -._~ only, as in https://example.com/console")


def is_redis_address(url: str) -> None:
    if not re.match(r"rediss?://.", url):
        raise ValidationError("must look like redis://:password@host:6379/0")


def with_password(url: str, password: str) -> str:
    """The address of Redis with a password that may have any characters in it."""
    if not password:
        return url
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def is_rate_list(text: str) -> None:
    try:
        limiter.rates(text)
    except ValueError:
        raise ValidationError("must read like Describe*=5,*=2: patterns, each with a rate above 0") from None


def is_endpoint_of(service: connection.Service) -> Callable[[str], None]:
    def is_endpoint(url: str) -> None:
        try:
            connection.check_endpoint(service, url)
        except connection.ConfigurationError as error:
            raise ValidationError(str(error)) from None

    return is_endpoint


def is_key_pair_list(text: str) -> None:
    if not all(re.fullmatch(r"[^:\s]+:\S+", pair.strip()) for pair in text.split(",")):
        raise ValidationError("must read id:secret,id:secret,…")


def is_secret(text: str) -> None:
    """C43: long enough, and nobody's example."""
    if len(text) < SHORTEST_SECRET or len(set(text)) < 8:
        raise ValidationError(f"is too easy to guess; it needs at least {SHORTEST_SECRET} random characters")
    if any(word in text.lower() for word in EXAMPLES):
        raise ValidationError("is an example, which others know too; make your own")


def is_encryption_key_list(keys: list[str]) -> None:
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ValidationError(
                "must be 32 random bytes in URL-safe Base64; several are separated by commas"
            ) from None


def own_names(host: str, public_host: str | None) -> list[str]:
    """Host names by which the console may be asked for, beside the loopback ones."""
    is_every_address = host in ("0.0.0.0", "::")  # noqa: S104  # compared, not bound
    names = [] if is_every_address or is_loopback(host) else [f"[{host}]" if ":" in host else host]
    return [*names, public_host] if public_host else names
