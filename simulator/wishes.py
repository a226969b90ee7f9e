"""What may be said with each kind of fault: a misspelt wish would strike other calls than the test means, silently."""

from collections.abc import Mapping
from typing import Any

from simulator.answers import BODIES
from simulator.faults import EVENTS, NARROWING, RULES, Kind
from simulator.operations import OPERATIONS

# Beside what narrows a fault to some calls; a mark says that the kind cannot do without
_MORE = {
    Kind.HANG: "seconds",
    Kind.THROTTLE: "code status retry_after per_second",
    Kind.REJECT: "code status",
    Kind.CREDENTIALS: "state",
    Kind.REGION_CLOSED: "code",
    Kind.STATUS: "code body when api_code",
    Kind.REDIRECT: "location when",
    Kind.BODY: "body when",
    Kind.KILL: "when",
    Kind.LOSE_AFTER: "seconds",
    Kind.DRIP: "seconds",
    Kind.SLOW: "seconds",
    Kind.ROWS: "change!",
    Kind.STATUS_WORD: "word",
    Kind.TIMES: "change",
    Kind.LIST_LAG: "seconds!",
    Kind.TOKEN_WINDOW: "seconds!",
    Kind.CHECK_DATE: "seconds",
    Kind.INSTANCE_LIMIT: "n!",
    Kind.OTHER_ACCOUNT: "account_id",
    Kind.CONTENT_CHANGES: "content!",
    Kind.QUOTA: "region! n!",
    Kind.CLOCK: "offset!",
    Kind.FORGET: "invoke_id! outputs",
    Kind.STOP: "instance_id! after",
    Kind.START: "instance_id! after",
    Kind.REBOOT: "instance_id! after",
    Kind.RELEASE: "instance_id! after",
    Kind.RETAG: "instance_id! after tags!",
    Kind.AGENT_VERSION: "instance_id! after version!",
    Kind.AGENT_SILENT: "instance_id! after hours",
    Kind.AGENT_DIES_AFTER_ACCEPT: "instance_id! after stage",
    Kind.MODIFY_COMMAND: (
        "region! command_id! name type content description working_dir timeout launcher enable_parameter tags"
    ),
    Kind.DELETE_COMMAND: "command_id!",
}
_OPERATIONS = frozenset({"", *(name for _, name in OPERATIONS)})
_NUMBERS = frozenset({"nth", "times", "rate", "seconds", "retry_after", "per_second", "n", "offset", "after", "hours"})
_WORDS = {
    "when": {"before", "after", "before_effect", "after_effect"},
    "stage": {"Pending", "Running"},
    "state": {"expired", "revoked"},
}
# What these may be depends on the kind
_CHOICES: dict[Kind, tuple[str, set[str]]] = {
    Kind.ROWS: ("change", {"duplicate", "drop", "shuffle"}),
    Kind.TIMES: ("change", {"missing", "odd", "backwards"}),
    Kind.STATUS: ("body", {"json", "html", "empty"}),
    Kind.BODY: ("body", {*BODIES, "huge"}),
}


def check(kind: Kind, wish: Mapping[str, Any]) -> None:
    """Raises ValueError."""
    words = _MORE.get(kind, "").split()
    narrowing = {"region"} if kind in RULES else set() if kind in EVENTS else {*NARROWING, "seed"}
    known = {word.rstrip("!") for word in words} | narrowing | {"kind", "operation"}
    if unknown := set(wish) - known:
        raise ValueError(f"{kind} takes no {', '.join(sorted(unknown))}")
    if missing := {word.rstrip("!") for word in words if word.endswith("!")} - set(wish):
        raise ValueError(f"{kind} needs {', '.join(sorted(missing))}")
    if wish.get("operation", "") not in _OPERATIONS:
        raise ValueError(f"there is no operation {wish['operation']}")
    for name, value in wish.items():
        if name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError(f"{name} is a number")
        if name in _WORDS and value not in _WORDS[name]:
            raise ValueError(f"{name} is one of {', '.join(sorted(_WORDS[name]))}")
    name, allowed = _CHOICES.get(kind, ("", set()))
    if name in wish and wish[name] not in allowed:
        raise ValueError(f"{name} of {kind} is one of {', '.join(sorted(allowed))}")
