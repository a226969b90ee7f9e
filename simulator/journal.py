"""What tests judge by: every call that came, and every execution from its start to its end."""

import hashlib
import json
from collections.abc import Iterator, Mapping

from simulator.state import State
from simulator.wire import Call, utc_micros


class Journal:
    def __init__(self, state: State) -> None:
        self._state = state

    def called(self, call: Call, *, fault: str, status: int | None, code: str = "", invoke_id: str = "") -> None:
        """Written before the answer leaves; `status` is None when none will."""
        entry = {
            "operation": call.operation,
            "region": call.region,
            "client_token": call.client_token,
            "instance_ids": call.listed("InstanceId") or [each for each in [call.text("InstanceId")] if each],
            "tags": {key: value for key, value in call.pairs("Tag") if key},
            "fault": fault,
            "status": status,
            "code": code,
            "invoke_id": invoke_id or call.text("InvokeId"),
            "at": utc_micros(call.at),
        }
        self._state.execute(
            "insert into journal_calls (operation, line) values (?, ?)",
            (call.operation, json.dumps(entry, ensure_ascii=False)),
        )

    def started(
        self, *, invoke_id: str, instance_id: str, username: str, parameters: Mapping[str, str], content: str, at: float
    ) -> None:
        """A script is about to run; `content` is the command's as saved, before parameters are filled in."""
        self._state.execute(
            "insert into journal_executions (instance_id, invoke_id, username, parameters, content_sha256, started)"
            " values (?, ?, ?, ?, ?, ?)",
            (
                instance_id,
                invoke_id,
                username,
                json.dumps(dict(parameters), ensure_ascii=False),
                hashlib.sha256(content.encode()).hexdigest(),
                at,
            ),
        )

    def ended(self, invoke_id: str, instance_id: str, *, exit_code: int | None, at: float) -> None:
        """The execution that was started last there is over, unless that is written already."""
        self._state.execute(
            "update journal_executions set finished = ?, exit_code = ? where id = (select max(id) from"
            " journal_executions where invoke_id = ? and instance_id = ?) and finished is null",
            (at, exit_code, invoke_id, instance_id),
        )

    def calls(self, operation: str = "") -> Iterator[str]:
        """JSON lines, oldest first."""
        for row in self._state.rows(
            "select line from journal_calls where ? in ('', operation) order by id", (operation,)
        ):
            yield row["line"]

    def executions(self) -> Iterator[str]:
        """JSON lines, oldest first."""
        for row in self._state.rows("select * from journal_executions order by id"):
            entry = dict(row)
            del entry["id"]
            entry["parameters"] = json.loads(entry["parameters"])
            entry["started"], entry["finished"] = utc_micros(entry["started"]), utc_micros(entry["finished"])
            yield json.dumps(entry, ensure_ascii=False)
