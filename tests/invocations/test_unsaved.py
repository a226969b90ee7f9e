"""Run without saving: a script typed into the form runs by RunCommand, once, to the byte."""

import hashlib
import uuid

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from commands import saving, textarea
from commands.models import Command
from commands.saving import By, Edition
from invocations import dispatch
from invocations.models import Attempt, Batch, Draft, Invocation, Outcome
from tests.factories import HANGZHOU, CommandFactory, InstanceFactory
from tests.invocations.pages import read
from tests.invocations.panels import Shown, fresh_region, run_form, selection_url
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
URL = reverse("invocations:unsaved", args=[HANGZHOU])
FRAGMENT = {"HX-Request": "true"}
TYPES = {"RunShellScript": "linux", "RunPowerShellScript": "windows", "RunBatScript": "windows"}


@pytest.fixture(autouse=True)
def _region(db):
    fresh_region()


@pytest.fixture
def machines(simulator):
    def choose(count=1, os_type="linux"):
        ids = simulator.running_instances(HANGZHOU, count, os_type=os_type)
        return [InstanceFactory(instance_id=one, **({"windows": True} if os_type == "windows" else {})) for one in ids]

    return choose


def form(*instances, content="hostname", **fields):
    return run_form(None, *instances, type="RunShellScript", content=content) | fields


def posted(client, *instances, **fields):
    return client.post(URL, form(*instances, **fields))


def refused(client, *instances, **fields) -> Shown:
    response = posted(client, *instances, **fields)
    assert response.status_code == 422
    assert not Invocation.objects.exists()
    return Shown(response)


def digest(content):
    return hashlib.sha256(content.encode()).hexdigest()


def sends(simulator):
    return simulator.journal.calls("RunCommand")


def test_B08_a_file_of_hundreds_of_kilobytes_is_refused_and_not_read_for_minutes(operator):
    content = "@'\n" + "env xargs {{word}} " * 30_000 + "; rm -rf /etc"

    shown = refused(operator, InstanceFactory(), content=content, enable_parameter="on", **{"param-word": "x"})

    assert "The limit is 24,576." in shown.text
    assert "is dangerous" not in shown.text


# What becomes a run


def test_120_instances_are_three_calls_and_each_runs_once(operator, simulator, machines, work_until_quiet):
    chosen = machines(120)

    response = posted(operator, *chosen, name="look around", content="echo $HOSTNAME")
    work_until_quiet()

    run = Invocation.objects.get()
    assert (response.status_code, response.url) == (303, run.get_absolute_url())
    assert [len(call.instance_ids) for call in sends(simulator)] == [50, 50, 20]
    assert not simulator.journal.calls("InvokeCommand") + simulator.journal.calls("CreateCommand")
    executions = simulator.journal.executions()
    assert sorted(one.instance_id for one in executions) == sorted(one.instance_id for one in chosen)
    assert {one.content_sha256 for one in executions} == {digest("echo $HOSTNAME")}
    assert (run.state, run.command, run.command_version, run.title) == ("success", None, None, "look around")
    assert run.command_cloud_id.startswith("c-")  # the cloud has named it
    tokens = {call.client_token for call in sends(simulator)}
    assert tokens == set(run.batches.values_list("client_token", flat=True))


@pytest.mark.parametrize(("kind", "when"), [("close_before", {}), ("lose_after", {})])
def test_a_lost_reply_is_asked_for_with_the_same_token_and_nothing_runs_twice(
    operator, simulator, machines, work_until_quiet, kind, when
):
    simulator.rule("check_date")
    simulator.rule("check_nonce")
    posted(operator, *machines(3))
    simulator.fault("RunCommand", kind, times=1, **when)

    work_until_quiet()

    assert len({call.client_token for call in sends(simulator)}) == 1
    assert len(simulator.journal.executions()) == 3
    assert Invocation.objects.get().state == "success"


def test_a_reply_that_nobody_heard_is_found_by_the_tag(operator, simulator, machines, work_until_quiet, settings):
    """The token's window is over, so that only a look-up is left."""
    settings.TOKEN_WINDOW = 0
    posted(operator, *machines(2))
    simulator.fault("RunCommand", "lose_after", times=1)

    work_until_quiet()

    assert Attempt.objects.get().outcome in (Outcome.UNKNOWN, Outcome.ACCEPTED)
    assert len(sends(simulator)) == 1
    assert len(simulator.journal.executions()) == 2
    assert Invocation.objects.get().state == "success"


