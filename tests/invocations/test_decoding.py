"""A70: bytes are kept, read as UTF-8 or GB18030, and what is no text is not shown as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.results.decoding import Decoded, decode


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_in_utf8_comes_back(text):
    assert decode(text.encode()) == (text, "UTF-8")


@pytest.mark.parametrize("text", ["磁盘使用率 85%", "Windows 服务已启动。\r\n", "时间：2026-11-24 22:31 结束"])
def test_chinese_windows_output_is_read_as_gb18030(text):
    assert decode(text.encode("gb18030")) == Decoded(text, "GB18030")


def test_a_half_character_at_either_end_does_not_change_the_encoding():
    cut = "前面的字 and more 后面的字".encode()[1:-1]

    assert decode(cut) == Decoded("\ufffd\ufffd面的字 and more 后面的\ufffd", "UTF-8")


def test_half_a_gb18030_character_at_the_start_is_one_replacement():
    assert decode("前面的字".encode("gb18030")[1:]) == Decoded("\ufffd面的字", "GB18030")


def test_a_stray_byte_is_a_replacement_character():
    assert decode(b"caf\xe9 au lait") == Decoded("caf\ufffd au lait", "UTF-8")


def test_a_few_nul_bytes_are_still_text():
    assert decode(b"name\x00value and a longer line\n") == Decoded("name\x00value and a longer line\n", "UTF-8")


@pytest.mark.parametrize(
    "content", [bytes(range(256)), b"\x7fELF\x02\x01\x01" + bytes(64), b"\x89PNG\r\n\x1a\n" + bytes(32)]
)
def test_binary_is_no_text(content):
    assert decode(content) is None


def test_nothing_is_an_empty_text():
    assert decode(b"") == Decoded("", "UTF-8")


@given(st.binary(max_size=300))
def test_no_bytes_raise(content):
    decode(content)
