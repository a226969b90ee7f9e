"""Allowed values, or a pattern, as one line of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.allowed_values import Unreadable, read, write


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", ((), "")),
        ("5, 10, 30", (("5", "10", "30"), "")),
        ("nginx", (("nginx",), "")),
        (" a ,, a, b ", (("a", "b"), "")),
        ("/[a-z]+/", ((), "[a-z]+")),
        ("/a/b/", ((), "a/b")),
        ("/var, /tmp", (("/var", "/tmp"), "")),
        ('"a, b", c', (("a, b", "c"), "")),
        ('"say ""hi"""', (('say "hi"',), "")),
        ('""', (("",), "")),
        ('"/x/"', (("/x/",), "")),
    ],
)
def test_a_line_is_a_list_or_a_pattern(text, meant):
    assert read(text) == meant


@pytest.mark.parametrize("text", ['"a', '"a" b', '"a""'])
def test_a_quotation_mark_without_a_second_one_is_refused(text):
    with pytest.raises(Unreadable):
        read(text)


@given(st.lists(st.text(st.sampled_from('ab",/ \\中'), max_size=5), unique=True))
def test_every_list_can_be_written_and_read_again(values):
    assert read(write(values, "")) == (tuple(values), "")


@given(st.text(min_size=1).filter(lambda text: text == text.strip()))
def test_every_pattern_can_be_written_and_read_again(pattern):
    assert read(write((), pattern)) == ((), pattern)
