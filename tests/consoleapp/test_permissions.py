"""Every URL, with every member of the cast (C21), and that looking changes nothing (C11)."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Role
from invocations.models import Alarm, Execution, Found
from regions.models import MirrorKind
from tests.conftest import PersonClient
from tests.factories import (
    HANGZHOU,
    AccountFactory,
    BatchFactory,
    CommandFactory,
    DraftFactory,
    InstanceFactory,
    InvocationFactory,
    MirrorFactory,
    OutputFactory,
    PersonFactory,
    RegionFactory,
    SelectionFactory,
    SigninLinkFactory,
    TargetFactory,
    now,
)
from tests.permissions import MATRIX, OPEN

pytestmark = pytest.mark.django_db

GUARDED = {name: rule for name, rule in MATRIX.items() if rule.roles is not OPEN}
# Written by a look: when a session was last used, which region was last seen, who refreshes a mirror, how old one is.
NOTED_IN_PASSING = {"sessions.Session", "regions.Mirror"}
PASSING_COLUMNS = {"recent_regions", "last_login"}


def names(patterns: list[URLPattern | URLResolver], space: str = "") -> set[str]:
    found = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        else:
            assert pattern.name, f"{pattern} has no name"
            found.add(space + pattern.name)
    return found


@dataclass(frozen=True)
class World:
    """One of everything, so that every URL leads to something."""

    arguments: dict[str, Any]

    def url(self, name: str) -> str:
        wanted = get_resolver().reverse_dict if ":" not in name else _namespace(name)
        parameters = wanted.getlist(name.rpartition(":")[2])[0][0][0][1]
        return reverse(name, kwargs={parameter: self.arguments[parameter] for parameter in parameters})


def _namespace(name: str) -> Any:
    return get_resolver().namespace_dict[name.partition(":")[0]][1].reverse_dict


@pytest.fixture
def world(db: None, settings: Any) -> Any:
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    RegionFactory()
    AccountFactory()
    for kind in MirrorKind:
        MirrorFactory(region="" if kind == MirrorKind.REGIONS else HANGZHOU, kind=kind)
    command, instance = CommandFactory(), InstanceFactory()
    batch = BatchFactory(accepted=True, invocation__command=command)
    target = TargetFactory(batch=batch, instance_id=instance.instance_id, state="running")
    OutputFactory(target=target)
    alarm = Alarm.objects.create(kind=Alarm.Kind.TWO_INVOCATIONS, batch=batch, raised_at=now())
    SigninLinkFactory()
    Found.objects.create(region=HANGZHOU, invoke_id="t-1", is_ours=True, found_at=now(), seen_at=now())
    repeating = {"repeat_mode": "EveryReboot", "state": "scheduled"}
    Found.objects.create(region=HANGZHOU, invoke_id="t-2", is_ours=False, found_at=now(), seen_at=now(), **repeating)

    def of(client: Client) -> World:
        person = getattr(client, "person", None) or PersonFactory()
        repeats = {"repeat_mode": "Period", "frequency": "0 0 3 * * ? UTC"}
        schedule = InvocationFactory(command=command, person=person, total=1, **repeats)
        execution = Execution.objects.create(
            invocation=schedule, target=TargetFactory(batch=BatchFactory(invocation=schedule)), n=1, state="success"
        )
        return World(
            {
                "schedule": schedule.pk,
                "execution": execution.pk,
                "task_id": "t-2",
                "region": HANGZHOU,
                "cloud_id": command.cloud_id,
                "run": batch.invocation_id,
                "invoke_id": "t-1",
                "instance_id": instance.instance_id,
                "kind": "instances",
                "draft": DraftFactory(person=person, command=command).pk,
                "alarm": alarm.pk,
                "selection": SelectionFactory(owner=person).pk,
                "token": "a-token",
            }
        )

    return of


@pytest.fixture(params=Role)
def somebody(request: pytest.FixtureRequest) -> PersonClient:
    return PersonClient(PersonFactory(role=request.param))


def test_C21_every_url_has_its_line_in_the_matrix():
    assert names(get_resolver().url_patterns) == set(MATRIX)


@pytest.mark.parametrize("name", GUARDED)
def test_C21_nobody_gets_past_the_signin(world, stranger, name):
    url = world(stranger).url(name)

    looked, tried, fragment = stranger.get(url), stranger.post(url), stranger.get(url, headers={"HX-Request": "true"})

    assert (looked.status_code, looked.url.partition("?")[0]) == (302, "/signin/")
    assert tried.status_code == 401
    assert (fragment.status_code, fragment.content) == (401, b"")


@pytest.mark.parametrize("name", [name for name, rule in MATRIX.items() if rule.roles is OPEN])
def test_an_open_url_asks_for_no_signin(world, stranger, name):
    url = world(stranger).url(name)

    for method in MATRIX[name].methods:
        response = stranger.generic(method, url, HTTP_HOST="127.0.0.1")
        assert response.status_code not in (401, 404, 405, 500), method
        assert not (response.status_code == 302 and response.url.startswith("/signin/"))


@pytest.mark.parametrize("name", GUARDED)
def test_C21_each_role_finds_what_it_may_use_and_nothing_else(world, somebody, name):
    rule, url = GUARDED[name], world(somebody).url(name)
    is_allowed = somebody.person.role in rule.roles

    for method in ("GET", "POST"):
        response = somebody.generic(method, url)
        if not is_allowed:
            assert response.status_code in (404, 405), method
        elif method in rule.methods:
            assert response.status_code not in (401, 403, 404, 405), method
            assert response.status_code < 500, method
        else:
            assert response.status_code == 405, method


@pytest.mark.parametrize("name", [name for name, rule in MATRIX.items() if "GET" in rule.methods])
def test_C11_looking_changes_nothing(world, admin, name):
    url = world(admin).url(name)
    before = contents()

    for _ in range(2):
        admin.get(url)
        admin.head(url)

    assert contents() == before


def contents() -> dict[str, list[dict[str, Any]]]:
    return {
        model._meta.label: [
            {column: value for column, value in row.items() if column not in PASSING_COLUMNS}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in apps.get_models()
        if model._meta.label not in NOTED_IN_PASSING
    }
