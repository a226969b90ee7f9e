"""The search language, by examples, and by whatever hypothesis can think of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instances import grammar
from instances.grammar import Key, Problem, parse


def shape(q: str) -> list[str]:
    """A query in a few words: `not name:web|db`, `tag:env=prod`, text without a key."""
    return [
        ("not " if term.is_negated else "")
        + (f"{term.key}:" if term.key else "")
        + "|".join(
            [item.text for item in term.items]
            + [tag.key.text + ("" if tag.value is None else f"={tag.value.text}") for tag in term.tags]
        )
        for term in parse(q).terms
    ]


@pytest.mark.parametrize(
    ("q", "meaning"),
    [
        ("", []),
        ("   ", []),
        ("web", ["web"]),
        ("web prod", ["web", "prod"]),
        ("web\u3000prod", ["web", "prod"]),
        ("web,db", ["web|db"]),
        ("-web", ["not web"]),
        ("a-b", ["a-b"]),
        ('"-web"', ["-web"]),
        ('"two words"', ["two words"]),
        ("name:web", ["name:web"]),
        ("NAME:Web", ["name:Web"]),
        ("-status:running,stopped", ["not status:running|stopped"]),
        ("status:", []),
        ("name:,,web,", ["name:web"]),
        ("名称:web 状态:运行中 客户端:异常 系统:linux", ["name:web", "status:running", "agent:abnormal", "os:linux"]),
        ("状态:已停止 客户端：正常，未安装", ["status:stopped", "agent:normal|none"]),
        ("os:ubuntu type:managed", ["os:ubuntu", "type:managed"]),
        ("id:i-1,i-2", ["id:i-1|i-2"]),
        ("hz-web-*", ["hz-web-*"]),
        ("*", ["*"]),
        ('"*"', ["*"]),
        ("-", []),
        ('""', []),
        ("ip:10.20.0.0/16", ["ip:10.20.0.0/16"]),
    ],
)
def test_a_search_means(q: str, meaning: list[str]) -> None:
    assert shape(q) == meaning


@pytest.mark.parametrize(
    ("q", "meaning"),
    [
        ("tag:", []),
        ("tag:=v", ["tag:*=v"]),
        ("tag:=", []),
        ("tag:k=", ["tag:k="]),
        ('tag:k=""', ["tag:k="]),
        ("tag:k=a=b", ["tag:k=a=b"]),
        ("tag:k", ["tag:k"]),
        ('tag:"a b"="c d"', ["tag:a b=c d"]),
        ('tag:"a b"="c d', ["tag:a b=c d"]),
        ('tag:"a=b"=c', ["tag:a=b=c"]),
        ("TAG:K=V", ["tag:K=V"]),
        ("tag：k＝v", ["tag:k=v"]),
        ("标签：env＝prod，test", ["tag:env=prod|env=test"]),
        ("tag:env=prod,test", ["tag:env=prod|env=test"]),
        ("tag:env,role", ["tag:env|role"]),
        ("tag:env=prod,role=web", ["tag:env=prod|role=web"]),
        ("-tag:env=pr*", ["not tag:env=pr*"]),
    ],
)
def test_B22_a_tag_means(q: str, meaning: list[str]) -> None:
    assert shape(q) == meaning


def test_a_wildcard_in_quotes_is_an_ordinary_character() -> None:
    (quoted,), (bare,) = parse('"a*b"').terms, parse("a*b").terms

    assert (quoted.items[0].has_wildcard, bare.items[0].has_wildcard) == (False, True)


def test_two_words_that_look_like_ids_are_ored() -> None:
    assert shape("i-bp1k9p34 web mi-hz0123456789") == ["id:i-bp1k9p34|mi-hz0123456789", "web"]
    assert shape("i-bp1k9p34 web") == ["i-bp1k9p34", "web"]
    assert shape("i-bp1k9p34,i-bp1vl5 -i-bp1zzz") == ["i-bp1k9p34|i-bp1vl5", "not i-bp1zzz"]


def test_an_unknown_key_is_searched_as_text_and_said() -> None:
    query = parse("foo:bar javascript:alert(1)")

    assert shape("foo:bar") == ["foo:bar"]
    assert [(hint.problem, hint.texts) for hint in query.hints] == [
        (Problem.UNKNOWN_KEY, ("foo",)),
        (Problem.UNKNOWN_KEY, ("javascript",)),
    ]
    assert str(query.hints[0]) == "“foo:” isn’t a filter; searched as text."


def test_a_key_that_means_nothing_here_is_none() -> None:
    assert [hint.texts for hint in parse("reason:stopped", keys=grammar.OF_LISTS).hints] == [("reason",)]
    assert parse("reason:stopped").terms[0].key == Key.REASON


@pytest.mark.parametrize("address", ["fe80::1", "::1", "10.0.0.1:22", "10.0.0", "10.20.", "010.1.1.1"])
def test_B24_an_address_is_no_key(address: str) -> None:
    assert shape(address) == [address]
    assert not parse(address).hints


def test_B24_a_broken_range_is_named() -> None:
    (hint,) = parse("10.0.0.0/33").hints

    assert (hint.problem, hint.texts) == (Problem.BROKEN_RANGE, ("10.0.0.0/33",))


def test_B23_twenty_tags_are_all_taken() -> None:
    q = " ".join(f"tag:k{n}=v{n}" for n in range(20))

    assert len(parse(q).terms) == 20
    assert not parse(q).hints


def test_B23_a_contradiction_is_said() -> None:
    (hint,) = parse("tag:env=prod web tag:ENV=test").hints

    assert (hint.problem, hint.texts) == (Problem.CONTRADICTION, ("tag:env=prod", "tag:ENV=test"))
    assert not parse("tag:env=prod tag:env=prod").hints
    assert not parse("tag:env=prod -tag:env=test").hints
    assert not parse("tag:env=prod,test tag:env=test").hints


def test_the_words_are_kept_as_they_were_typed() -> None:
    assert parse('tag：k＝v  "two words" open"quote').words == ("tag：k＝v", '"two words"', 'open"quote"')


def test_choices_of_select_fields_are_added_to_the_search() -> None:
    assert grammar.merged(" web ", {"agent": "normal", "status": "", "os": "linux"}) == "web agent:normal os:linux"
    assert grammar.merged("", {"agent": ""}) == ""


@given(st.text(max_size=200))
def test_nothing_that_can_be_typed_raises(q: str) -> None:
    query = parse(q)

    assert all(term.items or term.tags for term in query.terms)


@given(st.text(alphabet='ab "-:,=*：，＝“tag', max_size=40))
def test_the_words_mean_what_the_search_meant(q: str) -> None:
    again = parse(" ".join(parse(q).words))

    assert again.terms == parse(q).terms


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Co"], exclude_characters='"“”＂'), min_size=1))
def test_a_quoted_text_means_itself(text: str) -> None:
    (term,) = parse(f"name:{grammar.quoted(text)}").terms

    assert [(item.text, item.has_wildcard) for item in term.items] == [(text, False)]
