"""The panel and the versions of its command: nothing runs that its person has not seen, or stayed on knowingly."""

import hashlib
import uuid

import pytest
from django.urls import reverse

from commands.definitions import Definition
from commands.models import Superseded, Version
from invocations.models import Draft, Invocation
from tests.factories import (
    HANGZHOU,
    CommandFactory,
    InstanceFactory,
    InvocationFactory,
    PersonFactory,
    VersionFactory,
    define,
    now,
)
from tests.invocations.panels import Shown, fresh_region, panel_url, run_form, selection_url

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def command():
    fresh_region()
    command = CommandFactory(name="restart", content="old {{service}}", parameter_names=["service"], saved=True)
    define(command, name="service", is_required=True)
    Version.objects.update(definitions=command.definitions)
    return command


def move_on(command, *, content="new {{unit}}", names=("unit",), person=None, **columns):
    """Saved as the next version, by somebody else, under a new ID."""
    old = command.cloud_id
    command.cloud_id = f"{old}-{command.version_number + 1}"
    command.content, command.parameter_names, command.definitions = content, list(names), []
    command.content_sha256 = hashlib.sha256(content.encode()).hexdigest()
    for name, value in columns.items():
        setattr(command, name, value)
    command.save()
    Superseded.objects.create(region=command.region, cloud_id=old, command=command, since=now())
    VersionFactory(command=command, person=person or PersonFactory(username="li.wei"))
    return old


def seen(client, command, **fields):
    """The hidden fields of a form that is open."""
    page = Shown(client.get(panel_url(command)))
    return {name: page.value(name) for name in ("version", "digest")} | fields


def posted(client, command, *instances, **fields):
    return client.post(panel_url(command), run_form(command, *instances, **fields))


def test_the_panel_names_the_version_and_the_run_remembers_it(operator, command):
    page = Shown(operator.get(panel_url(command)))

    posted(operator, command, InstanceFactory(), **seen(operator, command), **{"param-service": "nginx"})

    run = Invocation.objects.get()
    assert (page.value("version"), run.command_version) == ("1", 1)
    assert "· version 1" in page.text
    assert "Version 1" in Shown(operator.get(f"{run.get_absolute_url()}?tab=settings")).text


def test_B94_a_version_saved_meanwhile_is_answered_with_409_and_nothing_is_lost(operator, command):
    instance = InstanceFactory()
    fields = seen(operator, command, username="deploy", **{"param-service": "nginx"})
    move_on(command)

    response = posted(operator, command, instance, **fields)

    page = Shown(response)
    assert response.status_code == 409
    assert "li.wei saved version 2 while you were here." in page.text
    for words in ("See the difference", "Run version 2", "Stay on version 1"):
        assert words in page.text
    difference = reverse("commands:versions", args=[HANGZHOU, command.cloud_id])
    assert f'href="{difference}?from=1&amp;to=2"' in page.html
    assert (page.value("username"), page.value("version")) == ("deploy", "2")
    assert Draft.objects.get().chosen == [instance.instance_id]
    assert "new" in page.text
    assert not Invocation.objects.exists()


def test_B94_run_version_2_runs_the_new_one(operator, command):
    instance = InstanceFactory()
    move_on(command)
    stale = posted(operator, command, instance, version="1", username="deploy", **{"param-service": "nginx"})
    sent = {name: values for name, values in Shown(stale).fields.items() if name not in ("action", "op")}

    operator.post(panel_url(command), sent | {"param-unit": "sshd", "action": "run"})

    run = Invocation.objects.get()
    assert (run.command_version, run.command_cloud_id) == (2, command.cloud_id)
    assert (run.content, run.parameters, run.username) == ("new {{unit}}", {"unit": "sshd"}, "deploy")


def test_B94_stay_on_version_1_runs_the_old_one_with_what_was_typed(operator, command):
    instance = InstanceFactory()
    old = move_on(command)
    stale = posted(operator, command, instance, version="1", username="deploy", **{"param-service": "nginx"})
    sent = {name: values for name, values in Shown(stale).fields.items() if name not in ("action", "op")}

    operator.post(f"{panel_url(command)}?stay=1", sent | {"action": "run"})

    run = Invocation.objects.get()
    assert (run.command, run.command_version, run.command_cloud_id) == (command, 1, old)
    assert (run.content, run.parameters, run.username) == ("old {{service}}", {"service": "nginx"}, "deploy")


def test_secrets_of_the_old_version_are_typed_again_and_the_form_stays_on_it(operator, command):
    define(command, name="service", is_required=True, is_secret=True)
    Version.objects.update(definitions=command.definitions)
    move_on(command)
    stale = Shown(posted(operator, command, InstanceFactory(), version="1", **{"param-service": "sesame-77"}))
    sent = {name: values for name, values in stale.fields.items() if name not in ("action", "op")}
    url = panel_url(command)

    again = operator.post(f"{url}?stay=1", sent | {"action": "run"})
    page = Shown(again)
    sent = {name: values for name, values in page.fields.items() if name not in ("action", "op")}
    operator.post(url, sent | {"param-service": "sesame-77", "action": "run"})

    assert "sesame" not in stale.html + page.html + str(Draft.objects.get().fields)
    assert again.status_code == 422
    assert (page.value("stay"), page.value("version")) == ("1", "1")
    assert "This runs version 1, not the newest, 2." in page.text
    assert Invocation.objects.get().command_version == 1


