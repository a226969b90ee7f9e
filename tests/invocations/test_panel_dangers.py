"""A dangerous script runs when the command's name is typed, whichever way one came to it."""

import uuid

import pytest
from django.urls import reverse

from invocations.models import Draft, Invocation
from tests.factories import HANGZHOU, CommandFactory, DraftFactory, InstanceFactory, VersionFactory, define
from tests.invocations.pages import read
from tests.invocations.panels import Shown, fresh_region, panel_url, refused, run_form, submitted
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
TYPE_IT = "Type wipe exactly to run this."
UNSAVED = reverse("invocations:unsaved", args=[HANGZHOU])


@pytest.fixture
def dangerous():
    fresh_region()
    return CommandFactory(name="wipe", content="#!/bin/sh\necho going\nrm -rf /etc\n")


def test_it_runs_when_the_name_is_typed_exactly(operator, dangerous):
    shown = refused(operator, dangerous, InstanceFactory())
    wrong = refused(operator, dangerous, InstanceFactory(), confirm_text="Wipe")

    response = submitted(operator, dangerous, InstanceFactory(), confirm_text=" wipe ")

    assert shown.errors == wrong.errors == [TYPE_IT]
    assert response.status_code == 303


def test_the_line_is_marked_told_and_never_folded_away(operator):
    fresh_region()
    command = CommandFactory(name="wipe", content="echo\n" * 20 + "rm -rf /etc\n")
    instance = InstanceFactory()

    response = operator.get(panel_url(command), {"ids": instance.instance_id}, follow=True)
    page, shown = read(response), Shown(response)

    lines = page.all("span", class_="l w")
    assert [line.text.strip() for line in lines] == ["rm -rf /etc"]
    assert "clipped" not in (page.one("pre", data_testid="command-content").attrs.get("class") or "")
    assert "Line 21 is dangerous: removes files recursively from /etc." in shown.text
    assert "Line 21 is dangerous: removes files recursively from /etc. Type wipe to run it." in shown.text
    assert 'href="#content"' in shown.html


def test_a_value_may_be_what_makes_it_dangerous(operator):
    fresh_region()
    command = CommandFactory(name="clean", content="rm -rf {{folder}}\n", parameter_names=["folder"])

    harmless = submitted(operator, command, InstanceFactory(), **{"param-folder": "/tmp/x"})
    response = submitted(operator, command, InstanceFactory(), **{"param-folder": "/etc"})

    assert (harmless.status_code, response.status_code) == (303, 422)
    assert Shown(response).errors == ["Type clean exactly to run this."]


def test_C41_a_secret_value_is_counted_and_not_told(operator):
    fresh_region()
    command = CommandFactory(name="clean", content="rm -rf {{folder}}\n", parameter_names=["folder"])
    define(command, name="folder", is_secret=True)

    response = submitted(operator, command, InstanceFactory(), **{"param-folder": "/var/lib/sesame/.."})
    plain = submitted(operator, command, InstanceFactory(), **{"param-folder": "/etc"})

    assert "sesame" not in response.content.decode()
    assert plain.status_code == 422
    assert "from /etc" not in Shown(plain).text


def test_dangerous_and_on_many_it_is_the_name_and_both_are_told(operator, dangerous, settings):
    settings.CONFIRM_ABOVE = 2
    three = [InstanceFactory() for _n in range(3)]

    shown = refused(operator, dangerous, *three, confirm_text="3")
    response = submitted(operator, dangerous, *three, confirm_text="wipe")

    assert shown.errors == [TYPE_IT]
    assert "It runs on 3 instances; the name confirms that, too." in shown.text
    assert "Type 3 to run this." not in shown.text
    assert response.status_code == 303


# Every way in


def by_link(client, command, instance):
    page = Shown(client.get(panel_url(command), {"ids": instance.instance_id, "confirm_text": "wipe"}, follow=True))
    return client.post(panel_url(command), sent(page))


def by_run_again(client, command, instance):
    run = a_run({"failed": 1}, command=command, content=command.content)
    run.targets.update(instance_id=instance.instance_id)
    opened = client.post(
        reverse("invocations:again", args=[HANGZHOU, run.pk]), {"which": "all", "confirm_text": "wipe"}
    )
    return client.post(panel_url(command), sent(Shown(client.get(opened.url))))


def by_draft(client, command, instance):
    fields = {"confirm_text": "wipe"}
    draft = DraftFactory(person=client.person, command=command, chosen=[instance.instance_id], fields=fields)
    return client.post(panel_url(command), sent(Shown(client.get(panel_url(command, draft=draft.pk)))))


def by_check(client, command, instance):
    """A confirmation of another moment is kept nowhere."""
    page = Shown(submitted(client, command, instance, action="check", confirm_text="wipe"))
    reloaded = Shown(client.get(panel_url(command, draft=page.value("draft"))))
    return client.post(panel_url(command), sent(reloaded))


def sent(page):
    return {name: values for name, values in page.fields.items() if name not in ("action", "op")} | {"action": "run"}