def test_unfit_instances_leave_and_the_rest_runs_once(operator, simulator, machines, work_until_quiet):
    simulator.rule("strict_targets")
    chosen = machines(4)
    posted(operator, *chosen)
    simulator.stop_instance(chosen[0].instance_id)

    work_until_quiet()

    ran = sorted(one.instance_id for one in simulator.journal.executions())
    assert ran == sorted(one.instance_id for one in chosen[1:])
    assert Invocation.objects.get().counts == {"success": 3, "skipped": 1}


def test_the_limiter_knows_the_call_by_its_own_name(operator, simulator, machines, work_until_quiet, settings):
    chosen = machines(1)
    posted(operator, *chosen)
    settings.API_QPS = "RunCommand=0.02,*=1000"
    work_until_quiet()
    posted(operator, *chosen)

    dispatch.dispatch(Batch.objects.get(attempts=None).pk)

    assert len(sends(simulator)) == 1


@pytest.mark.parametrize("command_type", TYPES)
def test_each_type_runs_where_it_can(operator, simulator, machines, work_until_quiet, command_type):
    posted(operator, *machines(1, TYPES[command_type]), type=command_type, content="echo hello")
    work_until_quiet()

    (execution,) = simulator.journal.executions()
    assert execution.content_sha256 == digest("echo hello")
    assert Invocation.objects.get().state == "success"


def test_parameters_are_filled_in_by_the_cloud_and_blank_ones_sent_blank(
    operator, simulator, machines, work_until_quiet
):
    content = "echo {{greeting}} {{rest}}"
    fields = {"enable_parameter": "on", "param-greeting": "héllo $(x)", "param-rest": ""}

    posted(operator, *machines(1), content=content, **fields)
    work_until_quiet()

    (execution,) = simulator.journal.executions()
    assert execution.parameters == {"greeting": "héllo $(x)", "rest": ""}
    assert execution.content_sha256 == digest(content)


def test_braces_are_text_while_parameters_are_not_used(operator, simulator, machines, work_until_quiet):
    posted(operator, *machines(1), content="echo '{{greeting}}'")
    work_until_quiet()

    (execution,) = simulator.journal.executions()
    assert (execution.parameters, execution.exit_code) == ({}, 0)


def test_a_parameter_that_nobody_has_seen_as_a_field_blocks_the_run(operator):
    """What was not shown has not been left empty: `rm -r /srv/{{app}}` would remove all of it."""
    shown = refused(operator, InstanceFactory(), content="ls /srv/{{app}}", enable_parameter="on")

    assert shown.errors == ["Enter a value for app, or send an empty string on purpose."]
    assert "param-app" in shown.fields


# To the byte (B46)

SCRIPTS = {
    "a browser's CRLF becomes the LF of Shell": ("RunShellScript", "echo a\r\necho b\r\n", "", "echo a\necho b\n"),
    "LF of a plain client stays": ("RunShellScript", "echo a\necho b", "", "echo a\necho b"),
    "PowerShell has CRLF": ("RunPowerShellScript", "echo a\r\necho b\r\n", "", "echo a\r\necho b\r\n"),
    "Bat has CRLF": ("RunBatScript", "echo a\r\necho b\r\n", "", "echo a\r\necho b\r\n"),
    "untouched mixed line ends come back": (
        "RunShellScript",
        "echo a\r\necho b\r\necho c",
        "echo a\necho b\r\necho c",
        "echo a\necho b\r\necho c",
    ),
    "tabs, spaces, no final newline": ("RunShellScript", "\n\techo a  ", "", "\n\techo a  "),
    "B48 ends of markup and templates": ("RunShellScript", "echo '</script>]]>${{ x }}{% x %}'", "", None),
    "B48 escapes": ("RunShellScript", "echo '\x1b[31mred\x07'", "", None),
    "B48 a line of 17,000": ("RunShellScript", "# " + "x" * 17_000, "", None),
    "B48 3,000 lines": ("RunShellScript", "echo\n" * 3_000, "", None),
}


