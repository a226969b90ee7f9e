"""What the shell of every page shows: the current region and the cloud behind it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from regions import choosing
from regions.models import Account


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"cloud_kind": settings.CLOUD}
    return {
        "cloud_kind": settings.CLOUD,
        "cloud_account": Account.objects.first(),
        "region": getattr(request, "region", None) or choosing.last(request),
    }
