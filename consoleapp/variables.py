"""Reading the environment: which values a setting may have, and what is said when it has another one."""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv, ValidationError

from accounts.address import is_loopback

SHORTEST_SECRET = 50  # characters, as `check --deploy` wants it
EXAMPLES = ("change", "example", "secret", "django-insecure", "password", "123456")  # what papers and templates hold


class Environment(FileAwareEnv):
    """Variables, or the files that NAME_FILE names. Wrong ones are collected and told all at once by `seal()`."""

    def __init__(self) -> None:
        super().__init__(eager=False, strip_whitespace=True)

    def _get_value(self, env_key: str, default: Any) -> Any:
        path = os.environ.get(f"{env_key}_FILE", "")
        if path and os.environ.get(env_key):
            self._errors[env_key].append(f"is set, and so is {env_key}_FILE: set only one of them")
            return default
        if path and not _is_readable(Path(path)):
            self._errors[env_key].append(f"{env_key}_FILE names {path}, which can’t be read")
            return default
        value = super()._get_value(env_key, default)
        return default if value == "" else value  # compose files pass on what nobody has set as empty


def _is_readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def sentences(messages: Mapping[str, list[str]] | list[str]) -> list[str]:
    """One sentence for each thing that is wrong, from the errors of `seal()`."""
    if not isinstance(messages, Mapping):
        return [str(message) for message in messages]
    return [f"{name}: {_lower(str(text)).rstrip('.')}." for name, texts in messages.items() for text in texts]


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def is_host_list(hosts: list[str]) -> None:
    """C14: exact names only."""
    for host in hosts:
        if "*" in host or host.startswith("."):
            raise ValidationError(f"{host} would let in more than one name; give each name in full")
        if "/" in host or not host.strip():
            raise ValidationError(f"“{host}” is not a host name")


def is_network_list(networks: list[str]) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValidationError(f"{network} is not an address or a network such as 10.0.0.0/8") from None


def is_address(url: str) -> None:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValidationError("must look like https://console.example.com or https://example.com/console")


def is_secret(text: str) -> None:
    """C43: long enough, and nobody's example."""
    if text and (len(text) < SHORTEST_SECRET or len(set(text)) < 8):
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


def fit_together(host: str, public_url: str, proxies: list[str], cloud: str, *, debug: bool) -> None:
    """What no variable alone shows. Raises ImproperlyConfigured with one sentence."""
    public_host = urlsplit(public_url).hostname or "localhost"
    if debug and not (is_loopback(host) and is_loopback(public_host)):
        raise ImproperlyConfigured(
            "CONSOLE_DEBUG shows settings to whoever finds an error: only on a loopback address."
        )
    if debug and cloud == "alibaba":
        raise ImproperlyConfigured("CONSOLE_DEBUG is refused with CONSOLE_CLOUD=alibaba.")
    if public_url.startswith("https://") and not proxies:
        raise ImproperlyConfigured(
            "CONSOLE_URL is https, which a proxy in front of the console must end: name the proxy’s address in"
            " CONSOLE_TRUSTED_PROXIES."
        )
