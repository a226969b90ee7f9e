"""What the service and its sandbox process say to one another: JSON documents, each after its length in four bytes."""

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from simulator.machines.files import Changes
from simulator.machines.model import Machine, Task

Frame = dict[str, Any]


async def read_frame(stream: asyncio.StreamReader) -> Frame | None:
    """None at the end of the stream."""
    try:
        length = int.from_bytes(await stream.readexactly(4))
        frame: Frame = json.loads(await stream.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return frame


def write_frame(stream: asyncio.StreamWriter, frame: Frame) -> None:
    data = json.dumps(frame, ensure_ascii=False).encode(errors="surrogatepass")
    stream.write(len(data).to_bytes(4) + data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A script for a machine."""

    machine: Machine
    task: Task
    content: str  # nothing left to fill in
    changes: Changes  # the machine's files, as they differ from what it was made with
    pace: float

    def packed(self) -> Frame:
        machine = asdict(self.machine) | {"created_at": self.machine.created_at.isoformat()}
        rest = {
            "task": asdict(self.task),
            "content": self.content,
            "changes": self.changes.to_json(),
            "pace": self.pace,
        }
        return {"machine": machine, **rest}

    @classmethod
    def unpacked(cls, frame: Frame) -> "Job":
        fields = frame["machine"]
        created_at = datetime.fromisoformat(fields["created_at"])
        return cls(
            machine=Machine(**{**fields, "users": tuple(fields["users"]), "created_at": created_at}),
            task=Task(**frame["task"]),
            content=frame["content"],
            changes=Changes.from_json(frame["changes"]),
            pace=frame["pace"],
        )
