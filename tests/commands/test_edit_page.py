"""/r/{region}/commands/new/ and …/{c}/edit/: what is saved, and what stands in the way."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.urls import reverse

import cloud.commands as gateway
from accounts import keeping
from accounts.models import AuditEntry
from cloud import connection
from commands import sync
from commands.models import Command, Version
from commands.textarea import pack, unpack
from regions.models import Region
from tests.commands.edit_pages import NEW, edit_url, fields_of, typed
from tests.factories import HANGZHOU, CommandFactory, RegionFactory, VersionFactory
from tests.simulated_cloud import SimulatedCloud

pytestmark = pytest.mark.django_db

SCRIPT = "#!/bin/sh\necho {{word}}\n"


@pytest.fixture(autouse=True)
def _region() -> None:
    RegionFactory()


@pytest.fixture
def command(simulator: SimulatedCloud) -> Command:
    """restart-service, as the simulated cloud has it from the beginning."""
    sync.refresh_own(HANGZHOU)
    return Command.objects.get(name="restart-service")


def page(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# Saving


def test_an_admin_creates_a_command(admin, simulator):
    form = typed(
        admin,
        NEW,
        name="greet",
        content=SCRIPT,
        param_word_description="What to say",
        param_word_default="hi",
        param_word_allowed="hi, bye",
        tag_1_key="team",
        tag_1_value="web",
        timeout="120",
        note="first",
    )

    response = admin.post(NEW, form)

    command = Command.objects.get(name="greet")
    assert (response.status_code, response.url) == (303, command_url(command))
    assert (command.content, command.timeout, command.tags) == (SCRIPT, 120, {"team": "web"})
    assert command.definitions[0]["allowed"] == ["hi", "bye"]
    assert (command.newest.note, command.newest.person) == ("first", admin.person)
    assert len(simulator.journal.calls("CreateCommand")) == 1
    assert AuditEntry.objects.filter(action="command.created", object=command.cloud_id).exists()


def command_url(command: Command) -> str:
    return reverse("commands:detail", args=[command.region, command.cloud_id])


def test_save_and_run_leads_to_the_panel_of_what_was_saved(admin, command):
    form = typed(admin, edit_url(command), content="uptime\n") | {"action": "run"}

    response = admin.post(edit_url(command), form)

    command.refresh_from_db()
    assert response.url == reverse("invocations:panel", args=[command.region, command.cloud_id])


def test_new_content_makes_the_next_version_under_a_new_id(admin, command, simulator):
    before = edit_url(command)

    admin.post(before, typed(admin, before, content="uptime\n"))

    old_id, number = command.cloud_id, command.version_number
    command.refresh_from_db()
    assert command.version_number == number + 1
    assert command.cloud_id != old_id
    assert admin.get(before).url == edit_url(command)
    assert len(simulator.journal.calls("CreateCommand")) == 1


def test_a_new_description_keeps_the_id(admin, command, simulator):
    old_id = command.cloud_id

    admin.post(edit_url(command), typed(admin, edit_url(command), description="Another"))

    command.refresh_from_db()
    assert (command.cloud_id, command.description) == (old_id, "Another")
    assert [call.operation for call in simulator.journal.calls() if call.operation.endswith("Command")] == [
        "ModifyCommand"
    ]


def test_what_was_not_touched_is_nothing_to_save(admin, command, simulator):
    response = admin.post(edit_url(command), typed(admin, edit_url(command)))

    assert response.status_code == 422
    assert "Nothing to save" in page(response)
    assert not simulator.journal.calls("CreateCommand")
    assert not simulator.journal.calls("ModifyCommand")


def test_pressed_twice_it_is_one_command(admin, simulator):
    form = typed(admin, NEW, name="greet", content=SCRIPT)

    first, second = admin.post(NEW, form), admin.post(NEW, form)

    assert first.url == second.url
    assert Command.objects.filter(name="greet").count() == 1
    assert len(simulator.journal.calls("CreateCommand")) == 1


def test_pressed_again_after_a_lost_answer_it_is_one_command(admin, simulator):
    simulator.fault("CreateCommand", "lose_after", times=1)
    form = typed(admin, NEW, name="greet", content=SCRIPT)

    lost = admin.post(NEW, form)
    again = admin.post(NEW, {**fields_of(lost), "action": "save"})

    assert lost.status_code == 422
    assert "however often, it is done once" in page(lost)
    assert again.status_code == 303
    first, second = simulator.journal.calls("CreateCommand")
    assert first.client_token == second.client_token


def test_what_was_typed_after_an_earlier_press_is_not_taken_for_it(admin, command):
    form = typed(admin, edit_url(command), content="uptime\n")
    admin.post(edit_url(command), form)
    command.refresh_from_db()

    response = admin.post(edit_url(command), {**form, "content": "hostname\n", "content_exact": ""})

    assert response.status_code == 409
    assert fields_of(response)["content"] == "hostname\r\n"
    assert f"Save mine as version {command.version_number + 1}" in page(response)


def test_what_was_typed_after_a_command_was_created_becomes_its_next_version(admin, simulator):
    """The first press was done, but its answer never came here."""
    form = typed(admin, NEW, name="greet", content=SCRIPT)
    admin.post(NEW, form)
    command = Command.objects.get(name="greet")

    told = admin.post(NEW, {**form, "content": "uptime\n", "content_exact": ""})
    url = re.search(r'value="over-1" formaction="([^"]+)"', told.content.decode())[1]
    response = admin.post(url, {**fields_of(told), "action": "over-1"})
    again = admin.post(url, {**fields_of(told), "action": "over-1"}, follow=True)

    assert (told.status_code, url) == (409, edit_url(command))
    assert response.status_code == 303
    command.refresh_from_db()
    assert (command.content, command.version_number, Command.objects.count()) == ("uptime\n", 2, 1)
    assert again.status_code == 200


def test_what_was_changed_after_a_lost_answer_is_no_copy_of_the_earlier_press(admin, simulator):
    """The cloud refuses a token it knows with another script."""
    simulator.fault("CreateCommand", "lose_after", times=1)
    told = admin.post(NEW, typed(admin, NEW, name="greet", content=SCRIPT))

    response = admin.post(NEW, {**fields_of(told), "content": "uptime\n", "content_exact": "", "action": "save"})

    assert (told.status_code, response.status_code) == (422, 303)
    assert Command.objects.get(name="greet").content == "uptime\n"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("throttle", "The cloud is slowing us down; nothing was changed."),
        ("forbid", "credentials lack ecs:CreateCommand; nothing was changed."),
        ("close_before", "The cloud didn’t say whether it took this."),
    ],
)
def test_what_the_cloud_says_no_to_keeps_everything_typed(admin, simulator, fault, sentence):
    simulator.fault("CreateCommand", fault, times=20)

    response = admin.post(NEW, typed(admin, NEW, name="greet", content=SCRIPT, description="Says a word"))

    assert response.status_code == 422
    assert sentence in page(response)
    assert fields_of(response)["content"] == SCRIPT.replace("\n", "\r\n")
    assert fields_of(response)["description"] == "Says a word"


def test_that_there_is_no_room_is_said_before_a_script_is_written(admin, command):
    Region.objects.update(command_quota=Command.objects.own(HANGZHOU).count())

    assert "keeps 12 of 12 commands" in page(admin.get(NEW))
    assert "keeps 12 of 12 commands" in page(admin.get(edit_url(command)))


def test_a_script_that_is_dangerous_with_its_defaults_is_called_so(admin):
    shown = page(admin.post(NEW, typed(admin, NEW, action="check", content="rm -rf /{{folder}}\n")))

    assert "Dangerous: removes files recursively from /." in shown
    assert "No dangerous patterns" not in shown


def test_a_full_quota_says_how_many_old_versions_count(admin, command):
    Region.objects.update(command_quota=Command.objects.own(HANGZHOU).count() + 1)
    admin.post(edit_url(command), typed(admin, edit_url(command), content="uptime\n"))

    response = admin.post(NEW, typed(admin, NEW, name="greet", content=SCRIPT))

    assert response.status_code == 422
    assert "1 of them carries an older version" in page(response)


# Somebody else


def test_B53_saved_meanwhile_is_told_and_nothing_typed_is_lost(admin, command):
    mine = typed(admin, edit_url(command), content="mine\n", note="why")
    admin.post(edit_url(command), typed(admin, edit_url(command), description="theirs"))

    response = admin.post(edit_url(command), mine)

    assert response.status_code == 409
    assert "ada saved version 2" in page(response)
    assert "versions/?from=1&amp;to=2" in page(response)
    assert fields_of(response)["content"] == "mine\r\n"
    assert fields_of(response)["note"] == "why"


def test_B95_an_older_form_saves_over_the_newer_version_when_told_to(admin, command):
    """Without script: by the button of the page that told it."""
    mine = typed(admin, edit_url(command), content="mine\n")
    admin.post(edit_url(command), typed(admin, edit_url(command), description="theirs"))
    told = admin.post(edit_url(command), mine)

    response = admin.post(edit_url(command), {**fields_of(told), "action": "over-2"})

    command.refresh_from_db()
    assert response.status_code == 303
    assert (command.version_number, command.content) == (3, "mine\n")


def test_B95_saving_over_a_version_overwrites_none_that_came_after_it(admin, command):
    mine = typed(admin, edit_url(command), content="mine\n")
    admin.post(edit_url(command), typed(admin, edit_url(command), description="theirs"))
    told = admin.post(edit_url(command), mine)
    admin.post(edit_url(command), typed(admin, edit_url(command), description="later"))

    response = admin.post(edit_url(command), {**fields_of(told), "action": "over-2"})

    command.refresh_from_db()
    assert response.status_code == 409
    assert "ada saved version 3" in page(response)
    assert (command.version_number, command.description) == (3, "later")


def test_saved_meanwhile_under_another_id_is_told_at_the_old_address(admin, command):
    old = edit_url(command)
    mine = typed(admin, old, content="mine\n")
    admin.post(old, typed(admin, old, content="theirs\n"))

    response = admin.post(old, mine, follow=True)

    assert response.redirect_chain == [(edit_url(Command.objects.get(pk=command.pk)), 308)]
    assert response.status_code == 409


def test_B53_deleted_meanwhile_can_be_saved_as_a_new_command(admin, command):
    mine = typed(admin, edit_url(command), content="mine\n")
    gateway.delete_command(connection.current(), HANGZHOU, command.cloud_id)

    told = admin.post(edit_url(command), mine)
    response = admin.post(edit_url(command), {**fields_of(told), "action": "new"})

    assert told.status_code == 409
    assert "deleted in the cloud meanwhile" in page(told)
    new = Command.objects.present().get(name="restart-service")
    assert (response.status_code, response.url) == (303, command_url(new))
    assert (new.content, new.pk != command.pk) == ("mine\n", True)


def test_B53_changed_elsewhere_is_saved_over_only_when_told_to(admin, command):
    gateway.modify_command(connection.current(), HANGZHOU, command.cloud_id, description="elsewhere")
    sync.refresh_own(HANGZHOU)
    form = typed(admin, edit_url(command), content="mine\n")

    told = admin.post(edit_url(command), form)
    response = admin.post(edit_url(command), {**fields_of(told), "from_cloud": "on", "action": "save"})

    assert told.status_code == 409
    assert "changed outside this console" in page(told)
    assert form["description"] == "elsewhere"
    command.refresh_from_db()
    assert response.status_code == 303
    assert (command.content, command.description, command.drifted_at) == ("mine\n", "elsewhere", None)


# What the form begins with


def test_a_clone_begins_as_its_original_and_has_another_name(admin):
    original = CommandFactory(name="greet", content=SCRIPT, enable_parameter=True, parameter_names=["word"])

    form = fields_of(admin.get(f"{NEW}?clone={original.cloud_id}"))

    assert (form["name"], form["content"]) == ("greet-copy", SCRIPT.replace("\n", "\r\n"))
    assert "type" in form


def test_an_older_id_can_be_cloned_and_a_strange_one_is_nowhere(admin, command):
    old_id = command.cloud_id
    admin.post(edit_url(command), typed(admin, edit_url(command), content="uptime\n"))

    assert fields_of(admin.get(f"{NEW}?clone={old_id}"))["content"] == "uptime\r\n"
    assert admin.get(f"{NEW}?clone=c-nowhere").status_code == 404


def test_a_public_command_can_be_cloned_but_not_edited(admin):
    public = CommandFactory(name="ACS-Greet", content="uptime\n", is_public=True, provider="AlibabaCloud")

    assert admin.get(f"{NEW}?clone={public.cloud_id}").status_code == 200
    assert admin.get(edit_url(public)).status_code == 404
    assert admin.post(edit_url(public), {"action": "save"}).status_code == 404


def test_an_older_version_is_restored_by_the_form(admin):
    command = CommandFactory(content="old\n", saved=True)
    command.content = "new\n"
    VersionFactory(command=command)
    command.save()

    form = fields_of(admin.get(f"{edit_url(command)}?restore=1"))

    assert (form["content"], form["base"], form["note"]) == ("old\r\n", "2", "Version 1 again")
    assert "There is no such version" in page(admin.get(f"{edit_url(command)}?restore=7"))


def test_the_head_says_what_saving_would_do(admin):
    command = CommandFactory(name="greet", content=SCRIPT, saved=True)
    form = typed(admin, edit_url(command)) | {"action": "check"}

    assert "Version 1. Nothing to save" in page(admin.post(edit_url(command), form))
    described = {**form, "description": "Another"}
    assert "Version 1 → 2. The command keeps its ID." in page(admin.post(edit_url(command), described))
    changed = {**form, "content": "uptime"}
    assert "New content gets a new command ID" in page(admin.post(edit_url(command), changed))


def test_two_commands_of_one_name_are_a_warning(admin, command, simulator):
    form = typed(admin, NEW, name="restart-service", content=SCRIPT)

    looked = admin.post(NEW, {**form, "action": "check"})
    saved = admin.post(NEW, form)

    assert "China (Hangzhou) already has a command named restart-service." in page(looked)
    assert saved.status_code == 303


# Bytes


UNTOUCHED = {
    "CRLF": "echo a\r\necho b\r\n",
    "a lone CR": "echo a\recho b",
    "mixed": "a\r\nb\nc\rd",
    "BOM": "\ufeff#!/bin/sh\n",
    "controls": "printf '\x1b[31m\x07\x0c\x7f\x85'\n",
    "trailing spaces": "  a  \n\t\n  ",
    "no final newline": "uptime",
    "only line breaks": "\n\n\r\n\n",
    "markup": "</textarea><script>alert(1)</script> ]]> {% if %} ${{ x }} &amp;\n",
    "beyond the basic plane": "echo 🙂 中文 ‮\n",
}


@pytest.mark.parametrize("script", UNTOUCHED.values(), ids=UNTOUCHED)
def test_B46_an_untouched_script_comes_back_byte_for_byte_without_javascript(admin, simulator, script):
    command = CommandFactory(content=script, saved=True)
    page = admin.get(edit_url(command))
    copy = {**fields_of(page), "action": "save", "name": "copy", "type": command.type}

    response = admin.post(NEW, copy)

    if script.strip():
        assert response.status_code == 303
        assert Command.objects.get(name="copy").content == script
    else:
        assert response.status_code == 422  # empty


def test_B46_the_editor_sends_the_very_bytes(admin, simulator):
    script = "echo a\r\necho b\necho c\r"
    form = typed(admin, NEW, name="mixed", content="echo a\necho b\necho c\n", content_exact=pack(script))

    admin.post(NEW, form)

    assert Command.objects.get(name="mixed").content == script


@pytest.mark.parametrize(("kind", "end"), [("RunShellScript", "\n"), ("RunBatScript", "\r\n")])
def test_B46_a_script_typed_without_javascript_ends_its_lines_as_its_type_does(admin, simulator, kind, end):
    admin.post(NEW, typed(admin, NEW, name="typed", type=kind, content="echo a\r\necho b\r\n"))

    assert Command.objects.get(name="typed").content == f"echo a{end}echo b{end}"


# Looking


def test_a_check_answers_pieces_and_saves_nothing(admin, command, simulator):
    form = typed(admin, edit_url(command), content="rm -rf /\necho {{who}}\n") | {"action": "check"}

    response = admin.post(edit_url(command), form, headers={"HX-Request": "true"})

    assert "<html" not in page(response)
    assert "removes files recursively from /" in page(response)
    assert "1 parameter found" in page(response)
    assert not simulator.journal.calls("CreateCommand")


def test_a_long_script_is_opened_before_shellcheck_has_looked_at_it(admin):
    command = CommandFactory(content="echo $x\n" * 1_000, saved=True)
    url = edit_url(command)

    opened, looked = admin.get(url), admin.post(url, {**typed(admin, url), "action": "check"})

    assert "ShellCheck has not looked at this long script yet." in page(opened)
    assert "ShellCheck has not looked" not in page(looked)


def test_parameters_are_found_by_a_check_without_javascript(admin):
    content = "echo {{b}} {{ a }} {{B}} {{ACS::InstanceId}}"

    response = admin.post(NEW, {**fields_of(admin.get(NEW)), "content": content, "action": "check"})

    assert [name for name in fields_of(response) if name.endswith("-default")] == ["param-b-default", "param-a-default"]
    assert "{{ACS::InstanceId}}" in page(response)


@pytest.mark.parametrize("action", ["save", "run"])
def test_without_javascript_the_rows_of_new_parameters_are_seen_before_they_are_saved(admin, simulator, action):
    form = {**fields_of(admin.get(NEW)), "name": "greet", "content": "echo {{token}}\r\n", "action": action}

    told = admin.post(NEW, form)
    shown = fields_of(told)
    saved = admin.post(NEW, {**shown, "param-token-secret": "on", "action": action})

    assert (told.status_code, saved.status_code) == (422, 303)
    assert page(told).count("Look at the parameters, then save.") == 2  # in the summary and at them
    assert (shown["name"], shown["content"], shown["param-token-default"]) == ("greet", "echo {{token}}\r\n", "")
    assert Command.objects.get().definitions[0]["is_secret"]


def test_names_in_braces_that_are_text_need_no_look(admin, simulator):
    form = {**fields_of(admin.get(NEW)), "name": "template", "content": "echo {{token}}", "action": "save"}
    del form["enable_parameter"]

    assert admin.post(NEW, form).status_code == 303


def test_dangerous_lines_come_before_what_shellcheck_finds(admin):
    script = "#!/bin/sh\nif [ $1 = ]; then\nrm -rf /\nfi fi\n"

    looked = page(admin.post(NEW, typed(admin, NEW, content=script) | {"action": "check"}))
    clean = page(admin.post(NEW, typed(admin, NEW, content="#!/bin/sh\nuptime\n") | {"action": "check"}))

    checks = looked.partition('data-testid="checks"')[2]
    assert checks.index("Dangerous: removes files recursively from /.") < checks.index(">SC")
    help_line = "SC codes are findings of ShellCheck, in its own words."
    assert (help_line in looked, help_line in clean) == (True, False)


def test_a_definition_that_is_not_used_can_be_removed(admin):
    form = typed(admin, NEW, content="uptime", param_port_default="443")

    looked = admin.post(NEW, {**form, "action": "check"})
    removed = admin.post(NEW, {**form, "action": "remove-port"})

    assert "Not used in the content" in page(looked)
    assert fields_of(looked)["param-port-default"] == "443"
    assert "param-port-default" not in fields_of(removed)


def test_the_preview_fills_in_defaults_and_marks_what_has_none(admin):
    form = typed(admin, NEW, content="echo {{a}} {{b}}\n", param_a_default="<1>", param_b_required="on")

    response = admin.post(NEW, {**form, "action": "check"})

    assert '<mark class="p">&lt;1&gt;</mark> <mark class="p empty">{{b}}</mark>' in page(response)
    assert "b has no default; it must be given at each run." in page(response)


def test_a_secret_is_never_echoed(admin):
    form = typed(admin, NEW, content="echo {{a}}", param_a_default="hunter2", param_a_secret="on")

    for action in ("check", "save"):
        assert "hunter2" not in page(admin.post(NEW, {**form, "action": action}))


KEPT = ["name", "content", "param-word-default", "timeout", "enable_parameter", "token"]


def test_a_form_whose_session_has_ended_comes_back_with_everything_typed(stranger, admin):
    form = typed(admin, NEW, name="greet", content=SCRIPT, param_word_default="hi")

    answer = stranger.post(NEW, form)
    kept = keeping.unfold(re.search(r'name="kept" value="([^"]+)"', answer.content.decode())[1])
    back = admin.post(kept.path, dict(kept.fields))

    assert answer.status_code == 401
    assert (back.status_code, kept.path) == (200, NEW)
    sent = {**form, "content": SCRIPT.replace("\n", "\r\n")}
    again = fields_of(back)
    assert {name: again[name] for name in KEPT} == {name: sent[name] for name in KEPT}


@pytest.mark.parametrize("who", ["viewer", "operator", "stranger"])
def test_only_admins_reach_the_form(request, who):
    client = request.getfixturevalue(who)
    command = CommandFactory(saved=True)

    answers = {client.get(url).status_code for url in (NEW, edit_url(command))}
    posts = {client.post(url, {"action": "save"}).status_code for url in (NEW, edit_url(command))}

    assert (answers, posts) == (({302}, {401}) if who == "stranger" else ({404}, {404}))
    assert Version.objects.count() == 1


def test_the_page_reads_in_chinese(admin):
    admin.person.language = "zh-hans"
    admin.person.save()

    said = page(admin.get(NEW))

    assert "创建命令" in said
    assert "版本说明" in said


def test_an_error_that_shellcheck_finds_is_no_failed_run_in_chinese(admin):
    admin.person.language = "zh-hans"
    admin.person.save()

    said = page(admin.post(NEW, typed(admin, NEW, content="#!/bin/sh\nif true\n") | {"action": "check"}))

    assert "错误：" in said
    assert "执行异常" not in said


def test_a_strange_token_is_replaced(admin, simulator):
    admin.post(NEW, typed(admin, NEW, name="greet", content=SCRIPT, token="x"))

    assert isinstance(Command.objects.get(name="greet").newest.token, uuid.UUID)


def test_editing_one_of_500_commands_asks_the_database_as_often_as_of_one(admin, django_assert_max_num_queries):
    command = CommandFactory(name="greet", content="echo {{a}}", saved=True)
    CommandFactory.create_batch(499, content="uptime")

    with django_assert_max_num_queries(20):
        admin.get(edit_url(command))
    form = typed(admin, edit_url(command)) | {"action": "check"}
    with django_assert_max_num_queries(16):
        admin.post(edit_url(command), form, headers={"HX-Request": "true"})


@pytest.mark.parametrize(("fix", "meant"), [("lf", "a\nb\n"), ("bom", "a\r\nb\n"), ("nonsense", "\ufeffa\r\nb\n")])
def test_B46_a_slip_is_mended_by_a_press_without_javascript(admin, fix, meant):
    form = typed(admin, NEW, content="\ufeffa\nb\n", content_exact=pack("\ufeffa\r\nb\n"))

    response = admin.post(NEW, {**form, "action": f"mend-{fix}"})

    assert unpack(fields_of(response)["content_exact"]).removeprefix("\ufeff" if fix == "lf" else "") == meant
