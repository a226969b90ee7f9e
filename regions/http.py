"""The request of a view below `/r/{region}/`, for the type checker."""

from accounts.http import PersonRequest
from regions.models import Region


class RegionRequest(PersonRequest):
    region: Region
