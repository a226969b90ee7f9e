"""The execute form fed with what nobody means to type: what is refused, what is kept, what reaches the cloud.

The everyday tests of the form (tests/invocations) name these ids, too; here are the sides that only malice shows.
"""

import hashlib
import json
import logging
import re
import uuid

import pytest
from django.urls import reverse

import cloud.commands as gateway
from cloud import account, connection
from commands import sync
from commands.models import Command
from instances.models import Instance
from invocations.models import Batch, Draft, Invocation, Target
from regions.models import Mirror
from tests.factories import (
    HANGZHOU,
    CommandFactory,
    InstanceFactory,
    define,
    now,
)
from tests.invocations.pages import read
from tests.invocations.panels import Shown, fresh_region, panel_url, refused, run_form, selection_url, submitted

pytestmark = pytest.mark.django_db

AS_FRAGMENT = {"HX-Request": "true"}
CANARY = "hunter2-canary"


@pytest.fixture
def command():
    fresh_region()
    return CommandFactory(name="uptime", content="uptime")


@pytest.fixture
def with_parameters():
    """Required with a default to fall back on, optional, secret."""
    fresh_region()
    names = ["service", "note", "wait", "token"]
    command = CommandFactory(content=" ".join(f"{{{{{name}}}}}" for name in names), parameter_names=names)
    define(command, name="service", is_required=True)
    define(command, name="wait", default="30")
    define(command, name="token", is_secret=True, pattern="[a-z0-9-]*")
    return command


@pytest.fixture
def windows():
    fresh_region()
    return CommandFactory(type="RunPowerShellScript", content="Get-Date")


def save_in_the_cloud(content: str) -> str:
    return gateway.create_command(
        connection.current(),
        HANGZHOU,
        name="odd",
        type="RunShellScript",
        content=content,
        client_token=uuid.uuid4().hex,
    )


def machine(simulator) -> Instance:
    """One that is there and runs."""
    (instance_id,) = simulator.running_instances(HANGZHOU, 1)
    return Instance.objects.filter(instance_id=instance_id).first() or InstanceFactory(instance_id=instance_id)


# Any form


def test_B05_fields_that_are_none_of_the_form_are_logged_by_name_alone(operator, command, caplog) -> None:
    extra = {"is_staff": "1", "client_token": CANARY, "evil\nname": "x"}

    submitted(operator, command, InstanceFactory(), **extra)

    (record,) = [record for record in caplog.records if record.name.startswith("invocations.views")]
    assert all(name in record.getMessage() for name in ("is_staff", "client_token", "evil␊name"))
    assert CANARY not in record.getMessage()
    assert "\n" not in record.getMessage()


def test_B05_a_form_as_the_page_has_it_gives_nothing_to_log(operator, with_parameters, caplog) -> None:
    url = panel_url(with_parameters, managed="show", ids=InstanceFactory().instance_id)
    opened = Shown(operator.get(url, headers=AS_FRAGMENT))

    with caplog.at_level(logging.DEBUG, logger="invocations"):
        operator.post(panel_url(with_parameters), opened.fields | {"action": "check", "param-service-empty": "on"})

    assert not [record for record in caplog.records if record.name.startswith("invocations.views")]


@pytest.mark.parametrize(
    "field", ["username", "windows_password_name", "container_id", "container_name", "oss_delivery"]
)
@pytest.mark.parametrize("spaces", ["  ", "\t", "\u3000", " \u00a0"])
def test_B09_a_setting_of_spaces_is_one_left_empty(operator, command, field, spaces) -> None:
    assert submitted(operator, command, InstanceFactory(), **{field: spaces}).status_code == 303

    assert getattr(Invocation.objects.get(), field) == ""


def test_B09_a_password_name_of_spaces_is_missing(operator, windows, simulator) -> None:
    fields = {"username": "deploy", "windows_password_name": "   "}

    shown = refused(operator, windows, InstanceFactory(windows=True), **fields)

    assert shown.errors == ["Choose the password name for deploy. Windows needs it when the user is not System."]


def test_B09_white_space_is_cut_where_it_means_nothing_and_kept_where_it_does(operator, with_parameters) -> None:
    instance = InstanceFactory()
    fields = {"param-service": " nginx ", "param-note": "\ta\r\n b \n", "reason": " a drill ", "username": " deploy "}

    submitted(operator, with_parameters, f" {instance.instance_id}\n", **fields)

    run = Invocation.objects.get()
    assert (run.parameters["service"], run.parameters["note"]) == (" nginx ", "\ta\r\n b \n")
    assert (run.reason, run.username) == ("a drill", "deploy")
    assert run.targets.get().instance_id == instance.instance_id