@pytest.mark.parametrize(("command_type", "typed", "exact", "meant"), SCRIPTS.values(), ids=SCRIPTS)
def test_B46_B48_what_is_sent_is_what_is_meant_to_the_byte(
    operator, simulator, machines, work_until_quiet, command_type, typed, exact, meant
):
    fields = {"type": command_type, "content": typed, "content_exact": textarea.pack(exact)}
    meant = typed if meant is None else meant

    assert posted(operator, *machines(1, TYPES[command_type]), **fields).status_code == 303
    work_until_quiet()

    (execution,) = simulator.journal.executions()
    run = Invocation.objects.get()
    assert (run.content, execution.content_sha256) == (meant, digest(meant))


@pytest.mark.parametrize("content", [value[1] for value in SCRIPTS.values()], ids=SCRIPTS)
def test_B48_whatever_is_typed_comes_back_as_text(operator, content):
    page = posted(operator, content=content, action="check")

    (shown,) = [one for one in read(page).all("textarea") if one.attrs.get("name") == "content"]
    assert "".join(shown.texts).replace("\r\n", "\n").lstrip("\n") == content.replace("\r\n", "\n").lstrip("\n")
    assert page.status_code == 200


# What is refused


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"content": ""}, "Enter the command content."),
        ({"content": " \n\ufeff"}, "Enter the command content."),
        ({"content": "a\0b"}, "The content has a character that cannot be used: U+0000 in line 1."),
        ({"type": "RunPythonScript"}, "Choose Shell, PowerShell or Bat."),
        ({"name": "x" * 129}, "Enter a name of 1 to 128 characters."),
        (
            {"content": "echo {{ä}}", "enable_parameter": "on"},
            "A parameter name may have letters, digits, - and _, at most 64 characters. “ä” does not.",
        ),
        ({"content": "x" * 18_433}, "The content is 24,580 bytes after Base64. The limit is 24,576."),
        ({"timeout": "9"}, "The timeout must be a whole number of seconds from 10 to 86400."),
    ],
)
def test_B45_B52_what_cannot_run_is_told_and_everything_typed_kept(operator, fields, error):
    shown = refused(operator, InstanceFactory(), **{"name": "mine", "username": "deploy"} | fields)

    assert error in shown.errors
    assert shown.value("username") == "deploy"
    if "name" not in fields:
        assert shown.value("name") == "mine"


def test_B41_the_values_count_towards_the_limit(operator):
    fields = {"content": "x" * 18_000 + "{{a}}", "enable_parameter": "on", "param-a": "y" * 500}

    shown = refused(operator, InstanceFactory(), **fields)

    assert shown.errors == ["The content and parameters are 24,668 bytes after Base64. The limit is 24,576."]


def test_content_given_twice_is_refused(operator):
    response = operator.post(URL, form(InstanceFactory()) | {"content": ["echo a", "echo b"]})

    assert response.status_code == 422
    assert not Invocation.objects.exists()


def test_windows_machines_take_no_shell_script(operator):
    shown = refused(operator, InstanceFactory(windows=True))

    assert shown.errors == ["None of the chosen instances can run this command."]


def test_C32_it_is_for_those_who_run_commands(viewer, stranger, operator):
    assert (viewer.get(URL).status_code, posted(viewer, InstanceFactory()).status_code) == (404, 404)
    assert stranger.get(URL).status_code in (302, 401, 403)
    assert operator.get(URL).status_code == 200
    assert not Invocation.objects.exists()


# The same thing twice


def test_B92_the_same_form_twice_is_one_run(operator):
    fields = form(InstanceFactory())

    first, second = operator.post(URL, fields), operator.post(URL, fields)

    assert first.url == second.url
    assert Invocation.objects.count() == 1


def test_B93_back_and_run_again_leads_to_the_run(operator):
    instance = InstanceFactory()
    checked = Shown(posted(operator, instance, action="check"))
    kept = {"draft": checked.value("draft"), "form_token": checked.value("form_token")}
    first = posted(operator, instance, **kept)

    back = Shown(operator.get(URL, {"draft": kept["draft"]}))
    second = posted(operator, instance, **kept)

    assert "This form has already been run as #" in back.text
    assert second.url == first.url
    assert Invocation.objects.count() == 1


