"""Celery's doors to the modules that decide. A message carries an id; lost, doubled or late, it changes nothing."""

from collections.abc import Callable

from celery import shared_task

from invocations import cloud_check, dispatch, due, lookup, polling, retiring, stopping, sweeping
from invocations.lanes import lane
from invocations.models import Batch, CheckCall
from invocations.schedules import elsewhere


def _in_the_lane_of(region: str | None, work: Callable[[], None]) -> None:
    """`region` is None where the row is gone."""
    if region is None:
        return
    with lane(region) as is_free:
        if is_free:
            work()


def _region_of(batch_id: str) -> str | None:
    return Batch.objects.filter(pk=batch_id).values_list("region", flat=True).first()


@shared_task(ignore_result=True)
def hand_out_due() -> None:
    due.hand_out()


@shared_task(ignore_result=True)
def dispatch_batch(batch_id: str) -> None:
    _in_the_lane_of(_region_of(batch_id), lambda: dispatch.dispatch(batch_id))


@shared_task(ignore_result=True)
def look_up_batch(batch_id: str) -> None:
    _in_the_lane_of(_region_of(batch_id), lambda: lookup.look_up(batch_id))


@shared_task(ignore_result=True)
def poll_region(region: str) -> None:
    _in_the_lane_of(region, lambda: polling.poll_region(region))


@shared_task(ignore_result=True)
def stop_batch(batch_id: str) -> None:
    _in_the_lane_of(_region_of(batch_id), lambda: stopping.stop_batch(batch_id))


@shared_task(ignore_result=True)
def retire_superseded() -> None:
    retiring.retire()


@shared_task(ignore_result=True)
def sweep() -> None:
    sweeping.sweep()


@shared_task(ignore_result=True)
def check_call(call_id: str) -> None:
    calls = CheckCall.objects.filter(pk=call_id)
    region = calls.values_list("check_of__region", flat=True).first()
    _in_the_lane_of(region, lambda: cloud_check.step(call_id))


@shared_task(ignore_result=True)
def refresh_schedules(region: str) -> None:
    elsewhere.refresh(region)
