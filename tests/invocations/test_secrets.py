"""Secret parameter values: sealed in one column, hidden in what the scripts print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations import secrets


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_C39_what_is_sealed_comes_back_and_is_not_readable_before(values):
    sealed = secrets.seal(values)

    assert secrets.unseal(sealed) == values
    assert not any(value.encode() in (sealed or b"") for value in values.values() if len(value) > 8)


def test_C41_a_secret_a_script_prints_is_hidden():
    assert secrets.mask(b"login hunter22 ok", ["hunter22"]) == f"login {secrets.MASK} ok".encode()


def test_C41_a_value_too_short_to_hide_leaves_the_output_readable():
    assert secrets.mask(b"a b c", ["a"]) == b"a b c"


def test_C41_of_two_values_the_longer_is_hidden_first():
    assert secrets.mask(b"secret-secret2", ["secret", "secret-secret2"]) == secrets.MASK.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("value", ["hunter22", "密码是猎人二二"])
def test_C41_a_secret_is_hidden_in_whatever_encoding_a_machine_prints_it(encoding, value):
    masked = secrets.mask(f"登录 {value} 成功".encode(encoding), [value])

    assert masked.decode(encoding) == f"登录 {secrets.MASK} 成功"
