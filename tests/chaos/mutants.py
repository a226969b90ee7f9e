"""Nine ways to break the dispatch protocol in the product's own code, each a few words replaced.

They are the broken variants of the model (tests/models/), this time in the real thing: every one of them must turn a
test red. One that no longer applies is an error, so that none dies unnoticed when the code moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STATES, DISPATCH = "invocations/states.py", "invocations/dispatch.py"
_IN = "tests/invocations"


class DoesNotApply(Exception):
    """What was to be replaced isn't there, or more than once: the mutant must be written anew."""


@dataclass(frozen=True)
class Edit:
    path: str  # in the repository
    old: str
    new: str

    def apply(self, source: str) -> str:
        """Raises DoesNotApply."""
        if (found := source.count(self.old)) != 1:
            raise DoesNotApply(f"{self.path} holds {self.old!r} {found} times, not once")
        return source.replace(self.old, self.new)


@dataclass(frozen=True)
class Mutant:
    name: str
    what: str  # it does instead
    edits: Sequence[Edit]
    caught_by: str  # a test that takes no second
    seeds: Sequence[tuple[str, int]] = ()  # setup and seed of rounds that catch it, too


MUTANTS: Sequence[Mutant] = [
    Mutant(
        "no-compare-and-set",
        "writes a decision whatever has become of the row since it was read",
        [
            Edit(
                STATES,
                "filter(pk=batch.pk, state=batch.state, epoch=batch.epoch, invoke_id=batch.invoke_id)",
                "filter(pk=batch.pk)",
            )
        ],
        f"{_IN}/test_states.py::test_a_decision_on_an_old_reading_finds_no_row",
    ),
    Mutant(
        "date-is-now",
        "signs with the time of sending, not with the claim's",
        [Edit(DISPATCH, "date=attempt.signed_at\n", "date=db_now()\n")],
        f"{_IN}/test_dispatch.py::test_A12_a_request_signed_long_ago_is_refused_by_the_cloud",
    ),
    Mutant(
        "attempt-not-written",
        "calls without having written the attempt's row",
        [
            Edit(
                STATES,
                "attempt = batch.attempts.create(n=batch.epoch,",
                "attempt = Attempt(batch=batch, n=batch.epoch,",
            )
        ],
        f"{_IN}/test_states.py::TestClaim::test_it_writes_the_attempt_before_any_call",
    ),
    Mutant(
        "epoch-on-accept",
        "hears an acceptance only from whoever holds the lease",
        [
            Edit(
                STATES,
                "if answer.outcome == Outcome.ACCEPTED:\n",
                "if answer.outcome == Outcome.ACCEPTED and batch.epoch == attempt.n:\n",
            )
        ],
        f"{_IN}/test_states.py::TestAccept::test_A13_an_acceptance_that_comes_after_giving_up_is_kept_and_called_late",
    ),
    Mutant(
        "doubt-ignored",
        "believes a rejection although an earlier attempt may have run",
        [Edit(STATES, "in_doubt = batch.attempts.doubtful().exists()\n", "in_doubt = False\n")],
        f"{_IN}/test_states.py::TestResolve::test_A60_a_rejection_after_an_unknown_outcome_skips_nobody",
    ),
    Mutant(
        "absence-is-proof",
        "takes what is not listed for what did not run",
        [
            Edit(
                "invocations/lookup.py",
                "    if found or not _needs_it(",
                "    if not found:\n        batch.attempts.doubtful().update(outcome=Outcome.NO_EFFECT)\n"
                "    if found or not _needs_it(",
            )
        ],
        f"{_IN}/test_dispatch.py::test_E4_what_is_not_listed_may_have_run",
    ),
    Mutant(
        "sent-after-stop",
        "sends again what somebody has stopped meanwhile",
        [
            Edit(STATES, "        and batch.stop_requested_at is None\n", ""),
            Edit(DISPATCH, "stop_requested_at__isnull=False", 'state=""'),
        ],
        f"{_IN}/test_states.py::TestResolve::test_A85_a_batch_in_doubt_that_was_to_be_stopped_stays_in_doubt",
    ),
    Mutant(
        "no-guard-on-restore",
        "goes on sending from a database that was restored",
        [Edit("invocations/deployment.py", "newest < mark - SLACK", "False")],
        f"{_IN}/test_deployment.py::test_A100_a_database_older_than_what_was_written_is_paused",
    ),
    Mutant(
        "restored-sends-its-token",
        "looks a restored batch up, and then sends it again with its own token",
        [Edit(STATES, "any(attempt.n == 0 for attempt in doubtful)", "False")],
        f"{_IN}/test_states.py::TestClaim::test_A100_a_batch_of_a_restored_database_is_never_sent",
    ),
]


def apply(mutant: Mutant, tree: Path) -> None:
    """Write its edits into a copy of the repository. Raises DoesNotApply."""
    for edit in mutant.edits:
        path = tree / edit.path
        path.write_text(edit.apply(path.read_text()))
