"""
From an accepted invocation to the end of each of its targets.

One asyncio task follows one target: it waits until the task can be delivered (or for the schedule, or for a boot), lets
the machine's agent run the script, and writes down each change of status. What is written is all there is to know:
after a restart `resume` goes on from the rows.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable

from simulator import endings, parameters, schedules
from simulator.agents import Agents
from simulator.clock import Clock
from simulator.delivery import Delivery
from simulator.endings import Ending
from simulator.following import Following
from simulator.instances import Instance, Instances
from simulator.limits import TASKS_AT_ONCE, TASKS_QUEUED
from simulator.machines.agent import Agent
from simulator.machines.model import Task
from simulator.progress import Progress
from simulator.records import Invocation, Target
from simulator.state import State

_SCHEDULES_SINCE = ("2.2.3.282", "2.1.3.282")  # versions of the agent on Linux and Windows
_STOP_SECONDS = 0.4  # how long a stop is on its way

_log = logging.getLogger("simulator")


class Executions:
    def __init__(
        self,
        *,
        state: State,
        instances: Instances,
        agents: Agents,
        progress: Progress,
        delivery: Delivery,
        clock: Clock,
        pace: float,
        account_id: str,
        obey: Callable[[Instance, Ending], None],
    ) -> None:
        """`obey` is told what agents report: some scripts ask for a reboot (see `power`)."""
        self._state = state
        self._instances = instances
        self._agents = agents
        self._progress = progress
        self._delivery = delivery
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
                self._progress.script_over(invoke_id, instance_id, None)
                self._progress.end(invocation, target, endings.CLIENT_RESTARTED)
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
                self._progress.change(target, status="Stopping", stopped_at=now)
                self._clock.later(_STOP_SECONDS * self._pace, lambda t=target, f=following: self._terminate(t, f))  # type: ignore[misc]
            elif target.status in ("Pending", "Scheduled"):
                self._progress.change(target, status="Cancelled", stopped_at=now, finished_at=now)
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
                self._progress.end(following.invocation, target, endings.INSTANCE_NOT_EXISTS)

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
        while not following.is_stopped and (target := self._state.target(invoke_id, instance_id)):
            due = self._due(following.invocation, instance_id)
            if isinstance(due, Ending):
                if not target.repeats:  # over before it began; else the last round's result stands
                    self._progress.end(following.invocation, target, due)
                break
            self._progress.change(target, status="Scheduled")
            await self._clock.until(due)
            await self._run_round(following, invoke_id, instance_id)

    def _due(self, invocation: Invocation, instance_id: str) -> float | Ending:
        """When the next round is. The Ending says why there will be none."""
        instance = self._instances.get(instance_id)
        if instance is None:
            return endings.INSTANCE_NOT_EXISTS
        if instance.agent != "none" and not instance.has_agent_since(*_SCHEDULES_SINCE):
            return endings.CLIENT_NEED_UPGRADE
        zone = instance.machine.timezone
        schedule = schedules.parse(invocation.frequency, begins_at=invocation.created_at, machine_zone=zone)
        return schedule.after(self._clock.now()) or endings.unusable_schedule(schedule.expired_code)

    async def _next_boot(self, invoke_id: str, instance_id: str) -> None:
        target, instance = self._state.target(invoke_id, instance_id), self._instances.get(instance_id)
        if target and target.status == "Scheduled" and instance and instance.changes.beats_from > target.updated_at:
            # It booted while the simulator itself was down
            return await self._clock.until(instance.changes.beats_from)
        if target:
            self._progress.change(target, status="Scheduled")
        await self._boots.setdefault(instance_id, asyncio.Event()).wait()
        return None

    async def _run_round(self, following: Following, invoke_id: str, instance_id: str) -> None:
        target = self._state.target(invoke_id, instance_id)
        if target is None:  # forgotten meanwhile
            return
        ending = await self._delivery.wait(instance_id) or await self._run(following, target)
        if written := self._state.target(invoke_id, instance_id):
            self._progress.end(following.invocation, written, ending)

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
                return self._delivery.refusal(instance.id) or await self._run_on(instance, following, target)
        finally:
            self._tasks_on[instance.id] -= 1
            if not self._tasks_on[instance.id]:
                del self._tasks_on[instance.id], self._slots[instance.id]

    async def _run_on(self, instance: Instance, following: Following, target: Target) -> Ending:
        task = self._task(following.invocation, target)
        if dies := instance.changes.dies:
            self._kill_agent(instance)
            if dies == "Pending":
                await asyncio.Event().wait()
        with self._agents.working(instance.machine) as agent:
            if invalid := agent.invalid(task):
                return endings.reported(invalid)
            if following.invocation.repeat_mode == "DryRun":
                return endings.DRY_RUN_PASSED
            following.begin_output(self._clock.now())
            self._progress.start(following.invocation, target)
            ending = await following.run(self._execute(agent, instance, task, following))
        self._progress.script_over(target.invoke_id, instance.id, ending.exit_code)
        if following.interrupted_by is None:
            self._obey(instance, ending)
        return ending

    def _kill_agent(self, instance: Instance) -> None:
        self._instances.silence(instance)
        self._instances.change(instance, dies="")

    async def _execute(self, agent: Agent, instance: Instance, task: Task, following: Following) -> Ending:
        ended = await agent.execute(task, on_output=following.hear)
        if instance.agent != "normal":
            # It ran, but nobody reports it
            self._progress.script_over(task.invoke_id, instance.id, ended.exit_code)
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


def _tell_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.error("A target could not be followed to its end", exc_info=error)
