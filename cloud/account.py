"""The account behind the connection: who it is, what it may still do, which secrets it keeps."""

import threading
from dataclasses import dataclass

from cloud import answers, credentials, limits, sdk
from cloud.connection import Connection
from cloud.gate import call
from cloud.paging import every_row
from cloud.regions import HOME_REGION


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    account_id: str
    arn: str
    identity_type: str  # Account | RAMUser | AssumedRoleUser
    provider: str  # where the credentials came from: static_ak, default/env, …; never a key


_identities: dict[tuple[Connection, str], Identity] = {}
_identities_lock = threading.Lock()


def who_am_i(connection: Connection) -> Identity:
    """The identity of the credentials (GetCallerIdentity, which throttles soon): asked once for each access key."""
    key = credentials.current(connection)
    with _identities_lock:
        if known := _identities.get((connection, key.access_key_id)):
            return known
    answer = call("GetCallerIdentity", connection, HOME_REGION)
    identity = Identity(
        account_id=answers.text(answer, "AccountId"),
        arn=answers.text(answer, "Arn"),
        identity_type=answers.text(answer, "IdentityType"),
        provider=key.provider,
    )
    with _identities_lock:
        return _identities.setdefault((connection, key.access_key_id), identity)


def daily_quota(connection: Connection, region: str) -> int | None:
    """Runs a day in this region (max-axt-invocation-daily). No operation tells how many of today's are left."""
    return _attribute(connection, region, "max-axt-invocation-daily")


def command_quota(connection: Connection, region: str) -> int | None:
    """Saved commands the region may hold (max-axt-command-count)."""
    return _attribute(connection, region, "max-axt-command-count")


def list_secret_names(connection: Connection, region: str, *, name: str = "") -> list[str]:
    """Names of the region's OOS secret parameters, never their values (ListSecretParameters).

    With `name` only those that hold it.
    """
    request = sdk.oos().ListSecretParametersRequest(region_id=region, name=name or None)
    rows = every_row("ListSecretParameters", connection, region, request, "Parameters", page=limits.PARAMETER_PAGE)
    return list(dict.fromkeys(answers.text(row, "Name") for row in rows))


def _attribute(connection: Connection, region: str, name: str) -> int | None:
    request = sdk.ecs().DescribeAccountAttributesRequest(region_id=region, attribute_name=[name])
    answer = call("DescribeAccountAttributes", connection, region, request)
    for item in answers.rows(answer, "AccountAttributeItems", "AccountAttributeItem"):
        if answers.text(item, "AttributeName") == name:
            values = answers.inner_rows(item, "AttributeValues", "ValueItem")
            return answers.number(values[0], "Value") if values else None
    return None
