"""What can go wrong in a round: each action does one thing to the world, and says what it did.

An action draws from dice of its own, so that a plan is the same for the same seed, whatever else happens. What must be
undone before the round's calm is handed to `later`; what only the cloud remembers is taken back by the calm itself.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from celery import Celery

from tests.chaos.evidence import SENDS
from tests.chaos.world import REGION, World

READS = ("DescribeInvocations", "DescribeInvocationResults")
CALLS = (*SENDS[:1], *SENDS[:1], *READS, "StopInvocation", "")  # InvokeCommand twice as often; "": any


@dataclass
class Stage:
    """What an action may touch: the world, its own dice, and the timeline of the round."""

    world: World
    dice: random.Random
    later: Callable[[float, str, Callable[[], Any]], None]  # seconds from now, what it is called, the act
    touched: set[str] = field(default_factory=set)  # instances
    faults: list[int] = field(default_factory=list)  # to be taken back
    clock_was_moved: bool = False
    was_restored: bool = False

    def fault(self, operation: str, kind: str, **wish: Any) -> str:
        self.faults.append(self.world.controlled_cloud.fault(operation, kind, **wish))
        more = ", ".join(f"{name} {value}" for name, value in wish.items())
        return f"{kind} of {operation or 'every call'}" + (f" ({more})" if more else "")


@dataclass(frozen=True)
class Action:
    name: str
    setups: Sequence[str]
    weight: int
    act: Callable[[Stage], str]


ACTIONS: list[Action] = []
BOTH, GROWN_UP, EMBEDDED = ("grown-up", "embedded"), ("grown-up",), ("embedded",)


def action(weight: int, setups: Sequence[str] = BOTH) -> Callable[[Callable[[Stage], str]], Callable[[Stage], str]]:
    def enlist(act: Callable[[Stage], str]) -> Callable[[Stage], str]:
        ACTIONS.append(Action(act.__name__, setups, weight, act))
        return act

    return enlist


# -- processes


@action(5)
def kill_a_sender(stage: Stage) -> str:
    """A04 to A10: whatever it was doing."""
    program = stage.world.programs[stage.dice.choice(stage.world.busy)]
    seconds = stage.dice.uniform(0.2, 5)
    program.kill()
    stage.later(seconds, f"{program.name} starts again", program.start)
    return f"{program.name} is killed for {seconds:.1f} s"


@action(5)
def pause_a_sender(stage: Stage) -> str:
    """A12, A13: it wakes up with a lease that died, perhaps with a window that is over."""
    program = stage.world.programs[stage.dice.choice(stage.world.busy)]
    seconds = stage.dice.choice([1.0, 4.0, 7.0, 12.0])
    program.pause()
    stage.later(seconds, f"{program.name} wakes up", program.resume)
    return f"{program.name} sleeps for {seconds:.0f} s"


@action(3)
def let_the_cloud_kill_its_caller(stage: Stage) -> str:
    """A07, A09: in the middle of a call, before or after its effect."""
    operation = stage.dice.choice([*SENDS[:1], *READS])
    when = stage.dice.choice(["before", "after"])
    for seconds in (2.0, 5.0, 8.0):
        stage.later(seconds, "whoever was killed starts again", stage.world.revive)
    return stage.fault(operation, "kill", when=when, times=1)


@action(2, GROWN_UP)
def kill_the_web(stage: Stage) -> str:
    """A01 to A03."""
    web, seconds = stage.world.programs["web"], stage.dice.uniform(0.2, 3)
    web.kill()
    stage.later(seconds, "web starts again", web.start)
    return f"web is killed for {seconds:.1f} s"


@action(2)
def tell_a_sender_to_leave(stage: Stage) -> str:
    """A16: it finishes what it has in hand, or is cut off in it."""
    program = stage.world.programs[stage.dice.choice(stage.world.busy)]
    program.signal(signal.SIGTERM)
    for seconds in (3.0, 6.0, 9.0):
        stage.later(seconds, f"{program.name} starts again", program.start)
    return f"{program.name} is told to leave"


@action(3)
def pause_the_cloud(stage: Stage) -> str:
    """A06: requests arrive, and are acted on late."""
    seconds = stage.dice.choice([1.0, 4.0, 6.0])
    stage.world.pause_cloud()
    stage.later(seconds, "the cloud wakes up", stage.world.wake_cloud)
    return f"the cloud sleeps for {seconds:.0f} s"


# -- broker and database


@action(2, GROWN_UP)
def flush_redis(stage: Stage) -> str:
    """A25."""
    with redis.from_url(stage.world.environment["REDIS_URL"]) as client:
        client.flushall()
    return "Redis forgets everything"


@action(2, GROWN_UP)
def restart_redis(stage: Stage) -> str:
    """A26, A30: away for a while, and empty when it is back."""
    server, seconds = stage.world.servers["redis"], stage.dice.choice([0.2, 1.5, 4.0])
    server.end(signal.SIGKILL)
    stage.later(seconds, "Redis starts again", server.start)
    return f"Redis is killed for {seconds:.1f} s"


@action(3, GROWN_UP)
def restart_postgres(stage: Stage) -> str:
    """A33, A34."""
    postgres, seconds = stage.world.servers["postgres"], stage.dice.choice([0.0, 1.0, 3.0])
    how = stage.dice.choice([signal.SIGINT, signal.SIGQUIT])
    postgres.end(how)
    stage.later(seconds, "PostgreSQL starts again", postgres.start)
    return f"PostgreSQL is shut down ({'fast' if how == signal.SIGINT else 'at once'}) for {seconds:.0f} s"


@action(2)
def hold_the_database(stage: Stage) -> str:
    """A37: somebody holds the lock that every writer needs."""
    let_go, seconds = stage.world.database.hold(), stage.dice.choice([1.0, 4.0, 7.0])
    stage.later(seconds, "the database is free again", let_go)
    return f"the database is locked for {seconds:.0f} s"


@action(2, EMBEDDED)
def restore_a_backup(stage: Stage) -> str:
    """A100: the database loses some seconds, in which batches may have been sent, split, and stopped."""
    copy, seconds = stage.world.folder / "backup.sqlite3", stage.dice.choice([2.0, 4.0])
    stage.world.database.copy_to(copy)
    stage.later(seconds, "the console is killed, and the backup put back", lambda: _put_back(stage, copy))
    return f"a backup is made, to be put back in {seconds:.0f} s"


def _put_back(stage: Stage, copy: Path) -> None:
    console = stage.world.programs["console"]
    console.kill()
    stage.world.database.put_back(copy)
    stage.was_restored = True
    console.start()


@action(3, GROWN_UP)
def double_the_messages(stage: Stage) -> str:
    """A28: every task about every batch, three times, in any order."""
    ids = [str(row["id"]) for row in stage.world.database.rows("select id from invocations_batch")]
    names = ("dispatch_batch", "look_up_batch", "stop_batch")
    messages = [(name, each) for name in names for each in ids[-40:]] * 3
    messages += [("poll_region", REGION), ("hand_out_due", "")] * 5
    stage.dice.shuffle(messages)
    with Celery(broker=stage.world.environment["REDIS_URL"], set_as_current=False) as app:
        app.conf.task_publish_retry = False
        for name, argument in messages:
            app.send_task(f"invocations.tasks.{name}", args=[argument] if argument else [])
    return f"{len(messages)} messages that nobody needed"


# -- the cloud's answers


@action(5)
def lose_replies(stage: Stage) -> str:
    """A43, A44: it happened, and nobody is told."""
    operation = stage.dice.choice(CALLS)
    silence = {"seconds": 2} if stage.dice.random() < 0.3 else {}
    return stage.fault(operation, "lose_after", times=stage.dice.choice([1, 3, 8]), **silence)


@action(4)
def break_answers(stage: Stage) -> str:
    """A44, A46 to A49, A53."""
    kind, wish = stage.dice.choice(_BROKEN)
    return stage.fault(stage.dice.choice(CALLS), kind, times=stage.dice.choice([1, 2, 6]), **wish)


_BROKEN: Sequence[tuple[str, dict[str, Any]]] = [
    ("close_before", {}),
    ("truncate", {}),
    ("bad_gzip", {}),
    ("nonce_seen", {}),
    ("redirect", {"location": "http://127.0.0.1:1/"}),
    ("status", {"code": 403, "body": "html"}),
    *[("body", {"body": body}) for body in ("empty_object", "null", "list", "number_id", "html", "two_documents")],
]


@action(4)
def storm_of_5xx(stage: Stage) -> str:
    """A48."""
    when, body = stage.dice.choice(["before", "after"]), stage.dice.choice(["json", "html", "empty"])
    wish = {"code": stage.dice.choice([500, 502, 503, 504]), "body": body, "when": when}
    rate = stage.dice.choice([0.3, 0.7])
    return stage.fault(stage.dice.choice(CALLS), "status", rate=rate, seed=stage.dice.randrange(1000), **wish)


@action(3)
def throttle_half(stage: Stage) -> str:
    """A55, A56."""
    code = stage.dice.choice(["Throttling", "Throttling.User", "Throttling.Api"])
    return stage.fault("", "throttle", code=code, rate=0.5, seed=stage.dice.randrange(1000))


@action(3)
def answer_late(stage: Stage) -> str:
    """A29, A52, A54: slower than a lease lives, with the effect at the end or none at all."""
    kind, seconds = stage.dice.choice(["slow", "hang"]), stage.dice.choice([2, 4, 6])
    return stage.fault(stage.dice.choice(CALLS), kind, seconds=seconds, times=stage.dice.choice([1, 3]))


@action(3)
def bend_lists(stage: Stage) -> str:
    """A66."""
    change = stage.dice.choice(["duplicate", "drop", "shuffle"])
    return stage.fault(stage.dice.choice(READS), "rows", change=change, times=6)


@action(2)
def list_late(stage: Stage) -> str:
    """A64, E4: what was accepted is not listed at once."""
    return stage.fault("", "list_lag", seconds=stage.dice.choice([2, 5]))


@action(2)
def move_the_clouds_clock(stage: Stage) -> str:
    """A71: no request is new enough, and then all are again."""
    offset, seconds = stage.dice.choice([-300, 300]), stage.dice.choice([1.0, 3.0])
    stage.world.controlled_cloud.clock(offset)
    stage.clock_was_moved = True
    stage.later(seconds, "the cloud's clock is right again", lambda: stage.world.controlled_cloud.clock(0))
    return f"the cloud's clock is {offset:+d} s off for {seconds:.0f} s"


@action(3)
def stop_machines(stage: Stage) -> str:
    """A58, A60, A61: unfit between choosing and sending, some of them back before the end."""
    open_ = "select distinct instance_id from invocations_target where state in ('waiting', 'pending', 'running')"
    ids = sorted(row["instance_id"] for row in stage.world.database.rows(open_))
    chosen = stage.dice.sample(ids, min(len(ids), stage.dice.choice([1, 3])))
    for instance_id in chosen:
        stage.world.controlled_cloud.stop_instance(instance_id)
        stage.touched.add(instance_id)
        stage.world.ever_touched.add(instance_id)
    return f"{', '.join(chosen) or 'no machine'} stopped"


# -- the line between


@action(4)
def hold_requests(stage: Stage) -> str:
    """A06: on their way for a while, whoever sent them may be dead by then."""
    gate, seconds = stage.world.relay.requests, stage.dice.choice([1.0, 3.0, 5.0, 9.0])
    gate.shut()
    if stage.dice.random() < 0.5:
        stage.later(seconds / 2, "all connections are cut, what was sent arrives later", stage.world.relay.cut)
    stage.later(seconds, "requests pass again", gate.open)
    return f"requests are held for {seconds:.0f} s"


@action(3)
def hold_answers(stage: Stage) -> str:
    """A13: an acceptance in hand long after the lease."""
    gate, seconds = stage.world.relay.answers, stage.dice.choice([1.0, 4.0, 7.0, 12.0])
    gate.shut()
    stage.later(seconds, "answers pass again", gate.open)
    return f"answers are held for {seconds:.0f} s"


@action(2)
def cut_the_line(stage: Stage) -> str:
    """A44."""
    return f"{stage.world.relay.cut()} connections are cut"


@action(1)
def slow_the_line(stage: Stage) -> str:
    gate = stage.dice.choice([stage.world.relay.requests, stage.world.relay.answers])
    gate.delay = stage.dice.choice([0.1, 0.4])
    stage.later(5, "the line is fast again", gate.open)
    return f"each piece takes {gate.delay} s longer"
