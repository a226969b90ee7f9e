"""Say what a code means, why it came and what to do next."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from cloud.connection import ConfigurationError
from cloud.errors import CloudError
from cloud.explanations import Entry
from cloud.explanations.calls import ASSISTANT, COMMON, GATEWAY
from cloud.explanations.sentences import SENTENCES
from cloud.explanations.targets import ANY_OTHER, CONSOLE, TARGETS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MISSING = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What happened, why, and what to do next. `cause` is "" where the meaning says it; all are "" for the unknown."""

    meaning: StrOrPromise = ""
    cause: StrOrPromise = ""
    fix: StrOrPromise = ""


def explain(code: str) -> Explanation:
    """The meaning of a whole call's code, translated when it is shown. Empty for a code that nobody has described."""
    entry = _entry_for_call(code)
    return Explanation(meaning=entry.what, cause=entry.cause, fix=entry.fix) if entry else Explanation()


def explain_error(error: CloudError) -> Explanation:
    """The same for an error in hand; where its code is not described by its class, with the cloud's own words."""
    known = explain(error.code)
    return known if known.meaning else Explanation(meaning=error.cause, cause=error.message, fix=error.fix)


def in_short(error: CloudError | ConfigurationError) -> str:
    """Meaning and next step in one line, where there is no room for the cause; a wrong setting says both itself."""
    if isinstance(error, ConfigurationError):
        return str(error)
    told = explain_error(error)
    return f"{told.meaning} {told.fix}".strip()


def explain_target(
    code: str,
    *,
    exit_code: int | None = None,
    user: str = "",
    path: str = "",
    timeout: int | None = None,
    message: str = "",
    password_name: str = "",
    region: str = "",
    reason: StrOrPromise = "",
) -> Explanation:
    """Why one target failed, in the language of this moment.

    `code` is the API's ErrorCode, or the console's own word: skipped (with `reason`), unknown, unfollowed, no-record,
    two-task-ids. A code never heard of is named as it is, with `message`. Without a code only an exit code explains.
    """
    if not code:
        if not exit_code:
            return Explanation()
        code = "ExitCodeNonzero"
    entry = _entry_for_target(code) or ANY_OTHER
    values = {
        "n": timeout if code == "ExecutionTimeout" else exit_code,
        "user": user,
        "path": path,
        "name": password_name,
        "region": region,
        "reason": reason,
        "code": code,
        "message": message,
    }
    return Explanation(
        meaning=_filled(entry.what, values), cause=_filled(entry.cause, values), fix=_filled(entry.fix, values)
    )


def sentence(name: str, **values: Any) -> str:
    """A sentence of `cloud.explanations.sentences`, filled in; what is not given becomes a dash."""
    return _filled(SENTENCES[name], values)


@functools.lru_cache(maxsize=512)
def _entry_for_call(code: str) -> Entry | None:
    return _entry(code, COMMON + ASSISTANT + GATEWAY)


@functools.lru_cache(maxsize=512)
def _entry_for_target(code: str) -> Entry | None:
    return _entry(code, TARGETS + CONSOLE)


def _entry(code: str, entries: tuple[Entry, ...]) -> Entry | None:
    """The entry that names the code, or the one with the longest pattern that fits it."""
    fitting = [(pattern, entry) for entry in entries for pattern in entry.codes if fnmatchcase(code, pattern)]
    return max(fitting, key=lambda found: (found[0] == code, len(found[0])), default=("", None))[1]


class _Values(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return MISSING


def _filled(text: StrOrPromise, values: Mapping[str, Any]) -> str:
    return str(text).format_map(_Values({key: value for key, value in values.items() if value not in (None, "")}))
