"""Whether the console kept what it promises, judged from outside. One function for each invariant of the protocol.

None of them trusts the console's own rows alone: what ran stands in the cloud's journal. Each yields a sentence for
everything that is wrong, with the lines that prove it.
"""

from __future__ import annotations

import itertools
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.chaos.database import Row
from tests.chaos.evidence import Evidence, Form

_FELL = {"failed", "timeout", "error", "invalid", "aborted", "stopped"}
REST = frozenset({"success", "cancelled", "skipped", "unknown", "unfollowed"} | _FELL)
ENDS = frozenset(["finished", "rejected", "cancelled", "unknown"])
NOT_RUN = frozenset({"skipped", "cancelled"})
DOUBTFUL = frozenset({"open", "unknown"})
RANK = {"waiting": 0, "pending": 1, "scheduled": 1, "running": 2, "stopping": 3}
TOLD_WITHIN = timedelta(seconds=25)  # of its stop, or of its acceptance; a StopInvocation is repeated every 10 s
ROUNDING = timedelta(milliseconds=5)  # SQLite's own clock has milliseconds


@dataclass(frozen=True)
class Violation:
    rule: str  # INV-1 …
    sentence: str
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.rule}: {self.sentence}", *(f"    {line}" for line in self.lines)])


Found = Iterator[Violation]


def verdict(evidence: Evidence) -> list[Violation]:
    """Empty: everything holds."""
    return [violation for check in CHECKS for violation in check(evidence)]


def each_target_runs_once(seen: Evidence) -> Found:
    """INV-1. Also of runs that a restored database has forgotten."""
    by_target = defaultdict(list)
    for execution in seen.executions:
        if run := seen.run_of(execution.invoke_id):
            by_target[run, execution.instance_id].append(execution)
    for (run, instance_id), executions in by_target.items():
        if len(executions) > 1:
            yield Violation("INV-1", f"{instance_id} ran {len(executions)} times in run {run}", _lines(executions))


def each_batch_is_one_invocation(seen: Evidence) -> Found:
    """INV-2: and the row names it; a batch that is said to have had no effect has none."""
    for batch in seen.batches:
        invocations, named = seen.invocations_of(batch), batch["invoke_id"]
        proof = (_row(batch), *_lines(seen.attempts_of(batch)), *_lines(seen.sends_of(batch)))
        if len(invocations) > 1:
            yield Violation("INV-2", f"{_name(batch)} has the invocations {', '.join(invocations)}", proof)
        if named and named not in invocations:
            yield Violation("INV-2", f"{_name(batch)} names {named}, which is none of its own", proof)
        if invocations and not named and batch["state"] != "unknown":
            yield Violation("INV-2", f"{_name(batch)} is {batch['state']}, but the cloud has {invocations[0]}", proof)


def every_target_comes_to_rest(seen: Evidence) -> Found:
    """INV-3, once everything works again: nothing is left that only waits for ever."""
    for target in seen.targets:
        if target["state"] not in REST:
            batch = next(b for b in seen.batches if b["batch"] == target["batch_id"])
            proof = (_row(target), _row(batch), *_lines(seen.attempts_of(batch)))
            yield Violation("INV-3", f"{_target(target)} is still {target['state']}", proof)
    for batch in seen.batches:
        if batch["state"] not in ENDS:
            yield Violation("INV-3", f"{_name(batch)} is still {batch['state']}", (_row(batch),))


def what_is_shown_as_not_run_did_not_run(seen: Evidence) -> Found:
    """INV-4."""
    ran = {(seen.run_of(e.invoke_id), e.instance_id): e for e in seen.executions}
    for target in seen.targets:
        execution = ran.get((target["invocation_id"], target["instance_id"]))
        if target["state"] in NOT_RUN and execution:
            yield Violation(
                "INV-4", f"{_target(target)} is {target['state']}, but it ran", (_row(target), str(execution))
            )


def what_is_shown_as_run_ran_as_frozen(seen: Evidence) -> Found:
    """INV-5: the content, the user, the parameters, and how it ended."""
    ran = {(seen.run_of(e.invoke_id), e.instance_id): e for e in seen.executions}
    for target in seen.targets:
        if target["state"] not in ("success", "failed", "timeout"):
            continue
        run = seen.run(target["invocation_id"])
        execution = ran.get((run["id"], target["instance_id"]))
        wanted = (run["content_sha256"], run["username"] or "root", run["parameters"])
        if execution is None:
            yield Violation("INV-5", f"{_target(target)} is {target['state']}, but it never ran", (_row(target),))
        elif (execution.content_sha256, execution.username, execution.parameters) != wanted:
            yield Violation(
                "INV-5", f"{_target(target)} ran something else than was frozen", (str(execution), _row(run))
            )
        elif target["state"] != "timeout" and execution.exit_code != target["exit_code"]:
            yield Violation("INV-5", f"{_target(target)} ended otherwise than is shown", (str(execution), _row(target)))


