"""Celery's doors to the copies of this room."""

from celery import shared_task


@shared_task(ignore_result=True)
def refresh_regions(_region: str) -> None:
    """The list of regions belongs to none: its mirror's region is ""."""
    from regions import catalog  # which hands this task out

    catalog.refresh()


@shared_task(ignore_result=True)
def refresh_quotas(region: str) -> None:
    from regions import catalog

    catalog.refresh_quotas(region)
