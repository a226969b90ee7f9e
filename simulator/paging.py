"""Pages by `MaxResults` and `NextToken`, or by the older `PageNumber` and `PageSize`."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from simulator.errors import ApiError
from simulator.wire import Body, Call

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page:
    start: int
    size: int
    number: int  # 0 when the caller pages by token

    @classmethod
    def asked(cls, call: Call, *, largest: int, default: int, least: int = 1, clamp: bool = False) -> "Page":
        """What the call asks for; a size out of bounds is brought within (`clamp`) or refused. Raises ApiError."""

        def size(name: str, code: str) -> int:
            number = call.number(name, default, code=code)
            if clamp:
                return min(max(number, least), largest)
            if not least <= number <= largest:
                raise ApiError(code)
            return number

        if call.text("MaxResults") or call.text("NextToken"):
            rows = size("MaxResults", "InvalidParameter.MaxResults")
            return cls(_start_of(call.text("NextToken")), rows, 0)
        rows = size("PageSize", "InvalidParam.PageSize")
        number = call.number("PageNumber", 1, code="InvalidParam.PageNumber")
        if number < 1:
            raise ApiError("InvalidParam.PageNumber")
        return cls((number - 1) * rows, rows, number)

    def cut(self, rows: Sequence[Row]) -> Sequence[Row]:
        return rows[self.start : self.start + self.size]

    def fields(self, total: int) -> Body:
        """What every list answers about its pages; without page numbers the API does not count."""
        if self.number:
            return {"TotalCount": total, "PageNumber": self.number, "PageSize": self.size, "NextToken": ""}
        end = self.start + self.size
        token = _token_of(end) if end < total else ""
        return {"TotalCount": 0, "PageNumber": 0, "PageSize": 0, "NextToken": token}


def _token_of(start: int) -> str:
    return base64.urlsafe_b64encode(f"page:{start}".encode()).decode()


def _start_of(token: str) -> int:
    if not token:
        return 0
    try:
        kind, _, start = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if kind == "page" and start.isdigit():
            return int(start)
    except (binascii.Error, ValueError):
        pass
    raise ApiError("InvalidParameter.NextToken")