@pytest.mark.parametrize("way", [by_link, by_run_again, by_draft, by_check])
def test_no_other_way_into_the_panel_brings_the_confirmation_along(operator, dangerous, way):
    before = Invocation.objects.count()

    response = way(operator, dangerous, InstanceFactory())

    assert response.status_code == 422
    assert Shown(response).errors == [TYPE_IT]
    assert Invocation.objects.count() == before + (way is by_run_again)
    assert not Draft.objects.filter(fields__has_key="confirm_text").exclude(fields={"confirm_text": "wipe"}).exists()


def test_going_on_without_the_unfit_asks_as_well(operator, dangerous):
    fields = run_form(dangerous, InstanceFactory(), InstanceFactory(stopped=True))

    response = operator.post(f"{panel_url(dangerous)}?go_on_without_unfit=on", fields)

    assert (response.status_code, Shown(response).errors) == (422, [TYPE_IT])


def test_staying_on_an_older_version_asks_for_that_ones_dangers(operator, dangerous):
    VersionFactory(command=dangerous)
    dangerous.content = "echo"
    dangerous.save()
    VersionFactory(command=dangerous)
    fields = run_form(dangerous, InstanceFactory(), version="1")

    asked = operator.post(f"{panel_url(dangerous)}?stay=1", fields)
    ran = operator.post(f"{panel_url(dangerous)}?stay=1", fields | {"confirm_text": "wipe"})

    assert (asked.status_code, ran.status_code) == (422, 303)
    assert Shown(asked).errors == [TYPE_IT]


def test_a_public_command_is_asked_about_as_well(operator):
    fresh_region()
    command = CommandFactory(name="ACS-wipe.sh", is_public=True, content="mkfs.ext4 /dev/vda1\n")

    shown = refused(operator, command, InstanceFactory())

    assert shown.errors == ["Type ACS-wipe.sh exactly to run this."]
    assert submitted(operator, command, InstanceFactory(), confirm_text="ACS-wipe.sh").status_code == 303


@pytest.mark.parametrize(("name", "text"), [("mine", "mine"), ("", "Run without saving")])
def test_a_script_that_is_not_saved_is_asked_about_by_its_name(operator, name, text):
    fresh_region()
    fields = run_form(None, InstanceFactory(), type="RunShellScript", content="rm -rf /etc", name=name)

    asked = operator.post(UNSAVED, fields)
    ran = operator.post(UNSAVED, fields | {"confirm_text": text})

    assert (asked.status_code, Shown(asked).errors) == (422, [f"Type {text} exactly to run this."])
    assert 'href="#id_content"' in asked.content.decode()
    assert ran.status_code == 303


def test_saving_and_running_asks_before_anything_is_saved(admin, simulator):
    fresh_region()
    fields = run_form(None, InstanceFactory(), type="RunShellScript", content="rm -rf /etc", name="mine", action="save")

    response = admin.post(UNSAVED, fields)

    assert (response.status_code, Shown(response).errors) == (422, ["Type mine exactly to run this."])
    assert not simulator.journal.calls("CreateCommand")


@pytest.mark.parametrize(
    ("command_type", "content"),
    [("RunPowerShellScript", "Remove-Item -Recurse -Force C:\\"), ("RunBatScript", "rd /s /q C:\\")],
)
def test_scripts_of_windows_are_looked_at_too(operator, command_type, content):
    fresh_region()
    command = CommandFactory(name="wipe", type=command_type, content=content)

    assert refused(operator, command, InstanceFactory(windows=True)).errors == [TYPE_IT]


def test_the_live_check_asks_for_the_name_as_soon_as_a_value_is_dangerous(operator):
    fresh_region()
    command = CommandFactory(name="clean", content="rm -rf {{folder}}\n", parameter_names=["folder"])
    fields = run_form(command, InstanceFactory(), action="check", draft=str(uuid.uuid4()), **{"param-folder": "/etc"})

    answer = Shown(operator.post(panel_url(command), fields, headers=FRAGMENT))

    assert "confirm_text" in answer.fields
    assert "Line 1 is dangerous" in answer.text


def test_a_dangerous_line_with_markup_in_it_is_text(operator):
    fresh_region()
    command = CommandFactory(name="<b>wipe</b>", content="rm -rf /etc # <script>alert(1)</script>\n")

    shown = refused(operator, command, InstanceFactory())

    assert "<script>alert" not in shown.html
    assert "<b>wipe" not in shown.html


@pytest.mark.parametrize("name", ["", " ", "\u2003\xa0"])
def test_a_name_of_nothing_to_type_is_confirmed_by_the_id(operator, name):
    """The cloud takes such names from others."""
    fresh_region()
    command, instance = CommandFactory(name=name, content="rm -rf /etc\n"), InstanceFactory()

    shown = refused(operator, command, instance)
    response = submitted(operator, command, instance, confirm_text=command.cloud_id)

    assert shown.errors == [f"Type {command.cloud_id} exactly to run this."]
    assert response.status_code == 303


def test_a_name_with_a_character_that_no_form_takes_is_typed_as_it_is_shown(operator):
    fresh_region()
    command, instance = CommandFactory(name="wipe\x01", content="rm -rf /etc\n"), InstanceFactory()

    shown = refused(operator, command, instance)
    response = submitted(operator, command, instance, confirm_text="wipe\u2401")

    assert shown.errors == ["Type wipe\u2401 exactly to run this."]
    assert response.status_code == 303
