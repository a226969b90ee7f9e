"""Celery's doors to the copies of this room."""

from celery import shared_task


@shared_task(ignore_result=True)
def refresh_own(region: str) -> None:
    from commands import sync  # which hands this task out

    sync.refresh_own(region)


@shared_task(ignore_result=True)
def refresh_public(region: str) -> None:
    from commands import sync

    sync.refresh_public(region)
