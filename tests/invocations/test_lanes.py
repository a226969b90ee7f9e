"""One region that hangs leaves threads of a worker to the others."""

from contextlib import ExitStack

import pytest

from invocations import tasks
from invocations.lanes import ROOM, lane
from tests.factories import HANGZHOU

BEIJING = "cn-beijing"
pytestmark = pytest.mark.usefixtures("transactional_db")


def test_A54_a_region_that_hangs_leaves_room_for_others(simulator, submitted):
    slow, other = submitted(1, region=HANGZHOU), submitted(1, region=BEIJING)
    with ExitStack() as hanging:
        for _call in range(ROOM):
            assert hanging.enter_context(lane(HANGZHOU))
        for run in (slow, other):
            tasks.dispatch_batch(str(run.batches.get().pk))
        assert [call.region for call in simulator.journal.calls("InvokeCommand")] == [BEIJING]
        assert slow.batches.get().attempts.count() == 0, "it stays due, and nothing was begun"

    tasks.dispatch_batch(str(slow.batches.get().pk))

    assert [call.region for call in simulator.journal.calls("InvokeCommand")] == [BEIJING, HANGZHOU]
