"""The picker: what a search shows, how a selection changes, its review, pasted lists, suggestions."""

import uuid

import pytest
from django.urls import reverse

from instances.models import Instance, InstanceTag
from invocations.models import Draft
from regions.models import Mirror
from tests.factories import (
    HANGZHOU,
    CommandFactory,
    DraftFactory,
    InstanceFactory,
    PersonFactory,
    RegionFactory,
)
from tests.invocations.panels import Shown, fresh_region, panel_url, selection_url

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def command():
    fresh_region()
    return CommandFactory(name="uptime", content="uptime")


def picker_url(kind="instances", **query):
    return reverse("invocations:picker", args=[HANGZHOU, kind], query=query)


def rows(client, command, kind="instances", **query):
    response = client.get(picker_url(kind, command=command.cloud_id, **query), headers=FRAGMENT)
    assert response.status_code == 200
    return Shown(response)


def chosen_after(client, command, op, draft=None, **fields):
    """The stored selection after a change by a plain client."""
    draft_id = draft.pk if draft else uuid.uuid4()
    kind = {"kind": fields.pop("kind")} if "kind" in fields else {}
    response = client.post(selection_url(draft_id, **kind), {"command": command.cloud_id, "op": op, **fields})
    assert response.status_code == 303
    return Draft.objects.get(pk=draft_id).chosen


# Rows


def test_a_viewer_has_no_picker(viewer, command):
    draft_id = uuid.uuid4()

    assert viewer.get(picker_url(command=command.cloud_id)).status_code == 404
    assert viewer.post(selection_url(draft_id), {"op": "clear"}).status_code == 404
    for view in ("review", "paste"):
        assert viewer.get(reverse(f"invocations:{view}", args=[HANGZHOU, draft_id])).status_code == 404


def test_an_unknown_kind_is_not_found(operator, command):
    assert operator.get(picker_url("everything", command=command.cloud_id)).status_code == 404


def test_rows_say_who_can_run_and_why_not(operator, command):
    InstanceFactory(name="a")
    InstanceFactory(name="b", stopped=True)
    InstanceFactory(name="c", windows=True)
    InstanceFactory(name="d", silent=True)

    shown = rows(operator, command)

    assert [(row["data-fit"], row["data-reason"]) for row in _rows(shown)] == [
        ("yes", ""),
        ("no", "stopped"),
        ("no", "os-windows"),
        ("no", "agent-abnormal"),
    ]
    assert "The instance is stopped." in shown.text
    assert "of 4 matching; 3 can’t run" in shown.text


def _rows(shown):
    return [attrs for name, attrs in shown.parts.items() if name.startswith("row-")]


def test_an_unfit_row_cannot_be_ticked_and_says_why_in_its_name(operator, command):
    instance = InstanceFactory(name="db-1", stopped=True)

    box = rows(operator, command).part(f"pick-{instance.instance_id}")

    assert "disabled" in box
    assert box["aria-label"] == "db-1, can’t run: The instance is stopped."


def test_a_chosen_one_that_became_unfit_can_be_taken_out(operator, command):
    instance = InstanceFactory(stopped=True)
    draft = DraftFactory(person=operator.person, command=command, chosen=[instance.instance_id])

    shown = rows(operator, command, draft=draft.pk)

    box = shown.part(f"pick-{instance.instance_id}")
    assert "disabled" not in box
    assert "checked" in box
    assert "Became unfit: The instance is stopped." in shown.text


def test_the_selects_are_merged_into_the_search(operator, command):
    InstanceFactory(name="web-1")
    InstanceFactory(name="web-2", stopped=True)
    InstanceFactory(name="db-1", stopped=True)

    shown = rows(operator, command, q="web", status="stopped")

    assert [row["data-status"] for row in _rows(shown)] == ["stopped"]
    assert shown.text.count("web-2") >= 1


