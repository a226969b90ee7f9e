"""A run as the form submits it, against the simulated cloud."""

import uuid
from collections import Counter
from collections.abc import Callable

import pytest

import cloud.commands as gateway
from accounts.models import Person
from cloud import connection
from commands.models import Command
from instances.models import Instance
from invocations.models import Invocation
from invocations.submitting import RunPlan, submit
from regions.models import Account
from tests.factories import HANGZHOU, AccountFactory, CommandFactory, InstanceFactory, PersonFactory, RegionFactory
from tests.simulated_cloud import SimulatedCloud

ACCOUNT = "1234567890123456"


@pytest.fixture
def saved_command(simulator: SimulatedCloud) -> Callable[..., Command]:
    """A command that exists in the cloud, with its row here."""

    def save(content: str = "hostname", *, parameters: tuple[str, ...] = (), region: str = HANGZHOU) -> Command:
        cloud_id = gateway.create_command(
            connection.current(),
            region,
            name=f"test-{uuid.uuid4().hex[:8]}",
            type="RunShellScript",
            content=content,
            enable_parameter=bool(parameters),
            client_token=uuid.uuid4().hex,
        )
        return CommandFactory(region=region, cloud_id=cloud_id, content=content, parameter_names=list(parameters))

    return save


@pytest.fixture
def chosen(simulator: SimulatedCloud, db: None) -> Callable[..., list[Instance]]:
    """Rows of `count` machines that can run a shell command."""

    def choose(count: int, region: str = HANGZHOU) -> list[Instance]:
        ids = simulator.running_instances(region, count)
        known = {row.instance_id: row for row in Instance.objects.filter(region=region, instance_id__in=ids)}
        return [known.get(one) or InstanceFactory(region=region, instance_id=one) for one in ids]

    return choose


@pytest.fixture
def submitted(
    simulator: SimulatedCloud, saved_command: Callable[..., Command], chosen: Callable[..., list[Instance]]
) -> Callable[..., Invocation]:
    """A run of `content` on `targets` machines: rows written, nothing sent yet."""

    def make(
        targets: int = 3,
        content: str = "hostname",
        *,
        person: Person | None = None,
        region: str = HANGZHOU,
        **plan: object,
    ) -> Invocation:
        RegionFactory(region_id=region)
        if not Account.objects.exists():
            AccountFactory(account_id=_account(), id=1)
        names = tuple(plan.get("parameters", {})) + tuple(plan.get("secrets", {}))
        command = saved_command(content, parameters=names, region=region)
        run, created = submit(
            RunPlan(
                command=command,
                person=person or PersonFactory(),
                address="127.0.0.1",
                form_token=uuid.uuid4(),
                ecs=chosen(targets, region),
                **plan,
            )
        )
        assert created
        return run

    return make


def _account() -> str:
    from cloud.account import who_am_i

    return who_am_i(connection.current()).account_id


@pytest.fixture
def ran(simulator: SimulatedCloud) -> Callable[[], Counter[str]]:
    """How often each instance executed something, by the cloud's own journal."""
    return lambda: Counter(execution.instance_id for execution in simulator.journal.executions())
