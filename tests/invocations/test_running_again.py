"""Run again runs the very same once more: its own version, or its frozen content, on the targets that are at rest."""

import re

import pytest
from django.urls import reverse

from commands.definitions import Definition
from commands.models import Superseded, Version
from invocations import requests
from invocations.models import Draft, Invocation
from tests.factories import HANGZHOU, CommandFactory, InstanceFactory, now
from tests.invocations.pages import read
from tests.invocations.panels import Shown, fresh_region
from tests.invocations.runs import a_run
from tests.invocations.test_panel_versions import move_on

pytestmark = pytest.mark.django_db
CONTENT = "restart {{service}} {{key}}"


@pytest.fixture
def command():
    fresh_region()
    definitions = [Definition(name="key", is_secret=True).to_json()]
    command = CommandFactory(
        name="restart", content=CONTENT, parameter_names=["service", "key"], definitions=definitions, saved=True
    )
    Version.objects.update(definitions=definitions)
    return command


@pytest.fixture
def run(command):
    """Ended, on two machines that are still there."""
    run = a_run(
        {"failed": 2},
        command=command,
        command_version=1,
        parameters={"service": "nginx"},
        secret_names=["key"],
        username="deploy",
        timeout=90,
    )
    for target in run.targets.all():
        InstanceFactory(instance_id=target.instance_id)
    return run


def again(run):
    return reverse("invocations:again", args=[run.region, run.pk])


def opened(client, run, **fields) -> tuple[str, Shown]:
    """The panel's address, and the panel."""
    response = client.post(again(run), {"which": "all", **fields})
    assert response.status_code == 303
    return response.url, Shown(client.get(response.url))


def sent(client, url, page, **typed) -> Invocation:
    """The panel, sent as it stands, with the secret typed."""
    fields = {name: values for name, values in page.fields.items() if name not in ("newest", "q")}
    if "content_exact" in fields:  # a browser sends each line break of the textarea as CRLF
        content = Draft.objects.latest("updated_at").fields["content"]
        fields["content"] = ["\r\n".join(re.split("\r\n|\r|\n", content))]
    response = client.post(url, {**fields, "action": "run", "param-key": "s3cret", **typed})
    assert response.status_code == 303, Shown(response).errors
    return Invocation.objects.latest("pk")


def frozen(run: Invocation) -> requests.Frozen:
    return requests.read(run.batches.get())


def test_the_same_version_as_long_as_it_is_the_newest(operator, run):
    url, page = opened(operator, run)

    once_more = sent(operator, url, page)

    assert page.value("param-key") == ""
    assert (once_more.command_cloud_id, once_more.parameters) == (run.command_cloud_id, {"service": "nginx"})
    assert (once_more.username, once_more.timeout, once_more.again_of) == ("deploy", 90, run)
    assert set(once_more.targets.values_list("instance_id")) == set(run.targets.values_list("instance_id"))


def test_its_own_version_where_another_was_saved_since(operator, run, command):
    move_on(command)
    url, page = opened(operator, run)

    assert f"This runs version 1, as run #{run.pk} did." in page.text
    assert "Use version 2 instead" in page.text
    once_more = sent(operator, url, page)

    assert (once_more.command_cloud_id, once_more.command_version) == (run.command_cloud_id, 1)
    assert once_more.content == CONTENT


def test_it_stays_on_its_version_through_what_is_typed_and_a_reload(operator, run, command):
    move_on(command)
    url, page = opened(operator, run)
    operator.post(
        url,
        {**page.fields, "action": "check", "param-service": "haproxy", "touched": "param-service"},
        headers={"HX-Request": "true"},
    )

    reloaded = Shown(operator.get(url))

    assert (reloaded.value("stay"), reloaded.value("param-service")) == ("1", "haproxy")


def test_the_newest_version_where_somebody_asks_for_it(operator, run, command):
    move_on(command)
    _url, page = opened(operator, run)

    response = operator.post(again(run), {**page.fields, "newest": "on"})
    newest = Shown(operator.get(response.url))

    assert response.status_code == 303
    assert f"Run #{run.pk} used version 1; this is version 2." in newest.text
    assert newest.value("version") == "2"


