"""
From an accepted invocation to the end of each of its targets.

One asyncio task follows one target: it waits until the task can be delivered (or for the schedule, or for a boot), lets
the machine's agent run the script, and writes down each change of status. What is written is all there is to know:
after a restart `resume` goes on from the rows.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from simulator import endings, parameters, schedules
from simulator.agents import Agents
from simulator.clock import Clock
from simulator.endings import Ending
from simulator.following import Following
from simulator.instances import Instance, Instances
from simulator.journal import Journal
from simulator.limits import DELIVERY_SECONDS, TASKS_AT_ONCE, TASKS_QUEUED
from simulator.machines.agent import Agent
from simulator.machines.model import Task
from simulator.records import Invocation, Target
from simulator.state import State

_DELIVERY_SECONDS = (0.05, 0.4)  # how long a task is on its way to an agent that listens
_STOP_SECONDS = 0.4  # and a stop

_log = logging.getLogger("simulator")


class Executions:
    def __init__(
        self,
        *,
        state: State,
        instances: Instances,
        agents: Agents,
        journal: Journal,
        clock: Clock,
        pace: float,
        account_id: str,
        obey: Callable[[Instance, Ending], None],
    ) -> None:
        """`obey` is told what agents report: some scripts ask for a reboot (see `power`)."""
        self._state = state
        self._instances = instances
        self._agents = agents
        self._journal = journal
        self._clock = clock
        self._pace = pace
        self._account_id = account_id
        self._obey = obey
        self._following: dict[tuple[str, str], Following] = {}
        self._tasks_on: Counter[str] = Counter()  # by instance
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._boots: dict[str, asyncio.Event] = {}

    # -- begin, go on, end

    def begin(self, invocation: Invocation, instance_ids: Iterable[str]) -> None:
        """Follow targets that are stored and have not ended."""
        for instance_id in instance_ids:
            following = Following(invocation)
            self._following[invocation.invoke_id, instance_id] = following
            following.task = asyncio.create_task(self._follow(following, instance_id))
            following.task.add_done_callback(_tell_failure)

    def resume(self) -> None:
        """After a restart: what was running was lost with its agent, the rest goes on."""
        for invoke_id, instance_id in self._state.open_targets():
            invocation, target = self._state.invocation(invoke_id), self._state.target(invoke_id, instance_id)
            assert invocation is not None
            assert target is not None
            if target.status in ("Running", "Stopping"):
                self._journal.ended(invoke_id, instance_id, exit_code=None, at=self._clock.now())
                self._finish(invocation, target, endings.CLIENT_RESTARTED)
                if target.status == "Stopping" or not invocation.repeats:
                    continue
            self.begin(invocation, [instance_id])

    async def close(self) -> None:
        """Leave everything as it is, for `resume`."""
        tasks = [following.task for following in self._following.values() if following.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._following.clear()
        self._boots.clear()

    # -- what others ask and tell

    def output_so_far(self, invoke_id: str, instance_id: str) -> bytes:
        """What has arrived of the output of a script that is still running; schedules send none before their end."""
        following = self._following.get((invoke_id, instance_id))
        if not following or not following.script or following.invocation.repeats:
            return b""
        return following.sent_by(self._clock.now())

    def stop(self, invoke_id: str, instance_ids: Iterable[str]) -> None:
        """Cancel what has not begun; ask agents to end what runs. Repeating it does no harm."""
        for instance_id in instance_ids:
            target, following = (
                self._state.target(invoke_id, instance_id),
                self._following.get((invoke_id, instance_id)),
            )
            if not (target and following):
                continue
            following.is_stopped = True
            now = self._clock.now()
            if target.status == "Running":
                self._change(target, status="Stopping", stopped_at=now)
                self._clock.later(_STOP_SECONDS * self._pace, lambda t=target, f=following: self._terminate(t, f))  # type: ignore[misc]
            elif target.status in ("Pending", "Scheduled"):
                self._change(target, status="Cancelled", stopped_at=now, finished_at=now)
                following.drop()

    def _terminate(self, target: Target, following: Following) -> None:
        """The stop reaches an agent, if one listens."""
        instance = self._instances.get(target.instance_id)
        if instance and instance.agent_answers(self._clock.now()):
            following.interrupt(endings.TERMINATED)

    def lose(self, instance_id: str, ending: Ending) -> None:
        """The machine went down: what runs on it ends so."""
        for following in self._on(instance_id):
            following.interrupt(ending)

    def released(self, instance_id: str) -> None:
        """The instance is gone for good: nothing waits for it any longer."""
        self.lose(instance_id, endings.INSTANCE_RELEASED)
        for following in self._on(instance_id):
            target = self._state.target(following.invocation.invoke_id, instance_id)
            if target and not following.script:
                following.drop()
                self._finish(following.invocation, target, endings.INSTANCE_NOT_EXISTS)

    def booted(self, instance_id: str) -> None:
        if boot := self._boots.pop(instance_id, None):
            boot.set()

    def change_invocation(self, invocation: Invocation) -> None:
        """Later rounds are as the invocation says now; whoever waits for a round waits anew."""
        for (invoke_id, instance_id), following in list(self._following.items()):
            if invoke_id != invocation.invoke_id:
                continue
            following.invocation = invocation
            if not following.script:
                following.drop()
                self.begin(invocation, [instance_id])

    def forget(self, invoke_id: str) -> None:
        """Follow nothing of this invocation any more."""
        for (each, _), following in list(self._following.items()):
            if each == invoke_id:
                following.drop()

    def _on(self, instance_id: str) -> list[Following]:
        return [following for (_, each), following in self._following.items() if each == instance_id]

    # -- one target

    async def _follow(self, following: Following, instance_id: str) -> None:
        key = following.invocation.invoke_id, instance_id
        try:
            match following.invocation.repeat_mode:
                case "Period":
                    await self._follow_schedule(following, *key)
                case "EveryReboot":
                    while not following.is_stopped:
                        await self._next_boot(*key)
                        await self._run_round(following, *key)
                case "NextRebootOnly":
                    await self._next_boot(*key)
                    await self._run_round(following, *key)
                case _:
                    await self._run_round(following, *key)
        finally:
            if self._following.get(key) is following:
                del self._following[key]

    async def _follow_schedule(self, following: Following, invoke_id: str, instance_id: str) -> None:
        instance = self._instances.get(instance_id)
        zone = instance.machine.timezone if instance else "UTC"
        while not following.is_stopped and (target := self._state.target(invoke_id, instance_id)):
            invocation = following.invocation
            schedule = schedules.parse(invocation.frequency, begins_at=invocation.created_at, machine_zone=zone)
            due = schedule.after(self._clock.now())
            if due is None:
                if not target.repeats:  # over before it began
                    self._finish(invocation, target, endings.unusable_schedule(schedule.expired_code))
                return
            self._change(target, status="Scheduled")
            await self._clock.until(due)
            await self._run_round(following, invoke_id, instance_id)

    async def _next_boot(self, invoke_id: str, instance_id: str) -> None:
        if target := self._state.target(invoke_id, instance_id):
            self._change(target, status="Scheduled")
        await self._boots.setdefault(instance_id, asyncio.Event()).wait()

    async def _run_round(self, following: Following, invoke_id: str, instance_id: str) -> None:
        target = self._state.target(invoke_id, instance_id)
        if target is None:  # forgotten meanwhile
            return
        ending = await self._deliver(instance_id) or await self._run(following, target)
        if written := self._state.target(invoke_id, instance_id):
            self._finish(following.invocation, written, ending)

    async def _deliver(self, instance_id: str) -> Ending | None:
        """Wait until the agent has the task; the Ending says why it can't have it."""
        now = self._clock.now()
        deadline = now + DELIVERY_SECONDS
        if refusal := self._refusal(instance_id):
            return refusal
        await self._clock.until(now + random.uniform(*_DELIVERY_SECONDS) * self._pace)
        while not (refusal := self._refusal(instance_id)):
            now = self._clock.now()
            instance = self._instances.get(instance_id)
            if instance and instance.agent_answers(now):
                return None
            if now >= deadline:
                return endings.DELIVERY_TIMEOUT
            await self._clock.until(min(deadline, now + 1))
        return refusal

    def _refusal(self, instance_id: str) -> Ending | None:
        """Why the service does not even try."""
        now = self._clock.now()
        instance = self._instances.get(instance_id)
        if instance is None:
            return endings.INSTANCE_NOT_EXISTS
        if instance.status_at(now) != "Running":
            return endings.INSTANCE_NOT_RUNNING
        if instance.agent != "normal" and not instance.is_online(now):
            return endings.CLIENT_NOT_RUNNING
        return None

    async def _run(self, following: Following, target: Target) -> Ending:
        """On the agent, which takes ten tasks at once and keeps fifty waiting."""
        instance = self._instances.get(target.instance_id)
        if instance is None:
            return endings.INSTANCE_NOT_EXISTS
        if self._tasks_on[instance.id] >= TASKS_AT_ONCE + TASKS_QUEUED:
            return endings.TASK_CONCURRENCY_LIMIT
        self._tasks_on[instance.id] += 1
        try:
            async with self._slots.setdefault(instance.id, asyncio.Semaphore(TASKS_AT_ONCE)):
                return await self._run_on(instance, following, target)
        finally:
            self._tasks_on[instance.id] -= 1
            if not self._tasks_on[instance.id]:
                del self._tasks_on[instance.id], self._slots[instance.id]

    async def _run_on(self, instance: Instance, following: Following, target: Target) -> Ending:
        task = self._task(following.invocation, target)
        if instance.changes.dies and await self._agent_dies(instance) == "Pending":
            await asyncio.Event().wait()
        with self._agents.working(instance.machine) as agent:
            if invalid := agent.invalid(task):
                return endings.reported(invalid)
            if following.invocation.repeat_mode == "DryRun":
                return endings.DRY_RUN_PASSED
            self._mark_started(following, target, task)
            ending = await following.run(self._execute(agent, instance, task, following))
        self._journal.ended(target.invoke_id, instance.id, exit_code=ending.exit_code, at=self._clock.now())
        if following.interrupted_by is None:
            self._obey(instance, ending)
        return ending

    async def _agent_dies(self, instance: Instance) -> str:
        """As a test has asked for; returns at which status of the task."""
        stage = instance.changes.dies
        self._instances.silence(instance)
        self._instances.change(instance, dies="")
        return stage

    async def _execute(self, agent: Agent, instance: Instance, task: Task, following: Following) -> Ending:
        ended = await agent.execute(task, on_output=following.hear)
        if instance.agent != "normal":
            # It ran, but nobody reports it
            self._journal.ended(task.invoke_id, instance.id, exit_code=ended.exit_code, at=self._clock.now())
            await asyncio.Event().wait()
        return endings.reported(ended)

    def _task(self, invocation: Invocation, target: Target) -> Task:
        return Task(
            invoke_id=invocation.invoke_id,
            command_id=invocation.command_id,
            command_name=invocation.command_name,
            type=invocation.command_type,
            content=parameters.script_of(invocation, self._account_id),
            launcher=invocation.launcher,
            username=invocation.username,
            password_name=invocation.password_name,
            working_dir=invocation.working_dir,
            timeout=invocation.timeout,
            account_id=self._account_id,
            container=invocation.container_name or invocation.container_id,
            repeat=target.repeats + 1,
        )

    # -- what is written

    def _mark_started(self, following: Following, target: Target, task: Task) -> None:
        invocation, now = following.invocation, self._clock.now()
        following.begin_output(now)
        begun = Target(
            invoke_id=target.invoke_id,
            instance_id=target.instance_id,
            status="Running",
            repeats=target.repeats + 1,
            created_at=target.created_at,
            started_at=now,
            updated_at=now,
        )
        with self._state.transaction():
            self._state.save_target(begun)
            self._journal.started(
                invoke_id=invocation.invoke_id,
                instance_id=target.instance_id,
                username=task.username or ("root" if task.type == "RunShellScript" else "System"),
                parameters=invocation.parameters,
                content=invocation.content,
                at=now,
            )

    def _finish(self, invocation: Invocation, target: Target, ending: Ending) -> None:
        now = finished_at = self._clock.now()
        if ending.status == "Timeout" and target.started_at is not None:
            finished_at = target.started_at + invocation.timeout
        ended = replace(
            target,
            status=ending.status,
            exit_code=ending.exit_code,
            output=ending.output,
            dropped=ending.dropped,
            error_code=ending.error_code,
            error_info=ending.error_info,
            finished_at=finished_at,
            updated_at=now,
        )
        with self._state.transaction():
            self._state.save_target(ended)
            if invocation.repeats and ended.repeats:
                self._state.add_round(ended)

    def _change(self, target: Target, **changed: Any) -> None:
        self._state.save_target(replace(target, updated_at=self._clock.now(), **changed))


def _tell_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.error("A target could not be followed to its end", exc_info=error)
