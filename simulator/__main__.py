"""`python -m simulator`: serve until a signal, or (`--tied`) until whoever started it is gone."""

import asyncio
import json
import signal
import sys

from simulator import settings
from simulator.cloud import Cloud
from simulator.fleet import machines
from simulator.server import application, listen
from simulator.settings import Settings, WrongSetting
from simulator.state import StateInUse


def main() -> int:
    try:
        chosen = settings.from_process(sys.argv[1:])
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return 1
    try:
        asyncio.run(_serve(chosen))
    except (OSError, StateInUse) as error:
        print(f"The simulated cloud cannot start: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(chosen: Settings) -> None:
    leave = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave.set)
    cloud = Cloud(chosen.state, machines=machines(chosen.fleet), pace=chosen.pace, daily_quota=chosen.daily_quota)
    app = application(cloud, chosen.access_keys, chosen.control_token)
    runner, port = await listen(app, chosen.host, chosen.port)
    cloud.executions.resume()
    print(json.dumps({"port": port}), flush=True)
    if chosen.tied:
        await _follow_stdin(leave)
    await leave.wait()
    await runner.cleanup()
    await cloud.close()


async def _follow_stdin(leave: asyncio.Event) -> None:
    """The pipe closes with the process that holds its other end, however that one dies."""
    loop = asyncio.get_running_loop()

    class Tie(asyncio.Protocol):
        def connection_lost(self, error: Exception | None) -> None:
            leave.set()

    await loop.connect_read_pipe(Tie, sys.stdin)


if __name__ == "__main__":
    sys.exit(main())
