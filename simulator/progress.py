"""What is written of an execution: the target's row and the journal's line, together or not at all."""

from dataclasses import replace
from typing import Any

from simulator.clock import Clock
from simulator.endings import Ending
from simulator.journal import Journal
from simulator.records import Invocation, Target
from simulator.state import State


class Progress:
    def __init__(self, state: State, journal: Journal, clock: Clock) -> None:
        self._state = state
        self._journal = journal
        self._clock = clock

    def change(self, target: Target, **changed: Any) -> None:
        self._state.save_target(replace(target, updated_at=self._clock.now(), **changed))

    def start(self, invocation: Invocation, target: Target) -> None:
        """A script begins; nothing of an earlier round stays."""
        now = self._clock.now()
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
                username=invocation.username or ("root" if invocation.command_type == "RunShellScript" else "System"),
                parameters=invocation.parameters,
                content=invocation.content,
                at=now,
            )

    def script_over(self, invoke_id: str, instance_id: str, exit_code: int | None) -> None:
        """As the machine has it; the service may hear of it later, or never."""
        self._journal.ended(invoke_id, instance_id, exit_code=exit_code, at=self._clock.now())

    def end(self, invocation: Invocation, target: Target, ending: Ending) -> None:
        """As the service has it. A script that timed out ended when its time was over."""
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
