"""What can go wrong between us and the cloud, sorted by the one thing every caller must know: has it taken effect?

* CloudError
  x Unreachable           no: not one byte of the request was written (DNS, refused, TLS, connect time-out)
  x Refused               no: the cloud said so
    + BadCredentials      missing, wrong, expired, or our clock is off (`clock_is_off`)
    + NotPermitted        `action` is the RAM action that is missing
    + Throttled           too many calls, come back after `retry_after` seconds
    + QuotaExceeded       the day's runs (`is_daily`) or the kept commands are used up
    + RegionUnavailable   this region, endpoint or version is not for us; waits for a setting, not for the targets
    + Rejected            the request itself. `splits`: part of its targets may go without the rest
  x OutcomeUnknown        perhaps: time-out, reset, 5xx, unreadable answer. Repeat with the same ClientToken only

Whatever a caller does not know by name it sorts by the three names of the first level.
`str(error)` is safe to show: it never holds a URL, a query, a header or a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DAILY_QUOTA_CODE = "Invocation.ExceedQuota"


class Details(TypedDict, total=False):
    """What every member of the family may know about the answer."""

    request_id: str
    http_status: int | None  # None: there was no answer
    retry_after: float | None  # seconds, where the cloud said how long
    clock_offset: float | None  # seconds the cloud's clock is ahead of ours, by this answer's Date header
    host: str  # of the endpoint
    excerpt: str  # up to 200 characters of an answer that is not the API's, without what we had sent


class CloudError(Exception):
    """`code` and `message` are the API's own where it gave some, else ours (CamelCase, see `cloud.classify`)."""

    cause: StrOrPromise = ""
    fix: StrOrPromise = ""

    def __init__(self, code: str, message: str = "", **details: Unpack[Details]) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.request_id = details.get("request_id", "")
        self.http_status = details.get("http_status")
        self.retry_after = details.get("retry_after")
        self.clock_offset = details.get("clock_offset")
        self.host = details.get("host", "")
        self.excerpt = details.get("excerpt", "")

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


class Unreachable(CloudError):
    """Nothing was sent."""

    cause = _("The cloud could not be reached; nothing was sent.")
    fix = _("Check the network, the name service and the endpoint setting. The call is repeated by itself.")


class Refused(CloudError):
    """The cloud answered that it did nothing."""

    cause = _("The cloud refused the call; nothing was done.")


class BadCredentials(Refused):
    """Missing, wrong or expired credentials, or a signing date the cloud does not take."""

    cause = _("The cloud does not accept the console’s credentials.")
    fix = _("Check the configured credentials and this server’s clock. Waiting runs go on by themselves.")

    @property
    def clock_is_off(self) -> bool:
        return self.code.startswith(("InvalidTimeStamp", "IllegalTimestamp"))


class NotPermitted(Refused):
    """The identity may not do this. `action` is the RAM action to grant, "" where no RAM policy would help."""

    cause = _("The console’s credentials lack a permission.")
    fix = _("Ask the account’s administrator to grant the RAM action.")

    def __init__(self, code: str, message: str = "", *, action: str = "", **details: Unpack[Details]) -> None:
        super().__init__(code, message, **details)
        self.action = action


class Throttled(Refused):
    """A 4xx whose code begins with `Throttling`, `Rejected.Throttling` (page "API call throttling"), and every 429."""

    cause = _("The console calls the cloud more often than the account allows.")
    fix = _("Nothing to do: the call is repeated. If it lasts, lower CONSOLE_API_QPS.")


class QuotaExceeded(Refused):
    """The day's invocations of the region (`is_daily`), or its number of kept commands."""

    cause = _("A quota of the account is used up in this region.")
    fix = _("Wait for the next day, delete what is not needed, or ask for more in Quota Center.")

    @property
    def is_daily(self) -> bool:
        return self.code == DAILY_QUOTA_CODE


class RegionUnavailable(Refused):
    """Region closed to the account, unknown, or an endpoint that does not speak this API or version."""

    cause = _("The region or the endpoint is not available to this account.")
    fix = _("Check the region and the endpoint setting.")


class Rejected(Refused):
    """The request itself is wrong, or one of its targets is unfit.

    `splits`: part of the targets may be sent again under another token. `too_many`: halve at once, nobody is unfit, the
    call only names more instances than the account allows. `is_gone`: the command or invocation no longer exists.
    `instance_ids`: those of the request's targets that the message names; the real API names none.
    """

    cause = _("The request or one of its targets was not accepted.")
    fix = _("Read the cloud’s message, correct the request or the targets, then try again.")

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        splits: bool = False,
        too_many: bool = False,
        is_gone: bool = False,
        instance_ids: tuple[str, ...] = (),
        **details: Unpack[Details],
    ) -> None:
        super().__init__(code, message, **details)
        self.splits = splits
        self.too_many = too_many
        self.is_gone = is_gone
        self.instance_ids = instance_ids


class OutcomeUnknown(CloudError):
    """The request was written; nobody knows whether it took effect.

    `alarm`: the cloud knows the token with other parameters. Never send again, only look up.
    """

    cause = _("The cloud did not answer whether it took the call.")
    fix = _("Nothing to do: it is looked up, and nothing is sent twice.")

    def __init__(self, code: str, message: str = "", *, alarm: bool = False, **details: Unpack[Details]) -> None:
        super().__init__(code, message, **details)
        self.alarm = alarm
