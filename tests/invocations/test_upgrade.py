"""A98: a run that is under way when the console is upgraded ends as any other."""

from collections import Counter

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from invocations import dispatch
from invocations.models import Attempt, Batch, BatchState, Invocation

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [  # the tables without rollouts, schedules and all that came with them
    ("accounts", "0001_initial"),
    ("commands", "0002_versions"),
    ("consoleapp", "0001_initial"),
    ("instances", "0002_selections"),
    ("invocations", "0002_versions_and_unsaved"),
    ("regions", "0002_copies_say_more"),
]


def migrate(targets=None):
    executor = MigrationExecutor(connection)
    executor.migrate(targets or executor.loader.graph.leaf_nodes())


@pytest.fixture
def tables_of_before():
    """Rows stay, in what columns there were; whatever becomes of the test, the next one finds the tables of now."""
    yield lambda: migrate(BEFORE)
    migrate()


def test_A98_a_run_under_way_outlives_the_upgrade(
    submitted, simulator, ran, work_until_quiet, settings, tables_of_before
):
    settings.BATCH_SIZE = 1
    run = submitted(targets=4)
    simulator.fault("InvokeCommand", "lose_after", times=1)
    for batch in run.batches.order_by("seq")[:2]:
        dispatch.dispatch(batch.pk)
    assert Counter(run.batches.values_list("state", flat=True)) == {"unsure": 1, "accepted": 1, "queued": 2}
    tables_of_before()
    with connection.cursor() as cursor:
        columns = [row.name for row in connection.introspection.get_table_description(cursor, Batch._meta.db_table)]
    assert "counts" not in columns

    migrate()
    work_until_quiet()

    run = Invocation.objects.get(pk=run.pk)
    assert (run.state, run.finished, run.counts) == ("success", 4, {"success": 4})
    assert set(run.batches.values_list("state", flat=True)) == {BatchState.FINISHED}
    assert ran() == Counter(run.targets.values_list("instance_id", flat=True))
    assert Attempt.objects.filter(batch__invocation=run).count() >= 4