# The draft


def test_a_draft_keeps_the_script_for_its_person_alone(operator, admin):
    instance = InstanceFactory()
    content = "echo {{a}}\necho \x1b[0m\n"
    fields = {"name": "mine", "content": content, "enable_parameter": "on", "param-a": "1"}

    checked = Shown(posted(operator, instance, action="check", **fields))

    draft = Draft.objects.get()
    assert (draft.command, draft.fields["content"], draft.chosen) == (None, content, [instance.instance_id])
    again = Shown(operator.get(URL, {"draft": checked.value("draft")}))
    assert (again.value("name"), again.value("param-a")) == ("mine", "1")
    assert textarea.unpack(again.value("content_exact")) == content
    anothers = Shown(admin.get(URL, {"draft": checked.value("draft")}))
    assert (anothers.value("name"), textarea.unpack(anothers.value("content_exact"))) == ("", "")


def test_a_draft_of_a_command_is_none_of_a_script(operator):
    command = CommandFactory(content="uptime")
    draft = Draft.objects.create(pk=uuid.uuid4(), person=operator.person, region=HANGZHOU, command=command)

    response = operator.get(URL, {"draft": draft.pk})

    assert "uptime" not in response.content.decode()
    assert "That draft is no longer there" in Shown(response).text


def test_choosing_keeps_the_script_and_its_type_decides_who_fits(operator):
    windows, linux = InstanceFactory(windows=True), InstanceFactory()
    draft = uuid.uuid4()
    fields = form(type="RunBatScript", content="ver") | {"command": "-", "draft": str(draft), "op": "add_matching"}
    fields.pop("instance_ids")

    operator.post(selection_url(draft, kind="ecs"), fields, headers=FRAGMENT)

    kept = Draft.objects.get()
    assert (kept.chosen, kept.command, kept.fields["content"]) == ([windows.instance_id], None, "ver")
    rows = operator.get(
        reverse("invocations:picker", args=[HANGZHOU, "instances"]), {"draft": str(draft)}, headers=FRAGMENT
    ).content.decode()
    assert f'data-instance-id="{linux.instance_id}" data-fit="no"' in rows
    for page in ("paste", "review"):
        assert operator.get(reverse(f"invocations:{page}", args=[HANGZHOU, draft])).status_code == 200


def test_before_a_draft_the_picker_knows_the_type_from_the_address(operator):
    instance = InstanceFactory()
    url = reverse("invocations:picker", args=[HANGZHOU, "instances"])

    for command_type, fits in (("RunShellScript", "yes"), ("RunBatScript", "no")):
        query = {"command": "-", "type": command_type, "draft": str(uuid.uuid4())}
        rows = operator.get(url, query, headers=FRAGMENT).content.decode()
        assert f'data-instance-id="{instance.instance_id}" data-fit="{fits}"' in rows


# What is shown


def test_the_live_check_brings_the_fields_of_new_parameters(operator):
    fields = form(content="echo {{a}} {{B}}", enable_parameter="on", action="check")

    first = Shown(operator.post(URL, fields, headers=FRAGMENT))
    second = Shown(operator.post(URL, fields | {"param-a": "1", "param-B": ""}, headers=FRAGMENT))
    third = Shown(operator.post(URL, form(content="echo", action="check") | {"param-a": "1"}, headers=FRAGMENT))

    assert {"param-a", "param-B"} <= first.fields.keys()
    assert "parameters" not in second.parts  # nothing that somebody types in is replaced
    assert "echo 1 ∅" not in second.text
    assert "hidden" in third.part("parameters")


def test_another_type_brings_the_pickers_rows_anew(operator):
    instance = InstanceFactory()
    fields = form(type="RunBatScript", action="check", system="linux")

    html = operator.post(URL, fields, headers=FRAGMENT).content.decode()
    same = operator.post(URL, form(action="check", system="linux"), headers=FRAGMENT).content.decode()

    assert f'data-instance-id="{instance.instance_id}" data-fit="no"' in html
    assert instance.instance_id not in same