def test_B27_an_unknown_choice_is_ignored_with_a_notice(operator, command):
    InstanceFactory()

    shown = rows(operator, command, agent="sleepy")

    assert len(_rows(shown)) == 1
    assert "There is no such choice: agent." in shown.text


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("reason:stopped", ["b"]),
        ("reason:os", ["c"]),
        ("selected:yes", ["a"]),
        ("selected:no", ["b", "c"]),
        ("-reason:stopped,os", ["a"]),
    ],
)
def test_reason_and_selected_are_filters_here(operator, command, q, names):
    chosen = InstanceFactory(name="a")
    InstanceFactory(name="b", stopped=True)
    InstanceFactory(name="c", windows=True)
    draft = DraftFactory(person=operator.person, command=command, chosen=[chosen.instance_id])

    shown = rows(operator, command, q=q, draft=draft.pk)

    found = Instance.objects.filter(instance_id__in=[row["data-instance-id"] for row in _rows(shown)])
    assert sorted(found.values_list("name", flat=True)) == names


def test_an_unknown_key_is_searched_as_text_and_said(operator, command):
    assert "“foo:” isn’t a filter; searched as text." in rows(operator, command, q="foo:bar").text


def test_B21_a_search_that_is_too_long_is_told_and_kept(operator, command):
    q = "x" * 2001

    response = operator.get(picker_url(command=command.cloud_id, q=q), headers=FRAGMENT)
    shown = Shown(operator.get(panel_url(command, q=q)))

    assert response.status_code == 422
    assert "The search is longer than 2,000 characters. Use Paste IDs." in shown.text
    assert shown.value("q") == q


def test_B25_a_search_is_shown_escaped(operator, command):
    response = operator.get(picker_url(command=command.cloud_id, q="<script>{{7*7}}"), headers=FRAGMENT)

    assert b"<script>{{" not in response.content
    assert "No instances match “&lt;script&gt;{{7*7}}”." in response.content.decode()


def test_an_empty_region_says_what_may_be_the_reason(operator, command):
    assert "may lack ecs:DescribeInstances" in rows(operator, command).text


@pytest.mark.parametrize("page", ["0", "-1", "abc", "1.5", "9" * 18, "99"])
def test_B65_a_page_that_is_not_there_is_the_nearest_one(operator, command, page):
    for _n in range(25):
        InstanceFactory()

    assert len(_rows(rows(operator, command, page=page))) in (5, 20)


@pytest.mark.parametrize("sort", ["__class__", "tag_rows", "-", "name,agent", "x" * 500])
def test_B67_an_order_that_is_none_is_ignored(operator, command, sort):
    InstanceFactory()

    assert len(_rows(rows(operator, command, sort=sort))) == 1


def test_rows_come_in_the_order_asked_for(operator, command):
    for name in ("b", "a", "c"):
        InstanceFactory(name=name)

    def order(**query):
        found = [row["data-instance-id"] for row in _rows(rows(operator, command, **query))]
        return [Instance.objects.get(instance_id=instance_id).name for instance_id in found]

    assert order() == ["a", "b", "c"]
    assert order(sort="-name") == ["c", "b", "a"]


def test_managed_instances_have_a_picker_of_their_own(operator, command):
    InstanceFactory()
    managed = InstanceFactory(managed=True, name="edge-1", status="stopped")

    shown = rows(operator, command, kind="managed")

    assert [row["data-instance-id"] for row in _rows(shown)] == [managed.instance_id]
    assert "The managed instance is offline." in shown.text
    assert "Offline" in shown.text


def test_the_address_follows_the_search(operator, command):
    response = operator.get(picker_url(command=command.cloud_id, q="web", page="2"), headers=FRAGMENT)

    assert response["HX-Replace-Url"] == panel_url(command, q="web", page="2")


def test_without_htmx_it_is_the_whole_panel(operator, command):
    InstanceFactory()

    response = operator.get(picker_url(command=command.cloud_id, q="web"))

    assert response.status_code == 200
    assert "Run command" in Shown(response).text


def test_without_a_command_it_is_a_plain_list(operator, command):
    InstanceFactory()
    InstanceFactory(windows=True)
    InstanceFactory(stopped=True)

    html = operator.get(picker_url()).content.decode()

    assert html.count('data-fit="yes"') == 2
    assert html.count('data-fit="no"') == 1


