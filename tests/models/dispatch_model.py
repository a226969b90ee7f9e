#!/usr/bin/env python3
"""Exhaustive state-space explorer for the dispatch protocol (ARCHITECTURE.md, "Dispatch").

A change to the protocol changes this model first; test_dispatch_model.py holds the product's table against it.

Two workers, one or two batches, a cloud with a token memory of limited length, a network that delays, drops or answers twice,
crashes, pauses of any length, lease expiry, stop, an instance that becomes unfit, throttling, a restored database.
Every interleaving within the stated bounds is visited (breadth first), and the invariants are checked in each state.

    python3 dispatch_model.py            the protocol under all configurations, then every broken variant (about 10 minutes, 4 GB)
    python3 dispatch_model.py --quick    smaller bounds (under a minute), fit for a test suite
    python3 dispatch_model.py --trace fresh_token     the shortest run that breaks one variant
    python3 dispatch_model.py --quick --walks 20000   and random runs through wide bounds: 4 workers, 6 attempts

Standard library only. Time is a small integer; LEASE, LIFE, WINDOW, LAG are in the same unit.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time as clock
from collections import deque
from dataclasses import dataclass, replace
from typing import Iterator, NamedTuple

# attempt outcomes: O open (nothing known), U unknown, N no effect, A accepted, R rejected
OPEN, UNKNOWN, NO_EFFECT, ACCEPTED, REJECTED = "O", "U", "N", "A", "R"


class Attempt(NamedTuple):
    n: int  # equals the epoch of the claim that made it
    started: int  # database time, committed before the call
    outcome: str
    after_stop: bool


class Batch(NamedTuple):
    state: str  # queued sending unsure accepted rejected cancelled unknown
    epoch: int
    lease: int
    token: str
    attempts: tuple
    invoke: int  # -1: none
    targets: tuple


class Worker(NamedTuple):
    pc: str  # claimed ready wait got
    b: int
    n: int
    limit: int  # last moment at which this attempt may be signed, fixed in the claim
    stamp: int
    token: str
    reply: tuple  # (kind, invoke id)


class State(NamedTuple):
    now: int
    fit: int  # target 1: 0 able to run, 1 unfit, 2 able again
    stop: bool
    crashes: int
    throttles: int
    nonces: int
    restores: int
    batches: tuple
    workers: tuple  # sorted: workers are interchangeable
    net: tuple  # sorted requests (b, n, token, targets, stamp) on the wire
    replies: tuple  # sorted ((b, n), kind, invoke id)
    tokens: tuple  # cloud: (token, invoke id, time of effect)
    invs: tuple  # cloud: (batch tag, visible from)
    runs: tuple  # cloud: executions per target
    late: bool  # an effect came from an attempt begun after stop


@dataclass(frozen=True)
class Cfg:
    name: str
    workers: int = 2
    batches: tuple = ((0, 1),)
    LEASE: int = 1
    LIFE: int = 1  # the cloud refuses a request signed longer ago than this
    WINDOW: int = 3  # what the console assumes of the token memory
    CLOUD_WINDOW: int = 3  # what the cloud really keeps
    LAG: int = 1  # an invocation may be invisible to look-ups for so long
    last_claim: int = 3
    max_attempts: int = 3
    crashes: int = 1
    throttles: int = 0
    nonces: int = 0
    restores: int = 0
    unfit: bool = True
    refit: bool = False  # the unfit instance comes back
    stoppable: bool = False
    dedup_first: bool = True  # token looked at before (True) or after (False) the instances are validated
    dedup: bool = True  # False: the cloud ignores tokens
    # broken variants
    no_token: bool = False
    fresh_token: bool = False  # a new token for each retry
    token_after_call: bool = False  # token made in memory, stored with the reply
    no_cas: bool = False  # no claim, no compare-and-set
    reject_conclusive: bool = False  # a rejection is believed although an earlier attempt is unaccounted for
    absence_proof: bool = False  # "not found" means "did not run"
    no_window: bool = False  # the same token is used for ever
    no_fence: bool = False  # lease not looked at again before sending
    limit_recomputed: bool = False  # the token window is worked out at sending time instead of in the claim
    stamp_gap: bool = False  # lease looked at, but the request is signed later with the time of signing
    nonce_rejected: bool = False  # SignatureNonceUsed taken for a rejection
    stop_resend: bool = False  # an unsure batch is sent again after stop
    epoch_on_accept: bool = False  # an acceptance is dropped when the lease was lost
    split_two_tx: bool = False  # children made in one transaction, parent closed in another
    restore_unguarded: bool = False  # a restored database just goes on
    restore_resend: bool = (
        False  # after a restore a batch is sent again with its own token (a split may have been lost)
    )

    @property
    def end(self) -> int:
        return self.last_claim + self.LEASE + self.LIFE + self.LAG + 1


class Broken(Exception):
    pass


def initial(c: Cfg) -> State:
    n_targets = 1 + max(t for b in c.batches for t in b)
    return State(
        0,
        0,
        False,
        c.crashes,
        c.throttles,
        c.nonces,
        c.restores,
        tuple(Batch("queued", 0, -1, f"tok{i}", (), -1, t) for i, t in enumerate(c.batches)),
        (None,) * c.workers,
        (),
        (),
        (),
        (),
        (0,) * n_targets,
        False,
    )


def pending(b: Batch, but: int = -1) -> list:
    """Attempts that may have taken effect or may still do so."""
    return [a for a in b.attempts if a.outcome in (OPEN, UNKNOWN) and a.n != but]


def unsure_since(b: Batch, but: int = -1) -> int | None:
    return min((a.started for a in pending(b, but)), default=None)


def may_send(c: Cfg, b: Batch, now: int, but: int = -1) -> bool:
    """Within the token window, counted from the first attempt that may have taken effect."""
    since = unsure_since(b, but)
    return c.no_window or since is None or now <= since + c.WINDOW - c.LIFE


def settle(b: Batch, n: int, outcome: str) -> Batch:
    return b._replace(
        attempts=tuple(a._replace(outcome=outcome) if a.n == n and a.outcome == OPEN else a for a in b.attempts)
    )


def put(s: State, i: int, b: Batch) -> State:
    return s._replace(batches=s.batches[:i] + (b,) + s.batches[i + 1 :])


def setw(s: State, old, new) -> State:
    ws = list(s.workers)
    ws.remove(old)
    ws.append(new)
    return s._replace(workers=tuple(sorted(ws, key=lambda w: (w is None, w or ()))))


def resolve(s: State, b: Batch) -> Batch:
    """The state of a batch follows from its attempts, whoever wrote the last of them."""
    current = next((a for a in b.attempts if a.n == b.epoch), None)
    if b.state == "sending" and current and current.outcome == OPEN:
        return b  # its holder is still at it
    if b.state in ("sending", "unsure"):
        if pending(b):
            return b._replace(state="unsure")
        return b._replace(state="cancelled" if s.stop else "queued")
    if b.state == "unknown" and not pending(b):
        return b._replace(state="cancelled")  # late truth: nothing was ever sent
    return b


def take(c: Cfg, b: Batch, n: int, invoke: int) -> Batch:
    """The cloud says: this batch is invocation `invoke`. Truth, whoever brings it."""
    if c.epoch_on_accept and b.epoch != n and n >= 0:
        raise Broken("an acceptance the console had in hand was thrown away")
    if b.invoke not in (-1, invoke):
        raise Broken("one batch, two InvokeIds")
    return settle(b, n, ACCEPTED)._replace(state="accepted", invoke=invoke)


def split(s: State, c: Cfg, i: int, b: Batch) -> Iterator[tuple[str, State]]:
    """Target 1 is unfit: it is skipped, the rest becomes a new batch with a token of its own, in one transaction."""
    rest = tuple(t for t in b.targets if t != 1)
    s2 = s
    if rest and not s.stop:
        child = Batch("queued", 0, -1, f"tok{len(s.batches)}", (), -1, rest)
        s2 = s2._replace(batches=s2.batches + (child,))
        if c.split_two_tx and len(s2.batches) < 4:
            yield "child stored, crash before the parent is closed", put(s2, i, b._replace(state="queued"))
    yield "split", put(s2, i, b._replace(state="rejected" if rest and not s.stop or not rest else "cancelled"))


def steps(s: State, c: Cfg) -> Iterator[tuple[str, State]]:
    if s.now < c.end:
        yield "tick", s._replace(now=s.now + 1)
    if c.unfit and s.fit == 0:
        yield "target 1 becomes unfit", s._replace(fit=1)
    if c.refit and s.fit == 1:
        yield "target 1 is able to run again", s._replace(fit=2)
    if c.stoppable and not s.stop:
        s2 = s._replace(stop=True)
        for i, b in enumerate(s.batches):
            if b.state == "queued" and not pending(b):
                s2 = put(s2, i, b._replace(state="cancelled"))
        yield "operator presses Stop", s2
    if s.restores and s.now >= 1:
        how = "queued" if c.restore_unguarded else "unsure"
        mark = () if c.restore_unguarded else (Attempt(0, 0, UNKNOWN, False),)
        yield (
            "database restored from before the call",
            s._replace(
                restores=s.restores - 1,
                workers=(None,) * c.workers,
                replies=(),
                batches=tuple(Batch(how, 0, -1, f"tok{i}", mark, -1, t) for i, t in enumerate(c.batches)),
            ),
        )

    # look-up by tag, by any worker
    for i, b in enumerate(s.batches):
        if b.state == "unsure" or b.state == "sending" and s.now > b.lease:
            if any(tag == b.token and seen <= s.now for tag, seen in s.invs):
                yield (
                    f"look-up finds batch {i}",
                    put(s, i, take(c, b, -1, next(k for k, v in enumerate(s.invs) if v[0] == b.token))),
                )
            elif c.absence_proof:
                yield (
                    f"look-up finds nothing, batch {i} queued again",
                    put(s, i, b._replace(state="queued", token=f"{b.token}'", attempts=())),
                )
            elif s.now > max((a.started + c.LEASE + c.LIFE for a in pending(b)), default=s.now) + c.LAG:
                yield (
                    f"look-up finds nothing, batch {i} ends as outcome unknown",
                    put(s, i, b._replace(state="unknown")),
                )

    idle = next((w for w in s.workers if w is None), 0)
    if idle is None and s.now <= c.last_claim:
        for i, b in enumerate(s.batches):
            free = b.state in ("queued", "unsure") or b.state == "sending" and (s.now > b.lease or c.no_cas)
            if not free or len(b.attempts) >= c.max_attempts or s.stop and not (c.stop_resend and b.state != "queued"):
                continue
            if not may_send(c, b, s.now) or any(a.n == 0 for a in b.attempts) and not c.restore_resend:
                continue  # n = 0 marks a batch of a restored database: look-ups only
            n = b.epoch + 1
            token = b.token
            if c.no_token:
                token = ""
            elif c.fresh_token or c.token_after_call:
                token = f"{b.token}.{n}"
            b2 = b._replace(
                state="sending",
                epoch=n,
                lease=s.now + c.LEASE,
                attempts=b.attempts + (Attempt(n, s.now, OPEN, s.stop),),
            )
            since = unsure_since(b)
            limit = s.now + c.LEASE if since is None or c.no_window else min(s.now + c.LEASE, since + c.WINDOW - c.LIFE)
            yield (
                f"claim batch {i} (attempt {n})",
                setw(put(s, i, b2), None, Worker("claimed", i, n, limit, -1, token, ())),
            )

    for w in set(s.workers) - {None}:
        b = s.batches[w.b]
        if s.crashes:
            yield (
                f"crash of the worker of attempt {w.n}",
                setw(s, w, None)._replace(
                    crashes=s.crashes - 1, replies=tuple(r for r in s.replies if r[0] != (w.b, w.n))
                ),
            )
        if w.pc == "claimed":
            mine = next((a.started for a in b.attempts if a.n == w.n), s.now)
            in_time = (
                s.now <= mine + c.LEASE and may_send(c, b, s.now, but=w.n) if c.limit_recomputed else s.now <= w.limit
            )
            if c.no_fence or in_time:
                yield f"attempt {w.n}: checked and signed", setw(s, w, w._replace(pc="ready", stamp=s.now))
            else:
                yield (
                    f"attempt {w.n}: too late, not sent",
                    setw(put(s, w.b, resolve(s, settle(b, w.n, NO_EFFECT))), w, None),
                )
        elif w.pc == "ready":
            stamp = s.now if c.stamp_gap or c.no_fence else w.stamp
            req = (w.b, w.n, w.token, b.targets, stamp)
            yield (
                f"attempt {w.n}: on the wire",
                setw(s, w, w._replace(pc="wait"))._replace(net=tuple(sorted(s.net + (req,)))),
            )
        elif w.pc == "wait":
            yield (
                f"attempt {w.n}: time-out",
                setw(s, w, w._replace(pc="got", reply=("unknown", -1)))._replace(
                    replies=tuple(r for r in s.replies if r[0] != (w.b, w.n))
                ),
            )
            for r in s.replies:
                if r[0] == (w.b, w.n):
                    yield (
                        f"attempt {w.n}: reads {r[1]}",
                        setw(s, w, w._replace(pc="got", reply=r[1:]))._replace(
                            replies=tuple(x for x in s.replies if x is not r)
                        ),
                    )
        else:
            yield from store(s, c, w)

    for req in s.net:
        yield from deliver(s, c, req)


def store(s: State, c: Cfg, w: Worker) -> Iterator[tuple[str, State]]:
    """What the worker writes once it has an answer: one transaction."""
    i, (kind, invoke) = w.b, w.reply
    b, s = s.batches[i], setw(s, w, None)
    label = f"attempt {w.n}: stores {kind}"
    if kind == "accepted":
        yield label, put(s, i, take(c, b, w.n, invoke))
    elif kind == "rejected" or kind == "nonce used" and c.nonce_rejected:
        b2 = settle(b, w.n, REJECTED)
        mine = b.state == "sending" and b.epoch == w.n
        if mine and (not pending(b2) or c.reject_conclusive) or c.no_cas and b.state != "accepted":
            yield from split(s, c, i, b2)
        else:
            yield label + ", not conclusive", put(s, i, resolve(s, b2))
    else:  # no effect, or unknown; a used nonce says that a copy of this very request was seen
        yield label, put(s, i, resolve(s, settle(b, w.n, NO_EFFECT if kind == "no effect" else UNKNOWN)))


def deliver(s: State, c: Cfg, req: tuple) -> Iterator[tuple[str, State]]:
    b, n, token, targets, stamp = req
    s = s._replace(net=tuple(x for x in s.net if x is not req))
    waiting = any(w and w.pc == "wait" and (w.b, w.n) == (b, n) for w in s.workers)

    def answer(st: State, kind: str, invoke: int = -1) -> State:
        return st._replace(replies=tuple(sorted(st.replies + (((b, n), kind, invoke),)))) if waiting else st

    if s.now - stamp > c.LIFE:
        yield f"cloud refuses attempt {n}: signed too long ago", answer(s, "no effect")
        return
    if s.throttles:
        yield f"cloud throttles attempt {n}", answer(s, "no effect")._replace(throttles=s.throttles - 1)
    known = next((t for t in s.tokens if c.dedup and token and t[0] == token and s.now - t[2] <= c.CLOUD_WINDOW), None)
    unfit = s.fit == 1 and 1 in targets and len(c.batches) == 1
    if unfit and not (known and c.dedup_first):
        yield f"cloud rejects attempt {n}: instance unfit", answer(s, "rejected")
        return
    if known:
        yield f"cloud repeats its answer to attempt {n}", answer(s, "accepted", known[1])
        return
    batch = s.batches[b] if b < len(s.batches) else None
    after = bool(batch) and any(a.n == n and a.after_stop for a in batch.attempts)
    for lag in (0, c.LAG) if c.LAG else (0,):
        iid = len(s.invs)
        st = s._replace(
            invs=s.invs + ((token.split(".")[0] if token else f"tok{b}", s.now + lag),),
            tokens=s.tokens + ((token, iid, s.now),),
            runs=tuple(r + (t in targets) for t, r in enumerate(s.runs)),
            late=s.late or after,
        )
        yield f"cloud RUNS attempt {n} on {targets}", answer(st, "accepted", iid)
        if s.nonces:
            yield (
                f"cloud RUNS attempt {n} on {targets}; a copy of the request is answered 'nonce used'",
                answer(st, "nonce used")._replace(nonces=s.nonces - 1),
            )


def check(s: State, c: Cfg) -> None:
    if max(s.runs) > 1:
        raise Broken("a target ran twice")
    if s.late:
        raise Broken("a run began from an attempt made after Stop")
    if c.restores:
        return
    for b in s.batches:
        if b.state == "cancelled" and any(s.runs[t] for t in b.targets):
            raise Broken("shown as cancelled, but it ran")
        if b.state == "rejected" and s.runs[1]:
            raise Broken("shown as skipped, but it ran")
        if b.state == "accepted" and not all(s.runs[t] for t in b.targets):
            raise Broken("shown as accepted, but the cloud has no such run")
        if b.state == "unknown" and not pending(b):
            raise Broken("outcome unknown without an attempt in doubt")


def done(s: State, c: Cfg) -> bool:
    """Every batch at rest (a queued one past the modelled time counts: it would simply be claimed)."""
    return all(
        b.state in ("accepted", "rejected", "cancelled", "unknown")
        or b.state == "queued"
        and s.now > c.last_claim
        or len(b.attempts) >= c.max_attempts
        and not pending(b)
        for b in s.batches
    )


def explore(c: Cfg, limit: int = 4_000_000, want_trace: bool = True):
    """Breadth first. A state is hashed once a step, which is dear; all else goes by its number, in the order of discovery."""
    states = [initial(c)]
    numbers = {states[0]: 0}
    came: list[tuple | None] = [None]  # by number: (number of the state before, label)
    after: list[list[int]] = []
    final: set[int] = set()
    edges = 0
    ends: dict[str, int] = {}
    for here, s in enumerate(states):  # grows meanwhile
        label, nexts, there = "?", [], 0
        try:
            for label, t in steps(s, c):
                edges += 1
                there = numbers.setdefault(t, len(states))
                if there == len(states):
                    came.append((here, label))
                    states.append(t)
                    check(t, c)
                nexts.append(there)
        except Broken as e:
            last = there if came[there] == (here, label) else here
            return len(states), edges, str(e), trace(states, came, last), ends
        after.append(nexts)
        if done(s, c):
            final.add(here)
            key = "+".join(sorted(b.state for b in s.batches))
            ends[key] = ends.get(key, 0) + 1
        if len(states) > limit:
            return len(states), edges, "state limit reached", [], ends
    if c.workers and not want_trace:
        stuck = never_ends(after, final)
        if stuck is not None:
            return len(states), edges, "a state from which no end can be reached", trace(states, came, stuck), ends
    return len(states), edges, None, [], ends


def never_ends(after: list[list[int]], final: set[int]) -> int | None:
    """A reachable state from which no state with every batch at rest is reachable (None if there is none)."""
    before: list[list[int]] = [[] for _ in after]
    for here, nexts in enumerate(after):
        for there in nexts:
            before[there].append(here)
    good, todo = set(final), deque(final)
    while todo:
        for here in before[todo.popleft()]:
            if here not in good:
                good.add(here)
                todo.append(here)
    return next((here for here in range(len(after)) if here not in good), None)


RARE = [
    ("tick", 0.35),
    ("Stop", 0.01),
    ("restored", 0.02),
    ("unfit", 0.05),
    ("able", 0.2),
    ("crash", 0.1),
    ("throttles", 0.2),
    ("time-out", 0.4),
    ("unknown", 0.3),
]  # weights that make long, late interleavings likely


def walk(c: Cfg, paths: int, seed: int) -> tuple[int, str | None, list[str]]:
    """Random runs through bounds too large to visit exhaustively."""
    dice, taken = random.Random(seed), 0
    for _ in range(paths):
        s, path = initial(c), []
        while options := list(steps(s, c)):
            rare = [next((w for word, w in RARE if word in label), 1.0) for label, _ in options]
            label, t = dice.choices(options, rare)[0]
            path.append(f"t={s.now} {label}")
            s, taken = t, taken + 1
            try:
                check(s, c)
            except Broken as e:
                return taken, str(e), path
    return taken, None, []


def trace(states: list[State], came: list[tuple | None], number: int) -> list[str]:
    out = []
    while step := came[number]:
        number, label = step
        out.append(f"t={states[number].now} {label}")
    return out[::-1]


SOUND = [
    Cfg("crash and pauses, token checked first"),
    Cfg("crash and pauses, instances validated first", dedup_first=False),
    Cfg("two crashes, three attempts, no unfit instance", crashes=2, unfit=False),
    Cfg("the unfit instance comes back, token checked first", refit=True, max_attempts=2),
    Cfg("the unfit instance comes back, instances validated first", refit=True, dedup_first=False, max_attempts=2),
    Cfg("throttling and doubled requests", crashes=0, throttles=1, nonces=1, dedup_first=False, max_attempts=2),
    Cfg("stop", stoppable=True, dedup_first=False, max_attempts=2, last_claim=2),
    Cfg(
        "stop, throttling, doubled requests",
        stoppable=True,
        throttles=1,
        nonces=1,
        crashes=0,
        max_attempts=2,
        last_claim=2,
    ),
    Cfg("look-ups see everything at once", LAG=0, dedup_first=False),
    Cfg("two batches", batches=((0,), (1,)), unfit=False, crashes=0, last_claim=1, max_attempts=2, LAG=0),
    Cfg("three workers", workers=3, crashes=0, last_claim=2, max_attempts=2, dedup_first=False),
    Cfg("restored database, guarded", restores=1, dedup_first=False, max_attempts=2),
    Cfg("window assumed shorter than it is", WINDOW=2, dedup_first=False),
    Cfg(
        "the cloud ignores tokens, window set to 0",
        dedup=False,
        WINDOW=0,
        dedup_first=False,
        crashes=2,
        stoppable=True,
        throttles=1,
        nonces=1,
    ),
]
WIDE = Cfg(
    "",
    WINDOW=5,
    CLOUD_WINDOW=5,
    LIFE=2,
    LAG=2,
    last_claim=8,
    max_attempts=6,
    workers=4,
    crashes=4,
    throttles=3,
    nonces=2,
    refit=True,
    stoppable=True,
)
WALKS = [
    replace(WIDE, name="wide, token checked first"),
    replace(WIDE, name="wide, instances validated first", dedup_first=False),
    replace(WIDE, name="wide, restored database", restores=1, dedup_first=False),
    replace(WIDE, name="wide, cloud ignores tokens, window 0", dedup=False, WINDOW=0),
]
base = Cfg("", dedup_first=False)
BROKEN = [
    replace(base, name="no_token", no_token=True),
    replace(base, name="fresh_token", fresh_token=True),
    replace(base, name="token_after_call", token_after_call=True),
    replace(base, name="no_cas", no_cas=True, crashes=0),
    replace(base, name="reject_conclusive", reject_conclusive=True),
    replace(base, name="reject_conclusive, token checked first", reject_conclusive=True, dedup_first=True, refit=True),
    replace(base, name="absence_proof", absence_proof=True),
    replace(base, name="absence_proof, look-ups see everything at once", absence_proof=True, LAG=0),
    replace(base, name="no_window", no_window=True, last_claim=4),
    replace(base, name="window assumed longer than it is", WINDOW=5, last_claim=4),
    replace(base, name="no_fence", no_fence=True, unfit=False),
    replace(base, name="stamp_gap", stamp_gap=True, unfit=False),
    replace(base, name="limit_recomputed", limit_recomputed=True, unfit=False),
    replace(base, name="nonce_rejected", nonce_rejected=True, nonces=1),
    replace(base, name="stop_resend", stop_resend=True, stoppable=True),
    replace(base, name="epoch_on_accept", epoch_on_accept=True),
    replace(base, name="split_two_tx", split_two_tx=True),
    replace(base, name="restore_unguarded", restore_unguarded=True, restores=1, last_claim=4, unfit=False),
    replace(
        base,
        name="restore_resend",
        restore_resend=True,
        restores=1,
        refit=True,
        crashes=0,
        last_claim=2,
        max_attempts=2,
    ),
    replace(base, name="the cloud ignores tokens, window not 0", dedup=False),
]


def quick(c: Cfg) -> Cfg:
    """A sound configuration within smaller bounds."""
    c = replace(c, crashes=min(1, c.crashes), last_claim=min(2, c.last_claim), max_attempts=2, workers=2)
    if c.restores or c.stoppable:
        c = replace(c, last_claim=1, crashes=0)
    if len(c.batches) > 1:
        c = replace(c, last_claim=0, max_attempts=1)
    return c


def main() -> int:
    gc.disable()  # millions of tuples without a cycle among them: to look for one takes a sixth of the time
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--quick", action="store_true")
    p.add_argument("--trace", metavar="VARIANT")
    p.add_argument("--walks", type=int, default=0, metavar="N", help="N random runs of each wide configuration")
    a = p.parse_args()
    bad = 0
    if not a.trace:
        for c in SOUND:
            c = quick(c) if a.quick else c
            t = clock.time()
            n, edges, why, path, ends = explore(c, want_trace=False)
            bad += why is not None
            print(
                f"{'HOLDS' if not why else 'FAILS'}  {c.name}: {n:,} states, {edges:,} steps, {clock.time() - t:.0f} s; ends {dict(sorted(ends.items(), key=lambda x: -x[1]))}",
                flush=True,
            )
            if why:
                print("   ", why, *path, sep="\n      ")
    for seed, c in enumerate(WALKS if a.walks else ()):
        taken, why, path = walk(c, a.walks, seed)
        bad += why is not None
        print(
            f"{'HOLDS' if not why else 'FAILS'}  {c.name}: {a.walks:,} random runs, {taken:,} steps",
            *([why] + path if why else []),
            sep="\n      ",
            flush=True,
        )
    for c in BROKEN:
        if a.trace and a.trace != c.name:
            continue
        t = clock.time()
        n, edges, why, path, _ = explore(c)
        caught = why not in (None, "state limit reached")
        bad += not caught
        print(
            f"{'CAUGHT' if caught else 'MISSED'} {c.name}: {why} ({len(path)} steps, {n:,} states, {clock.time() - t:.0f} s)",
            flush=True,
        )
        if a.trace:
            print(*path, sep="\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
