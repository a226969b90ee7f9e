"""What this process has counted of its calls. No label names a region, an id or a person: they have no end."""

from prometheus_client import Counter, Histogram

CALLS = Counter(
    "console_cloud_calls", "Calls to the cloud that have ended, by what came of them.", ["operation", "outcome"]
)
CALL_SECONDS = Histogram(
    "console_cloud_call_seconds",
    "How long a call to the cloud took.",
    ["operation"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60),
)
PERMIT_SECONDS = Histogram(
    "console_limiter_wait_seconds",
    "How long a call waited for the rate limiter’s permit.",
    ["operation"],
    buckets=(0.01, 0.05, 0.25, 1, 2.5, 5, 10),
)
NO_PERMIT = Counter(
    "console_limiter_refusals", "Calls that got no permit in the time they could wait for one.", ["operation"]
)