# Look-alikes and what can't be seen

TRICKS = ["\u202egnp", "a\u200bb", "\u0430dmin", "z\u0351\u0352\u0353algo", "\ufeffweb"]


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("field", ["username", "container_id", "windows_password_name"])
def test_B07_what_must_be_an_id_takes_no_look_alike(operator, command, windows, simulator, field, trick) -> None:
    instance = InstanceFactory(windows=True)
    used, target = (windows, instance) if field == "windows_password_name" else (command, InstanceFactory())

    refused(operator, used, target, **{"username": "deploy", field: trick})


@pytest.mark.parametrize("trick", TRICKS)
def test_B07_an_instance_id_with_one_is_another_instance(operator, command, trick) -> None:
    shown = refused(operator, command, InstanceFactory().instance_id + trick)

    assert shown.errors == ["None of the chosen instances can run this command."]


def test_B07_a_reason_is_stored_as_typed_in_one_normal_form(operator, command) -> None:
    submitted(operator, command, InstanceFactory(), reason="cafe\u0301 \u202egnp")

    assert Invocation.objects.get().reason == "café \u202egnp"


def test_B07_a_parameter_is_sent_in_the_form_it_was_typed_in(operator, with_parameters) -> None:
    submitted(operator, with_parameters, InstanceFactory(), **{"param-service": "cafe\u0301"})

    assert Invocation.objects.get().parameters["service"] == "cafe\u0301"


@pytest.mark.parametrize("stored", ["caf\u00e9-1", "cafe\u0301-1"])
@pytest.mark.parametrize(
    "typed", ["caf\u00e9", "cafe\u0301", "name:caf\u00e9-*", "tag:team=cafe\u0301-1", "tag:team=caf\u00e9-1"]
)
def test_B07_a_search_finds_both_forms_of_an_accent(operator, command, stored, typed) -> None:
    InstanceFactory(name=stored, tags={"team": stored})
    InstanceFactory(name="cafe-2", tags={"team": "cafe-2"})

    url = reverse("invocations:picker", args=[HANGZHOU, "instances"], query={"q": typed, "command": command.cloud_id})
    shown = Shown(operator.get(url, headers=AS_FRAGMENT))

    assert "of 1 matching" in shown.text


@pytest.mark.parametrize(("names", "is_too_much"), [(125, False), (126, True)])
def test_B07_names_that_have_two_forms_count_as_two(operator, command, names, is_too_much) -> None:
    q = "name:" + ",".join(chr(0xAC00 + 28 * n) for n in range(names))  # Hangul, each in one sign or in two

    url = reverse("invocations:picker", args=[HANGZHOU, "instances"], query={"q": q, "command": command.cloud_id})

    assert ("more than 250 parts" in operator.get(url).content.decode()) == is_too_much


@pytest.mark.parametrize("page", ["paste", "review"])
def test_B07_a_name_hides_nothing_in_the_lists_of_what_is_chosen(operator, command, page) -> None:
    rows = [
        InstanceFactory(name="gnp.\u202eexe", stopped=True),
        *(InstanceFactory(name="twi\u200bn") for _n in range(2)),
    ]
    draft = Draft.objects.create(
        pk=uuid.uuid4(),
        person=operator.person,
        region=HANGZHOU,
        command=command,
        chosen=[row.instance_id for row in rows],
    )
    url = reverse(f"invocations:{page}", args=[HANGZHOU, draft.pk])
    ids = f"{rows[0].instance_id} twi\u200bn gnp.\u202eexe"
    answer = operator.post(url, {"ids": ids, "names": "on"}) if page == "paste" else operator.get(url)

    shown = answer.content.decode().partition("</textarea>" if page == "paste" else "<main")[2]
    assert "U+202E" in shown
    assert "U+200B" in shown
    assert not set(shown) & {"\u202e", "\u200b"}


# Limits: characters where the API counts characters, bytes where it counts bytes


