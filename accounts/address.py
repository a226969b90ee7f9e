"""Where a request really comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

FORWARDING_HEADERS = (
    "HTTP_CF_CONNECTING_IP",
    "HTTP_FORWARDED",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_VIA",
    "HTTP_X_CLIENT_IP",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
)  # what a proxy adds on the way

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def of(request: HttpRequest) -> str:
    """The client's address, "" where there is none (a socket file).

    `X-Forwarded-For` counts only from a proxy named in CONSOLE_TRUSTED_PROXIES, read from the right: what stands left
    of the first stranger could have been written by anybody.
    """
    address = peer(request)
    if address is None:
        return ""
    hops = [hop for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and is_trusted_proxy(address):
        named = _parsed(hops.pop())
        if named is None:
            break
        address = named
    return str(address)


def peer(request: HttpRequest) -> IPAddress | None:
    """The other end of the connection."""
    return _parsed(request.META.get("REMOTE_ADDR") or "")


def is_trusted_proxy(address: IPAddress | None) -> bool:
    return address is not None and any(
        address in ipaddress.ip_network(network, strict=False) for network in settings.TRUSTED_PROXIES
    )


def was_forwarded(request: HttpRequest) -> bool:
    """A proxy, or somebody who plays one, has handled the request."""
    return any(name in request.META for name in FORWARDING_HEADERS)


def is_loopback(host: str) -> bool:
    """`127.0.0.1`, `::1`, `[::1]`, `localhost`: this computer and no other."""
    address = _parsed(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _parsed(text: str) -> IPAddress | None:
    text = text.strip()
    if text.startswith("["):  # [::1]:4711
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 127.0.0.1:4711
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
