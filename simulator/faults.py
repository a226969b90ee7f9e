"""
What can be made to go wrong, on request of a test.

A fault strikes before the operation takes effect, or after it; or it bends the answer; or it is a rule of the cloud for
as long as it stands; or it is something that happens to a machine or a record, once. Each kind is in exactly one group.
"""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.errors import ApiError
from simulator.wire import Call


class Kind(StrEnum):
    # Before the effect: the operation does not happen
    CLOSE_BEFORE = "close_before"  # the connection is cut
    HANG = "hang"  # no answer ever (or `seconds` long)
    THROTTLE = "throttle"  # `code`, `retry_after` (ms); with `per_second`, only above that rate
    REJECT = "reject"  # refused with `code`; with `instance_id`, only calls that name it
    FORBID = "forbid"  # RAM permission missing; DescribeInstances answers an empty list, as in reality
    CREDENTIALS = "credentials"  # `state`: expired | revoked
    REGION_CLOSED = "region_closed"
    # Before or after, as `when` says (`before` | `after`)
    STATUS = "status"  # `code` is the HTTP status, `body`: json | html | empty; before
    REDIRECT = "redirect"  # 307 to `location`; before
    BODY = "body"  # 200 with a body of `body` (see answers.BODIES); after
    KILL = "kill"  # SIGKILL to the caller, whose pid stands in its User-Agent as pid/123; after
    # After the effect: it happened, and the caller can't tell
    LOSE_AFTER = "lose_after"  # reset; with `seconds`, silence before that
    DRIP = "drip"  # one byte every `seconds` (1)
    TRUNCATE = "truncate"  # half the document
    BAD_GZIP = "bad_gzip"
    NONCE_SEEN = "nonce_seen"  # answered as if the request had been a copy
    # Around it
    SLOW = "slow"  # the service takes `seconds` for it; a twin is told IdempotentProcessing
    # The answer is bent
    ROWS = "rows"  # `change`: duplicate | drop | shuffle; with `instance_id`, only its rows
    TOKEN_LOOP = "token_loop"  # noqa: S105 - the same NextToken for ever
    STATUS_WORD = "status_word"  # `word` in place of each target's status; with `instance_id`, only its
    TIMES = "times"  # `change`: missing | odd | backwards
    EMPTY_LIST = "empty_list"  # no rows, no error
    # Rules of the cloud for as long as they stand
    LIST_LAG = "list_lag"  # an invocation is listed only after `seconds`
    TOKEN_WINDOW = "token_window"  # noqa: S105 - a ClientToken is remembered for `seconds`
    VALIDATE_FIRST = "validate_first"  # the request is validated before its token is looked at
    DEDUP = "dedup"  # tokens are ignored
    STRICT_TARGETS = "strict_targets"  # stopped and agentless instances refuse the whole call
    CHECK_DATE = "check_date"  # a signed date more than 15 minutes (or `seconds`) off is refused
    CHECK_NONCE = "check_nonce"  # a nonce is good once
    INSTANCE_LIMIT = "instance_limit"  # `n` instances in one invocation
    OTHER_ACCOUNT = "other_account"  # the keys belong to `account_id`
    CONTENT_CHANGES = "content_changes"  # a command's script is `content`, whatever was saved
    # Something happens, once; with `after`, in so many seconds
    QUOTA = "quota"  # `n` more invocations today in `region`
    CLOCK = "clock"  # the cloud's clock is `offset` seconds ahead
    FORGET = "forget"  # `invoke_id` is no longer known; with `outputs`, only its outputs
    STOP = "stop"  # the instance `instance_id`
    START = "start"
    REBOOT = "reboot"
    RELEASE = "release"
    RETAG = "retag"  # `tags`
    AGENT_VERSION = "agent_version"  # it is `version`; an old one can't keep a schedule
    AGENT_SILENT = "agent_silent"  # from now on; with `hours`, since then
    AGENT_DIES_AFTER_ACCEPT = "agent_dies_after_accept"  # at the next task; `stage`: Pending | Running
    MODIFY_COMMAND = "modify_command"  # `command_id`, and what changes
    DELETE_COMMAND = "delete_command"


BEFORE = frozenset(
    {Kind.CLOSE_BEFORE, Kind.HANG, Kind.THROTTLE, Kind.REJECT, Kind.FORBID, Kind.CREDENTIALS, Kind.REGION_CLOSED}
)
EITHER = {Kind.STATUS: "before", Kind.REDIRECT: "before", Kind.BODY: "after", Kind.KILL: "after"}
AFTER = frozenset({Kind.LOSE_AFTER, Kind.DRIP, Kind.TRUNCATE, Kind.BAD_GZIP, Kind.NONCE_SEEN})
SILENT = frozenset({Kind.CLOSE_BEFORE, Kind.HANG, Kind.KILL, Kind.LOSE_AFTER})  # no answer leaves
AROUND = frozenset({Kind.SLOW})
BENT = frozenset({Kind.ROWS, Kind.TOKEN_LOOP, Kind.STATUS_WORD, Kind.TIMES, Kind.EMPTY_LIST})
RULES = frozenset(
    {
        Kind.LIST_LAG,
        Kind.TOKEN_WINDOW,
        Kind.VALIDATE_FIRST,
        Kind.DEDUP,
        Kind.STRICT_TARGETS,
        Kind.CHECK_DATE,
        Kind.CHECK_NONCE,
        Kind.INSTANCE_LIMIT,
        Kind.OTHER_ACCOUNT,
        Kind.CONTENT_CHANGES,
    }
)
EVENTS = frozenset(Kind) - BEFORE - frozenset(EITHER) - AFTER - AROUND - BENT - RULES

