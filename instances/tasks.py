"""Celery's doors to the copies of this room."""

from celery import shared_task


@shared_task(ignore_result=True)
def refresh_instances(region: str) -> None:
    from instances import mirror  # which hands this task out

    mirror.refresh_ecs(region)


@shared_task(ignore_result=True)
def refresh_managed(region: str) -> None:
    from instances import mirror

    mirror.refresh_managed(region)
