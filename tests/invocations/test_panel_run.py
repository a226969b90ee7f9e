"""Submitting the execute form: what becomes a run, and what is answered with a sentence instead."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import AuditEntry
from cloud import account, connection
from invocations.models import Draft, Invocation, Target
from regions.models import Account, Mirror
from tests.factories import (
    CommandFactory,
    DraftFactory,
    InstanceFactory,
    InvocationFactory,
    define,
    now,
)
from tests.invocations.panels import Shown, fresh_region, panel_url, refused, run_form, submitted

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def command():
    fresh_region()
    return CommandFactory(name="uptime", content="uptime", timeout=90, working_dir="/srv")


@pytest.fixture
def with_parameters():
    fresh_region()
    command = CommandFactory(
        content="systemctl restart {{service}}; sleep {{wait_seconds}}; echo {{note}} {{token}}",
        parameter_names=["service", "wait_seconds", "note", "token"],
    )
    define(command, name="service", is_required=True, pattern="[a-z@.-]*")
    define(command, name="wait_seconds", default="30", allowed=["5", "30"])
    define(command, name="token", is_secret=True)
    return command


@pytest.fixture
def windows():
    fresh_region()
    return CommandFactory(type="RunPowerShellScript", content="Get-Date")


# What becomes a run


def test_a_plain_client_runs_with_the_token_and_the_targets_alone(operator, command):
    instances = [InstanceFactory() for _n in range(120)]

    response = submitted(operator, command, *instances)

    run = Invocation.objects.get()
    assert (response.status_code, response.url) == (303, run.get_absolute_url())
    assert [batch.targets.count() for batch in run.batches.all()] == [50, 50, 20]
    assert (run.timeout, run.working_dir, run.termination_mode, run.username) == (90, "/srv", "Process", "")
    assert run.person == operator.person


def test_everything_typed_reaches_the_run(operator, command):
    fields = {
        "username": " deploy ",
        "timeout": "３００",
        "working_dir": "/tmp/x",
        "termination_mode": "ProcessTree",
        "container_id": "ABC123",
        "oss_delivery": "oss://bucket/prefix",
        "reason": "a drill",
    }

    submitted(operator, command, InstanceFactory(), **fields)

    run = Invocation.objects.get()
    assert (run.username, run.timeout, run.working_dir) == ("deploy", 300, "/tmp/x")
    assert (run.termination_mode, run.container_id) == ("ProcessTree", "abc123")
    assert (run.oss_delivery, run.reason) == ("oss://bucket/prefix", "a drill")


def test_ids_may_be_repeated_or_separated_by_commas(operator, command):
    first, second, third = (InstanceFactory().instance_id for _n in range(3))
    form = run_form(command) | {"instance_ids": [f"{first},{second}", first, third]}

    operator.post(panel_url(command), form)

    assert set(Target.objects.values_list("instance_id", flat=True)) == {first, second, third}


def test_the_form_is_united_with_the_drafts_selection(operator, command):
    kept, ticked = InstanceFactory(), InstanceFactory()
    draft = DraftFactory(person=operator.person, command=command, chosen=[kept.instance_id])

    submitted(operator, command, ticked, draft=str(draft.pk))

    assert set(Target.objects.values_list("instance_id", flat=True)) == {kept.instance_id, ticked.instance_id}


def test_a_row_that_was_shown_and_is_no_longer_ticked_is_not_run(operator, command):
    kept, unticked = InstanceFactory(), InstanceFactory()
    ids = [kept.instance_id, unticked.instance_id]
    draft = DraftFactory(person=operator.person, command=command, chosen=ids)

    submitted(operator, command, kept, draft=str(draft.pk), shown_ids=",".join(ids))

    assert Target.objects.get().instance_id == kept.instance_id


def test_managed_instances_run_in_batches_of_their_own(operator, command):
    submitted(operator, command, InstanceFactory(), managed_instance_ids=InstanceFactory(managed=True).instance_id)

    kinds = Invocation.objects.get().batches.values_list("kind", flat=True)
    assert list(kinds) == ["ecs", "managed"]


def test_the_flash_says_what_was_started(operator, command):
    response = submitted(operator, command, InstanceFactory())

    run = Invocation.objects.get()
    messages = [str(message) for message in operator.get(response.url).context["messages"]]
    assert messages == [f"Run #{run.pk} started on 1 instance."]


def test_htmx_is_sent_to_the_run_by_a_header(operator, command):
    response = operator.post(panel_url(command), run_form(command, InstanceFactory()), headers=FRAGMENT)

    assert response.status_code == 204
    assert response["HX-Redirect"] == Invocation.objects.get().get_absolute_url()


def test_running_leaves_a_trace(operator, command):
    submitted(operator, command, InstanceFactory())

    assert AuditEntry.objects.get(action="run.submitted").person == operator.person


@pytest.mark.parametrize("action", ["check", "", "stop", "RUN"])
def test_anything_but_run_runs_nothing(operator, command, action):
    response = submitted(operator, command, InstanceFactory(), action=action)

    assert response.status_code == 200
    assert not Invocation.objects.exists()


def test_a_check_without_script_says_what_is_wrong_and_keeps_what_was_typed(operator, command):
    response = submitted(operator, command, action="check", timeout="5", username="deploy")

    shown = Shown(response)
    assert shown.value("username") == "deploy"
    assert "The timeout must be a whole number of seconds from 10 to 86400." in shown.errors


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_B10_other_methods_are_refused(operator, command, method):
    response = getattr(operator, method)(panel_url(command))

    assert response.status_code == 405
    assert "POST" in response["Allow"]


# The same thing twice


def test_A02_B92_the_same_token_leads_to_the_same_run(operator, command):
    form = run_form(command, InstanceFactory())

    first = operator.post(panel_url(command), form)
    second = operator.post(panel_url(command), form)

    assert Invocation.objects.count() == 1
    assert first.url == second.url
    messages = [str(message) for message in operator.get(second.url).context["messages"]]
    assert "This run had already been started." in messages


def test_B93_back_and_run_again_lands_on_the_run(operator, command):
    instance = InstanceFactory()
    opened = Shown(operator.get(panel_url(command)))
    form = run_form(command, instance, form_token=opened.value("form_token"), draft=opened.value("draft"))
    run_url = operator.post(panel_url(command), form).url
    back = Shown(operator.get(panel_url(command, draft=opened.value("draft"))))

    response = operator.post(panel_url(command), form | {"form_token": back.value("form_token")})

    assert response.url == run_url
    assert Invocation.objects.count() == 1


def test_B93_a_panel_opened_anew_makes_a_second_run(operator, command):
    instance = InstanceFactory()
    for _n in range(2):
        opened = Shown(operator.get(panel_url(command)))
        submitted(operator, command, instance, form_token=opened.value("form_token"), draft=opened.value("draft"))

    assert Invocation.objects.count() == 2


@pytest.mark.parametrize("token", ["", "nonsense", "1"])
def test_a_form_without_a_good_token_gets_a_new_one_and_runs_nothing(operator, command, token):
    shown = refused(operator, command, InstanceFactory(), form_token=token)

    assert uuid.UUID(shown.value("form_token"))


def test_another_persons_token_runs_nothing(operator, command):
    run = InvocationFactory()

    response = submitted(operator, command, InstanceFactory(), form_token=str(run.form_token))

    assert response.status_code == 422
    assert Invocation.objects.count() == 1


# What changed meanwhile


def test_B94_a_command_that_changed_meanwhile_is_answered_with_409(operator, command):
    response = submitted(operator, command, InstanceFactory(), version="0" * 64, username="deploy")

    shown = Shown(response)
    assert response.status_code == 409
    assert "The command was changed while you were here." in shown.text
    assert (shown.value("version"), shown.value("username")) == ("0", "deploy")
    assert not Invocation.objects.exists()


def test_a_command_that_was_deleted_meanwhile_is_not_found(operator, command):
    command.deleted_at = now()
    command.save()

    assert submitted(operator, command, InstanceFactory()).status_code == 404


def test_B33_what_became_unfit_is_told_and_the_rest_stays_chosen(operator, command):
    fit, stopped, released = InstanceFactory(), InstanceFactory(stopped=True), InstanceFactory(released_at=now())

    shown = refused(operator, command, fit, stopped, released)

    assert "2 of the chosen instances can’t run." in shown.errors[0]
    assert "2 of 3 can no longer run." in shown.text
    assert "Run on the other 1" in shown.text
    assert shown.part("preflight")["data-unfit"] == "2"
    assert Draft.objects.get().chosen == [one.instance_id for one in (fit, stopped, released)]


def test_the_rest_runs_when_told_to(operator, command):
    fit = InstanceFactory()

    response = submitted(operator, command, fit, InstanceFactory(stopped=True), go_on_without_unfit="on")

    assert response.status_code == 303
    assert Target.objects.get().instance_id == fit.instance_id


def test_the_button_for_the_rest_says_so_in_its_address(operator, command):
    form = run_form(command, InstanceFactory(), InstanceFactory(silent=True))

    response = operator.post(f"{panel_url(command)}?go_on_without_unfit=on", form)

    assert response.status_code == 303


def test_submit_judges_by_the_clouds_present_state_when_the_copy_is_old(operator, command, simulator, saved_command):
    Account.objects.all().delete()  # the simulated cloud has its own
    saved = saved_command("uptime")
    gone = InstanceFactory()
    running = simulator.running_instances("cn-hangzhou", 1)[0]
    Mirror.objects.update(refreshed_at=now() - timedelta(seconds=90))

    shown = refused(operator, saved, running, gone)

    assert "1 of the chosen instances can’t run." in shown.errors[0]
    assert shown.part("preflight")["data-targets"] == "1"


def test_what_could_not_be_refreshed_is_said(operator, command):
    failed = {"failed_at": now(), "error_kind": "Unreachable", "next_try_at": now() + timedelta(minutes=1)}
    Mirror.objects.filter(kind="instances").update(**failed)

    response = submitted(operator, command, InstanceFactory())

    messages = [str(message) for message in operator.get(response.url).context["messages"]]
    assert any("the cloud can’t be reached" in message for message in messages)


def test_B95_a_form_that_shows_another_selection_than_the_stored_one_is_not_run(operator, command):
    shown, stored = InstanceFactory(), InstanceFactory()
    draft = DraftFactory(person=operator.person, command=command, chosen=[shown.instance_id])
    opened = Shown(operator.get(panel_url(command, draft=draft.pk)))
    Draft.objects.update(chosen=[stored.instance_id])  # in another window
    fields = {"draft": str(draft.pk), "shown_ids": "", "selection": opened.value("selection")}

    response = operator.post(panel_url(command), run_form(command, **fields), headers=FRAGMENT)

    assert response.status_code == 422
    assert "The selection has changed, here or in another window." in Shown(response).text
    assert not Invocation.objects.exists()


# Targets


def test_B32_nothing_chosen(operator, command):
    shown = refused(operator, command)

    assert shown.errors == ["Choose at least one instance."]


def test_B32_only_unfit_ones_chosen(operator, command):
    shown = refused(operator, command, InstanceFactory(stopped=True), go_on_without_unfit="on")

    assert shown.errors == ["None of the chosen instances can run this command."]


def test_B35_more_than_the_maximum(operator, command, settings):
    settings.MAX_TARGETS = 2
    instances = [InstanceFactory() for _n in range(3)]

    shown = refused(operator, command, *instances)

    assert shown.errors == ["3 instances are chosen. At most 2 can be chosen for one run."]
    assert len(Draft.objects.get().chosen) == 3


def test_an_id_of_another_region_is_not_run(operator, command):
    elsewhere = InstanceFactory(region="cn-beijing")

    refused(operator, command, elsewhere)


def test_a_large_selection_wants_its_number_typed(operator, command, settings):
    settings.CONFIRM_ABOVE = 2
    instances = [InstanceFactory() for _n in range(3)]

    shown = refused(operator, command, *instances)
    assert shown.errors == ["Type 3 exactly to run this."]
    assert "id_confirm_text" in shown.parts

    refused(operator, command, *instances, confirm_text="4")
    assert submitted(operator, command, *instances, confirm_text=" 3 ").status_code == 303


# Parameters


def test_B36_every_parameter_is_sent_blank_ones_too(operator, with_parameters):
    submitted(operator, with_parameters, InstanceFactory(), **{"param-service": "nginx"})

    assert Invocation.objects.get().parameters == {"service": "nginx", "wait_seconds": "30", "note": ""}


def test_B36_not_given_is_something_else_than_empty(operator, with_parameters):
    shown = refused(operator, with_parameters, InstanceFactory(), **{"param-service": ""})

    assert shown.errors == ["Enter a value for service, or send an empty string on purpose."]


def test_B36_an_empty_string_on_purpose(operator, with_parameters):
    submitted(operator, with_parameters, InstanceFactory(), **{"param-service-empty": "on"})

    assert Invocation.objects.get().parameters["service"] == ""


def test_B36_spaces_are_sent_as_spaces(operator, with_parameters):
    submitted(operator, with_parameters, InstanceFactory(), **{"param-service": "nginx", "param-note": "  "})

    assert Invocation.objects.get().parameters["note"] == "  "


def test_B36_a_default_that_was_cleared_comes_back(operator, with_parameters):
    fields = {"param-service": "nginx", "param-wait_seconds": ""}

    submitted(operator, with_parameters, InstanceFactory(), **fields)

    assert Invocation.objects.get().parameters["wait_seconds"] == "30"


@pytest.mark.parametrize("name", ["colour", "SERVICE", "Service"])
def test_B37_an_unknown_parameter_is_refused_not_dropped(operator, with_parameters, name):
    fields = {"param-service": "nginx", f"param-{name}": "red"}

    shown = refused(operator, with_parameters, InstanceFactory(), **fields)

    assert shown.errors == [f"This command has no parameter {name}."]


def test_B37_a_command_without_parameters_takes_none(operator, command):
    shown = refused(operator, command, InstanceFactory(), **{"param-x": "1"})

    assert shown.errors == ["This command has no parameter x."]


@pytest.mark.parametrize(
    "value",
    [
        "{{other}} {{{{x}}}} {{ x }} }}{{",
        "\"'\\ $(id) `id` ; %PATH% '@",
        "line one\nline two",
        '{"a": 1}',
        "1e309",
        "true",
        "null",
        "12345678901234567890123456789",
        "é漢字🙂",
    ],
)
def test_B38_B39_B40_a_value_is_sent_byte_for_byte(operator, with_parameters, value):
    submitted(operator, with_parameters, InstanceFactory(), **{"param-service": "nginx", "param-note": value})

    assert Invocation.objects.get().parameters["note"] == value


def test_B39_a_value_that_can_change_the_script_is_warned_of(operator, with_parameters):
    fields = {"param-service": "nginx", "param-note": "; rm -rf /", "action": "check"}

    shown = Shown(submitted(operator, with_parameters, InstanceFactory(), **fields))

    assert "note is put into the script as text; it can change the script." in shown.text


@pytest.mark.parametrize(("longer", "status"), [(-1, 303), (0, 303), (1, 422)])
def test_B41_content_and_values_up_to_the_limit(operator, settings, longer, status):
    fresh_region()
    settings.CONTENT_LIMIT = 400  # bytes after Base64: 300 before
    command = CommandFactory(content="{{text}}", parameter_names=["text"])
    value = "é" * 149 + "a" * (2 + longer)

    response = submitted(operator, command, InstanceFactory(), **{"param-text": value})

    assert response.status_code == status
    if status == 422:
        assert Shown(response).errors == ["The content and parameters are 404 bytes after Base64. The limit is 400."]
        assert value in response.content.decode()


def test_B42_allowed_values_and_patterns_are_checked_here(operator, with_parameters):
    fields = {"param-service": "nginx; id", "param-wait_seconds": "31"}

    shown = refused(operator, with_parameters, InstanceFactory(), **fields)

    assert shown.errors == ["service must look like [a-z@.-]*.", "wait_seconds must be one of: 5, 30."]


def test_B42_a_catastrophic_pattern_takes_no_time(operator):
    fresh_region()
    command = CommandFactory(content="{{x}}", parameter_names=["x"])
    define(command, name="x", pattern="(a+)+$")

    shown = refused(operator, command, InstanceFactory(), **{"param-x": "a" * 5000 + "!"})

    assert shown.errors == ["x must look like (a+)+$."]


def test_B43_a_secret_is_kept_sealed_and_is_never_echoed(operator, with_parameters):
    fields = {"param-service": "", "param-token": "hunter2-canary"}
    response = submitted(operator, with_parameters, InstanceFactory(), **fields)

    assert response.status_code == 422
    assert b"hunter2-canary" not in response.content
    assert "Type the secret again." in Shown(response).text
    assert "hunter2-canary" not in str(Draft.objects.get().fields)


def test_C39_a_secret_is_no_parameter_of_the_run(operator, with_parameters):
    fields = {"param-service": "nginx", "param-token": "hunter2-canary"}

    submitted(operator, with_parameters, InstanceFactory(), **fields)

    run = Invocation.objects.get()
    assert (run.secret_names, "token" in run.parameters) == (["token"], False)
    assert b"hunter2-canary" not in bytes(run.batches.get().secrets)
    assert "hunter2-canary" not in run.batches.get().request


def test_B43_a_line_break_at_the_end_of_a_secret_is_warned_of(operator, with_parameters):
    fields = {"param-service": "nginx", "param-token": "abc\n", "action": "check"}

    shown = Shown(submitted(operator, with_parameters, InstanceFactory(), **fields))

    assert "token ends with a line break." in shown.text


@pytest.mark.parametrize("name", ["acs::x", "a b", "a.b", "ä", "x" * 65, ""])
def test_B44_a_name_that_cannot_be_one_is_told_the_rule(operator, with_parameters, name):
    fields = {"param-service": "nginx", f"param-{name}": "1"}

    shown = refused(operator, with_parameters, InstanceFactory(), **fields)

    assert "A parameter name may have letters, digits, - and _, at most 64 characters." in shown.errors[0]


# Settings


@pytest.mark.parametrize("user", ["", "root", "ROOT", " root ", "System", "system", "SYSTEM"])
def test_B55_the_default_user_typed_out_is_nobody_in_particular(operator, command, user):
    submitted(operator, command, InstanceFactory(), username=user)

    assert Invocation.objects.get().username == ""


@pytest.mark.parametrize("user", ["a b", "../x", "-u", "$(id)", "ädmin", "de\u200bploy", "a;b", "#0"])
def test_B55_a_user_that_cannot_exist_is_refused(operator, command, user):
    shown = refused(operator, command, InstanceFactory(), username=user)

    assert "A user name has letters, digits and" in shown.errors[0]
    assert shown.value("username") == user


def test_B55_a_user_of_256_characters(operator, command):
    shown = refused(operator, command, InstanceFactory(), username="u" * 256)

    assert shown.errors == ["The user name can have at most 255 characters."]


def test_B56_a_password_name_is_for_windows_only(operator, command):
    shown = refused(operator, command, InstanceFactory(), windows_password_name="pw")

    assert shown.errors == ["A password name is for Windows only."]


def test_B56_windows_needs_a_password_name_for_any_other_user(operator, windows, simulator):
    shown = refused(operator, windows, InstanceFactory(windows=True), username="deploy")

    assert shown.errors == ["Choose the password name for deploy. Windows needs it when the user is not System."]
    assert "id_windows_password_name" in shown.parts


def test_B56_a_password_name_that_the_region_does_not_have(operator, windows, simulator):
    fields = {"username": "deploy", "windows_password_name": "nowhere"}

    shown = refused(operator, windows, InstanceFactory(windows=True), **fields)

    assert shown.errors == ["The secret nowhere is not in OOS in cn-hangzhou. Choose another or create it."]


def test_B56_a_password_name_that_is_there(operator, windows, simulator):
    name = account.list_secret_names(connection.current(), "cn-hangzhou")[0]

    submitted(operator, windows, InstanceFactory(windows=True), username="deploy", windows_password_name=name)

    assert Invocation.objects.get().windows_password_name == name


@pytest.mark.parametrize("password", ["Pa$$w0rd canary!", "x" * 256, "geheim canary"])
def test_B56_a_pasted_password_is_neither_shown_nor_stored(operator, windows, simulator, password):
    fields = {"username": "deploy", "windows_password_name": password}

    response = submitted(operator, windows, InstanceFactory(windows=True), **fields)

    assert response.status_code == 422
    assert "never the password itself" in Shown(response).errors[0]
    assert password.encode() not in response.content
    assert password not in str(Draft.objects.get().fields)


def test_a_password_is_not_asked_for_where_it_cannot_matter(operator, windows, command):
    instance = InstanceFactory(windows=True)

    for user in ("", "System"):
        shown = Shown(operator.get(panel_url(windows, ids=instance.instance_id, username=user), follow=True))
        assert "id_windows_password_name" not in shown.parts


@pytest.mark.parametrize("timeout", ["0", "9", "86401", "-1", "1e3", "60.5", "", "1" + "0" * 30, "+60", "6_0", "sixty"])
def test_B57_a_time_out_that_is_none(operator, command, timeout):
    shown = refused(operator, command, InstanceFactory(), timeout=timeout)

    assert shown.errors == ["The timeout must be a whole number of seconds from 10 to 86400."]
    assert shown.value("timeout") == timeout


@pytest.mark.parametrize(("typed", "seconds"), [("10", 10), ("86400", 86400), ("６０", 60), (" 60 ", 60)])
def test_B57_a_time_out_within_its_bounds(operator, command, typed, seconds):
    submitted(operator, command, InstanceFactory(), timeout=typed)

    assert Invocation.objects.get().timeout == seconds


def test_B58_a_path_of_201_characters(operator, command):
    shown = refused(operator, command, InstanceFactory(), working_dir="/" + "x" * 200)

    assert shown.errors == ["The execution path can have at most 200 characters."]


@pytest.mark.parametrize("path", ["tmp", "C:\\", "~"])
def test_B58_an_odd_path_is_warned_of_and_runs(operator, command, path):
    checked = Shown(submitted(operator, command, InstanceFactory(), working_dir=path, action="check"))
    assert "The execution path looks wrong for this system." in checked.text

    assert submitted(operator, command, InstanceFactory(), working_dir=path).status_code == 303


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"container_name": "web", "container_id": "abc"}, "Enter the container’s name or its ID, not both."),
        ({"container_id": "xyz"}, "A container ID has only the digits 0–9 and the letters a–f."),
        ({"oss_delivery": "s3://bucket"}, "Enter it as oss://bucket/prefix."),
        ({"oss_delivery": "oss://"}, "Enter it as oss://bucket/prefix."),
        ({"reason": "x" * 201}, "The reason can have at most 200 characters."),
        ({"working_dir": "/tmp\x00"}, "This contains a character that cannot be used: U+0000 at position 5."),
    ],
)
def test_B58_B59_a_setting_the_cloud_would_refuse(operator, command, fields, sentence):
    shown = refused(operator, command, InstanceFactory(), **fields)

    assert shown.errors == [sentence]


def test_B59_containers_are_for_linux(operator, windows):
    shown = refused(operator, windows, InstanceFactory(windows=True), container_name="web")

    assert shown.errors == ["Containers are for Linux only."]


def test_a_forged_termination_mode_is_refused(operator, command):
    refused(operator, command, InstanceFactory(), termination_mode="Everything")


# Any form


def test_B04_a_field_given_twice_is_refused_and_both_are_shown(operator, command):
    form = run_form(command, InstanceFactory()) | {"timeout": ["60", "900"]}

    response = operator.post(panel_url(command), form)

    assert response.status_code == 422
    assert "“60”, “900”" in Shown(response).errors[0]
    assert not Invocation.objects.exists()


def test_B05_fields_that_are_none_of_the_form_are_ignored(operator, command):
    extra = {"is_staff": "1", "state": "finished", "client_token": "x", "person": "1", "finished": "7"}

    submitted(operator, command, InstanceFactory(), **extra)

    run = Invocation.objects.get()
    assert (run.state, run.finished, run.person) == ("queued", 0, operator.person)


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\ufffe"])
@pytest.mark.parametrize("field", ["username", "working_dir", "reason", "param-note"])
def test_B06_a_character_that_cannot_be_used_is_named_and_made_visible(operator, with_parameters, field, sign):
    fields = {"param-service": "nginx", field: f"ab{sign}c"}

    shown = refused(operator, with_parameters, InstanceFactory(), **fields)

    assert f"U+{ord(sign):04X} at position 3" in " ".join(shown.errors)
    assert sign not in shown.value(field)
    assert shown.value(field).startswith("ab")


def test_B06_a_draft_with_such_a_character_can_be_stored(operator, command):
    refused(operator, command, InstanceFactory(), reason="a\x00b")

    assert "\x00" not in str(Draft.objects.get().fields)


def test_B08_long_and_wide_text_keeps_its_limits_in_characters(operator, command):
    submitted(operator, command, InstanceFactory(), reason="🙂" * 200)

    assert Invocation.objects.get().reason == "🙂" * 200


def test_everything_typed_survives_a_refusal(operator, with_parameters):
    fields = {
        "param-service": "nginx",
        "param-note": "keep me",
        "username": "deploy",
        "timeout": "1",
        "reason": "because",
        "q": "tag:env=prod",
    }
    chosen = InstanceFactory()

    shown = refused(operator, with_parameters, chosen, **fields)

    assert {name: shown.value(name) for name in fields} == fields
    assert shown.part("selection-count")["data-count"] == "1"


def test_a_refusal_in_the_drawer_brings_the_inside_of_the_form(operator, command):
    form = run_form(command, timeout="1")

    response = operator.post(panel_url(command), form, headers=FRAGMENT)

    html = response.content.decode()
    assert response.status_code == 422
    assert "<html" not in html
    assert "<form" not in html
    assert "data-takes-focus" in html


def test_the_live_check_brings_the_pieces_that_may_change(operator, with_parameters):
    form = run_form(with_parameters, InstanceFactory(), action="check", touched="timeout", timeout="1")

    shown = Shown(operator.post(panel_url(with_parameters), form, headers=FRAGMENT))

    assert {"content", "preflight", "panel-footer", "password-field", "id_timeout_error"} <= set(shown.parts)
    assert "id_param-service_error" not in shown.parts  # nobody has left that field yet
    assert "The timeout must be a whole number of seconds from 10 to 86400." in shown.text


def test_a_live_check_stores_what_is_typed_once_there_is_a_draft(operator, command):
    draft = DraftFactory(person=operator.person, command=command)
    form = run_form(command, action="check", draft=str(draft.pk), username="deploy")

    operator.post(panel_url(command), form, headers=FRAGMENT)
    operator.post(panel_url(command), form | {"draft": str(uuid.uuid4())}, headers=FRAGMENT)

    assert Draft.objects.get().fields["username"] == "deploy"


def test_C26_the_rail_names_who_it_runs_as(operator, command, windows):
    linux = Shown(operator.get(panel_url(command)))
    assert "You may run as root" in linux.text

    assert "You may run as System" in Shown(operator.get(panel_url(windows))).text


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                "username",
                "timeout",
                "working_dir",
                "reason",
                "draft",
                "form_token",
                "instance_ids",
                "q",
                "page",
                "sort",
                "container_id",
                "oss_delivery",
                "termination_mode",
                "param-service",
                "param-x",
                "version",
                "shown_ids",
            ]
        ),
        st.text(max_size=60),
    )
)
def test_no_form_whatever_is_typed_breaks_the_console(operator, with_parameters, fields):
    response = operator.post(panel_url(with_parameters), {"action": "run", **fields})

    assert response.status_code in (303, 409, 422)


@pytest.mark.parametrize(("timeout", "asked"), [("5", 0), ("60", 1)])
def test_what_is_typed_wrong_is_told_without_waiting_for_the_cloud(operator, command, simulator, timeout, asked):
    """A fresh copy of all instances can take seconds, and would change nothing."""
    instance = InstanceFactory(stopped=True)
    Mirror.objects.filter(kind="instances").update(refreshed_at=now() - timedelta(hours=1))

    submitted(operator, command, instance, timeout=timeout)

    assert bool(simulator.journal.calls("DescribeInstances")) == bool(asked)
