"""The region in the address, looked up once for every view that has one."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from regions.models import Region


class CurrentRegionMiddleware:
    """Sets `request.region`: the one in the URL, or None. An unknown one answers 404 and never reaches a host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.region = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        if "region" not in kwargs or not request.user.is_authenticated:
            return
        region = Region.objects.filter(pk=kwargs["region"], is_listed=True).first()
        if region is None:
            raise Http404(_("%(region)s isn’t a region of this account.") % {"region": kwargs["region"][:64]})
        request.region = region  # type: ignore[attr-defined]
