"""
The form of requests and answers: flattened parameters in, JSON out.

A list travels as `InstanceId.1=…&InstanceId.2=…` (gaps allowed), a list of objects as `Tag.1.Key=…&Tag.1.Value=…`,
booleans in any case, times as UTC text.
"""

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.errors import ApiError, missing
from simulator.limits import RESOURCE_TAGS, TAGS

Body = dict[str, Any]

# What the old signature sends beside the operation's own parameters
COMMON_PARAMETERS = frozenset(
    {
        "AccessKeyId",
        "Action",
        "BearerToken",
        "Format",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "Timestamp",
        "Version",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One signed request for one operation."""

    operation: str
    version: str
    parameters: Mapping[str, str]  # the operation's own
    at: float  # the cloud's time of arrival
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())

    @property
    def region(self) -> str:
        return self.parameters.get("RegionId", "")

    @property
    def client_token(self) -> str:
        return self.parameters.get("ClientToken", "")

    @property
    def is_plain_text(self) -> bool:
        """How a Describe operation is asked to show scripts and outputs; Base64 is the default."""
        return self.text("ContentEncoding") == "PlainText"

    def text(self, name: str, default: str = "") -> str:
        return self.parameters.get(name, default)

    def required(self, name: str) -> str:
        if not (value := self.parameters.get(name, "")):
            raise missing(name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        match self.parameters.get(name, "").lower():
            case "":
                return default
            case "true":
                return True
            case "false":
                return False
        raise ApiError("InvalidParameter", f"The specified parameter {name} is not a boolean.")

    def number(self, name: str, default: int, *, code: str = "InvalidParameter") -> int:
        if not (value := self.parameters.get(name, "")):
            return default
        if not re.fullmatch(r"-?[0-9]{1,10}", value):
            raise ApiError(code)
        return int(value)

    def listed(self, name: str) -> list[str]:
        """The values of `name.1`, `name.2`, … in the order of their numbers, each once."""
        found = [(int(key[len(name) + 1 :]), value) for key, value in self._numbered(name) if value]
        return list(dict.fromkeys(value for _, value in sorted(found)))

    def _numbered(self, name: str) -> list[tuple[str, str]]:
        pattern = re.compile(re.escape(name) + r"\.[0-9]{1,9}")
        return [(key, value) for key, value in self.parameters.items() if pattern.fullmatch(key)]

    def pairs(self, name: str) -> list[tuple[str | None, str | None]]:
        """Key and value of `name.1.Key`, `name.1.Value`, …; None where one is absent."""
        pattern = re.compile(re.escape(name) + r"\.([0-9]{1,9})\.(Key|Value)")
        found: dict[int, dict[str, str]] = {}
        for key, value in self.parameters.items():
            if match := pattern.fullmatch(key):
                found.setdefault(int(match[1]), {})[match[2]] = value
        return [(found[n].get("Key"), found[n].get("Value")) for n in sorted(found)]

    def tags(self) -> dict[str, str]:
        """Tags given with `Tag.N`, checked as the API checks them."""
        return _checked_tags(self.pairs("Tag"), TAGS, "NumberExceed.Tags", "Tag")

    def resource_tags(self) -> dict[str, str]:
        """Tags that choose instances, given with `ResourceTag.N`."""
        return _checked_tags(self.pairs("ResourceTag"), RESOURCE_TAGS, "NumberExceed.ResourceTags", "ResourceTag")


def _checked_tags(pairs: list[tuple[str | None, str | None]], most: int, too_many: str, kind: str) -> dict[str, str]:
    if len(pairs) > most:
        raise ApiError(too_many)
    tags: dict[str, str] = {}
    for key, value in pairs:
        if not key:
            raise ApiError(f"MissingParameter.{kind}Key")
        if key in tags:
            raise ApiError(f"Duplicate.{kind}Key")
        if len(key) > 64 or key.startswith(("aliyun", "acs:")) or _holds_url(key):
            raise ApiError(f"Invalid{kind}Key.Malformed")
        if len(value or "") > 128 or _holds_url(value or ""):
            raise ApiError(f"Invalid{kind}Value.Malformed")
        tags[key] = value or ""
    return tags


def _holds_url(text: str) -> bool:
    return "http://" in text or "https://" in text


def tag_list(tags: Mapping[str, str]) -> Body:
    """The form of tags in every answer but that of managed instances."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def utc(moment: float | None) -> str:
    """`2026-11-24T08:00:01Z`; empty for what has not happened."""
    return "" if moment is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def utc_minutes(moment: float) -> str:
    """`2026-11-24T08:00Z`, the form of DescribeInstances."""
    return time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(moment))


def utc_micros(moment: float | None) -> str | None:
    """The journal's form, fine enough to count calls in a second."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