@pytest.mark.parametrize(
    ("field", "at_most"), [("reason", 200), ("working_dir", 200), ("container_name", 255), ("param-service", 18_000)]
)
def test_B08_limits_count_characters_whatever_their_bytes(operator, with_parameters, field, at_most) -> None:
    is_counted_in_bytes = field.startswith("param-")
    sign, length = ("🙂", at_most // 4) if is_counted_in_bytes else ("🙂", at_most)
    fields = {"param-service": "nginx", "param-note": "", field: sign * length}

    assert Shown(submitted(operator, with_parameters, **fields)).errors == ["Choose at least one instance."]
    fields[field] += sign * 200
    shown = Shown(submitted(operator, with_parameters, **fields))
    assert len(shown.errors) == 2
    assert shown.value(field) == fields[field]


# What is chosen


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([], "Choose at least one instance."),
        ([{"stopped": True}], "None of the chosen instances can run this command."),
        (
            [{"silent": True}, {"windows": True}, {"released_at": now()}],
            "None of the chosen instances can run this command.",
        ),
    ],
    ids=["none", "one unfit", "all unfit"],
)
def test_B32_a_button_that_cannot_run_says_why_and_a_forged_submit_gets_the_same(
    operator, command, states, sentence
) -> None:
    ids = ",".join(InstanceFactory(**state).instance_id for state in states)
    opened = Shown(operator.get(panel_url(command, ids=ids), follow=True))
    assert '<button class="btn primary l" name="action" value="run" aria-disabled="true">' in opened.html
    assert sentence in opened.text

    shown = refused(operator, command, ids, go_on_without_unfit="on")

    assert shown.errors == [sentence]


def test_B33_an_instance_in_both_pickers_and_twice_in_one_runs_once(operator, command) -> None:
    instance, managed = InstanceFactory().instance_id, InstanceFactory(managed=True).instance_id
    form = run_form(command) | {
        "instance_ids": [instance, f"{instance},{managed}"],
        "managed_instance_ids": [instance, managed],
        "carried_ids": f"{managed},{instance}",
    }

    operator.post(panel_url(command), form)

    assert sorted(Target.objects.values_list("instance_id", flat=True)) == sorted([instance, managed])


def test_B33_what_changed_since_choosing_is_listed_each_with_its_reason(operator, command) -> None:
    rows = [InstanceFactory(name=name) for name in ("stays", "stops", "goes")]
    draft = Draft.objects.get(pk=_choose(operator, command, rows))
    Instance.objects.filter(name="stops").update(status="stopped")
    Instance.objects.filter(name="goes").update(released_at=now())

    shown = refused(operator, command, draft=str(draft.pk))
    review = Shown(operator.get(reverse("invocations:review", args=[HANGZHOU, draft.pk]))).text

    assert "2 of 3 can no longer run." in shown.text
    assert reverse("invocations:selection", args=[HANGZHOU, draft.pk]) + "?then=review" in shown.html
    assert "Became unfit: The instance is stopped." in review
    assert "Became unfit: The instance was released or isn’t in China (Hangzhou)." in review
    draft.refresh_from_db()
    assert draft.chosen == [row.instance_id for row in rows]


def _choose(client, command, rows) -> uuid.UUID:
    draft = uuid.uuid4()
    ids = ",".join(row.instance_id for row in rows)
    client.post(selection_url(draft), {"command": command.cloud_id, "op": "add", "ids": ids})
    return draft


def test_B34_all_that_matched_at_choosing_run_and_nothing_that_matches_later(operator, command) -> None:
    before = [InstanceFactory(tags={"env": "prod"}).instance_id for _n in range(40)]
    draft = uuid.uuid4()
    search = {"command": command.cloud_id, "q": "tag:env=prod"}
    operator.post(selection_url(draft), search | {"op": "add_matching"})
    for _n in range(60):
        InstanceFactory(tags={"env": "prod"})

    opened = Shown(operator.get(panel_url(command, draft=draft, q="tag:env=prod")))
    sent = {"shown_ids": opened.fields["shown_ids"], "instance_ids": opened.fields.get("instance_ids", [])}
    submitted(operator, command, draft=str(draft), q="tag:env=prod", **sent)

    assert "Run on 40 instances" in opened.text
    assert "of 100 matching" in opened.text
    assert sorted(Target.objects.values_list("instance_id", flat=True)) == sorted(before)


