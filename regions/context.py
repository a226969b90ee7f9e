"""What the shell of every page shows: the current region and the cloud behind it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from regions.models import Account, Region


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"cloud_kind": settings.CLOUD}
    region = getattr(request, "region", None) or Region.objects.filter(pk__in=user.recent_regions[:1]).first()
    return {
        "cloud_kind": settings.CLOUD,
        "cloud_account": Account.objects.first(),
        "region": region or Region.objects.filter(is_listed=True).first(),
    }