def counters_equal_rows(seen: Evidence) -> Found:
    """INV-6: in the row, on the run's page, in the list of results."""
    for run in seen.runs:
        states = Counter(target["state"] for target in seen.targets if target["invocation_id"] == run["id"])
        finished = sum(number for state, number in states.items() if state in REST)
        told = ({k: n for k, n in run["counts"].items() if n}, run["finished"], run["total"])
        if told != (dict(states), finished, states.total()):
            yield Violation("INV-6", f"run {run['id']} counts {told}, its rows are {dict(states)}", (_row(run),))
        if shown := seen.shown.get(run["id"]):
            yield from _page_equals_rows(run, states, shown.progress)
            if shown.listed_state not in ("", run["state"]):
                yield Violation("INV-6", f"run {run['id']} is listed as {shown.listed_state}, it is {run['state']}")


def _page_equals_rows(run: Row, states: Counter[str], progress: Mapping[str, str]) -> Found:
    wanted = {
        "state": run["state"],
        "total": str(run["total"]),
        "finished": str(run["finished"]),
        "succeeded": str(states["success"]),
        "timeout": str(states["timeout"]),
        "skipped": str(states["skipped"]),
        "unknown": str(states["unknown"] + states["unfollowed"]),
    }
    said = {name: progress.get(name, "") for name in wanted}
    if said != wanted:
        yield Violation("INV-6", f"the page of run {run['id']} says {said}, the rows {wanted}")


def no_call_without_an_attempt(seen: Evidence) -> Found:
    """INV-7: each call that runs something has a row of its own, begun earlier. A restored database has lost some."""
    if seen.was_restored:
        return
    for batch in seen.batches:
        sends = seen.sends_of(batch)
        attempts = [attempt for attempt in seen.attempts_of(batch) if attempt["n"] > 0]
        proof = (_row(batch), *_lines(attempts), *_lines(sends))
        if len(sends) > len(attempts):
            yield Violation("INV-7", f"{_name(batch)} was sent {len(sends)} times in {len(attempts)} attempts", proof)
        elif sends and not seen.clock_was_moved:
            begun = sorted(attempt["started_at"] for attempt in attempts)
            if any(call.at < start for call, start in zip(sends, begun, strict=False)):
                yield Violation("INV-7", f"{_name(batch)} was sent before its attempt was written", proof)


def token_and_request_never_change(seen: Evidence) -> Found:
    """INV-8."""
    for rewrite in seen.rewrites:
        yield Violation("INV-8", f"token or request of batch {rewrite['batch']} was changed", (_row(rewrite),))
    for batch in seen.batches:
        for call in seen.sends_of(batch):
            if call.client_token != batch["client_token"]:
                yield Violation("INV-8", f"{_name(batch)} was sent with another token", (str(call), _row(batch)))


def a_second_token_needs_proof(seen: Evidence) -> Found:
    """INV-9: the same targets are sent with another token only after every attempt with the first had no effect."""
    batches = {batch["client_token"]: batch for batch in seen.batches}
    calls = defaultdict(list)
    for call in seen.sends():
        for instance_id in call.instance_ids:
            calls[int(call.tags["console-run"]), instance_id].append(call)
    for (run, instance_id), sent in calls.items():
        for before, after in itertools.pairwise(sent):
            if after.client_token == before.client_token:
                continue
            first = batches.get(before.client_token)
            doubtful = first and [a for a in seen.attempts_of(first) if a["n"] and a["outcome"] in DOUBTFUL]
            if first is None or doubtful or seen.invocations_of(first):
                proof = (*_lines(sent), *_lines(doubtful or []))
                yield Violation("INV-9", f"{instance_id} of run {run} was sent again with another token", proof)


def nothing_is_sent_after_a_stop(seen: Evidence) -> Found:
    """INV-10: no attempt begins after it, and what the cloud has is told."""
    stopped_at = {stop["batch"]: stop["at"] for stop in seen.stops}
    told = {call.invoke_id for call in seen.calls if call.operation == "StopInvocation"}
    for batch in seen.batches:
        if (stop := stopped_at.get(batch["batch"])) is None:
            continue
        late = [attempt for attempt in seen.attempts_of(batch) if attempt["started_at"] > stop + ROUNDING]
        if late and not seen.was_restored:
            proof = (f"stopped at {stop}", *_lines(late))
            yield Violation("INV-10", f"{_name(batch)} was sent after it had been stopped", proof)
        if not batch["invoke_id"] or batch["invoke_id"] in told:
            continue
        since = max(stop, batch["accepted_at"]) + TOLD_WITHIN
        ids = {target["id"] for target in seen.targets_of(batch)}
        if ends := [m for m in seen.moves if m["target"] in ids and m["new"] in REST and _ended_at(m) > since]:
            yield Violation("INV-10", f"{_name(batch)} ran on: the cloud was never told", (_row(batch), *_lines(ends)))


def _ended_at(move: Row) -> datetime:
    """By the cloud's word, where it has one: it may be heard much later."""
    return move.get("new_finished_at") or move["at"]


