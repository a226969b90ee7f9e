"""How many calls a region has left today, as far as this console knows: other tools use the same quota."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from invocations.clock import db_now
from invocations.models import Batch
from regions.models import Region

# The reset time is not documented; midnight in China is likely.
_CHINA = timezone(timedelta(hours=8))


def left_today(region: Region) -> int | None:
    """One accepted batch is one call, whatever its size. None where the cloud did not tell its limit."""
    if region.daily_quota is None:
        return None
    midnight = db_now().astimezone(_CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(0, region.daily_quota - _calls_since(region.pk, midnight))


def _calls_since(region: str, moment: datetime) -> int:
    return Batch.objects.filter(region=region, accepted_at__gte=moment).count()
