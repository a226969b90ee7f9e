"""Saved selections as a search means them, how they are saved, and what has changed in one since it was used."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role
from instances import access, grammar, search, selection_saving, selection_uses, selections
from instances.models import Instance, Selection, SelectionKind, SelectionUse
from instances.selection_saving import ChangedMeanwhile, GoneMeanwhile, NameTaken, Wording
from tests.factories import HANGZHOU, InstanceFactory, PersonFactory, SelectionFactory, SelectionUseFactory, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return PersonFactory(username="oscar")


@pytest.fixture
def fleet():
    for name in ("web-1", "web-2", "db-1", "cache-1"):
        InstanceFactory(name=name)


def found(person, q: str) -> set[str]:
    query = selections.read(q, person, HANGZHOU, keys=grammar.OF_LISTS)
    return set(search.matching(Instance.objects.all(), query).values_list("name", flat=True))


def hints(person, q: str) -> list[str]:
    return [str(hint) for hint in selections.read(q, person, HANGZHOU, keys=grammar.OF_LISTS).hints]


def ids(*names: str) -> list[str]:
    return list(Instance.objects.filter(name__in=names).values_list("instance_id", flat=True))


# In a search


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("saved:webs", {"web-1", "web-2"}),
        ("saved:WEBS", {"web-1", "web-2"}),
        ("-saved:webs", {"db-1", "cache-1"}),
        ("saved:webs -web-2", {"web-1"}),
        ("saved:webs,one", {"web-1", "web-2", "db-1"}),
        ("saved:webs saved:one", set()),
        ('saved:team/"all but web"', {"db-1", "cache-1"}),
        ('saved:"team/all but web" -saved:one', {"cache-1"}),
        ("saved:none", set()),
    ],
)
def test_a_saved_selection_is_a_word_of_the_search(person, q, names):
    SelectionFactory(owner=person, name="webs", q="web")
    SelectionFactory(owner=person, name="one", ids=ids("db-1"))
    SelectionFactory(owner=person, name="none", ids=["i-gone00000001"])
    SelectionFactory(owner=PersonFactory(), group="team", name="all but web", q="-web")

    assert found(person, q) == names
    assert hints(person, q) == []


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("q", ["saved:gone", "-saved:gone", "saved:webs,gone", "web saved:gone", "saved:team/webs"])
def test_one_that_is_not_there_finds_nothing_and_is_named(person, q):
    SelectionFactory(owner=person, name="webs", q="web")

    assert found(person, q) == set()
    name = "team/webs" if "team" in q else "gone"
    assert hints(person, q) == [f"There is no saved selection “{name}” here."]


@pytest.mark.usefixtures("fleet")
def test_nobody_finds_by_what_is_anothers_or_of_another_region(person):
    SelectionFactory(owner=PersonFactory(), name="hers", q="web")
    SelectionFactory(owner=person, name="elsewhere", q="web", region="cn-beijing")

    assert found(person, "saved:hers") == found(person, "saved:elsewhere") == set()


def test_a_viewer_has_no_saved_selections():
    viewer = PersonFactory(role=Role.VIEWER)
    SelectionFactory(owner=viewer, name="mine")
    SelectionFactory(owner=viewer, group="team", name="ours")

    assert not access.selections_visible_to(viewer, HANGZHOU).exists()
    assert hints(viewer, "saved:team/ours") == ["There is no saved selection “team/ours” here."]


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Co"], exclude_characters="/"), min_size=1))
def test_any_name_can_be_searched_for(name):
    word = selections.word(Selection(name=name, group="team"))

    (value,) = grammar.parse(word).values_of(grammar.Key.SAVED)

    assert selections._parts(value) == ("team", selections.key_of(name))


def test_what_saved_searches_take_counts_for_the_whole(person):
    InstanceFactory(name="web")
    q = ",".join(f"w{n}" for n in range(129)) + ",web"
    for name in ("a", "b"):
        SelectionFactory(owner=person, name=name, q=q)

    assert found(person, "saved:a") == {"web"}
    assert found(person, "saved:a saved:b") == set()
    assert "more than 250 parts" in hints(person, "saved:a saved:b")[0]


@pytest.mark.parametrize("n", [240, 400])
def test_B21_a_search_may_name_very_many(person, n):
    SelectionFactory(owner=person, name="s0")

    q = "saved:" + ",".join(f"s{m}" for m in range(n))

    assert found(person, q) == set()
    assert hints(person, q)


def test_the_names_of_a_search_are_looked_up_at_once(person):
    for n in range(20):
        SelectionFactory(owner=person, name=f"s{n}", q="web")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        selections.read(" ".join(f"saved:s{n}" for n in range(20)), person, HANGZHOU, keys=grammar.OF_LISTS)

    assert len(queries) == 1


def test_ten_thousand_ids_are_searched_for(person):
    one = InstanceFactory()
    SelectionFactory(owner=person, name="many", ids=[one.instance_id, *(f"i-{n:08d}" for n in range(9_999))])

    assert found(person, "saved:many") == {one.name}


def test_more_ids_than_a_database_takes_find_nothing_and_are_told(person):
    one = InstanceFactory()
    for n in range(3):
        ids_of_list = [one.instance_id, *(f"i-{n}{m:08d}" for m in range(9_999))]
        SelectionFactory(owner=person, name=f"many{n}", ids=ids_of_list)

    assert found(person, "saved:many0 saved:many1") == {one.name}
    assert found(person, "saved:many0,many1,many2") == set()
    assert "too many parts" in hints(person, "saved:many0,many1,many2")[0]


# Saving


def wording(**parts) -> Wording:
    return Wording(**{"name": "webs", "kind": SelectionKind.QUERY, "q": "web", **parts})


def saved(person, *, token=None, **parts) -> Selection:
    return selection_saving.save(person, HANGZHOU, wording(**parts), token=token or uuid.uuid4(), address="")


def test_the_same_form_sent_twice_makes_one(person):
    token = uuid.uuid4()

    assert saved(person, token=token) == saved(person, token=token)
    assert Selection.objects.count() == 1


@pytest.mark.parametrize("name", ["webs", "WEBS", "w\u0435bs".replace("\u0435", "e")])
def test_a_name_is_taken_whatever_its_case(person, name):
    saved(person)

    with pytest.raises(NameTaken):
        saved(person, name=name)


def test_ones_own_the_teams_and_anothers_may_have_the_same_name(person):
    for owner, group in [(person, ""), (person, "team"), (PersonFactory(), "")]:
        saved(owner, group=group)

    assert Selection.objects.count() == 3
    with pytest.raises(NameTaken):
        saved(PersonFactory(), group="team")


def test_accents_are_the_same_however_they_are_typed(person):
    saved(person, name="caf\u00e9")

    assert selections.read("saved:cafe\u0301", person, HANGZHOU, keys=grammar.OF_LISTS).missing == []


def test_a_change_of_an_older_version_is_refused(person):
    selection = saved(person)
    selection_saving.change(person, selection, wording(q="db"), base=1, address="")

    with pytest.raises(ChangedMeanwhile) as caught:
        selection_saving.change(person, selection, wording(q="cache"), base=1, address="")

    assert caught.value.selection.q == "db"
    assert Selection.objects.get().version == 2


def test_a_change_of_what_was_deleted_is_refused(person):
    selection = saved(person)

    assert [selection_saving.delete(person, selection, address="") for _ in range(2)] == [True, False]
    with pytest.raises(GoneMeanwhile):
        selection_saving.change(person, selection, wording(q="db"), base=1, address="")


# Since it was used


def used(selection, *instances, **columns) -> SelectionUse:
    return SelectionUseFactory(selection=selection, matched=[one.instance_id for one in instances], **columns)


def test_what_is_new_and_what_is_gone_is_told_with_why(person):
    selection = SelectionFactory(owner=person, q="web")
    stays, comes = InstanceFactory(name="web-1"), InstanceFactory(name="web-2")
    renamed, released = InstanceFactory(name="db-1"), InstanceFactory(name="web-3", released_at=now())
    used(selection, stays, renamed, released)

    change = selection_uses.since_last_use(person, selection)

    assert change.new == {comes.instance_id}
    assert {one.name: one.why for one in change.gone_shown} == {"db-1": "unmatched", "web-3": "released"}


def test_what_is_of_the_other_kind_is_not_told(person):
    selection = SelectionFactory(owner=person, q="web")
    used(selection, InstanceFactory(name="db"), InstanceFactory(managed=True, name="web"))

    assert selection_uses.since_last_use(person, selection, "managed").is_none
    assert selection_uses.since_last_use(person, selection, "ecs").gone == 1


def test_each_use_is_told_against_the_one_before_it(person):
    first, second, third = (InstanceFactory(name=f"web-{n}") for n in range(3))
    selection = SelectionFactory(owner=person, q="web")
    used(selection, first)
    used(selection, first, second)

    now_, before = selection_uses.history(person, selection, 20)

    assert (now_.new, before.new) == ({third.instance_id}, {second.instance_id})


def note(person, *searches: str, chosen, run_id: int = 1) -> None:
    selection_uses.note(person, HANGZHOU, searches, [one.instance_id for one in chosen], run_id=run_id, at=now())


def test_a_use_is_noted_once_a_run_for_each_that_was_asked_for(person):
    web, db = InstanceFactory(name="web"), InstanceFactory(name="db")
    asked = SelectionFactory(owner=person, name="a", q="web")
    SelectionFactory(owner=person, name="b", q="db")
    SelectionFactory(owner=person, name="c", q="db")

    for _ in range(2):
        note(person, "saved:a,b -saved:c", "web", chosen=[web])

    use = SelectionUse.objects.get()
    assert (use.selection, use.run_id, use.person, use.matched) == (asked, 1, person, [web.instance_id])
    assert db.instance_id not in use.matched


@pytest.mark.parametrize("q", ["web", "saved:gone", "saved:a saved:gone", "-saved:a", "saved:a" + " " * 2001])
def test_no_use_is_noted_where_none_was_asked_for(person, q):
    SelectionFactory(owner=person, name="a", q="web")

    note(person, q, chosen=[InstanceFactory(name="web")])

    assert not SelectionUse.objects.exists()


def test_only_the_last_fifty_uses_are_kept(person):
    web = InstanceFactory(name="web")
    selection = SelectionFactory(owner=person, name="a", q="web")
    for n in range(52):
        SelectionUseFactory(selection=selection, run_id=n)

    note(person, "saved:a", chosen=[web], run_id=99)

    kept = list(selection.uses.values_list("run_id", flat=True))
    assert (len(kept), kept[0], kept[-1]) == (50, 99, 3)
