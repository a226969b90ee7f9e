"""The tick, the worker processes that are alive, and which version the tables are of."""

from django.db import models


class Tick(models.Model):
    """The row every worker process tries to claim once a second. One row, pk 1."""

    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=128, blank=True)


class Worker(models.Model):
    """A process that works off due rows; it writes its row every few seconds."""

    name = models.CharField(max_length=128, unique=True)  # host, pid
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    busy = models.PositiveIntegerField(default=0)  # tasks in hand
    version = models.CharField(max_length=32, blank=True)
    report = models.JSONField(default=dict)  # how the cloud answers it: reports.py


class Release(models.Model):
    """The newest version of the console that has migrated this database (versions.py). One row, pk 1."""

    version = models.CharField(max_length=32)
    migrated_at = models.DateTimeField()
