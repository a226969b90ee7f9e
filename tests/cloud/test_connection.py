"""Which endpoints and keys make a connection, and which make a sentence for the operator (C55, C37)."""

from typing import Any

import pytest

from cloud import connection
from cloud.connection import ConfigurationError, Connection, Service


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://ecs.{region}.example.com",
        "https://proxy.example.com:8443",
        "https://proxy.example.com/",
        "http://127.0.0.1:9001",
        "http://127.8.8.8:9001",
        "http://localhost:9001",
        "http://[::1]:9001",
        "https://10.0.0.1",
    ],
)
def test_an_endpoint_that_is_taken(url):
    assert Connection(kind="alibaba", ecs_endpoint=url).endpoint(Service.ECS) == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ecs.example.com", "must be a URL"),
        ("ftp://ecs.example.com", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://:443", "must be a URL"),
        ("http://ecs.example.com", "uses http:// for ecs.example.com"),
        ("http://{region}.example.com", "uses http:// for"),
        ("http://10.0.0.1:9001", "uses http:// for 10.0.0.1"),
        ("http://127.0.0.1.example.com", "uses http://"),
        ("http://localhost.example.com", "uses http://"),
        ("https://ecs.example.com/path", "and nothing else"),
        ("https://ecs.example.com?x=1", "and nothing else"),
        ("https://ecs.example.com#x", "and nothing else"),
        ("https://user:pass@ecs.example.com", "and nothing else"),
        ("https://ecs.example.com:port", "port"),
        ("https://ecs.example.com:70000", "port"),
    ],
)
@pytest.mark.parametrize("service", ["ecs", "oos", "sts"])
def test_an_endpoint_that_is_refused_in_one_sentence(url, why, service):
    with pytest.raises(ConfigurationError) as raised:
        Connection(kind="alibaba", **{f"{service}_endpoint": url})

    sentence = str(raised.value)
    assert why in sentence
    assert service.upper() in sentence
    assert sentence.endswith(".")
    assert "pass" not in sentence


def test_a_simulated_cloud_needs_a_key():
    url = "http://127.0.0.1:9001"

    with pytest.raises(ConfigurationError, match="access key"):
        Connection(kind="simulated", ecs_endpoint=url, oos_endpoint=url, sts_endpoint=url)


def test_a_simulated_cloud_needs_its_endpoints_or_a_call_would_leave_the_machine():
    with pytest.raises(ConfigurationError, match="endpoint"):
        Connection(kind="simulated", access_key_id="x", access_key_secret="y", ecs_endpoint="http://127.0.0.1:9001")


@pytest.fixture
def deployment(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings without any word on the cloud."""
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", raising=False)
    settings.CLOUD = "alibaba"
    settings.ECS_ENDPOINT = settings.OOS_ENDPOINT = settings.STS_ENDPOINT = ""
    settings.CLOUD_ACCESS_KEY_ID = settings.CLOUD_ACCESS_KEY_SECRET = ""
    return settings


def test_the_real_cloud_leaves_keys_to_the_default_chain(deployment):
    found = connection.current()

    assert (found.kind, found.access_key_id, found.ecs_endpoint) == ("alibaba", None, "")


def test_keys_of_the_environment_are_left_to_the_chain_which_reads_the_token_too(deployment, monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.x")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "y")
    deployment.CLOUD_ACCESS_KEY_ID, deployment.CLOUD_ACCESS_KEY_SECRET = "STS.x", "y"

    assert connection.current().access_key_id is None


def test_keys_that_came_by_a_file_are_taken_as_they_are(deployment):
    deployment.CLOUD_ACCESS_KEY_ID, deployment.CLOUD_ACCESS_KEY_SECRET = "LTAI-x", "y"

    found = connection.current()

    assert (found.access_key_id, found.access_key_secret) == ("LTAI-x", "y")


def test_a_secret_that_came_by_a_file_goes_with_the_id_of_the_environment(deployment, monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-x")
    deployment.CLOUD_ACCESS_KEY_ID, deployment.CLOUD_ACCESS_KEY_SECRET = "LTAI-x", "y"

    found = connection.current()

    assert (found.access_key_id, found.access_key_secret) == ("LTAI-x", "y")


def test_a_simulated_cloud_serves_all_products_at_one_address(deployment):
    deployment.CLOUD = "simulated"
    deployment.CLOUD_ACCESS_KEY_ID, deployment.CLOUD_ACCESS_KEY_SECRET = "x", "y"
    deployment.ECS_ENDPOINT, deployment.STS_ENDPOINT = "http://127.0.0.1:9001", "http://127.0.0.1:9002"

    found = connection.current()

    assert [found.endpoint(service) for service in Service] == [
        "http://127.0.0.1:9001",
        "http://127.0.0.1:9001",
        "http://127.0.0.1:9002",
    ]


def test_two_connections_with_the_same_values_are_one():
    first, second = (Connection(kind="alibaba", ecs_endpoint="https://ecs.example.com") for _ in range(2))

    assert first == second
    assert hash(first) == hash(second)