def test_no_address_carries_a_script(operator):
    page = operator.get(URL, {"content": "reboot", "name": "x", "type": "RunBatScript"})

    assert "reboot" not in Shown(page).text
    assert 'id="form-link"' not in page.content.decode()
    assert Shown(page).value("name") == ""


def test_the_counter_tells_the_bytes_that_count(operator):
    assert "12 of 24,576 bytes after Base64" in Shown(posted(operator, content="hostname", action="check")).text


def test_only_team_admins_see_that_it_can_be_saved(operator, admin):
    assert "Save and run" not in Shown(operator.get(URL)).text
    assert "Save and run" in Shown(admin.get(URL)).text


# The run


def test_the_pages_of_a_run_that_was_not_saved(operator, viewer):
    run = a_run({"success": 1})
    Invocation.objects.update(command=None, command_cloud_id="", command_name="")
    target = run.targets.get()

    for url in (
        run.get_absolute_url(),
        f"{run.get_absolute_url()}?tab=settings",
        reverse("invocations:history", args=[HANGZHOU]),
        reverse("invocations:target", args=[HANGZHOU, run.pk, target.instance_id]),
        reverse("invocations:instance", args=[HANGZHOU, target.instance_id]),
        reverse("instances:list", args=[HANGZHOU]),
    ):
        page = viewer.get(url)
        assert page.status_code == 200
    settings = Shown(viewer.get(f"{run.get_absolute_url()}?tab=settings"))
    assert "Run without saving" in settings.text
    assert "Run again" in Shown(operator.get(run.get_absolute_url())).text


def test_run_again_opens_the_form_filled_in_and_runs_the_same(operator, simulator, machines, work_until_quiet):
    fields = {"name": "mine", "enable_parameter": "on", "param-a": "1", "param-b": "", "username": "deploy"}
    posted(operator, *machines(2), content="echo {{a}}{{b}}\necho\n", **fields)
    work_until_quiet()
    run = Invocation.objects.get()

    opened = operator.post(reverse("invocations:again", args=[HANGZHOU, run.pk]), {"which": "all"})
    page = Shown(operator.get(opened.url))
    sent = {name: values for name, values in page.fields.items() if name not in ("action", "op")}
    script = textarea.unpack(page.value("content_exact"))
    operator.post(URL, sent | {"content": script.replace("\n", "\r\n"), "type": "RunShellScript", "action": "run"})

    assert opened.url == f"{URL}?draft={Draft.objects.get(again_of=run).pk}"
    second = Invocation.objects.exclude(pk=run.pk).get()
    assert (second.content, second.parameters, second.username) == (run.content, run.parameters, "deploy")
    assert (second.again_of, second.command_name, second.total) == (run, "mine", 2)


# Saved and run


def save(client, *instances, **fields):
    return posted(client, *instances, **{"name": "kept", "action": "save"} | fields)


def test_saved_and_run_it_is_a_command_with_version_1_and_a_run_of_it(admin, simulator, machines, work_until_quiet):
    response = save(admin, *machines(2), content="echo {{a}}", enable_parameter="on", **{"param-a": "x"}, timeout="77")
    work_until_quiet()

    command = Command.objects.get(name="kept")
    run = Invocation.objects.get()
    assert response.url == run.get_absolute_url()
    assert (command.content, command.version_number, command.timeout) == ("echo {{a}}", 1, 77)
    assert (run.command, run.command_version, run.state) == (command, 1, "success")
    assert len(simulator.journal.calls("CreateCommand")) == len(simulator.journal.calls("InvokeCommand")) == 1
    assert not sends(simulator)


def test_B92_saved_and_run_twice_is_one_command_and_one_run(admin, simulator, machines):
    token = str(uuid.uuid4())
    (instance,) = machines(1)
    simulator.fault("CreateCommand", "lose_after", times=1)

    first = save(admin, instance, form_token=token)
    second = save(admin, instance, form_token=token)
    third = save(admin, instance, form_token=token)

    assert first.status_code == 422
    assert "however often, it is done once" in Shown(first).text
    assert (second.status_code, third.url) == (303, second.url)
    assert Command.objects.filter(name="kept").count() == Invocation.objects.count() == 1


