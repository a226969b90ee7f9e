"""Whether a signed request is new: its date near enough, its nonce never seen. Checked only when a test asks for it."""

import math

from simulator.clock import Clock
from simulator.errors import ApiError
from simulator.faults import Faults, Kind
from simulator.limits import REQUEST_LIFE_SECONDS
from simulator.signatures import Signed


class Freshness:
    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._nonces: dict[str, float] = {}

    def check(self, signed: Signed) -> None:
        """Raises ApiError."""
        now = self._clock.now()
        if abs(signed.date.timestamp() - now) > self._life():
            raise ApiError("InvalidTimeStamp.Expired")
        if self._faults.rule(Kind.CHECK_NONCE):
            self._use(signed.nonce, now)

    def _life(self) -> float:
        """How many seconds a signed date may be off."""
        rule = self._faults.rule(Kind.CHECK_DATE)
        return float(rule.more.get("seconds", REQUEST_LIFE_SECONDS)) if rule else math.inf

    def _use(self, nonce: str, now: float) -> None:
        """A nonce needs to be remembered only as long as a date is good."""
        self._nonces = {used: at for used, at in self._nonces.items() if abs(now - at) <= 2 * REQUEST_LIFE_SECONDS}
        if nonce in self._nonces:
            raise ApiError("SignatureNonceUsed")
        self._nonces[nonce] = now

    def forget_nonces(self) -> None:
        self._nonces.clear()
