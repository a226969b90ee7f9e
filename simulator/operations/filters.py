"""Filters of the Describe operations on invocations, as a WHERE."""

from dataclasses import dataclass, field
from typing import Any

from simulator import statuses
from simulator.cloud import Cloud
from simulator.faults import Kind
from simulator.limits import RETENTION_SECONDS, TAG_RESULTS
from simulator.wire import Call

_STILL_TO_REPEAT = "(is_open and repeat_mode in ('Period', 'NextRebootOnly', 'EveryReboot'))"


@dataclass(slots=True)
class Where:
    """Conditions on the table `invocations`, all of which must hold."""

    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return " and ".join(self.conditions)

    def add(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values += values


def listed(cloud: Cloud, call: Call, equal: dict[str, str]) -> Where:
    """What any such list shows: the region's, not too new, with the tags, on the instance, and with `equal` columns."""
    lag = cloud.faults.rule(Kind.LIST_LAG, call.region)
    where = Where()
    where.add("region = ?", call.region)
    now = cloud.clock.now()
    where.add("created_at <= ?", now - (float(lag.more["seconds"]) if lag else 0.0))
    where.add("(is_open or created_at > ?)", now - RETENTION_SECONDS)
    for name, column in equal.items():
        if value := call.text(name):
            where.add(f"{column} = ?", value)
    if instance_id := call.text("InstanceId"):
        where.add("invoke_id in (select invoke_id from targets where instance_id = ?)", instance_id)
    for key, value in call.tags().items():
        tagged = "select seq from invocation_tags where key = ? and value = ? order by seq desc limit ?"
        where.add(f"seq in ({tagged})", key, value, TAG_RESULTS)
    return where


def narrow_by_timed(where: Where, is_timed: bool) -> None:
    """`Timed` shows what still repeats; without it everything but that, even to those who ask for one ID."""
    where.add(_STILL_TO_REPEAT if is_timed else f"not {_STILL_TO_REPEAT}")


def narrow_by_status(where: Where, word: str) -> None:
    """By a status of the newer words or of the older, which stand for several."""
    words = {word} | {new for new, old in statuses.OLD_INVOCATION_WORDS.items() if old == word}
    where.add(f"status in ({', '.join('?' for _ in words)})", *sorted(words))
