import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations import pasting

IDS = [f"i-bp1{n:017d}" for n in range(20)]


@pytest.mark.parametrize(
    "text",
    [
        ",".join(IDS),
        "、".join(IDS),
        "\t".join(IDS),
        "\r\n".join(IDS),
        " ; ".join(IDS),
        '["' + '", "'.join(IDS) + '"]',
        "\n".join(f'"{instance_id}"' for instance_id in IDS),
        "  \n\n" + "\n\n".join(IDS),
    ],
)
def test_B28_any_separator_will_do(text):
    pasted = pasting.read(text)

    assert (pasted.ids, pasted.repeated, pasted.oddities) == (IDS, 0, [])


def test_B28_a_column_of_a_table_is_read_and_the_rest_is_told_with_its_line():
    pasted = pasting.read(f"name,id\nweb-1,{IDS[0]}\nweb-2,{IDS[1]}")

    assert pasted.ids == IDS[:2]
    assert [(oddity.line, oddity.text) for oddity in pasted.oddities] == [
        (1, "name"),
        (1, "id"),
        (2, "web-1"),
        (3, "web-2"),
    ]


def test_B28_ten_thousand_ids_a_third_of_them_twice():
    ids = [f"i-bp1{n:017d}" for n in range(7000)]

    pasted = pasting.read("\n".join([*ids, *ids[:3000]]))

    assert (len(pasted.ids), pasted.repeated, pasted.is_too_long) == (7000, 3000, False)


def test_B29_more_than_ten_thousand_is_too_long():
    assert pasting.read("\n".join(f"i-bp1{n:017d}" for n in range(10_001))).is_too_long


def test_B30_managed_ids_are_ids_too():
    assert pasting.read("mi-hz01q2b8w4y6u1k").ids == ["mi-hz01q2b8w4y6u1k"]


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("i-bp１k9p34y6n3wd25rq", [("i-bp", False), ("１", True), ("k9p34y6n3wd25rq", False)]),
        ("і-bp1k9p34y6n3wd25rq", [("і", True), ("-bp1k9p34y6n3wd25rq", False)]),
        ("i-bp1\u200bk9p34", [("i-bp1", False), ("U+200B", True), ("k9p34", False)]),
        ("i-bp1k9p34****", [("i-bp1k9p34", False), *[("*", True)] * 4]),
    ],
)
def test_B31_what_looks_like_an_id_is_shown_with_the_odd_character_marked(word, pieces):
    pasted = pasting.read(word)

    assert pasted.ids == []
    assert list(pasted.oddities[0].pieces) == pieces


@given(st.text(max_size=200))
def test_nothing_is_dropped_unseen(text):
    pasted = pasting.read(text)

    words = [word for _line, word in pasting._words(text)]
    assert len(words) == len(pasted.ids) + pasted.repeated + len(pasted.oddities)
