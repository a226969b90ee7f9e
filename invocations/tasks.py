"""Celery's doors to the modules that decide. A message carries an id; lost, doubled or late, it changes nothing."""

from celery import shared_task

from invocations import cloud_check, dispatch, due, lookup, polling, retiring, stopping, sweeping
from invocations.schedules import elsewhere


@shared_task(ignore_result=True)
def hand_out_due() -> None:
    due.hand_out()


@shared_task(ignore_result=True)
def dispatch_batch(batch_id: str) -> None:
    dispatch.dispatch(batch_id)


@shared_task(ignore_result=True)
def look_up_batch(batch_id: str) -> None:
    lookup.look_up(batch_id)


@shared_task(ignore_result=True)
def poll_region(region: str) -> None:
    polling.poll_region(region)


@shared_task(ignore_result=True)
def stop_batch(batch_id: str) -> None:
    stopping.stop_batch(batch_id)


@shared_task(ignore_result=True)
def retire_superseded() -> None:
    retiring.retire()


@shared_task(ignore_result=True)
def sweep() -> None:
    sweeping.sweep()


@shared_task(ignore_result=True)
def check_call(call_id: str) -> None:
    cloud_check.step(call_id)


@shared_task(ignore_result=True)
def refresh_schedules(region: str) -> None:
    elsewhere.refresh(region)
