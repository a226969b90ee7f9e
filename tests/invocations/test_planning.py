"""How a selection becomes batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations import planning


def test_120_instances_are_50_and_50_and_20():
    assert [len(group) for group in planning.split([f"i-{n}" for n in range(120)], 50)] == [50, 50, 20]


@given(st.lists(st.text(), max_size=300), st.integers(1, 100))
def test_every_instance_is_in_exactly_one_batch_and_in_order(ids, size):
    groups = planning.split(ids, size)

    assert [instance_id for group in groups for instance_id in group] == ids
    assert all(1 <= len(group) <= size for group in groups)


@pytest.mark.parametrize(
    ("ecs", "managed", "sizes"), [(0, 0, []), (1, 0, [1]), (50, 14, [50, 14]), (120, 51, [50, 50, 20, 50, 1])]
)
def test_managed_instances_go_in_batches_of_their_own(ecs, managed, sizes):
    assert planning.batch_sizes(ecs, managed) == sizes