def targets_only_move_forward(seen: Evidence) -> Found:
    """INV-11: an end gives way only to a later end; what was unknown, to the truth."""
    for move in seen.moves:
        old, new = move["old"], move["new"]
        if old in ("unknown", "unfollowed"):
            continue
        if old in REST:
            is_later = move["new_finished_at"] and (
                move["old_finished_at"] is None or move["new_finished_at"] > move["old_finished_at"]
            )
            is_forward = new in REST and is_later
        else:
            is_forward = new in REST or RANK.get(new, 2) >= RANK.get(old, 2)
        if not is_forward:
            yield Violation("INV-11", f"{move['instance_id']} went from {old} to {new}", (_row(move),))


def nothing_running_means_no_calls(seen: Evidence) -> Found:
    """INV-14."""
    if seen.quiet:
        yield Violation("INV-14", "the cloud was asked although nothing ran", _lines(seen.quiet))


def faults_leave_the_end_as_it_is(seen: Evidence) -> Found:
    """INV-17: what nobody stopped, on machines nobody touched, ends as it would have ended; or in honest doubt."""
    stopped = {stop["batch"] for stop in seen.stops}
    for target in seen.targets:
        run = seen.run(target["invocation_id"])
        if target["instance_id"] in seen.touched or target["stop_requested_at"] or run["stop_requested_at"]:
            continue
        if target["batch_id"] in stopped or target["state"] not in REST:
            continue
        wanted = "failed" if run["parameters"].get("code", "0") != "0" else "success"
        if target["state"] == wanted or _is_honest_doubt(seen, target):
            continue
        batch = next(b for b in seen.batches if b["batch"] == target["batch_id"])
        proof = (_row(target), _row(batch), *_lines(seen.attempts_of(batch)))
        yield Violation("INV-17", f"{_target(target)} is {target['state']} and not {wanted}", proof)


def _is_honest_doubt(seen: Evidence, target: Row) -> bool:
    """Given up after an attempt that may have run, or found out too late that none of them had (A14)."""
    if target["state"] == "cancelled":
        return bool(target["reason"] == "never-sent")
    batch = next(b for b in seen.batches if b["batch"] == target["batch_id"])
    return target["state"] == "unknown" and any(a["outcome"] in DOUBTFUL for a in seen.attempts_of(batch))


def calls_name_only_the_runs_own_targets(seen: Evidence) -> Found:
    """INV-18."""
    own = defaultdict(set)
    for target in seen.targets:
        own[target["invocation_id"]].add(target["instance_id"])
    for call in seen.sends():
        if strangers := set(call.instance_ids) - own[int(call.tags["console-run"])]:
            yield Violation("INV-18", f"a call names {', '.join(sorted(strangers))} of no target", (str(call),))


def each_press_of_run_is_one_run(seen: Evidence) -> Found:
    """A01, A02: however often its form was sent."""
    for form in seen.forms:
        made = [run for run in seen.runs if run["form_token"] == uuid.UUID(form.token).hex]
        if len(made) != 1 and not seen.was_restored:
            yield Violation("A02", f"the form {form.token} made {len(made)} runs", _lines(made))
        for run in made:
            yield from _run_equals_form(seen, run, form)


def _run_equals_form(seen: Evidence, run: Row, form: Form) -> Found:
    targets = {target["instance_id"] for target in seen.targets if target["invocation_id"] == run["id"]}
    if targets != set(form.instance_ids) or run["parameters"] != dict(form.parameters):
        yield Violation("A02", f"run {run['id']} is not what was typed", (_row(run), str(form)))


def nothing_unforeseen_is_logged(seen: Evidence) -> Found:
    """A fault of the program shows as an exception that no fault of the world explains."""
    for complaint in seen.complaints:
        yield Violation("LOGS", complaint)


def no_page_breaks(seen: Evidence) -> Found:
    """Nobody ever gets a 500, whatever is down."""
    for page in seen.broken_pages:
        yield Violation("PAGES", page)


CHECKS: tuple[Callable[[Evidence], Found], ...] = (
    each_target_runs_once,
    each_batch_is_one_invocation,
    every_target_comes_to_rest,
    what_is_shown_as_not_run_did_not_run,
    what_is_shown_as_run_ran_as_frozen,
    counters_equal_rows,
    no_call_without_an_attempt,
    token_and_request_never_change,
    a_second_token_needs_proof,
    nothing_is_sent_after_a_stop,
    targets_only_move_forward,
    nothing_running_means_no_calls,
    faults_leave_the_end_as_it_is,
    calls_name_only_the_runs_own_targets,
    each_press_of_run_is_one_run,
    nothing_unforeseen_is_logged,
    no_page_breaks,
)

_LONG = frozenset({"request", "content", "secrets"})


def _lines(things: Any) -> tuple[str, ...]:
    return tuple(_row(thing) if isinstance(thing, dict) else str(thing) for thing in things)


def _row(row: Row) -> str:
    return " ".join(f"{name}={value}" for name, value in row.items() if value not in (None, "") and name not in _LONG)


def _name(batch: Row) -> str:
    return f"batch {batch['seq']} of run {batch['invocation_id']}"


def _target(target: Row) -> str:
    return f"{target['instance_id']} of run {target['invocation_id']}"
