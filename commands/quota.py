"""How many commands a region keeps, and how many it may (`max-axt-command-count`, API page CreateCommand)."""

from __future__ import annotations

from dataclasses import dataclass

from commands.models import Command, Superseded
from regions.models import Region

AMBER = 0.9  # of the quota


@dataclass(frozen=True, slots=True)
class Quota:
    saved: int
    superseded: int  # older versions that the cloud still has: they count as well
    most: int | None  # None: the cloud names none, or has not been asked yet

    @property
    def used(self) -> int:
        return self.saved + self.superseded

    @property
    def is_used_up(self) -> bool:
        return self.most is not None and self.used >= self.most

    @property
    def is_nearly_used_up(self) -> bool:
        return self.most is not None and self.used >= AMBER * self.most


def of(region_id: str) -> Quota:
    most = Region.objects.filter(pk=region_id).values_list("command_quota", flat=True).first()
    saved = Command.objects.own(region_id).count()
    return Quota(saved, Superseded.objects.kept(region_id).count(), most)
