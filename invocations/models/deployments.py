"""What this database knows of itself, and what it found in the cloud that it did not know."""

from __future__ import annotations

from django.db import models


class Deployment(models.Model):
    """This database's own identity, to notice that it was copied or restored (T12). One row, pk 1."""

    deployment_id = models.CharField(max_length=64)
    paused_at = models.DateTimeField(null=True)  # dispatch stands still since
    pause_reason = models.CharField(max_length=32, blank=True)  # restored, copied; kept: as a copy, by an admin
    written_until = models.DateTimeField(null=True)  # what was written elsewhere, as far as was known when it paused
    timeline = models.CharField(max_length=16, blank=True)  # of PostgreSQL; another one is a failover
    adopted_at = models.DateTimeField(null=True)  # unfinished batches were last given up to look-ups alone
    adopted_because = models.CharField(max_length=32, blank=True)  # restored, copied, failover
    swept_at = models.DateTimeField(null=True)  # the cloud was last searched for what no row stands for


class Found(models.Model):
    """An invocation in the cloud that no row here stands for: lost with a database, or made elsewhere."""

    region = models.CharField(max_length=64)
    invoke_id = models.CharField(max_length=64)
    is_ours = models.BooleanField()  # it carries this deployment's tag
    run_tag = models.CharField(max_length=64, blank=True)  # the number of the run it was sent for
    command_cloud_id = models.CharField(max_length=128, blank=True)
    command_name = models.CharField(max_length=128, blank=True)
    command_type = models.CharField(max_length=32, blank=True)
    content = models.TextField(blank=True)
    username = models.CharField(max_length=255, blank=True)
    repeat_mode = models.CharField(max_length=16, blank=True)
    frequency = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=32, blank=True)  # the cloud's word, in lower case
    targets = models.JSONField(default=dict)  # instance id -> {"state", "exit_code", …}
    created_at = models.DateTimeField(null=True)  # in the cloud
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # last listed

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "invoke_id"], name="found_once")]
