"""Using a running console as people do, over HTTP, and reading from its database what came of it.

To be imported when Django is set up on the console's own settings.
"""

import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

import cloud.commands as gateway
from accounts.models import Person, Role
from cloud import connection
from commands.models import Command
from invocations.models import Batch, BatchState, Draft, Invocation
from regions.models import Mirror
from tests.simulated_cloud import SimulatedCloud

REGION = "cn-hangzhou"
PATIENCE = 600.0  # seconds
A_BEAT = datetime(2026, 11, 1, tzinfo=UTC)  # at which a run of any size is looked at
RUN_CALLS = ("InvokeCommand", "DescribeInvocations", "DescribeInvocationResults")


@dataclass(frozen=True, slots=True)
class Ran:
    pk: int
    submit_seconds: float  # of the answer to Run
    seconds: float  # from pressing Run until the last output is here
    calls: dict[str, int]


class Visitor:
    """A person with a session of their own."""

    def __init__(self, url: str, name: str, role: str = Role.OPERATOR, language: str = "en") -> None:
        self.url = url
        self.person = Person.objects.filter(username=name).first() or Person.objects.create_user(
            name, role=role, language=language
        )
        self.http = requests.Session()
        self.http.cookies.set(settings.SESSION_COOKIE_NAME, _session_of(self.person))

    @property
    def cookies(self) -> dict[str, str]:
        return {settings.SESSION_COOKIE_NAME: self.http.cookies[settings.SESSION_COOKIE_NAME]}

    def get(self, path: str) -> requests.Response:
        return _checked(self.http.get(self.url + path, timeout=PATIENCE))

    def post(self, path: str, **fields: str) -> requests.Response:
        token = self.http.cookies.get(settings.CSRF_COOKIE_NAME)
        if token is None:
            found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(f"/r/{REGION}/runs/").text)
            found = found or re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get("/profile/").text)
            assert found, "no page has a form"
            token = found[1]
        data = {"csrfmiddlewaretoken": token, **fields}
        return _checked(self.http.post(self.url + path, data=data, allow_redirects=False, timeout=PATIENCE))


def _session_of(person: Person) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session["used_at"] = session["signed_in_at"] = int(time.time())
    session.create()
    return str(session.session_key)


def _checked(answer: requests.Response) -> requests.Response:
    assert answer.status_code < 400, f"{answer.status_code} {answer.url}: {answer.text[:500]}"
    return answer


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.2)
    return found


def copy_instances(visitor: Visitor) -> None:
    """Until the console's copy of the region is as of now."""
    began = Mirror.objects.filter(region=REGION, kind="instances").values_list("refreshed_at", flat=True).first()
    visitor.get(f"/r/{REGION}/instances/")
    wait_for(
        lambda: (
            Mirror.objects.filter(region=REGION, kind="instances", refreshed_at__isnull=False)
            .exclude(refreshed_at=began)
            .exists()
        ),
        "the copy of the instances",
    )


def a_command(content: str) -> Command:
    """Made in the cloud, and known to the console as if it had copied it."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    cloud_id = gateway.create_command(
        connection.current(),
        REGION,
        name=name,
        type="RunShellScript",
        content=content,
        enable_parameter=False,
        client_token=uuid.uuid4().hex,
    )
    return Command.objects.create(
        region=REGION,
        cloud_id=cloud_id,
        name=name,
        type="RunShellScript",
        content=content,
        content_sha256="",
        timeout=60,
        seen_at=timezone.now(),
    )


def press_run(visitor: Visitor, command: Command, ids: Sequence[str]) -> tuple[Invocation, float]:
    """Returns the run, and the seconds until the browser was sent to its page."""
    draft = Draft.objects.create(person=visitor.person, region=REGION, command=command, chosen=list(ids))
    form = {"form_token": str(uuid.uuid4()), "draft": str(draft.pk), "action": "run", "confirm_text": str(len(ids))}
    began = time.monotonic()
    answer = visitor.post(f"/r/{REGION}/commands/{command.cloud_id}/run/", **form)
    seconds = time.monotonic() - began
    assert answer.status_code == 303, answer.text[:500]
    return Invocation.objects.get(form_token=form["form_token"]), seconds


def wait_for_outputs(run: Invocation) -> float:
    """The moment (time.time()) at which the last output was here."""
    wait_for(lambda: not Batch.objects.filter(invocation=run).exclude(state=BatchState.FINISHED).exists(), str(run))
    last = Batch.objects.filter(invocation=run).order_by("-finished_at").values_list("finished_at", flat=True)[0]
    assert last is not None
    return last.timestamp()


def ran(visitor: Visitor, cloud: SimulatedCloud, command: Command, ids: Sequence[str]) -> Ran:
    """One run from the click to the last output."""
    before = calls(cloud)
    began = time.time()
    run, submit_seconds = press_run(visitor, command, ids)
    ended = wait_for_outputs(run)
    after = calls(cloud)
    return Ran(run.pk, submit_seconds, ended - began, {name: after[name] - before[name] for name in RUN_CALLS})


def calls(cloud: SimulatedCloud) -> dict[str, int]:
    return {name: len(cloud.lines(f"journal?kind=calls&operation={name}")) for name in RUN_CALLS}
