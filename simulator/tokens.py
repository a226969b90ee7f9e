"""
ClientToken: the same request, sent again, gives the same answer and does nothing twice (page "Idempotence").

Only what succeeded is remembered. "The same" is every parameter; date, nonce and signature do not count.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.clock import Clock
from simulator.errors import ApiError
from simulator.faults import Faults, Kind
from simulator.limits import CLIENT_TOKEN, TOKEN_WINDOW_SECONDS
from simulator.state import State
from simulator.wire import Body, Call

OPERATIONS = frozenset({"InvokeCommand", "RunCommand", "CreateCommand", "ModifyInvocationAttribute"})


class Tokens:
    def __init__(self, state: State, clock: Clock, faults: Faults) -> None:
        self._state = state
        self._clock = clock
        self._faults = faults
        self._in_progress: set[tuple[str, str, str]] = set()

    def forget_progress(self) -> None:
        self._in_progress.clear()

    def counts(self, call: Call) -> bool:
        """Whether the call carries a token that this cloud takes notice of."""
        is_ignored = self._faults.rule(Kind.DEDUP, call.region) is not None
        return call.operation in OPERATIONS and bool(call.client_token) and not is_ignored

    @contextmanager
    def in_progress(self, call: Call) -> Iterator[None]:
        """While a call is being handled, its twin is told to wait."""
        key = _key(call)
        if key in self._in_progress:
            raise ApiError("IdempotentProcessing")
        self._in_progress.add(key)
        try:
            yield
        finally:
            self._in_progress.discard(key)

    def answer_known(self, call: Call) -> Body | None:
        """The answer to the same call before; ApiError if it was another request."""
        if len(call.client_token) > CLIENT_TOKEN or not re.fullmatch(r"[!-~]+", call.client_token):
            raise ApiError("InvalidClientToken.Malformed")
        rows = self._state.rows(
            "select fingerprint, answer from tokens where region = ? and operation = ? and token = ? and at > ?",
            (*_key(call), self._clock.now() - self._window(call.region)),
        )
        if not rows:
            return None
        if rows[0]["fingerprint"] != _fingerprint(call):
            raise ApiError("IdempotentParameterMismatch")
        answer: Body = json.loads(rows[0]["answer"])
        return answer

    def _window(self, region: str) -> float:
        """How many seconds a token is remembered."""
        rule = self._faults.rule(Kind.TOKEN_WINDOW, region)
        return float(rule.more["seconds"]) if rule else TOKEN_WINDOW_SECONDS

    def remember(self, call: Call, answer: Body) -> None:
        """To be called in the transaction of the effect."""
        self._state.execute(
            "insert or replace into tokens values (?, ?, ?, ?, ?, ?)",
            (*_key(call), _fingerprint(call), json.dumps(answer), self._clock.now()),
        )


def _key(call: Call) -> tuple[str, str, str]:
    return call.region, call.operation, call.client_token


def _fingerprint(call: Call) -> str:
    return hashlib.sha256(json.dumps(sorted(call.parameters.items())).encode()).hexdigest()