# What says which calls a fault strikes
NARROWING = ("operation", "region", "instance_id", "nth", "times", "rate")


@dataclass(slots=True)
class Fault:
    """One kind, and which of the calls that match it strikes: all, the `nth`, the first `times`, a share (`rate`)."""

    id: int
    kind: Kind
    operation: str = ""  # empty: any
    region: str = ""
    instance_id: str = ""
    nth: int = 0
    times: int = 0
    rate: float = 1.0
    dice: random.Random = field(default_factory=random.Random)
    more: Mapping[str, Any] = field(default_factory=dict)  # what the kind's comment names
    seen: int = 0
    struck: int = 0
    recent: list[float] = field(default_factory=list)

    @property
    def strikes_first(self) -> bool:
        """Before the operation takes effect."""
        if self.kind in EITHER:
            return str(self.more.get("when", EITHER[self.kind])).startswith("before")
        return self.kind in BEFORE

    def strikes(self, call: Call) -> bool:
        if not self._matches(call):
            return False
        self.seen += 1
        if (self.times and self.struck >= self.times) or (self.nth and self.seen != self.nth):
            return False
        if self.rate < 1 and self.dice.random() >= self.rate:
            return False
        if self._is_within_rate(call.at):
            return False
        self.struck += 1
        return True

    def _matches(self, call: Call) -> bool:
        if self.operation not in ("", call.operation) or self.region not in ("", call.region):
            return False
        # A bent answer is narrowed to the instance's rows instead
        return not self.instance_id or self.kind in BENT or self.instance_id in call.parameters.values()

    def _is_within_rate(self, now: float) -> bool:
        if not (per_second := self.more.get("per_second")):
            return False
        self.recent = [moment for moment in self.recent if moment > now - 1]
        if len(self.recent) >= per_second:
            return False
        self.recent.append(now)
        return True


class Faults:
    """Those that stand, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._standing: list[Fault] = []

    def add(self, kind: Kind, wish: Mapping[str, Any]) -> Fault:
        known = {name: value for name, value in wish.items() if name in NARROWING}
        more = {name: value for name, value in wish.items() if name not in (*NARROWING, "kind", "seed")}
        fault = Fault(next(self._numbers), kind, **known, dice=random.Random(wish.get("seed", 0)), more=more)
        self._standing.append(fault)
        return fault

    def remove(self, number: int) -> bool:
        left = [fault for fault in self._standing if fault.id != number]
        is_found = len(left) < len(self._standing)
        self._standing = left
        return is_found

    def clear(self) -> None:
        self._standing.clear()

    def standing(self) -> list[Fault]:
        return list(self._standing)

    def rule(self, kind: Kind, region: str = "") -> Fault | None:
        """The rule of this kind that was set last and holds in the region."""
        for fault in reversed(self._standing):
            if fault.kind is kind and fault.region in ("", region):
                return fault
        return None

    def take(self, call: Call) -> list[Fault]:
        """Those that strike this call: at most one that interrupts it, with any that bend its answer."""
        taken: list[Fault] = []
        for fault in self._standing:
            if fault.kind in RULES or (fault.kind not in BENT and any(other.kind not in BENT for other in taken)):
                continue
            if fault.strikes(call):
                taken.append(fault)
        return taken


def refusal(fault: Fault, call: Call, product: str) -> ApiError | None:
    """The answer in place of the operation, for the kinds that answer with an API error."""
    more = fault.more
    match fault.kind:
        case Kind.THROTTLE:
            wait = {"x-acs-retry-after": str(more["retry_after"])} if "retry_after" in more else {}
            return ApiError(more.get("code", "Throttling.User"), status=more.get("status"), headers=wait)
        case Kind.REJECT:
            return ApiError(more.get("code", "InvalidInstance.NotMatch"), status=more.get("status"))
        case Kind.CREDENTIALS if more.get("state") == "expired":
            return ApiError("InvalidSecurityToken.Expired")
        case Kind.CREDENTIALS:
            return ApiError("InvalidAccessKeyId.Inactive")
        case Kind.REGION_CLOSED:
            return ApiError(more.get("code", "InvalidRegionId.NotFound"))
        case Kind.FORBID:
            return _forbidden(call, product)
    return None


def _forbidden(call: Call, product: str) -> ApiError:
    action = f"{product}:{call.operation}"
    detail = {
        "AuthAction": action,
        "AuthPrincipalDisplayName": "console",
        "AuthPrincipalType": "SubUser",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }
    return ApiError("Forbidden.RAM", detail={"AccessDeniedDetail": detail})