def test_a_form_that_has_saved_another_script_runs_nothing_before_it_is_looked_at(admin, simulator, machines):
    """Saved, and then the console stopped before the run was written; the script was changed meanwhile."""
    token = uuid.uuid4()
    edition = Edition(name="kept", type="RunShellScript", content="echo first")
    saving.create(HANGZHOU, edition, By(person=admin.person), token=token)

    response = save(admin, *machines(1), content="echo second", form_token=str(token))

    assert response.status_code == 409
    assert "This form had saved another script, as kept. Nothing has run." in Shown(response).text
    assert Shown(response).value("form_token") != str(token)
    assert not Invocation.objects.exists()


def test_nothing_is_saved_that_could_not_run(admin, simulator):
    response = save(admin, InstanceFactory(stopped=True))

    assert response.status_code == 422
    assert not simulator.journal.calls("CreateCommand")


def test_to_be_saved_it_needs_a_name(admin):
    response = save(admin, InstanceFactory(), name=" ")

    assert response.status_code == 422
    assert Shown(response).errors == ["Enter a name of 1 to 128 characters."]


def test_C32_whoever_may_not_save_saves_nothing_this_way(operator, admin):
    assert save(operator, InstanceFactory()).status_code == 404
    command = CommandFactory()
    url = reverse("invocations:panel", args=[HANGZHOU, command.cloud_id])
    assert admin.post(url, run_form(command, InstanceFactory(), action="save")).status_code == 404
    assert not Invocation.objects.exists()


def test_what_the_cloud_refuses_to_save_is_told_and_nothing_runs(admin, simulator, machines):
    simulator.fault("CreateCommand", "forbid")

    response = save(admin, *machines(1))

    assert response.status_code == 422
    assert "nothing was changed" in Shown(response).text
    assert not Invocation.objects.exists()


def test_a_missing_permission_is_named_as_the_cloud_calls_it(operator, simulator, machines, work_until_quiet):
    posted(operator, *machines(1))
    simulator.fault("RunCommand", "forbid")
    work_until_quiet()

    assert "ecs:RunCommand" in Shown(operator.get(Invocation.objects.get().get_absolute_url())).text


# Whatever is sent

FIELDS = ("name", "type", "content", "content_exact", "enable_parameter", "system", "action", "draft", "form_token")
OTHERS = ("stay", "version", "digest", "command", "param-a", "was-param-a", "param-a-empty", "q", "timeout", "username")
TEXT = st.text(max_size=40) | st.sampled_from(["on", "{{a}}", "{{ A }}{{a}}", "RunBatScript", "check", "save", "LQ=="])


@rules(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*FIELDS, *OTHERS]), TEXT, max_size=6))
def test_no_form_whatever_is_typed_breaks_the_console(operator, fields):
    for headers in ({}, FRAGMENT):
        response = operator.post(URL, {"action": "run"} | fields, headers=headers)
        assert response.status_code in (200, 404, 422)
    assert operator.get(URL, fields).status_code in (200, 303)
    query = {"command": "-", "draft": str(uuid.uuid4())} | fields
    assert operator.get(reverse("invocations:picker", args=[HANGZHOU, "instances"]), query).status_code in (200, 404)
    assert not Invocation.objects.exists()


# Parameters, on and off


def uses_parameters(response) -> bool:
    return "checked" in read(response).one("input", name="enable_parameter").attrs


def test_a_fresh_form_uses_parameters_as_a_new_command_does(operator):
    assert uses_parameters(operator.get(URL))


def test_what_somebody_has_switched_off_stays_off(operator):
    machine = InstanceFactory()
    draft = uuid.uuid4()
    fields = form(machine, content="docker ps --format {{names}}", command="-", op="show")

    operator.post(selection_url(draft), fields)

    assert Draft.objects.get().chosen == [machine.instance_id]
    assert not uses_parameters(operator.get(URL, {"draft": str(draft)}))


def test_a_script_whose_names_in_braces_are_text_says_so(operator):
    fields = form(content="echo {{a}} {{B}} {{a}}", action="check")
    sentence = "2 names in braces are text: parameters are switched off."

    assert sentence in Shown(operator.post(URL, fields)).text
    assert sentence not in Shown(operator.post(URL, fields | {"enable_parameter": "on"})).text
