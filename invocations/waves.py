"""How a rollout cuts its instances into waves, and what its failure limit comes to. Pure: numbers in, numbers out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from invocations import planning
from invocations.models import Rollout


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of instances, or a share of them in percent: `5`, `10%`."""

    number: int
    is_share: bool = False

    @classmethod
    def read(cls, text: str, *, least: int) -> Amount | None:
        """None for what is neither. Full-width digits are digits; `least` bounds both, a share is at most 100 %."""
        found = re.fullmatch(r"([0-9]{1,9})\s*(%?)", unicodedata.normalize("NFKC", text).strip())
        if not found:
            return None
        amount = cls(int(found[1]), bool(found[2]))
        is_possible = least <= amount.number and not (amount.is_share and amount.number > 100)
        return amount if is_possible else None

    def size_of(self, total: int) -> int:
        """Of a wave: a share is rounded up, so that it is never empty."""
        return -(-total * self.number // 100) if self.is_share else self.number

    def limit_of(self, released: int) -> int:
        """Failures that are still allowed while so many instances are released: a share is rounded down."""
        return released * self.number // 100 if self.is_share else self.number

    def __str__(self) -> str:
        return f"{self.number}%" if self.is_share else str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A rollout as it was asked for."""

    kind: str  # of Rollout.Kind
    size: Amount  # of the first wave; of every wave where the kind is `waves`
    largest: int | None = None  # doubling: no wave is larger
    gate: str = Rollout.Gate.HAND
    pause: int = 0  # seconds between two waves, where the gate is timed
    limit: Amount | None = None  # more failures than this halt it
    on_failures: str = Rollout.OnFailures.STOP

    def sizes(self, total: int) -> list[int]:
        """Instances of each wave, in order. They add up to `total`."""
        first = self.size.size_of(total)
        if self.kind == Rollout.Kind.CANARY:
            wanted = [first, total]
        elif self.kind == Rollout.Kind.WAVES:
            wanted = [first] * -(-total // first)
        else:
            wanted = _doubled(first, self.largest or total, total)
        return _cut_off(wanted, total)

    def limits(self, sizes: Sequence[int]) -> list[int | None]:
        """While the waves up to this one are released: how many may fail before it halts."""
        return [self.limit.limit_of(released) if self.limit else None for released in accumulate(sizes)]

    def pauses(self, waves: int) -> int:
        """Seconds that the rollout waits at least, all gates together."""
        return self.pause * max(0, waves - 1) if self.gate == Rollout.Gate.TIMED else 0


def plan_of(rollout: Rollout) -> Plan:
    """As it was asked for, from its row."""
    size = Amount.read(rollout.wave_size, least=1)
    assert size is not None
    return Plan(
        kind=rollout.kind,
        size=size,
        largest=rollout.wave_max,
        gate=rollout.gate,
        pause=rollout.pause,
        limit=Amount.read(rollout.failure_limit, least=0),
        on_failures=rollout.on_failures,
    )


def _doubled(first: int, largest: int, total: int) -> list[int]:
    sizes, size, left = [], first, total
    while left > 0:
        sizes.append(size)
        left -= size
        size = min(2 * size, largest)
    return sizes


def _cut_off(sizes: Sequence[int], total: int) -> list[int]:
    """As many as there are: the last wave has what is left."""
    cut, left = [], total
    for size in sizes:
        if left:
            cut.append(min(size, left))
            left -= cut[-1]
    return cut


def calls(kinds: Sequence[str], sizes: Sequence[int], most: int) -> list[list[tuple[str, tuple[int, ...]]]]:
    """For each wave its calls: the kind, and the places in `kinds` of the instances that go with it.

    `kinds` are those of all instances in the order of the waves. No call spans two waves, and managed instances go in
    calls of their own, after the others of their wave.
    """
    found, start = [], 0
    for size in sizes:
        places = range(start, start + size)
        of_kind = {kind: [at for at in places if kinds[at] == kind] for kind in ("ecs", "managed")}
        found.append([(kind, group) for kind, ats in of_kind.items() for group in planning.split(ats, most)])
        start += size
    return found