@pytest.mark.parametrize(
    ("field", "n", "told"),
    [
        ("instance_ids", 10_001, "10,001 instances are chosen."),
        ("carried_ids", 10_001, "10,001 instances are chosen."),
        ("managed_instance_ids", 11_500, "11,500 instances are chosen."),
        ("instance_ids", 40_000, "More than 30,000 instances are chosen."),
    ],
)
def test_B35_how_many_too_many_are_is_told(operator, command, field, n, told) -> None:
    ids = ",".join(f"a{one}" for one in range(n))

    shown = refused(operator, command, **{field: ids})

    assert shown.errors == [f"{told} At most 10,000 can be chosen for one run."]
    assert len(Draft.objects.get().chosen) == min(n, 30_001)


def test_B35_a_selection_that_is_too_large_comes_back_whole_when_clearing_it_is_undone(operator, command) -> None:
    ids = [f"i-bp1{n:017d}" for n in range(12_000)]
    draft = Draft.objects.create(pk=uuid.uuid4(), person=operator.person, region=HANGZHOU, command=command, chosen=ids)
    cleared = Shown(operator.post(selection_url(draft.pk, kind="ecs"), {"op": "clear"}, headers=AS_FRAGMENT))

    operator.post(selection_url(draft.pk), {"op": "undo", "undo_ids": cleared.value("undo_ids")})

    draft.refresh_from_db()
    assert draft.chosen == ids


# Parameters


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ({}, {"note": "", "wait": "30"}),
        ({"param-note": "", "param-wait": ""}, {"note": "", "wait": "30"}),
        ({"param-wait-empty": "on"}, {"note": "", "wait": ""}),
        ({"param-note": "  ", "param-wait": " "}, {"note": "  ", "wait": " "}),
    ],
    ids=["not given", "left empty", "empty on purpose", "spaces"],
)
def test_B36_every_name_is_sent_to_the_cloud_blank_ones_as_an_empty_string(
    operator, with_parameters, typed, sent
) -> None:
    submitted(operator, with_parameters, InstanceFactory(), **{"param-service": "nginx", **typed})

    request = json.loads(Batch.objects.get().request)
    assert json.loads(request["parameters"]) == {"service": "nginx", "token": "", **sent}


def test_B36_the_form_tells_an_empty_string_from_a_default(operator, with_parameters) -> None:
    empty = Shown(operator.get(panel_url(with_parameters, **{"param-wait-empty": "on"})))
    default = Shown(operator.get(panel_url(with_parameters, **{"param-wait": ""})))

    assert (empty.value("param-wait"), empty.value("param-wait-empty")) == ("", "on")
    assert (default.value("param-wait"), default.value("param-wait-empty")) == ("30", "")


@pytest.fixture
def named_alike():
    """The box that sends `name` as an empty string has the name of the other's field."""
    fresh_region()
    command = CommandFactory(content="{{name}} {{name-empty}}", parameter_names=["name", "name-empty"])
    define(command, name="name", default="x")
    return command


def test_B36_a_parameter_named_like_another_ones_box_is_a_parameter(operator, named_alike) -> None:
    submitted(operator, named_alike, InstanceFactory(), **{"param-name": "precious", "param-name-empty": "on"})

    request = json.loads(Batch.objects.get().request)
    assert json.loads(request["parameters"]) == {"name": "precious", "name-empty": "on"}


def test_B36_what_is_typed_for_a_parameter_named_like_a_box_stays(operator) -> None:
    fresh_region()
    command = CommandFactory(content="{{allow-empty}}", parameter_names=["allow-empty"])
    fields = run_form(command, InstanceFactory(), action="check", **{"param-allow-empty": "yes"})
    draft_id = Shown(operator.post(panel_url(command), fields)).value("draft")

    again = Shown(operator.get(panel_url(command, draft=draft_id)))
    linked = Shown(operator.get(panel_url(command, **{"param-allow-empty": "yes"})))

    assert (again.value("param-allow-empty"), linked.value("param-allow-empty")) == ("yes", "yes")
    assert "no parameter" not in again.text + linked.text


def test_C41_a_secret_named_like_another_ones_box_is_kept_nowhere(operator, named_alike) -> None:
    define(named_alike, name="name-empty", is_secret=True)
    fields = run_form(named_alike, InstanceFactory(), action="check", **{"param-name-empty": CANARY})

    answer = operator.post(panel_url(named_alike), fields)
    linked = operator.get(panel_url(named_alike, **{"param-name-empty": CANARY}))

    assert CANARY not in answer.content.decode() + json.dumps(Draft.objects.get().fields)
    assert Shown(linked).value("param-name-empty") == ""


