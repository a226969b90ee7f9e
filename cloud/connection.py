"""Which cloud, and as whom: everything a call needs to know, in one value that can be handed around."""

import ipaddress
import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings

Kind = Literal["simulated", "alibaba"]
ENVIRONMENT_KEYS = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
)  # one may come from a file instead


class Service(StrEnum):
    """A product of the OpenAPI; the value is the first label of its host name and of its RAM actions."""

    ECS = "ecs"
    OOS = "oos"
    STS = "sts"


class ConfigurationError(Exception):
    """A setting of the connection that can't work, as one sentence for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One account of one cloud.

    An endpoint is a URL that may hold `{region}`, or "" for the real regional one. Plain http reaches loopback only.
    Without an access key the default chain of Alibaba Cloud finds the credentials.
    """

    kind: Kind
    access_key_id: str | None = field(default=None, repr=False)
    access_key_secret: str | None = field(default=None, repr=False)
    ecs_endpoint: str = ""
    oos_endpoint: str = ""
    sts_endpoint: str = ""

    def __post_init__(self) -> None:
        for service in Service:
            check_endpoint(service, self.endpoint(service))
        if self.kind == "simulated" and not (self.access_key_id and self.access_key_secret):
            raise ConfigurationError("The simulated cloud needs an access key: give its ID and its secret.")
        if self.kind == "simulated" and not all(self.endpoint(service) for service in Service):
            raise ConfigurationError("The simulated cloud needs an endpoint for each of ECS, OOS and STS.")

    def endpoint(self, service: Service) -> str:
        """The configured URL of a service, `{region}` still in it; "" where the real regional one is meant."""
        return {Service.ECS: self.ecs_endpoint, Service.OOS: self.oos_endpoint, Service.STS: self.sts_endpoint}[service]


def current() -> Connection:
    """The deployment's one connection, from its settings. Raises ConfigurationError.

    A simulated cloud serves all three products at one address: what is not given is where ECS is.
    """
    keys = _static_keys()
    elsewhere = settings.ECS_ENDPOINT if settings.CLOUD == "simulated" else ""
    kind: Kind = settings.CLOUD  # type: ignore[assignment]  # the settings take these two words only
    return Connection(
        kind=kind,
        access_key_id=keys and keys[0],
        access_key_secret=keys and keys[1],
        ecs_endpoint=settings.ECS_ENDPOINT,
        oos_endpoint=settings.OOS_ENDPOINT or elsewhere,
        sts_endpoint=settings.STS_ENDPOINT or elsewhere,
    )


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _static_keys() -> tuple[str, str] | None:
    """Keys given in settings. For the real cloud the environment is left to the chain, which reads the token too."""
    if settings.CLOUD == "alibaba" and all(map(os.environ.get, ENVIRONMENT_KEYS)):
        return None
    if not settings.CLOUD_ACCESS_KEY_ID:
        return None
    return settings.CLOUD_ACCESS_KEY_ID, settings.CLOUD_ACCESS_KEY_SECRET


def check_endpoint(service: Service, url: str) -> None:
    """C55: an endpoint is a bare http(s) origin, and http reaches no farther than this machine.

    Raises ConfigurationError.
    """
    if not url:
        return
    name = f"The endpoint of {service.upper()}"
    parts = urlsplit(url.replace("{region}", "region"))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{name} must be a URL such as https://{service}.{{region}}.example.com.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ConfigurationError(f"{name} must be a scheme, a host and perhaps a port, and nothing else.")
    try:
        parts.port  # noqa: B018  # reading it is the check
    except ValueError:
        raise ConfigurationError(f"{name} has a port that is not a number from 0 to 65535.") from None
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigurationError(
            f"{name} uses http:// for {parts.hostname}; only this machine may be reached without https."
        )
