"""What a search finds, on real rows."""

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from instances import search
from instances.grammar import parse
from instances.models import Instance
from tests.factories import InstanceFactory

pytestmark = pytest.mark.django_db


def found(q: str, **extra) -> set[str]:
    return set(search.matching(Instance.objects.all(), parse(q), extra=extra).values_list("name", flat=True))


@pytest.fixture
def fleet() -> None:
    for name, ip, values in [
        ("web-1", "10.20.1.7", {"tags": {"env": "prod", "role": "web"}}),
        ("web-10", "10.20.1.70", {"tags": {"env": "test", "role": "web"}, "stopped": True}),
        ("db_1", "10.20.100.7", {"tags": {"Env": "Prod", "backup": ""}, "agentless": True, "os_name": "Ubuntu 22.04"}),
        ("win-100%", "10.21.0.1", {"windows": True, "silent": True}),
        ("edge", "192.168.20.1", {"managed": True, "tags": {"a b": "c d", "env": "a=b"}}),
    ]:
        InstanceFactory(name=name, private_ip=ip, **values)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("", {"web-1", "web-10", "db_1", "win-100%", "edge"}),
        ("WEB", {"web-1", "web-10"}),
        ("web tag:env=test", {"web-10"}),
        ("web,db", {"web-1", "web-10", "db_1"}),
        ("-web -win", {"db_1", "edge"}),
        ("web-*", {"web-1", "web-10"}),
        ("*-1", {"web-1"}),
        ("name:web-1", {"web-1", "web-10"}),
        ("name:web-?", set()),
        ("status:stopped", {"web-10"}),
        ("status:running type:ecs", {"web-1", "db_1", "win-100%"}),
        ("状态:已停止", {"web-10"}),
        ("agent:none,abnormal", {"db_1", "win-100%"}),
        ("-agent:normal", {"web-10", "db_1", "win-100%"}),
        ("os:windows", {"win-100%"}),
        ("os:ubuntu", {"db_1"}),
        ("type:managed", {"edge"}),
        ("type:nonsense", set()),
        ("status:nonsense", set()),
        ("foo:bar", set()),
    ],
)
def test_a_search_finds(q: str, names: set[str]) -> None:
    assert found(q) == names


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("tag:env=prod", {"web-1", "db_1"}),
        ("tag:ENV=PROD tag:role=web", {"web-1"}),
        ("tag:env=prod,test", {"web-1", "web-10", "db_1"}),
        ("tag:env,backup", {"web-1", "web-10", "db_1", "edge"}),
        ("-tag:env", {"win-100%"}),
        ("tag:backup", {"db_1"}),
        ("tag:backup=", {"db_1"}),
        ("tag:env=", set()),
        ("tag:=web", {"web-1", "web-10"}),
        ("tag:env=a=b", {"edge"}),
        ('tag:"a b"="c d"', {"edge"}),
        ("tag：env＝prod", {"web-1", "db_1"}),
        ("tag:env=pr*", {"web-1", "db_1"}),
        ("tag:env=pr", set()),
        ("tag:env=prod tag:env=test", set()),
    ],
)
def test_B22_a_search_by_tag_finds(q: str, names: set[str]) -> None:
    assert found(q) == names


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("10.20.1.7", {"web-1"}),
        ("10.20.1.7:22", {"web-1"}),
        ("10.20.1.", {"web-1", "web-10"}),
        ("10.20", {"web-1", "web-10", "db_1"}),
        ("ip:10.20.0.0/16", {"web-1", "web-10", "db_1"}),
        ("10.20.0.0/15", {"web-1", "web-10", "db_1", "win-100%"}),
        ("10.20.1.64/26", {"web-10"}),
        ("-10.20.0.0/16", {"win-100%", "edge"}),
        ("ip:10.20.*.7", {"web-1", "db_1"}),
        ("ip:20.1", set()),
        ("10.0.0.0/33", set()),
        ("010.20.1.7", set()),
        ("fe80::1", set()),
    ],
)
def test_B24_a_search_by_address_finds(q: str, names: set[str]) -> None:
    assert found(q) == names


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("q", "names"), [("%", {"win-100%"}), ("_", {"db_1"}), ("\\", set()), ("0%", {"win-100%"}), ("d__", set())]
)
def test_B21_signs_of_sql_are_ordinary_characters(q: str, names: set[str]) -> None:
    assert found(q) == names


def test_pasted_ids_find_each_of_them() -> None:
    one, other = InstanceFactory(), InstanceFactory()
    InstanceFactory()

    assert found(f"{one.instance_id}\n{other.instance_id}") == {one.name, other.name}


@pytest.mark.usefixtures("fleet")
def test_a_key_of_the_caller_means_what_the_caller_says() -> None:
    assert found("selected:yes", selected=lambda value: Q(name="edge") if value == "yes" else Q()) == {"edge"}
    assert found("-selected:yes", selected=lambda value: Q(name="edge")) == {"web-1", "web-10", "db_1", "win-100%"}
    assert found("selected:yes") == set()


@pytest.mark.usefixtures("fleet")
def test_a_search_is_one_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        found("tag:env=prod -status:stopped 10.20.0.0/15 web,db os:linux tag:role")

    assert len(queries) == 1


@pytest.mark.parametrize(
    "q",
    [
        "a " * 1000,
        "a," * 1000,
        "tag:a=b " * 250,
        "tag:" + "a=b," * 500,
        "10.0.0.0/9 " * 180,
        "10.0.0.0/9," * 180,
        "-a " * 660,
        "*a*," * 400,
        "i-bp1abcdefghijklmnop " * 90,
    ],
)
def test_B21_no_search_is_more_than_the_database_takes(q: str) -> None:
    """It finds what it asks for, or nothing: never more."""
    InstanceFactory(name="zzz", private_ip="192.168.0.1")

    assert found(q[:2000]) in (set(), {"zzz"} if q.startswith("-") else set())
