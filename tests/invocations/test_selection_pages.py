"""Saved selections as pages and in the picker: who may do what, what is refused, what a run leaves behind."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry
from instances.models import Instance, Selection, SelectionUse
from invocations.models import Draft, Invocation
from tests.conftest import PersonClient
from tests.factories import (
    HANGZHOU,
    CommandFactory,
    DraftFactory,
    InstanceFactory,
    PersonFactory,
    SelectionFactory,
    SelectionUseFactory,
    now,
)
from tests.invocations.pages import read
from tests.invocations.panels import Shown, fresh_region, panel_url, selection_url, submitted

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
TAKEN = "Enter a name of 1 to 64 characters without / that isn’t taken here."


@pytest.fixture(autouse=True)
def _region():
    fresh_region()


def url(name="selections", *args, **query):
    return reverse(f"invocations:{name}", args=[HANGZHOU, *args], query=query)


def edit_url(selection, **query):
    return url("selection_edit", selection.pk, **query)


def fields(**given):
    return {"name": "webs", "kind": "query", "q": "web", "ids": "", "group": "", "token": str(uuid.uuid4()), **given}


def saved(client, **given):
    return client.post(url("selection_new"), fields(**given))


def refused(client, to=None, **given) -> Shown:
    response = client.post(to or url("selection_new"), fields(**given))
    assert response.status_code == 422
    shown = Shown(response)
    shown.errors = [item.text for item in read(response).one(data_testid="error-summary").all("li")]
    return shown


# Who may


def test_C22_what_is_anothers_is_not_there(operator):
    hers = SelectionFactory(name="hers")

    assert "hers" not in operator.get(url()).content.decode()
    for page in (edit_url(hers), url("selection_delete", hers.pk), url("selection_edit", 2**70)):
        for response in (operator.get(page), operator.post(page, fields())):
            assert response.status_code == 404
            assert "This saved selection is not here. It may have been deleted." in response.content.decode()
    assert Selection.objects.get().q == "web"


def test_one_of_another_region_is_not_there(operator):
    elsewhere = SelectionFactory(owner=operator.person, region="cn-beijing")

    assert operator.get(edit_url(elsewhere)).status_code == 404


def test_the_teams_is_changed_by_everybody_who_runs_commands_and_stays_the_teams(operator, viewer):
    ours = SelectionFactory(name="ours", group="team")

    assert viewer.post(edit_url(ours), fields(name="theirs", group="team")).status_code == 404
    refused(operator, edit_url(ours), name="mine", group="")
    response = operator.post(edit_url(ours), fields(name="webs", q="db", group="team"))

    assert response.status_code == 303
    ours.refresh_from_db()
    assert (ours.name, ours.q, ours.owner == operator.person, ours.changed_by) == ("webs", "db", False, operator.person)


# Saving


def test_a_search_is_saved_and_told_in_the_trail(operator):
    response = saved(operator, q='  tag:env=prod name:"a  b" ', group="team")

    assert (response.status_code, response.url) == (303, url())
    selection = Selection.objects.get()
    assert (selection.name, selection.kind, selection.q, selection.ids, selection.group) == (
        *("webs", "query", 'tag:env=prod name:"a  b"', [], "team"),
    )
    entry = AuditEntry.objects.get(action="selection.saved")
    assert (entry.person, entry.object, entry.detail["name"], entry.detail["q"]) == (
        *(operator.person, f"selection {selection.pk}", "team/webs", selection.q),
    )


def test_a_list_is_saved_as_it_was_pasted(operator):
    saved(operator, kind="list", q="tag:kept=here", ids="i-aaaa0001, i-aaaa0002\ni-aaaa0001")

    selection = Selection.objects.get()
    assert (selection.q, selection.ids) == ("", ["i-aaaa0001", "i-aaaa0002"])


def test_the_same_form_twice_makes_one(operator):
    form = fields()

    first, second = (operator.post(url("selection_new"), form) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert Selection.objects.count() == AuditEntry.objects.filter(action="selection.saved").count() == 1


@pytest.mark.parametrize("name", ["", "   ", "a/b", "x" * 65, "WEBS", "w" + "e\u0301" * 64])
def test_a_name_that_cannot_be_is_refused_in_one_sentence(operator, name):
    SelectionFactory(owner=operator.person, name="webs")

    shown = refused(operator, name=name)

    assert shown.errors == [TAKEN]
    assert shown.value("name") == name


@pytest.mark.parametrize("name", ["we\u200bbs", "\u202ewebs", "we\u00a0bs", "webs\u3000x", "a\U000e0041"])
def test_C47_a_name_with_what_cannot_be_seen_is_refused(operator, name):
    (error,) = refused(operator, name=name).errors

    assert error.startswith("The name has a character that can’t be seen: U+")


@pytest.mark.parametrize("name", ["my web servers", 'say "web"', "a*b", "网站", "100%_\\", "-x:y,z=1", "<script>"])
def test_any_other_name_finds_its_selection_again(operator, name):
    command, web = CommandFactory(), InstanceFactory(name="web")
    InstanceFactory(name="db")
    assert saved(operator, name=name).status_code == 303

    menu = read(operator.get(url(of="ecs"), headers=FRAGMENT))
    q = menu.one("button", data_uses="")["data-uses"]
    rows = Shown(operator.get(panel_url(command, q=q)))

    assert [part for part in rows.parts if part.startswith("row-")] == [f"row-{web.instance_id}"]


@pytest.mark.parametrize(
    ("q", "error"),
    [
        ("saved:other", "A search that is saved may not name another saved one."),
        ("web -saved:team/other", "A search that is saved may not name another saved one."),
        ("selected:yes", "“selected:” is about one run, so that it can’t be saved."),
        ("web reason:stopped", "“reason:” is about one run, so that it can’t be saved."),
        ("", "Enter what to search for."),
        ('tag: "" -', "Enter what to search for."),
        ("x" * 2001, "The search is longer than 2,000 characters. Use Paste IDs."),
        (" ".join(f"w{n}" for n in range(251)), "This search has too many parts"),
    ],
)
def test_B21_a_search_that_cannot_be_saved_is_refused_and_kept(operator, q, error):
    shown = refused(operator, q=q)

    assert len(shown.errors) == 1
    assert shown.errors[0].startswith(error) or "more than 250 parts" in shown.errors[0]
    assert shown.value("q") == q


@pytest.mark.parametrize(
    ("ids", "error"),
    [
        ("", "Enter at least one instance ID."),
        ("i-aaaa0001 web-1", "1 is not an ID: “web-1”."),
        ("a b c d", "4 are not IDs: “a”, “b”, “c” …."),
        (" ".join(f"i-{n:08d}" for n in range(10_001)), "A list can have at most 10,000 instances."),
    ],
)
def test_B28_a_list_that_cannot_be_saved_is_refused(operator, ids, error):
    assert refused(operator, kind="list", ids=ids).errors == [error]


def test_a_list_of_ten_thousand_is_saved(operator):
    assert saved(operator, kind="list", ids="\n".join(f"i-{n:08d}" for n in range(10_000))).status_code == 303

    assert len(Selection.objects.get().ids) == 10_000
    assert operator.get(edit_url(Selection.objects.get())).status_code == 200


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"kind": "magic"}, "Choose a search or a list."),
        ({"kind": ""}, "Choose a search or a list."),
        ({"group": "wheel"}, "Choose who it is for."),
        ({"name": ["a", "b"]}, "This was given more than once: “a”, “b”. Give it once."),
        ({"name": "a\x00b"}, "This contains a character that cannot be used: U+0000 at position 2."),
        ({"q": "a\ufffeb"}, "This contains a character that cannot be used: U+FFFE at position 2."),
    ],
)
def test_B04_B06_odd_fields_are_told(operator, given, error):
    assert refused(operator, **given).errors == [error]
    assert not Selection.objects.exists()


@pytest.mark.parametrize("base", ["", "x", "-1", "9" * 30, "²"])
def test_a_version_that_is_none_is_the_present_one(operator, base):
    selection = SelectionFactory(owner=operator.person)

    assert operator.post(edit_url(selection), fields(base=base)).status_code == 303


def test_nobody_replaces_what_another_changed_meanwhile_unseen(operator, admin):
    ours = SelectionFactory(name="ours", group="team")
    form = fields(name="ours", group="team", base="1")
    admin.post(edit_url(ours), {**form, "q": "tag:env=prod"})

    response = operator.post(edit_url(ours), {**form, "q": "db"})

    shown = Shown(response)
    assert response.status_code == 409
    assert "ada changed this selection while you were here." in shown.text
    assert "tag:env=prod" in shown.text
    assert (shown.value("q"), shown.value("base")) == ("db", "2")
    assert operator.post(edit_url(ours), {**form, "q": "db", "base": "2"}).status_code == 303
    assert Selection.objects.get().q == "db"


def test_deleting_asks_first_and_twice_says_so(operator):
    selection = SelectionFactory(owner=operator.person, name="webs")
    page = url("selection_delete", selection.pk)

    assert "Delete the saved selection “" in operator.get(page).content.decode()
    assert Selection.objects.exists()
    first, second = (operator.post(page) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 404)
    assert "It may have been deleted." in second.content.decode()
    assert "Deleted “webs”." in operator.get(first.url).content.decode()
    assert AuditEntry.objects.filter(action="selection.deleted").count() == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(max_size=70), q=st.text(max_size=60), ids=st.text(max_size=60), kind=st.sampled_from(["query", "list"])
)
def test_nothing_that_can_be_typed_is_a_fault(operator, name, q, ids, kind):
    response = saved(operator, name=name, q=q, ids=ids, kind=kind)

    assert response.status_code in (303, 422)
    assert operator.get(url()).status_code == 200
    assert operator.get(reverse("instances:list", args=[HANGZHOU], query={"q": f"saved:{name}"})).status_code == 200
    Selection.objects.all().delete()


# Pages


def test_nothing_saved_says_what_to_do(operator):
    page = operator.get(url()).content.decode()

    assert "Nothing saved in China (Hangzhou). Choose instances in a run and press Save selection." in page


def test_the_list_says_what_each_is_and_matches_now(operator):
    web, _db = InstanceFactory(name="web-1"), InstanceFactory(name="db-1", managed=True)
    SelectionFactory(owner=operator.person, name="a", q="web")
    SelectionFactory(owner=operator.person, name="b", ids=[web.instance_id, "i-gone0001", "i-gone0002", "i-gone0003"])
    ours = SelectionFactory(name="c", q="db", group="team")
    SelectionUseFactory(selection=ours, run_id=1042)

    rows = read(operator.get(url())).all("tr", data_selection="")

    texts = [row.text for row in rows]
    assert "web 1 only me Not used yet." in texts[0]
    assert "web-1, i-gone0001, i-gone0002 and 1 more 1 only me" in texts[1]
    assert "db 1 everyone who runs commands" in texts[2]
    assert "#1042" in texts[2]


def test_run_a_command_on_these_leads_to_a_panel_that_looks_for_them(operator):
    command = CommandFactory()
    web, edge = InstanceFactory(name="web-1"), InstanceFactory(name="web-2", managed=True)
    SelectionFactory(owner=operator.person, name="my webs", q="web")

    page = read(operator.get(url()))
    link = page.one("a", aria_label="Run a command on my webs")["href"]
    commands = read(operator.get(link))
    run = commands.one("a", aria_label=f"Run {command.name}")["href"]
    shown = Shown(operator.get(run))

    assert {f"row-{web.instance_id}", f"row-{edge.instance_id}"} <= set(shown.parts)
    assert "Choose the command to run on saved:" in commands.text
    assert shown.part("selection-count")["data-count"] == "0"


@pytest.mark.parametrize(("name", "field"), [("selection", "q"), ("managed_selection", "managed_q")])
def test_the_lists_of_commands_hand_on_what_a_command_is_chosen_for(operator, name, field):
    command, query = CommandFactory(), {name: "saved:webs"}

    page = read(operator.get(reverse("commands:list", args=[HANGZHOU], query=query)))

    assert "Choose the command to run on saved:webs." in page.text
    assert page.one("a", aria_label=f"Run {command.name}")["href"].endswith(f"?{field}=saved%3Awebs")
    assert page.one("input", name=name)["value"] == "saved:webs"
    assert page.one("nav", aria_label="Command lists").all("a")[1]["href"].endswith(f"?{name}=saved%3Awebs")


def test_of_a_script_that_is_not_saved_a_selection_is_chosen_on_the_page(operator):
    SelectionFactory(owner=operator.person, name="webs", q="web")
    draft = DraftFactory(person=operator.person, command=None, region=HANGZHOU, fields={"type": "RunShellScript"})

    link = read(operator.get(url(draft=draft.pk))).one("a", class_="strong")["href"]

    assert link.startswith(reverse("invocations:unsaved", args=[HANGZHOU]))
    assert Shown(operator.get(link)).value("q") == "saved:webs"


def test_a_page_of_the_list_asks_a_bounded_number_of_questions(operator):
    for _ in range(50):
        SelectionFactory(owner=operator.person)

    with CaptureQueriesContext(connection) as queries:
        page = read(operator.get(url()))

    assert len(page.all("tr", data_selection="")) == 20
    assert len(queries) < 45
    assert len(read(operator.get(url(page="3"))).all("tr", data_selection="")) == 10
    assert operator.get(url(page="99999999999999999999")).status_code == 200


def test_the_edit_page_counts_what_is_typed(operator):
    InstanceFactory(name="web-1")

    by_search = operator.post(url("selection_new"), fields(action="check", name=""), headers=FRAGMENT)
    by_ids = operator.post(
        url("selection_new"), fields(action="check", kind="list", ids="i-gone0001 i-gone0002"), headers=FRAGMENT
    )
    as_page = operator.post(url("selection_new"), fields(action="check", name=""))

    assert (by_search.status_code, as_page.status_code) == (200, 200)
    assert "1 instance matches now." in by_search.content.decode()
    assert "1 instance matches now." in as_page.content.decode()
    assert "0 instances match now." in by_ids.content.decode()
    assert "2 are not in China (Hangzhou) or not in your scope" in by_ids.content.decode()
    assert "There is a problem" not in as_page.content.decode()
    assert not Selection.objects.exists()


def test_the_edit_page_tells_what_changed_from_use_to_use(operator):
    first, second = InstanceFactory(name="web-1"), InstanceFactory(name="web-2")
    selection = SelectionFactory(owner=operator.person, q="web")
    SelectionUseFactory(selection=selection, run_id=1, matched=["i-gone0001"])
    SelectionUseFactory(selection=selection, run_id=2, matched=[first.instance_id])

    changes = read(operator.get(edit_url(selection))).all(data_testid="selection-change")

    assert [(change["data-new"], change["data-gone"]) for change in changes] == [("1", "0"), ("1", "1")]
    assert second.name in changes[0].text
    assert "released" in changes[1].text


# In the picker


@pytest.fixture
def command():
    return CommandFactory()


def used(client, command, *instances, **fields):
    assert submitted(client, command, *instances, **fields).status_code == 303
    return Invocation.objects.order_by("-pk").first()


def change_of(client, command, q) -> dict[str, str]:
    return Shown(client.get(panel_url(command, q=q))).parts.get("selection-change", {})


def test_a_run_on_a_selection_is_what_the_next_one_is_told_against(operator, command):
    web, db = InstanceFactory(name="web-1"), InstanceFactory(name="web-2")
    SelectionFactory(owner=operator.person, name="webs", q="web")
    assert "Not used yet." in Shown(operator.get(panel_url(command, q="saved:webs"))).text

    run = used(operator, command, web, q="saved:webs")
    same = Shown(operator.get(panel_url(command, q="saved:webs")))
    Instance.objects.filter(pk=db.pk).update(released_at=now())
    new = InstanceFactory(name="web-3")
    shown = Shown(operator.get(panel_url(command, q="saved:webs")))

    use = SelectionUse.objects.get()
    assert (use.run_id, use.matched) == (run.pk, sorted([web.instance_id, db.instance_id]))
    assert f"Nothing changed since #{run.pk}" in same.text.replace("since #", "since #")
    assert (shown.part("selection-change")["data-new"], shown.part("selection-change")["data-gone"]) == ("1", "1")
    assert new.name in shown.text
    assert "released" in shown.text


def test_the_same_press_of_run_twice_is_one_use(operator, command):
    web = InstanceFactory(name="web-1")
    SelectionFactory(owner=operator.person, name="webs", q="web")
    form = {"form_token": str(uuid.uuid4()), "action": "run", "instance_ids": web.instance_id, "q": "saved:webs"}

    for _ in range(2):
        operator.post(panel_url(command), form)

    assert SelectionUse.objects.count() == 1


@pytest.mark.parametrize("q", ["web", "-saved:dbs", "saved:hers", "saved:dbs"])
def test_a_run_on_something_else_is_no_use(operator, command, q):
    web = InstanceFactory(name="web-1")
    SelectionFactory(owner=operator.person, name="dbs", q="db")
    SelectionFactory(name="hers", q="web")

    used(operator, command, web, q=q)

    assert not SelectionUse.objects.exists()


def test_a_run_of_anybody_counts_for_the_teams(operator, admin, command):
    web = InstanceFactory(name="web-1")
    SelectionFactory(name="webs", q="web", group="team")

    run = used(admin, command, web, q="saved:team/webs")

    assert f"#{run.pk}" in Shown(operator.get(panel_url(command, q="saved:team/webs"))).text


@pytest.mark.parametrize("page", ["panel", "list", "review"])
def test_a_selection_that_is_gone_is_told_in_every_search(operator, command, page):
    web = InstanceFactory(name="web-1")
    draft = DraftFactory(person=operator.person, command=command, chosen=[web.instance_id])
    pages = {
        "panel": panel_url(command, q="-saved:gone"),
        "list": reverse("instances:list", args=[HANGZHOU], query={"q": "-saved:gone"}),
        "review": reverse("invocations:review", args=[HANGZHOU, draft.pk], query={"review_q": "-saved:gone"}),
    }

    shown = Shown(operator.get(pages[page]))

    assert "There is no saved selection “gone” here." in shown.text
    assert web.instance_id not in " ".join(shown.parts)


def test_select_all_chooses_what_it_matches_and_can_run(operator, command):
    web = InstanceFactory(name="web-1")
    InstanceFactory(name="web-2", stopped=True)
    SelectionFactory(owner=operator.person, name="webs", q="web")
    draft = uuid.uuid4()

    operator.post(selection_url(draft), {"command": command.cloud_id, "op": "add_matching", "q": "saved:webs"})

    assert Draft.objects.get(pk=draft).chosen == [web.instance_id]


def test_the_dialog_offers_the_search_and_what_is_chosen(operator, command):
    web = InstanceFactory(name="web-1", tags={"env": "prod"})
    draft = DraftFactory(person=operator.person, command=command, chosen=[web.instance_id, "mi-hz0001"])

    def dialog(**query) -> Shown:
        return Shown(operator.get(url("selection_new", draft=draft.pk, of="ecs", **query), headers=FRAGMENT))

    shown = dialog(q="tag:env=prod", agent="normal")
    assert (shown.value("q"), shown.value("ids"), shown.value("kind")) == (
        *("tag:env=prod agent:normal", web.instance_id, "query"),
    )
    assert "This 1 instance" in shown.text
    unsaved = dialog(q="selected:yes")
    assert unsaved.value("kind") == "list"
    assert "“selected:” is about one run" in unsaved.text


@pytest.mark.parametrize(
    ("chosen", "kind"),
    [((), "query"), (("web-1",), "list"), (("web-1", "web-2"), "query"), (("web-1", "web-2", "db-1"), "list")],
)
def test_the_dialog_means_the_search_only_where_all_that_it_finds_and_can_run_is_chosen(
    operator, command, chosen, kind
):
    for name in ("web-1", "web-2", "db-1"):
        InstanceFactory(name=name)
    InstanceFactory(name="web-3", stopped=True)
    InstanceFactory(name="web-4", windows=True)
    ids = list(Instance.objects.filter(name__in=chosen).values_list("instance_id", flat=True))
    draft = DraftFactory(person=operator.person, command=command, chosen=ids)

    shown = Shown(operator.get(url("selection_new", draft=draft.pk, of="ecs", q="web"), headers=FRAGMENT))

    assert shown.value("kind") == kind


def test_without_script_the_page_knows_the_search_and_the_selection_and_leads_back(operator, command):
    web = InstanceFactory(name="web-1")
    draft = uuid.uuid4()
    form = {"command": command.cloud_id, "op": "show", "q": "web", "instance_ids": web.instance_id}

    response = operator.post(selection_url(draft, then="save", of="ecs"), form)
    shown = Shown(operator.get(response.url))
    done = operator.post(
        url("selection_new"), {name: values[-1] for name, values in shown.fields.items()} | {"name": "x"}
    )

    assert (shown.value("q"), shown.value("kind")) == ("web", "query")
    assert Selection.objects.get().q == "web"
    assert done.url.startswith(f"{panel_url(command)}?draft={draft}")


def test_without_script_a_selection_is_chosen_on_the_page(operator, command):
    web = InstanceFactory(name="web-1")
    SelectionFactory(owner=operator.person, name="my webs", q="web")
    draft = uuid.uuid4()

    response = operator.post(
        selection_url(draft, then="selections", of="ecs"), {"command": command.cloud_id, "op": "show", "timeout": "77"}
    )
    link = read(operator.get(response.url)).one("a", class_="strong")["href"]
    shown = Shown(operator.get(link))

    assert f"row-{web.instance_id}" in shown.parts
    assert (shown.value("q"), shown.value("timeout")) == ('saved:"my webs"', "77")


def test_a_private_selection_is_in_no_link(operator, command):
    web = InstanceFactory(name="web-1")
    SelectionFactory(owner=operator.person, name="mine", q="web")
    SelectionFactory(name="ours", q="web", group="team")

    def link(q) -> str:
        shown = operator.get(panel_url(command, q=q, ids=web.instance_id), follow=True).content.decode()
        return read_link(shown)

    def read_link(html) -> str:
        return html.partition('data-copy-link="')[2].partition('"')[0]

    assert "saved" not in link("saved:mine")
    assert web.instance_id in link("saved:mine")
    assert "q=saved%3Ateam%2Fours" in link("saved:team/ours")


def test_suggestions_offer_the_selections_there_are(operator):
    InstanceFactory(name="web-1")
    SelectionFactory(owner=operator.person, name="my webs", q="web")
    SelectionFactory(name="ours", q="web", group="team")
    SelectionFactory(name="hers", q="web")

    def offered(word) -> list[str]:
        page = read(
            operator.get(reverse("invocations:suggestions", args=[HANGZHOU, "instances"], query={"word": word}))
        )
        return [option["data-text"] for option in page.all("li")]

    assert offered("sav") == ["saved:"]
    assert offered("saved:") == ['saved:"my webs"', "saved:team/ours"]
    assert offered("-saved:MY") == ['-saved:"my webs"']
    assert offered("saved:team/") == ["saved:team/ours"]


def test_what_others_own_is_not_offered_to_a_second_person(operator):
    SelectionFactory(owner=operator.person, name="mine")
    other = PersonClient(PersonFactory())

    assert "mine" not in other.get(url(of="ecs"), headers=FRAGMENT).content.decode()
