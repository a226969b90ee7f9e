"""A request that is kept from before the first attempt to the last must stay the same to the byte (A73)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.invocations import FrozenRequest, FrozenRun, read_frozen

TEXT = st.text(max_size=20)
OPTIONS = {
    "region": TEXT,
    "command_id": TEXT,
    "instance_ids": st.lists(TEXT, max_size=3).map(tuple),
    "parameters": TEXT,
    "username": TEXT,
    "timeout": st.none() | st.integers(10, 86_400),
    "working_dir": TEXT,
    "repeat_mode": st.sampled_from(["Once", "Period", "DryRun"]),
    "frequency": TEXT,
    "container_name": TEXT,
    "tags": st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
}


@given(st.builds(FrozenRequest, **OPTIONS))
def test_what_was_written_is_read_back_the_same(request_):
    again = FrozenRequest.from_json(request_.to_json())

    assert again == request_
    assert again.sha256() == request_.sha256()


@given(
    st.builds(
        FrozenRun,
        **{name: values for name, values in OPTIONS.items() if name != "command_id"},
        type=TEXT,
        content=st.text(max_size=50),
        name=TEXT,
        enable_parameter=st.booleans(),
    )
)
def test_a_run_without_saving_is_kept_in_the_same_way(frozen):
    again = read_frozen(frozen.to_json())

    assert again == frozen
    assert (again.sha256(), again.operation) == (frozen.sha256(), "RunCommand")


@given(st.builds(FrozenRequest, **OPTIONS))
def test_which_of_the_two_it_is_can_be_told_from_the_text(frozen):
    assert read_frozen(frozen.to_json()) == frozen


def test_the_text_is_canonical_and_leaves_out_what_is_default():
    frozen = FrozenRequest(region="r", command_id="c-1", instance_ids=("i-2", "i-1"), tags=(("b", "2"), ("a", "1")))

    assert frozen.to_json() == (
        '{"command_id":"c-1","instance_ids":["i-2","i-1"],"region":"r","tags":[["b","2"],["a","1"]]}'
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"instance_ids": ("i-2", "i-1")},
        {"parameters": '{"a":"1"}'},
        {"timeout": 60},
        {"tags": (("a", "1"),)},
        {"repeat_mode": "DryRun"},
    ],
)
def test_any_difference_shows_in_the_digest(request_for, changed):
    assert request_for(**changed).sha256() != request_for().sha256()


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "5", "null", "{}", '{"region":"r"}', '{"region":"r","command_id":"c","instance_ids":5}',
     '{"region":"r","command_id":"c","instance_ids":[],"tags":[["k"]]}',
     json.dumps({"region": "r", "command_id": "c", "instance_ids": [], "unknown": 1})],
)  # fmt: skip
def test_a_damaged_text_is_a_value_error(text):
    with pytest.raises(ValueError):
        FrozenRequest.from_json(text)
