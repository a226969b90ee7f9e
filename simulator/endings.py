"""How the execution on one instance may end, with the codes and sentences of the API (help page on results)."""

from dataclasses import dataclass

from simulator.machines.model import Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    status: str  # one of statuses.FINAL
    error_code: str = ""
    error_info: str = ""
    exit_code: int | None = None
    output: bytes = b""
    dropped: int = 0


def reported(ended: Ended) -> Ending:
    """What an agent says of it."""
    return Ending(
        status=ended.status,
        error_code=ended.error_code,
        error_info=ended.error_info,
        exit_code=ended.exit_code,
        output=ended.output,
        dropped=ended.dropped,
    )


INSTANCE_NOT_EXISTS = Ending(
    status="Aborted", error_code="InstanceNotExists", error_info="the instance does not exist or has been released"
)
INSTANCE_NOT_RUNNING = Ending(
    status="Aborted", error_code="InstanceNotRunning", error_info="the instance is not running when create task"
)
CLIENT_NOT_RUNNING = Ending(
    status="Aborted", error_code="ClientNotRunning", error_info="the aliyun service is not running on the instance"
)
DELIVERY_TIMEOUT = Ending(
    status="Aborted", error_code="DeliveryTimeout", error_info="the command could not be delivered to the agent in time"
)
TASK_CONCURRENCY_LIMIT = Ending(
    status="Aborted", error_code="TaskConcurrencyLimit", error_info="too many tasks are running on the instance"
)
CLIENT_NEED_UPGRADE = Ending(
    status="Invalid",
    error_code="ClientNeedUpgrade",
    error_info="the agent is too old for this, upgrade it to 2.2.3.282",
)
INSTANCE_RELEASED = Ending(
    status="Error", error_code="InstanceReleased", error_info="the instance was released during the execution"
)
INSTANCE_RESTARTED = Ending(
    status="Error", error_code="InstanceRestarted", error_info="the instance was restarted during the execution"
)
CLIENT_NOT_RESPONSE = Ending(
    status="Error", error_code="ClientNotResponse", error_info="the agent does not respond to the service"
)
CLIENT_RESTARTED = Ending(
    status="Error", error_code="ClientRestarted", error_info="the agent was restarted during the execution"
)
TERMINATED = Ending(status="Terminated")
DRY_RUN_PASSED = Ending(status="Success")


def unusable_schedule(code: str) -> Ending:
    return Ending(status="Invalid", error_code=code, error_info="the frequency of the task cannot be used")