# Secrets


def secret_answers(client, command):
    """Every answer that the form with a secret in it can get, by what was asked."""
    draft = uuid.uuid4()
    chosen = InstanceFactory().instance_id
    form = run_form(command, chosen, draft=str(draft)) | {"command": command.cloud_id, "param-token": f"{CANARY}\n"}
    panel, selection = panel_url(command), selection_url(draft)
    paste = reverse("invocations:paste", args=[HANGZHOU, draft])
    asked = {
        "run": (panel, form | {"action": "run"}),
        "check": (panel, form | {"action": "check", "touched": "param-token"}),
        "search": (selection, form | {"op": "show", "q": "web"}),
        "review": (f"{selection}?then=review", form | {"op": "show"}),
        "paste": (paste, form | {"ids": "web"}),
        "far too many": (selection, form | {"op": "paste", "ids": "x " * 10_001}),
        "twice": (panel, form | {"param-token": [CANARY, f"{CANARY}2"]}),
        "with a NUL": (panel, form | {"param-token": f"{CANARY}\0"}),
        "against the pattern": (panel, form | {"param-token": f"{CANARY} $("}),
    }
    for headers in (AS_FRAGMENT, {}):
        for name, (url, fields) in asked.items():
            yield name, client.post(url, fields, headers=headers, follow=True)


def test_B43_no_answer_repeats_a_secret_nor_may_be_kept(operator, with_parameters) -> None:
    for name, response in secret_answers(operator, with_parameters):
        hops = [*(hop for hop, _status in response.redirect_chain), *map(str, response.headers.items())]
        assert CANARY not in response.content.decode(), name
        assert CANARY not in " ".join(hops), name
        assert "no-store" in response["Cache-Control"], name
    assert CANARY not in str(list(Draft.objects.values()))
    assert not Invocation.objects.exists()


