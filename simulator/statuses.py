"""The words for how far a target or an invocation is (API pages DescribeInvocations, DescribeInvocationResults)."""

from collections.abc import Collection

FINAL = frozenset(["Success", "Failed", "Timeout", "Error", "Invalid", "Aborted", "Cancelled", "Terminated"])
_STOPPED = frozenset({"Cancelled", "Terminated"})
_FAILED = FINAL - _STOPPED - {"Success"}

# The words of 2021, which the reference advises to ignore
OLD_TARGET_WORDS = {
    "Pending": "Running",
    "Scheduled": "Running",
    "Running": "Running",
    "Stopping": "Stopping",
    "Success": "Finished",
    "Failed": "Finished",
    "Cancelled": "Stopped",
    "Terminated": "Stopped",
}
OLD_INVOCATION_WORDS = {"Pending": "Running", "Scheduled": "Running", "Success": "Finished"}


def old_target_word(status: str) -> str:
    return OLD_TARGET_WORDS.get(status, "Failed")


def old_invocation_word(status: str) -> str:
    return OLD_INVOCATION_WORDS.get(status, status)


def of_invocation(targets: Collection[str]) -> str:
    """The status of a whole invocation, from the set of its targets' words."""
    words = set(targets)
    for unfinished in ("Stopping", "Running", "Pending", "Scheduled"):
        if unfinished in words:
            return unfinished
    if words <= _STOPPED:
        return "Stopped"
    if words <= _STOPPED | {"Success"}:
        return "Success"
    return "Failed" if words <= _STOPPED | _FAILED else "PartialFailed"
