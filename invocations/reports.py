"""What a pasted list comes to: who is there, who can run, and everything that is neither."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Q

from instances.models import Instance
from invocations import pasting, preflight
from invocations.picking import Row
from regions.models import Region

if TYPE_CHECKING:
    from invocations.panel import Panel
    from invocations.preflight import ReasonedInstance

SHOWN = 100  # rows of each list in a report


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An ID that is known, but not in this region."""

    instance_id: str
    region: Region


class Report:
    """`resolves_names`: what is no ID is looked up as a name or an address; one that several have is not taken."""

    def __init__(self, panel: Panel, text: str, *, resolves_names: bool = False) -> None:
        self.panel = panel
        self.pasted = pasting.read(text)
        self.resolves_names = resolves_names

    @property
    def is_too_long(self) -> bool:
        return self.pasted.is_too_long

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Word -> the ids of those that have it as their name or address."""
        words = {one.text for one in self.pasted.oddities if one.text.isprintable()} if self.resolves_names else set()
        found: defaultdict[str, list[str]] = defaultdict(list)
        rows = Instance.objects.filter(
            Q(name__in=words) | Q(private_ip__in=words) | Q(public_ip__in=words - {""}),
            region=self.panel.region.pk,
            released_at=None,
        )
        for instance_id, *names in rows.values_list("instance_id", "name", "private_ip", "public_ip"):
            for word in words.intersection(names):
                found[word].append(instance_id)
        return found

    @cached_property
    def ids(self) -> list[str]:
        """Those of the list, and those that its names stand for alone."""
        resolved = [ids[0] for ids in self._by_name.values() if len(ids) == 1]
        return list(dict.fromkeys([*self.pasted.ids, *resolved]))

    @property
    def ambiguous(self) -> list[tuple[str, list[str]]]:
        return [(word, ids) for word, ids in self._by_name.items() if len(ids) > 1]

    @property
    def oddities(self) -> list[pasting.Oddity]:
        return [oddity for oddity in self.pasted.oddities if oddity.text not in self._by_name]

    @cached_property
    def instances(self) -> list[ReasonedInstance]:
        there = Instance.objects.filter(region=self.panel.region.pk, instance_id__in=self.ids, released_at=None)
        reasoned = preflight.with_reason(there, self.panel.command.type)
        return list(reasoned.order_by("name", "instance_id"))

    @cached_property
    def fit(self) -> list[str]:
        return [instance.instance_id for instance in self.instances if not instance.reason]

    @cached_property
    def new(self) -> list[str]:
        """Those that adding the list would add."""
        chosen = set(self.panel.chosen)
        return [one for one in self.fit if one not in chosen]

    @property
    def already_chosen(self) -> int:
        return len(self.fit) - len(self.new)

    @cached_property
    def unfit(self) -> list[Row]:
        panel = self.panel
        return [Row(one, panel.command.type, panel.region, False) for one in self.instances if one.reason]

    @cached_property
    def missing(self) -> list[str]:
        there = {instance.instance_id for instance in self.instances}
        return [one for one in self.ids if one not in there]

    @cached_property
    def elsewhere(self) -> list[Elsewhere]:
        rows = Instance.objects.filter(instance_id__in=self.missing, released_at=None)
        regions = {region.pk: region for region in Region.objects.filter(pk__in=rows.values("region"))}
        found = rows.exclude(region=self.panel.region.pk).order_by("instance_id").values_list("instance_id", "region")
        return [Elsewhere(instance_id, regions[region]) for instance_id, region in found if region in regions]

    @property
    def unknown(self) -> list[str]:
        named = {one.instance_id for one in self.elsewhere}
        return [one for one in self.missing if one not in named]