@pytest.mark.parametrize("event", ["deleted", "retired"])
def test_its_frozen_content_where_the_cloud_no_longer_has_it(event, operator, run, command):
    if event == "deleted":
        command.deleted_at = now()
        command.save()
    else:
        move_on(command)
        Superseded.objects.update(deleted_at=now())

    url, page = opened(operator, run)
    assert url.startswith(reverse("invocations:unsaved", args=[HANGZHOU]))
    assert "The cloud no longer has what it ran as a command" in page.text
    assert ("Use version 2 instead" in page.text) == (event == "retired")
    once_more = sent(operator, url, page)

    request = frozen(once_more)
    assert (once_more.content, request.content) == (CONTENT, CONTENT)
    assert (once_more.parameters, once_more.secret_names) == ({"service": "nginx"}, ["key"])
    assert "s3cret" not in request.to_json()
    assert (once_more.username, once_more.timeout, once_more.again_of) == ("deploy", 90, run)


def test_a_script_that_was_not_saved_runs_again_byte_for_byte(operator, run, command):
    content = "printf 'a\\r'\n\techo {{service}}  \n"
    unsaved = a_run(
        {"failed": 1}, command=None, region=HANGZHOU, command_name="", content=content, command_type="RunShellScript",
        parameters={"service": "a b"}, command_cloud_id="", content_sha256="0" * 64,
    )  # fmt: skip
    InstanceFactory(instance_id=unsaved.targets.get().instance_id)

    url, page = opened(operator, unsaved)
    once_more = sent(operator, url, page)

    assert (once_more.content, once_more.parameters) == (content, {"service": "a b"})


def test_A21_targets_that_are_not_at_rest_are_left_out_by_name(operator, command):
    run = a_run({"failed": 1, "running": 1}, command=command)
    failed = run.targets.get(state="failed")
    running = run.targets.get(state="running")

    response = operator.post(again(run), {"which": "all"})

    assert Draft.objects.get().chosen == [failed.instance_id]
    shown = Shown(operator.get(response.url)).text
    assert f"Not at rest yet, so left out: {running.name}." in shown


def test_A21_with_nobody_at_rest_nothing_is_prepared(operator, command):
    run = a_run({"running": 7}, command=command)

    response = operator.post(again(run), {"which": "ids", "ids": [t.instance_id for t in run.targets.all()]})

    assert response.url == run.get_absolute_url()
    assert "and 2 more" in Shown(operator.get(response.url)).text
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("unknown", "the cloud never confirmed the call"),
        ("vanished", "the cloud no longer lists it"),
        ("unfollowed", "the cloud gave no final word"),
    ],
)
def test_A87_what_may_have_run_already_is_confirmed_first(reason, why, operator, command):
    run = a_run({"unknown": 2, "success": 1}, command=command)
    run.targets.filter(state="unknown").update(reason=reason)

    asked = operator.post(again(run), {"which": "unknown"})
    page = read(asked)
    assert f"2 targets may have run already ({why}). Run again?" in page.text
    assert not Draft.objects.exists()
    form = page.one("form", action=again(run))
    fields = {field["name"]: field["value"] for field in form.all("input")}
    confirmed = operator.post(again(run), fields)

    assert confirmed.status_code == 303
    assert len(Draft.objects.get().chosen) == 2


def test_a_run_of_3000_is_run_again_whole_and_as_a_selection(operator, command):
    run = a_run({"success": 3000}, command=command)
    ids = list(run.targets.values_list("instance_id", flat=True))

    operator.post(again(run), {"which": "all"})
    operator.post(again(run), {"which": "ids", "ids": ",".join(ids[:2500])})

    assert [len(draft.chosen) for draft in Draft.objects.order_by("updated_at")] == [3000, 2500]


def test_the_two_runs_are_linked_both_ways(operator, run, command):
    once_more = a_run({"success": 2}, command=command, again_of=run)

    assert read(operator.get(once_more.get_absolute_url())).all("a", href=run.get_absolute_url())
    assert read(operator.get(run.get_absolute_url())).all("a", href=once_more.get_absolute_url())


def test_the_newest_of_somebody_else_s_draft_is_not_taken(operator, admin, run, command):
    operator.post(again(run), {"which": "all"})

    response = admin.post(again(run), {"newest": "on", "draft": str(Draft.objects.get().pk)})

    assert response.status_code == 404
