"""Runs, their batches, the attempts to send them, and what became of every target.

The rows are the truth; messages only wake. What may change a batch's state stands in `states.py`.
"""

from invocations.models.batches import Alarm, Attempt, Batch, OtherInvocation
from invocations.models.checks import Check, CheckCall
from invocations.models.choices import (
    REST,
    UNCONFIRMED,
    BatchState,
    HoldReason,
    Outcome,
    RepeatMode,
    RunState,
    TargetState,
)
from invocations.models.deployments import Deployment, Found
from invocations.models.rollouts import Rollout, Wave
from invocations.models.runs import Draft, Invocation
from invocations.models.schedules import Execution
from invocations.models.targets import Output, Target

__all__ = [
    "REST",
    "UNCONFIRMED",
    "Alarm",
    "Attempt",
    "Batch",
    "BatchState",
    "Check",
    "CheckCall",
    "Deployment",
    "Draft",
    "Execution",
    "Found",
    "HoldReason",
    "Invocation",
    "OtherInvocation",
    "Outcome",
    "Output",
    "RepeatMode",
    "Rollout",
    "RunState",
    "Target",
    "TargetState",
    "Wave",
]
