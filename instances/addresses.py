"""IP addresses in a search: a whole one, the beginning of one, or a range (CIDR). Pure.

An instance keeps its addresses in one text with a space before and after each, so that all three are questions about
parts of that text.
"""

from __future__ import annotations

import ipaddress
import re

_BEGINNING = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}\.|\d{1,3}(\.\d{1,3}){1,2}")  # 10. · 10.20 · 10.20.1.
_WHOLE = re.compile(r"\d{1,3}(\.\d{1,3}){3}(?::\d{1,5})?")  # a port behind it is ignored
_RANGE = re.compile(r"\d{1,3}(\.\d{1,3}){3}/\d{1,3}")
_OCTET = 8  # bits


def is_address(text: str) -> bool:
    """Whether this can only be meant as an address: a whole one, of either version, its beginning, or a range."""
    return bool(parts(text)) or _is_ip(text)


def is_broken_range(text: str) -> bool:
    """Such as 10.0.0.0/33."""
    return bool(_RANGE.fullmatch(text)) and _network(text) is None


def parts(text: str) -> tuple[str, ...]:
    """What an instance's addresses hold, one of these at least, if one of them is meant by `text`. () is no address."""
    if _WHOLE.fullmatch(text):
        return (f" {text.partition(':')[0]} ",)
    if _BEGINNING.fullmatch(text):
        return (f" {text}",)
    network = _network(text)
    return _parts_of(network) if network else ()


def _network(text: str) -> ipaddress.IPv4Network | None:
    if not _RANGE.fullmatch(text):
        return None
    try:
        return ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return None


def _parts_of(network: ipaddress.IPv4Network) -> tuple[str, ...]:
    """The range as beginnings that end between two octets, at most 256 of them."""
    whole = max(1, -(-network.prefixlen // _OCTET))  # octets of each beginning
    end = " " if whole == 4 else "."
    return tuple(
        " " + ".".join(str(subnet.network_address).split(".")[:whole]) + end
        for subnet in network.subnets(new_prefix=whole * _OCTET)
    )


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
