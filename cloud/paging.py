"""Read a listing to its end. Pages are not a snapshot: whoever reads them drops what comes twice."""

from collections.abc import Iterator
from typing import Any

from cloud import answers
from cloud.answers import Row
from cloud.connection import Connection
from cloud.errors import OutcomeUnknown
from cloud.gate import call

MOST_PAGES = 2000  # 100,000 records of 50: more than the cloud keeps


def every_row(
    operation: str, connection: Connection, region: str, request: Any, *path: str, page: int, inside: str = ""
) -> Iterator[Row]:
    """The rows of the list at `path` over all pages of `page` rows.

    `inside` names the object that holds NextToken where that is not the answer itself.
    Raises OutcomeUnknown when the cloud leads in a circle (A66).
    """
    request.max_results = page
    seen: set[str] = set()
    while len(seen) < MOST_PAGES:
        answer = call(operation, connection, region, request)
        yield from answers.rows(answer, *path)
        token = answers.text(answers.inner(answer, inside) if inside else answer, "NextToken")
        if not token:
            return
        if token in seen:
            break
        seen.add(token)
        request.next_token = token
    raise OutcomeUnknown("PagingWithoutEnd", f"The pages of {operation} lead in a circle.")


def once_each(rows: Iterator[Row], *key: str) -> list[Row]:
    """Rows in the order of their first appearance, each with what was read last for it."""
    return list({tuple(answers.text(row, name) for name in key): row for row in rows}.values())
