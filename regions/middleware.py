"""The region in the address, looked up once for every view that has one."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from regions import catalog, recent
from regions.http import RegionRequest


class CurrentRegionMiddleware:
    """Sets `request.region`: the one in the URL, or None. An unknown one answers 404 and never reaches a host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: RegionRequest) -> HttpResponse:
        request.region = None  # type: ignore[assignment]  # views below /r/{region}/ always have one
        response = self.get_response(request)
        if request.region and response.status_code == 200:
            recent.remember(request, response, request.region.pk)
        return response

    def process_view(self, request: RegionRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        if "region" not in kwargs or not request.user.is_authenticated:
            return
        region_id = kwargs["region"]
        region = catalog.find(region_id) if recent.is_id(region_id) else None
        if region is None:
            raise Http404(_("%(region)s isn’t a region of this account.") % {"region": region_id[:64]})
        request.region = region
