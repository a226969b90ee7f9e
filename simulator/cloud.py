"""The simulated cloud as a whole: what it holds, its clock, its rules and its executions."""

import secrets
import string
from collections.abc import Sequence
from pathlib import Path

from simulator import fleet
from simulator.agents import Agents
from simulator.clock import Clock
from simulator.delivery import Delivery
from simulator.executions import Executions
from simulator.faults import Faults, Kind
from simulator.fleet import ParameterDefinition, SavedCommand
from simulator.freshness import Freshness
from simulator.instances import Instances
from simulator.journal import Journal
from simulator.machines.model import Machine
from simulator.power import Power
from simulator.progress import Progress
from simulator.quota import Quota
from simulator.records import Command
from simulator.state import State
from simulator.tokens import Tokens
from simulator.wire import Body

_ACCOUNT_ID = "1284736509172834"
_LETTERS = string.ascii_lowercase + string.digits


class Cloud:
    """What operations work on."""

    def __init__(self, folder: Path, *, machines: Sequence[Machine], pace: float, daily_quota: int) -> None:
        self.state = State(folder / "state.sqlite3")
        self.clock = Clock(float(self.state.setting("clock") or 0))
        self.faults = Faults()
        self.freshness = Freshness(self.clock, self.faults)
        self.journal = Journal(self.state)
        self.tokens = Tokens(self.state, self.clock, self.faults)
        self.quota = Quota(self.state, self.clock, daily_quota)
        self.instances = Instances(machines, self.state, self.clock, pace)
        self.agents = Agents(folder / "machines", pace)
        self.executions = Executions(
            state=self.state,
            instances=self.instances,
            agents=self.agents,
            progress=Progress(self.state, self.journal, self.clock),
            delivery=Delivery(self.instances, self.clock, pace),
            clock=self.clock,
            pace=pace,
            account_id=_ACCOUNT_ID,
            obey=lambda instance, ending: self.power.obey(instance, ending),
        )
        self.power = Power(self.instances, self.executions, self.clock)
        self.public_commands = [_command(saved) for saved in fleet.public_commands()]
        if self.state.setting("seeded") is None:
            self._seed()

    def _seed(self) -> None:
        with self.state.transaction():
            self.state.save_commands([_command(saved) for saved in fleet.commands()])
            self.state.set("seeded", "yes")

    async def reset(self) -> None:
        """As if it had been started for the first time."""
        self.clock.forget_errands()
        await self.executions.close()
        with self.state.transaction():
            self.state.clear()
            self._seed()
        self.clock.move(0.0)
        self.faults.clear()
        self.freshness.forget_nonces()
        self.tokens.forget_progress()
        self.quota.forget_limits()
        self.instances.load()
        self.agents.forget_everything()

    async def close(self) -> None:
        self.clock.forget_errands()
        await self.executions.close()
        await self.agents.close()
        self.state.close()

    def move_clock(self, offset: float) -> None:
        """Seconds ahead of this machine's clock; kept over a restart."""
        self.state.set("clock", str(offset))
        self.clock.move(offset)

    @property
    def account_id(self) -> str:
        rule = self.faults.rule(Kind.OTHER_ACCOUNT)
        return str(rule.more.get("account_id", "2" * 16)) if rule else _ACCOUNT_ID

    def command(self, region: str, command_id: str) -> Command | None:
        """One of the region's own by ID, or a public one by ID or name."""
        for public in self.public_commands:
            if command_id in (public.command_id, public.name):
                return public
        return self.state.command(region, command_id)


def new_id(prefix: str) -> str:
    """An ID that no simulator has given before: a console may remember those of an earlier state."""
    return f"{prefix}-sim0" + "".join(secrets.choice(_LETTERS) for _ in range(13))


def _command(saved: SavedCommand) -> Command:
    return Command(
        command_id=saved.command_id,
        region=saved.region,
        name=saved.name,
        type=saved.type,
        content=saved.content,
        description=saved.description,
        working_dir=saved.working_dir,
        timeout=saved.timeout,
        enable_parameter=saved.enable_parameter,
        tags=dict(saved.tags),
        created_at=saved.created_at.timestamp(),
        provider=saved.provider,
        category=saved.category,
        version=saved.version,
        definitions=tuple(_definition(each) for each in saved.definitions),
    )


def _definition(definition: ParameterDefinition) -> Body:
    """In the form of DescribeCommands."""
    return {
        "ParameterName": definition.name,
        "Description": definition.description,
        "DefaultValue": definition.default,
        "Required": definition.required,
        "PossibleValues": {"PossibleValue": list(definition.possible_values)},
        "PatternRegex": definition.pattern,
    }
