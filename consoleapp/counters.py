"""What this process has counted of its requests, tasks and log. No label holds a visitor’s text: it has no end."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter(
    "console_http_requests", "Requests answered, by the name of their address.", ["route", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "console_http_request_seconds",
    "How long a request took.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
LINES_LOST = Counter("console_log_lines_lost", "Lines of the log that could not be written in time, or at all.")
TASKS = Counter("console_tasks", "Tasks this worker has ended, by what came of them.", ["task", "outcome"])
