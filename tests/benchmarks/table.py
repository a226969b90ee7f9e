"""What was measured, as a table in Markdown: the set-ups side by side, each beside what was aimed at."""

from collections.abc import Callable, Sequence
from typing import Any

Found = dict[str, Any]


def table(found: Sequence[Found]) -> str:
    first = found[0]
    targets, most = first["targets"], first["most"]
    rows: list[tuple[str, str, Callable[[Found], str]]] = [
        (f"bare loop over {targets:,} targets", "", lambda f: f"{f['bare_seconds']:.1f} s"),
        (f"run on {targets:,} targets", "", lambda f: f"{f['run_seconds']:.1f} s"),
        ("run : bare loop", "≤ 1.15", lambda f: f"{f['run_seconds'] / f['bare_seconds']:.2f}"),
        ("calls: least possible", "", lambda f: f"{f['least_calls']}"),
        ("calls: bare loop", "", lambda f: _calls(f["bare_calls"])),
        ("calls: run", "", lambda f: _calls(f["run_calls"])),
        ("calls of the run : least", "≤ 1.2", lambda f: f"{sum(f['run_calls'].values()) / f['least_calls']:.2f}"),
        ("live fragment, 50 pages, p50 / p95", "", lambda f: _live(f["live_50"])),
        ("live fragment, 200 pages, p50 / p95", "p95 < 150 ms, grown-up", lambda f: _live(f["live_200"])),
        ("its answers: unchanged / fragment / last", "", lambda f: _statuses(f["live_200"])),
        (f"Run pressed on {most:,}", "< 3 s", lambda f: f"{f[f'size_{most}']['submit']:.2f} s"),
        (f"page of a run on {most:,}", "< 500 KB", lambda f: _page(f[f"size_{most}"])),
        ("growth ×10 of targets: Run pressed", "≤ 10", lambda f: _growth(f, "submit")),
        ("growth ×10 of targets: first page", "1", lambda f: _growth(f, "page")),
        ("growth ×10 of targets: the whole run", "≤ 10", lambda f: _growth(f, "seconds")),
        ("results read a second, in a run on 1,000", "", lambda f: _rate(f["ingest_1000"])),
        (f"results read a second, in a run on {targets:,}", "the same", lambda f: _rate(f[f"ingest_{targets}"])),
        ("most memory of one process", "< 500 MB", lambda f: f"{f['memory']} MB"),
    ]
    lines = [_line("", "aim", *(f["setup"] for f in found)), _line(*["---"] * (2 + len(found)))]
    return "\n".join([*lines, *(_line(name, aim, *(show(f) for f in found)) for name, aim, show in rows)])


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _calls(by_operation: dict[str, int]) -> str:
    return f"{sum(by_operation.values())} ({' + '.join(str(n) for n in by_operation.values())})"


def _live(live: Found) -> str:
    return f"{live['p50']:,.0f} / {live['p95']:,.0f} ms"


def _statuses(live: Found) -> str:
    return " / ".join(str(live["statuses"].get(status, 0)) for status in ("204", "200", "286"))


def _page(size: Found) -> str:
    return f"{size['page_bytes'] / 1000:.0f} KB in {size['page']:.0f} ms"


def _growth(found: Found, what: str) -> str:
    most = found["most"]
    return f"{found[f'size_{most}'][what] / found['size_1000'][what]:.1f}"


def _rate(ingest: Found) -> str:
    return f"{ingest['per_second']:,.0f}; {ingest['processor']:,.0f} a second of processor"
