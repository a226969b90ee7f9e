from collections import Counter, defaultdict

from django.db import migrations
from django.db.models import Count


def count(apps, schema_editor):
    """Of the batches there are: from then on each change of a target changes the count of its batch."""
    now = defaultdict(Counter)
    targets = apps.get_model("invocations", "Target").objects.order_by()
    for batch_id, state, n in targets.values_list("batch", "state").annotate(n=Count("pk")).iterator():
        now[batch_id][state] = n
    batches = apps.get_model("invocations", "Batch").objects
    for batch_id, counts in now.items():
        batches.filter(pk=batch_id).update(counts=counts)


class Migration(migrations.Migration):
    dependencies = [
        ("invocations", "0003_rollouts_schedules_and_restores"),
    ]

    operations = [
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
