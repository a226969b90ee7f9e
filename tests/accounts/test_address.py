import pytest

from accounts import address


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # B99: not a proxy of ours
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # the client wrote the first one itself
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),  # two proxies of ours
        ("10.0.0.1", "198.51.100.1:5312", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "１.２.３.４", "10.0.0.1"),
        ("10.0.0.1", " , ", "10.0.0.1"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
        ("", "198.51.100.1", ""),  # a socket file
    ],
)
def test_B99_only_a_proxy_of_ours_is_believed(rf, settings, peer, forwarded, expected):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = rf.get("/", REMOTE_ADDR=peer, **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}))

    assert address.of(request) == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_this_computer_is_loopback(host):
    assert address.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "evil.example", "localhost.evil.example", "::", ""])
def test_anything_else_is_not_loopback(host):
    assert not address.is_loopback(host)