# Five thousand


@pytest.fixture
def five_thousand(db):
    instances = InstanceFactory.build_batch(5000)
    for n, instance in enumerate(instances):
        instance.tags = {"env": "prod" if n % 2 else "test"}
        instance.status = "stopped" if n % 10 == 0 else "running"
    rows = Instance.objects.bulk_create(instances, batch_size=500)
    tags = [InstanceTag(instance=row, key=key, value=value) for row in rows for key, value in row.tags.items()]
    InstanceTag.objects.bulk_create(tags, batch_size=500)


def test_a_keystroke_over_5000_instances_is_one_request_of_few_queries(
    operator, command, five_thousand, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        shown = rows(operator, command, q="tag:env=prod")

    assert len(_rows(shown)) == 20
    assert "of 2,500 matching" in shown.text


def test_selecting_all_of_5000_takes_as_many_queries_as_of_five(
    operator, command, five_thousand, django_assert_max_num_queries
):
    with django_assert_max_num_queries(45):
        response = operator.post(
            selection_url(uuid.uuid4()), {"command": command.cloud_id, "op": "add_matching"}, headers=FRAGMENT
        )

    shown = Shown(response)
    assert shown.part("selection-count")["data-count"] == "4500"
    assert shown.part("preflight")["data-targets"] == "4500"
    assert len(response.content) < 60_000


def test_a_page_of_the_panel_with_5000_chosen_does_not_load_them(operator, command, five_thousand):
    ids = list(Instance.objects.values_list("instance_id", flat=True))
    draft = DraftFactory(person=operator.person, command=command, chosen=ids)

    response = operator.get(panel_url(command, draft=draft.pk))

    assert len(_rows(Shown(response))) == 20
    assert len(response.content) < 100_000


# Changing the selection


def test_adding_takes_only_those_that_can_run(operator, command):
    fit, unfit = InstanceFactory(), InstanceFactory(stopped=True)

    ids = f"{fit.instance_id},{unfit.instance_id},i-bp1nowhere"

    assert chosen_after(operator, command, "add", ids=ids) == [fit.instance_id]


def test_the_first_selection_stores_the_draft_and_its_address(operator, command):
    instance, draft_id = InstanceFactory(), uuid.uuid4()

    response = operator.post(
        selection_url(draft_id),
        {"command": command.cloud_id, "op": "add", "ids": instance.instance_id},
        headers=FRAGMENT,
    )

    assert response["HX-Replace-Url"] == panel_url(command, draft=draft_id)
    assert Draft.objects.get().person == operator.person


def test_removing(operator, command):
    first, second = InstanceFactory().instance_id, InstanceFactory().instance_id
    draft = DraftFactory(person=operator.person, command=command, chosen=[first, second])

    assert chosen_after(operator, command, "remove", draft, ids=first) == [second]


def test_select_all_is_a_snapshot(operator, command):
    for _n in range(25):
        InstanceFactory(tags={"env": "prod"})
    InstanceFactory(tags={"env": "prod"}, stopped=True)
    InstanceFactory()

    chosen = chosen_after(operator, command, "add_matching", q="tag:env=prod")
    InstanceFactory(tags={"env": "prod"})

    assert len(chosen) == 25
    assert len(Draft.objects.get().chosen) == 25


def test_select_this_page(operator, command):
    for n in range(25):
        InstanceFactory(name=f"web-{n:02}", stopped=n == 0)

    assert len(chosen_after(operator, command, "add_page")) == 19
    assert len(chosen_after(operator, command, "add_page", page="2")) == 5


def test_clearing_one_kind_leaves_the_other(operator, command):
    ecs, managed = InstanceFactory().instance_id, InstanceFactory(managed=True).instance_id
    draft = DraftFactory(person=operator.person, command=command, chosen=[ecs, managed])

    assert chosen_after(operator, command, "clear", draft, kind="ecs") == [managed]
    assert chosen_after(operator, command, "clear", draft) == []


def test_clearing_can_be_undone(operator, command):
    ids = [InstanceFactory().instance_id for _n in range(3)]
    draft = DraftFactory(person=operator.person, command=command, chosen=ids)

    cleared = Shown(operator.post(selection_url(draft.pk, kind="ecs"), {"op": "clear"}, headers=FRAGMENT))

    assert chosen_after(operator, command, "undo", draft, undo_ids=cleared.value("undo_ids")) == ids


def test_an_unknown_change_changes_nothing(operator, command):
    draft = DraftFactory(person=operator.person, command=command, chosen=["i-bp1x"])

    assert chosen_after(operator, command, "explode", draft) == ["i-bp1x"]


def test_a_change_keeps_what_was_typed(operator, command):
    draft = DraftFactory(person=operator.person, command=command, fields={"username": "deploy"})

    chosen_after(operator, command, "add", draft, ids=InstanceFactory().instance_id)
    assert Draft.objects.get().fields["username"] == "deploy"

    chosen_after(operator, command, "show", draft, form_token=str(uuid.uuid4()), username="www-data")
    assert Draft.objects.get().fields["username"] == "www-data"


def test_another_persons_draft_cannot_be_changed(operator, command):
    draft = DraftFactory(person=PersonFactory(), command=command, chosen=["i-bp1x"])

    response = operator.post(selection_url(draft.pk), {"command": command.cloud_id, "op": "clear"})

    assert response.status_code == 404
    assert Draft.objects.get().chosen == ["i-bp1x"]


def test_B10_a_selection_changes_by_post_alone(operator, command):
    assert operator.get(selection_url(uuid.uuid4())).status_code == 405


def test_a_draft_of_no_command_is_not_found(operator, command):
    assert operator.post(selection_url(uuid.uuid4()), {"op": "clear"}).status_code == 404


def test_without_script_a_search_brings_everything_typed_back(operator, command):
    InstanceFactory(name="web-1")
    opened = Shown(operator.get(panel_url(command)))
    form = {
        "form_token": opened.value("form_token"),
        "command": command.cloud_id,
        "username": "deploy",
        "q": "web",
        "op": "show",
    }

    response = operator.post(selection_url(opened.value("draft")), form, follow=True)

    shown = Shown(response)
    assert response.redirect_chain[0][1] == 303
    assert (shown.value("username"), shown.value("q")) == ("deploy", "web")
    assert len(_rows(shown)) == 1


def test_without_script_a_new_search_begins_on_the_first_page(operator, command):
    for _n in range(45):
        InstanceFactory()
    opened = Shown(operator.get(panel_url(command, page="3")))
    form = {"form_token": opened.value("form_token"), "command": command.cloud_id, "page": "3", "op": "show"}

    response = operator.post(selection_url(opened.value("draft")), form)

    assert "page=" not in response.url


# Review


def review(client, draft, **query):
    url = reverse("invocations:review", args=[draft.region, draft.pk], query=query)
    return Shown(client.get(url))


def test_the_review_groups_by_system_and_kind_with_the_unfit_first(operator, command):
    instances = [
        InstanceFactory(name="alpha"),
        InstanceFactory(name="zeta", status="stopping"),
        InstanceFactory(name="w", windows=True),
        InstanceFactory(name="m", managed=True),
    ]
    ids = [one.instance_id for one in instances]
    draft = DraftFactory(person=operator.person, command=command, chosen=ids)

    shown = review(operator, draft)

    assert shown.text.index("Linux") < shown.text.index("Windows") < shown.text.index("Managed · Linux")
    assert shown.text.index("zeta") < shown.text.index("alpha")
    assert "Became unfit: The instance is stopping. Wait until it is running." in shown.text
    assert "2 became unfit after you chose them." in shown.text
    assert "4 selected: 3 instances and 1 managed instance" in shown.text


def test_the_review_can_be_searched(operator, command):
    ids = [InstanceFactory(name=name).instance_id for name in ("web-1", "db-1")]
    draft = DraftFactory(person=operator.person, command=command, chosen=ids)

    shown = review(operator, draft, review_q="web")

    assert "web-1" in shown.text
    assert "db-1" not in shown.text


def test_what_the_region_does_not_have_is_named_and_can_be_removed(operator, command):
    here = InstanceFactory().instance_id
    draft = DraftFactory(person=operator.person, command=command, chosen=[here, "i-bp1nowhere"])
    assert "i-bp1nowhere" in review(operator, draft).text

    operator.post(selection_url(draft.pk, then="review", group="missing"), {"op": "remove"})

    assert Draft.objects.get().chosen == [here]


def test_a_whole_group_can_be_removed(operator, command):
    linux = [InstanceFactory().instance_id for _n in range(25)]
    windows = InstanceFactory(windows=True).instance_id
    draft = DraftFactory(person=operator.person, command=command, chosen=[*linux, windows])

    operator.post(selection_url(draft.pk, then="review", group="ecs-linux"), {"op": "remove"})

    assert Draft.objects.get().chosen == [windows]


def test_one_can_be_removed(operator, command):
    first, second = InstanceFactory().instance_id, InstanceFactory().instance_id
    draft = DraftFactory(person=operator.person, command=command, chosen=[first, second])

    response = operator.post(selection_url(draft.pk, then="review", op="remove"), {"ids": first})

    assert response.url == reverse("invocations:review", args=[HANGZHOU, draft.pk])
    assert Draft.objects.get().chosen == [second]


def test_all_ids_can_be_copied_at_once(operator, command):
    ids = [InstanceFactory().instance_id for _n in range(30)]
    draft = DraftFactory(person=operator.person, command=command, chosen=ids)

    html = operator.get(reverse("invocations:review", args=[HANGZHOU, draft.pk])).content.decode()

    assert "\n".join(ids) in html


def test_another_persons_selection_cannot_be_reviewed(operator, command):
    draft = DraftFactory(person=PersonFactory(), command=command)
    for view in ("review", "paste"):
        assert operator.get(reverse(f"invocations:{view}", args=[HANGZHOU, draft.pk])).status_code == 404


# Pasted lists


def pasted(client, command, text, status=200, **fields):
    url = reverse("invocations:paste", args=[HANGZHOU, uuid.uuid4()], query={"command": command.cloud_id})
    response = client.post(url, {"ids": text, **fields})
    assert response.status_code == status
    return Shown(response)


def test_B28_a_list_of_ten_thousand_is_reported_whole(operator, command):
    ids = [f"i-bp1{n:017d}" for n in range(6995)]
    here = [InstanceFactory.build(instance_id=one) for one in ids[:6943]]
    Instance.objects.bulk_create(here, batch_size=500)
    text = "、".join(ids) + "\n" + "\n".join(ids[:3000]) + '\n"web one" [x] y'

    shown = pasted(operator, command, text)

    assert "6,943 found, 0 can’t run, 52 unknown" in shown.text
    assert "3,000 were there more than once" in shown.text
    assert "4 are not IDs" in shown.text
    assert "line 3002" in shown.text
    assert "Add 6,943" in shown.text


def test_B28_only_what_is_new_is_counted_on_the_button(operator, command):
    old, new, unfit = InstanceFactory(), InstanceFactory(), InstanceFactory(name="db-1", stopped=True)
    draft = DraftFactory(person=operator.person, command=command, chosen=[old.instance_id])
    url = reverse("invocations:paste", args=[HANGZHOU, draft.pk])

    shown = Shown(operator.post(url, {"ids": " ".join(one.instance_id for one in (old, new, unfit))}))

    assert "3 found, 1 can’t run, 0 unknown" in shown.text
    assert "2 can run; 1 of them are already selected" in shown.text
    assert "1 can’t run and will be left out" in shown.text
    assert "db-1" in shown.text
    assert "Add 1" in shown.text


def test_pasting_adds_what_can_run(operator, command):
    fit, unfit = InstanceFactory(), InstanceFactory(stopped=True)

    assert chosen_after(operator, command, "paste", ids=f"{fit.instance_id}\n{unfit.instance_id} x") == [
        fit.instance_id
    ]


def test_B29_more_than_ten_thousand_are_refused_and_kept(operator, command):
    text = "\n".join(f"i-bp1{n:017d}" for n in range(10_001))

    shown = pasted(operator, command, text, status=422)

    assert "That is more than 10,000. Paste at most 10,000 at a time." in shown.text
    assert "i-bp100000000000010000" in shown.html
    response = operator.post(selection_url(uuid.uuid4()), {"command": command.cloud_id, "op": "paste", "ids": text})
    assert response.status_code == 422
    assert not Draft.objects.exists()


def test_B30_ids_of_another_region_are_named_as_such(operator, command):
    RegionFactory(region_id="cn-beijing", name_en="China (Beijing)")
    elsewhere = InstanceFactory(region="cn-beijing")

    shown = pasted(operator, command, elsewhere.instance_id)

    assert "1 is in another region" in shown.text
    assert f"{elsewhere.instance_id} (China (Beijing))" in shown.text


def test_B30_managed_ids_where_the_region_has_none(operator):
    fresh_region(has_managed=False)
    managed = InstanceFactory(managed=True)

    shown = pasted(operator, CommandFactory(), managed.instance_id)

    assert "Managed instances are not available in China (Hangzhou)." in shown.text


def test_B30_names_and_addresses_are_looked_up_on_request_only(operator, command):
    InstanceFactory(name="web-1", private_ip="10.0.0.1")
    InstanceFactory(name="twin", private_ip="10.0.0.2")
    InstanceFactory(name="twin", private_ip="10.0.0.3")

    plain = pasted(operator, command, "web-1 10.0.0.2 twin")
    named = pasted(operator, command, "web-1 10.0.0.2 twin", names="on")

    assert "3 are not IDs" in plain.text
    assert "2 found, 0 can’t run, 0 unknown" in named.text
    assert "1 name fits several instances and is not taken" in named.text


def test_B31_the_odd_character_is_marked(operator, command):
    shown = pasted(operator, command, "і-bp1k9p34y6n3wd25rq i-bp1k9p34****")

    assert '<mark class="p empty">і</mark>-bp1k9p34y6n3wd25rq' in shown.html
    assert "2 are not IDs" in shown.text


def test_a_pasted_script_is_shown_escaped(operator, command):
    assert "<script>alert" not in pasted(operator, command, "<script>alert(1)</script>").html


# Suggestions


def suggested(client, word, kind="instances"):
    url = reverse("invocations:suggestions", args=[HANGZHOU, kind], query={"word": word})
    html = client.get(url).content.decode()
    return [part.split('"')[0] for part in html.split('data-text="')[1:]]


def test_keys_are_suggested_first(operator, command):
    assert suggested(operator, "")[:3] == ["tag:", "status:", "agent:"]
    assert suggested(operator, "ta") == ["tag:"]


def test_then_values_with_how_many_they_find(operator, command):
    for env in ("prod", "prod", "test"):
        InstanceFactory(tags={"env": env})
    InstanceFactory(tags={"role": "web"}, stopped=True)

    assert suggested(operator, "tag:en") == ["tag:env=prod", "tag:env=test"]
    assert suggested(operator, "tag:env=t") == ["tag:env=test"]
    assert suggested(operator, "-status:") == ["-status:running", "-status:stopped"]


def test_a_value_with_a_space_is_suggested_in_quotes(operator, command):
    InstanceFactory(tags={"team": "a b"})

    assert suggested(operator, "tag:team=") == ["tag:team=&quot;a b&quot;"]


@pytest.mark.parametrize("word", ["", ":", "tag:", "foo:bar", "tag:=", "-", '"', "x" * 3000, "\x00", "tag:\x00"])
def test_no_word_breaks_the_suggestions(operator, command, word):
    url = reverse("invocations:suggestions", args=[HANGZHOU, "instances"], query={"word": word})

    assert operator.get(url).status_code == 200


def test_looking_around_asks_the_cloud_for_nothing(operator, command):
    before = list(Mirror.objects.order_by("pk").values())

    rows(operator, command, q="web")
    suggested(operator, "tag:")

    assert list(Mirror.objects.order_by("pk").values()) == before