def test_a_version_that_the_cloud_no_longer_has_can_not_be_stayed_on(operator, command):
    move_on(command)
    Superseded.objects.update(deleted_at=now())
    instance = InstanceFactory()
    stale = Shown(posted(operator, command, instance, version="1", **{"param-service": "nginx"}))
    sent = {name: values for name, values in stale.fields.items() if name not in ("action", "op")}

    pressed = operator.post(f"{panel_url(command)}?stay=1", sent | {"param-unit": "x", "action": "run"})

    assert "Stay on version 1" not in stale.text
    assert "The cloud no longer has version 1." in stale.text
    assert pressed.status_code == 409
    assert "The cloud no longer has version 1." in Shown(pressed).text
    assert not Invocation.objects.exists()


def test_an_older_version_under_the_same_id_can_be_stayed_on(operator, command):
    """A new name or time-out makes a new version, but no new command in the cloud."""
    fields = seen(operator, command, **{"param-service": "nginx"})
    VersionFactory(command=command, person=PersonFactory(username="li.wei"))
    instance = InstanceFactory()

    stale = posted(operator, command, instance, **fields)
    operator.post(f"{panel_url(command)}?stay=1", run_form(command, instance, **fields))

    assert stale.status_code == 409
    assert Invocation.objects.get().command_version == 1


@pytest.mark.parametrize("stay", ["7", "0", "-1", "x", "１", "9" * 30, ""])
def test_a_version_that_never_was_is_not_run(operator, command, stay):
    response = posted(operator, command, InstanceFactory(), stay=stay, version="1", **{"param-service": "nginx"})

    assert response.status_code == (409 if stay else 303)


def test_a_form_of_an_old_id_is_answered_at_the_new_one(operator, command):
    old_url = panel_url(command)
    fields = run_form(command, InstanceFactory(), version="1", **{"param-service": "nginx"})
    move_on(command)

    response = operator.post(old_url, fields)
    followed = operator.post(response.url, fields)

    assert (response.status_code, response.url) == (308, panel_url(command))
    assert followed.status_code == 409
    assert "saved version 2" in Shown(followed).text


def test_choosing_goes_on_in_a_panel_that_was_opened_before(operator, command):
    instance, draft = InstanceFactory(), uuid.uuid4()
    fields = run_form(command, instance, draft=str(draft), op="show") | {"command": command.cloud_id}
    query = {"command": command.cloud_id, "draft": str(draft)}
    move_on(command)

    rows = operator.get(reverse("invocations:picker", args=[HANGZHOU, "instances"]), query, headers=FRAGMENT)
    paste = operator.get(reverse("invocations:paste", args=[HANGZHOU, draft]), query)
    chosen = operator.post(selection_url(draft), fields, headers=FRAGMENT)

    assert [rows.status_code, paste.status_code, chosen.status_code] == [200, 200, 200]
    assert (Draft.objects.get().command, Draft.objects.get().chosen) == (command, [instance.instance_id])


def test_a_link_with_an_old_id_fills_in_the_form_of_the_new_one(operator, command):
    old = panel_url(command)
    instance = InstanceFactory()
    move_on(command, content="new {{service}}", names=("service",))

    query = {"param-service": "nginx", "ids": instance.instance_id, "username": "deploy", "confirm_text": "restart"}
    page = Shown(operator.get(old, query, follow=True))

    assert (page.value("param-service"), page.value("username")) == ("nginx", "deploy")
    assert page.value("confirm_text") == ""
    assert instance.instance_id in page.value("carried_ids") or page.part("preflight")["data-targets"] == "1"
    assert not Invocation.objects.exists()


def test_the_link_names_no_version(operator, command):
    page = Shown(operator.get(panel_url(command), {"param-service": "nginx"}))

    link = page.html.split('data-copy-link="')[1].split('"')[0]
    assert "param-service=nginx" in link
    assert "version" not in link
    assert "digest" not in link


def test_a_public_command_has_no_version_but_a_change_of_it_is_noticed(operator):
    fresh_region()
    command = CommandFactory(name="ACS-ECS-x.sh", is_public=True, content="echo 1", version="1.0")
    fields = seen(operator, command)
    command.content = "echo 2"
    command.save()

    response = posted(operator, command, InstanceFactory(), **fields)

    assert fields["version"] == "0"
    assert response.status_code == 409
    assert "The command was changed while you were here." in Shown(response).text
    assert "Run version" not in Shown(response).text


@pytest.mark.parametrize(
    "columns",
    [
        {"launcher": "python3 -u"},
        {"content": "old {{service}} #"},
        {"definitions": [Definition("service", default="nginx").to_json()]},
    ],
)
def test_a_change_under_the_same_number_is_noticed(operator, command, columns):
    fields = seen(operator, command, **{"param-service": "nginx"})
    for name, value in columns.items():
        setattr(command, name, value)
    command.drifted_at = now()
    command.save()

    assert posted(operator, command, InstanceFactory(), **fields).status_code == 409


def test_what_the_cloud_has_instead_of_a_version_is_called_none_of_them(operator, command):
    command.drifted_at = now()
    command.save()

    page = Shown(operator.get(panel_url(command)))
    posted(operator, command, InstanceFactory(), version="1", **{"param-service": "nginx"})

    assert "It runs as the cloud has it." in page.text
    assert "· version 1" not in page.text
    assert Invocation.objects.get().command_version is None


# Run again, history


def test_the_runs_and_users_of_a_command_are_those_of_all_its_versions(operator, command):
    InvocationFactory(command=command, command_cloud_id=command.cloud_id, username="deploy", total=1)
    old = move_on(command)

    runs = operator.get(reverse("invocations:command_runs", args=[HANGZHOU, command.cloud_id]))
    page = Shown(operator.get(panel_url(command)))
    found = operator.get(reverse("invocations:history", args=[HANGZHOU]), {"q": command.cloud_id})

    assert f"#{Invocation.objects.get().pk}" in Shown(runs).text
    assert "Recently deploy" in page.text
    assert f"#{Invocation.objects.get().pk}" in Shown(found).text
    assert old != command.cloud_id