def test_B43_a_request_by_address_takes_no_parameter_along(operator, with_parameters) -> None:
    page = read(operator.get(panel_url(with_parameters), headers=AS_FRAGMENT))
    included = {
        cls for one in page.all(hx_get="", hx_include="") for cls in one["hx-include"].replace(".", "").split(", ")
    }

    fields = [one for tag in ("input", "select", "textarea") for one in page.all(tag, name="", class_="")]
    taken = {one["name"] for one in fields if included & set(one["class"].split())}
    assert "of-panel" in included
    assert taken >= {"draft", "q"}
    assert not [name for name in taken if name.startswith("param-")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_B43_a_line_break_at_the_end_is_warned_of_without_the_value(operator, with_parameters, end) -> None:
    fields = {"param-service": "nginx", "param-token": CANARY + end, "action": "check"}
    define(with_parameters, name="token", is_secret=True)

    shown = Shown(submitted(operator, with_parameters, InstanceFactory(), **fields))

    assert "token ends with a line break." in shown.text
    assert CANARY not in shown.html
    assert shown.part("id_param-token").get("value", "") == ""
    assert "Type the secret again." in shown.text


# Settings of the run


@pytest.mark.parametrize("most", [600, 86_400])
@pytest.mark.parametrize(("typed", "beyond"), [("{}", 0), ("{}", 1), ("０{}", 1)])
def test_B57_the_longest_time_out_is_a_setting(operator, command, settings, most, typed, beyond) -> None:
    settings.MAX_TIMEOUT = most
    timeout = typed.format(most + beyond)

    answer = submitted(operator, command, InstanceFactory(), timeout=timeout)

    assert (answer.status_code == 303) == (not beyond)
    if beyond:
        shown = Shown(answer)
        assert shown.errors == [f"The timeout must be a whole number of seconds from 10 to {most}."]
        assert f"10–{most}. The process is killed after this." in shown.text
        assert shown.value("timeout") == timeout


@pytest.mark.parametrize("user", ["root", "ROOT", " Root\t", "System", "sYSTEM", "", "  "])
def test_B55_whoever_is_meant_by_the_default_is_named_as_who_it_is(operator, command, windows, user) -> None:
    for used, instance, default in ((command, {}, "root"), (windows, {"windows": True}, "System")):
        ids = InstanceFactory(**instance).instance_id
        shown = Shown(submitted(operator, used, ids, username=user, action="check"))
        assert f"You may run as {default}" in shown.text
        assert "id_windows_password_name" not in shown.parts


@pytest.mark.parametrize("user", ["a b", "../x", "-u", "$(id)", "u" * 256, "ädmin", "root\u200b", "\u0440oot", "#0"])
@pytest.mark.parametrize("os_type", ["linux", "windows"])
def test_B55_a_user_that_cannot_be_is_refused_at_its_field_on_either_system(
    operator, command, windows, simulator, os_type, user
) -> None:
    used = windows if os_type == "windows" else command

    shown = refused(operator, used, InstanceFactory(os_type=os_type), username=user)

    assert shown.part("id_username")["aria-invalid"] == "true"
    assert "id_username_error" in shown.part("id_username")["aria-describedby"]
    assert shown.value("username") == user
    assert re.match("(A|The) user name (has|can have)", shown.errors[0])


def test_B55_a_user_that_the_instance_does_not_have_fails_there_with_its_cause(
    operator, simulator, work_until_quiet
) -> None:
    fresh_region()
    command = CommandFactory(cloud_id=save_in_the_cloud("id"), content="id")
    submitted(operator, command, machine(simulator), username="nobody-at-all")
    work_until_quiet()

    target = Target.objects.get()
    page = operator.get(reverse("invocations:target", args=[HANGZHOU, target.invocation_id, target.instance_id]))
    assert (target.state, target.error_code) == ("invalid", "AccountNotExists")
    assert "The execution user does not exist on the instance." in Shown(page).text
    assert "Create the user nobody-at-all," in Shown(page).text


@pytest.mark.parametrize(
    ("os_type", "name", "sentence"),
    [
        ("linux", "ops-password", "A password name is for Windows only."),
        ("windows", "", "Choose the password name for deploy. Windows needs it when the user is not System."),
        (
            "windows",
            "nobody",
            "The secret nobody is not in OOS in cn-hangzhou. Choose another or create it.",
        ),
        ("windows", "n" * 256, "That is not the name of a secret. Give the name, never the password itself."),
        ("windows", "Pa$$w0rd!", "That is not the name of a secret. Give the name, never the password itself."),
    ],
)
def test_B56_a_password_name_that_will_not_do_is_told_at_its_field(
    operator, command, windows, simulator, os_type, name, sentence
) -> None:
    used = windows if os_type == "windows" else command

    fields = {"username": "deploy", "windows_password_name": name}
    shown = refused(operator, used, InstanceFactory(os_type=os_type), **fields)

    assert shown.errors == [sentence]


def test_B56_a_secret_of_another_region_is_none_of_this_one(operator, windows, simulator) -> None:
    name = account.list_secret_names(connection.current(), HANGZHOU)[0]
    fresh_region("cn-zhangjiakou")
    elsewhere = CommandFactory(region="cn-zhangjiakou", type="RunPowerShellScript", content="Get-Date")
    assert name not in account.list_secret_names(connection.current(), "cn-zhangjiakou")
    fields = {"username": "deploy", "windows_password_name": name}
    here = Shown(submitted(operator, windows, InstanceFactory(windows=True), **fields, action="check"))
    assert name in here.text

    shown = refused(operator, elsewhere, InstanceFactory(region="cn-zhangjiakou", windows=True), **fields)

    assert shown.errors == [f"The secret {name} is not in OOS in cn-zhangjiakou. Choose another or create it."]


@pytest.mark.parametrize("password", ["Pa$$w0rd canary!", "x" * 256, "geheim canary"])
@pytest.mark.parametrize("op", ["show", "paste", "clear"])
def test_B56_a_pasted_password_is_kept_by_no_change_of_the_selection(
    operator, windows, simulator, password, op
) -> None:
    draft = uuid.uuid4()
    form = run_form(windows, InstanceFactory(windows=True), username="deploy", windows_password_name=password)
    fields = form | {"command": windows.cloud_id, "op": op}

    answers = [operator.post(selection_url(draft), fields, headers=how, follow=True) for how in ({}, AS_FRAGMENT)]

    assert not any(password in answer.content.decode() for answer in answers)
    assert password not in str(Draft.objects.get().fields)


# Content of a saved command

CONTENTS = {
    "CRLF": "#!/bin/sh\r\necho a\r\n",
    "mixed line ends, none at the end": "echo a\necho b\r\necho c\recho d",
    "BOM": "\ufeff#!/bin/sh\necho a\n",
    "no-break spaces, smart quotes, tabs": "\techo\u00a0“a” ‘b’\t\n",
    "the ends of markup": "</script></pre>]]><!-- ${{ x }} --> <b>&amp;</b>\n",
    "templates": "{% include 'x' %}{{ 7|add:7 }}{# no #} ${{ secrets.X }} <%= 1 %>\n",
    "escapes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m\n",
    "a line of 17,000": "x" * 17_000,
    "3,000 lines": "echo\n" * 3_000,
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_B46_B48_a_saved_script_is_shown_as_text_and_run_to_the_byte(
    operator, simulator, work_until_quiet, content
) -> None:
    fresh_region()
    cloud_id = save_in_the_cloud(content)
    Mirror.objects.filter(kind="commands").update(refreshed_at=None)
    sync.ensure_fresh(HANGZHOU, wait=10)
    command = Command.objects.get(cloud_id=cloud_id)

    opened = operator.get(panel_url(command), headers=AS_FRAGMENT)
    submitted(operator, command, machine(simulator))
    work_until_quiet()

    shown = read(opened).one("pre", data_testid="command-content")
    assert "".join(shown.texts) == content.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    digest = hashlib.sha256(content.encode()).hexdigest()
    run = Invocation.objects.get()
    assert (run.content, run.content_sha256) == (content, digest)
    assert [execution.content_sha256 for execution in simulator.journal.executions()] == [digest]
    download = operator.get(reverse("commands:content", args=[HANGZHOU, cloud_id]))
    assert download.content == content.encode()


def test_B46_a_script_in_utf_16_is_left_out_and_hides_no_other(simulator, db) -> None:
    fresh_region()
    odd, plain = save_in_the_cloud("e\0c\0h\0o\0"), save_in_the_cloud("echo")

    sync.refresh_own(HANGZHOU)

    assert Command.objects.filter(cloud_id=plain).exists()
    assert not Command.objects.filter(cloud_id=odd).exists()
    assert not Mirror.objects.get(region=HANGZHOU, kind="commands").error_kind


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x9b", "\ufeff", "\u00a0", "\x0b"])
def test_B48_what_cannot_be_seen_in_a_script_is_named(operator, sign) -> None:
    fresh_region()
    command = CommandFactory(content=f"echo a{sign}b")

    html = operator.get(panel_url(command), headers=AS_FRAGMENT).content.decode()

    assert f'a<span class="odd" data-code="U+{ord(sign):04X}">{sign}</span>b' in html


# The same form again


def test_B93_back_without_script_to_a_link_and_run_again_lands_on_the_run(operator, command) -> None:
    link = panel_url(command, ids=f"{InstanceFactory().instance_id},{InstanceFactory().instance_id}", username="deploy")
    (address, _status) = operator.get(link, follow=True).redirect_chain[-1]
    first = Shown(operator.get(address))
    run = operator.post(panel_url(command), sent_by(first)).url

    again = Shown(operator.get(address))  # what Back asks for, as no page may be kept
    second = operator.post(panel_url(command), sent_by(again))

    assert f"This form has already been run as #{Invocation.objects.get().pk}." in again.text
    assert again.value("username") == "deploy"
    assert (second.status_code, second.url) == (303, run)
    assert "This run had already been started." in Shown(operator.get(run)).text


def test_B93_the_link_itself_opens_another_form(operator, command) -> None:
    link = panel_url(command, ids=InstanceFactory().instance_id)
    for _n in range(2):
        operator.post(panel_url(command), sent_by(Shown(operator.get(link, follow=True))))

    assert Invocation.objects.count() == 2


def test_B93_an_address_with_the_token_of_anothers_run_runs_nothing(operator, admin, command) -> None:
    (address, _status) = admin.get(panel_url(command, ids=InstanceFactory().instance_id), follow=True).redirect_chain[
        -1
    ]
    admin.post(panel_url(command), sent_by(Shown(admin.get(address))))

    opened = Shown(operator.get(address))
    answer = operator.post(panel_url(command), sent_by(opened))

    assert "This form has already been run" not in opened.text
    assert answer.status_code == 422
    assert operator.post(panel_url(command), sent_by(Shown(answer))).status_code == 303
    assert Invocation.objects.count() == 2


def sent_by(shown: Shown) -> dict[str, object]:
    """What a browser without script sends when Run is pressed."""
    names = {"form_token", "draft", "version", "username", "selection", "carried_ids", "shown_ids", "instance_ids"}
    return {name: values for name, values in shown.fields.items() if name in names} | {"action": "run"}
