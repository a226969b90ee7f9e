import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instances import addresses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("10.20.1.7", (" 10.20.1.7 ",)),
        ("10.20.1.7:22", (" 10.20.1.7 ",)),
        ("10.20.", (" 10.20.",)),
        ("10.20", (" 10.20",)),
        ("10.", (" 10.",)),
        ("10", ()),
        ("web", ()),
        ("10.20.0.0/16", (" 10.20.",)),
        ("10.20.3.4/16", (" 10.20.",)),
        ("10.20.1.7/32", (" 10.20.1.7 ",)),
        ("10.20.4.0/22", (" 10.20.4.", " 10.20.5.", " 10.20.6.", " 10.20.7.")),
        ("10.0.0.0/33", ()),
        ("10.0.0.256/24", ()),
        ("fe80::/10", ()),
    ],
)
def test_B24_an_address_means(text: str, parts: tuple[str, ...]) -> None:
    assert addresses.parts(text) == parts


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 2**32 - 1))
def test_a_range_finds_exactly_its_addresses(start: int, length: int, other: int) -> None:
    network = ipaddress.IPv4Network((start, length), strict=False)
    parts = addresses.parts(str(network))

    for address in (network.network_address, network.broadcast_address, ipaddress.IPv4Address(other)):
        assert any(part in f" {address} " for part in parts) == (address in network)
