"""The smallest valid row of each kind. Traits name states: `BatchFactory(accepted=True)`."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from accounts.models import Person, Role, SigninLink
from commands.definitions import Definition
from commands.models import SCRIPT_COLUMNS, Command, CommandType, Origin, Version
from instances.models import Agent, Instance, InstanceTag, Kind, Selection, SelectionKind, SelectionUse
from instances.selections import key_of
from invocations.models import Attempt, Batch, BatchState, Draft, Invocation, Outcome, Output, Target, TargetState
from regions.models import Account, Mirror, MirrorKind, Region

HANGZHOU = "cn-hangzhou"
PASSWORD = "correct horse battery staple"


def now() -> datetime:
    return datetime.now(UTC)


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person-{n}")
    role = Role.OPERATOR
    password = factory.django.Password(PASSWORD)


class SigninLinkFactory(DjangoModelFactory):
    class Meta:
        model = SigninLink

    class Params:
        token = "a-token"

    person = factory.SubFactory(PersonFactory)
    token_sha256 = factory.LazyAttribute(lambda link: hashlib.sha256(link.token.encode()).hexdigest())
    expires_at = factory.LazyFunction(lambda: now() + timedelta(minutes=10))


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ("region_id",)

    region_id = HANGZHOU
    name_en = "China (Hangzhou)"
    name_zh = "华东1（杭州）"
    has_managed = True
    daily_quota = 5000


class AccountFactory(DjangoModelFactory):
    class Meta:
        model = Account

    account_id = "1234567890123456"
    checked_at = factory.LazyFunction(now)


class MirrorFactory(DjangoModelFactory):
    class Meta:
        model = Mirror
        django_get_or_create = ("region", "kind")

    region = HANGZHOU
    kind = MirrorKind.INSTANCES
    refreshed_at = factory.LazyFunction(now)


class InstanceFactory(DjangoModelFactory):
    """A Linux machine that can run: running, its agent reporting."""

    class Meta:
        model = Instance
        skip_postgeneration_save = True

    class Params:
        managed = factory.Trait(kind=Kind.MANAGED, instance_id=factory.Sequence(lambda n: f"mi-hz{n:013d}"))
        windows = factory.Trait(os_type="windows", os_name="Windows Server 2022")
        stopped = factory.Trait(status="stopped", agent=Agent.UNKNOWN, heartbeat_at=None)
        agentless = factory.Trait(agent=Agent.NONE, agent_version="", heartbeat_at=None)
        silent = factory.Trait(
            agent=Agent.ABNORMAL, heartbeat_at=factory.LazyFunction(lambda: now() - timedelta(hours=3))
        )

    region = HANGZHOU
    instance_id = factory.Sequence(lambda n: f"i-bp1{n:017d}")
    kind = Kind.ECS
    name = factory.Sequence(lambda n: f"web-{n:04d}")
    status = "running"
    os_type = "linux"
    os_name = "Alibaba Cloud Linux 3"
    private_ip = factory.Sequence(lambda n: f"10.0.{n // 250 % 250}.{n % 250 + 1}")
    addresses = factory.LazyAttribute(lambda instance: f" {instance.private_ip} ")
    agent = Agent.NORMAL
    agent_version = "2.2.4.900"
    heartbeat_at = factory.LazyFunction(now)
    created_at = factory.LazyFunction(lambda: now() - timedelta(days=100))
    started_at = factory.LazyFunction(lambda: now() - timedelta(days=30))
    seen_at = factory.LazyFunction(now)

    @factory.post_generation
    def tag_rows(self, create, extracted, **kwargs):
        for key, value in self.tags.items():
            InstanceTag.objects.create(instance=self, key=key, value=value)


class SelectionFactory(DjangoModelFactory):
    """A search of the operator's own; `ids=[…]` makes it a list, `group="team"` the team's."""

    class Meta:
        model = Selection

    region = HANGZHOU
    name = factory.Sequence(lambda n: f"selection-{n}")
    key = factory.LazyAttribute(lambda selection: key_of(selection.name))
    ids = factory.LazyFunction(list)
    kind = factory.LazyAttribute(lambda selection: SelectionKind.LIST if selection.ids else SelectionKind.QUERY)
    q = factory.LazyAttribute(lambda selection: "" if selection.ids else "web")
    owner = factory.SubFactory(PersonFactory)
    changed_by = factory.SelfAttribute("owner")
    changed_at = factory.LazyFunction(now)
    token = factory.LazyFunction(uuid.uuid4)


class SelectionUseFactory(DjangoModelFactory):
    class Meta:
        model = SelectionUse

    selection = factory.SubFactory(SelectionFactory)
    run_id = factory.Sequence(lambda n: 1000 + n)
    person = factory.SelfAttribute("selection.owner")
    at = factory.LazyFunction(now)


class CommandFactory(DjangoModelFactory):
    """Just copied from the cloud; with `saved=True` it has version 1."""

    class Meta:
        model = Command
        skip_postgeneration_save = True

    region = HANGZHOU
    cloud_id = factory.Sequence(lambda n: f"c-hz{n:018d}")
    name = factory.Sequence(lambda n: f"command-{n}")
    type = CommandType.SHELL
    content = "uptime"
    content_sha256 = factory.LazyAttribute(lambda command: hashlib.sha256(command.content.encode()).hexdigest())
    parameter_names = factory.LazyFunction(list)
    enable_parameter = factory.LazyAttribute(lambda command: bool(command.parameter_names))
    seen_at = factory.LazyFunction(now)

    @factory.post_generation
    def saved(self, create, extracted, **kwargs):
        if extracted:
            VersionFactory(command=self)


class VersionFactory(DjangoModelFactory):
    """The next version of its command, reading as the command does; the command then stands at it."""

    class Meta:
        model = Version
        skip_postgeneration_save = True

    command = factory.SubFactory(CommandFactory)
    number = factory.LazyAttribute(lambda version: version.command.version_number + 1)
    cloud_id = factory.SelfAttribute("command.cloud_id")
    saved_at = factory.LazyFunction(now)
    origin = Origin.SAVED

    @classmethod
    def _create(cls, model_class, *args, **columns):
        command = columns["command"]
        as_now = {name: getattr(command, name) for name in SCRIPT_COLUMNS}
        version = super()._create(model_class, *args, **{**as_now, **columns})
        command.version_number = version.number
        command.save(update_fields=["version_number"])
        return version


def define(command: Command, name: str, **known) -> Definition:
    """Say something of a parameter of the command."""
    definition = Definition(name=name, **known)
    command.definitions = [one for one in command.definitions if one["name"] != name] + [definition.to_json()]
    command.save(update_fields=["definitions"])
    return definition


class DraftFactory(DjangoModelFactory):
    class Meta:
        model = Draft

    person = factory.SubFactory(PersonFactory)
    command = factory.SubFactory(CommandFactory)
    region = factory.SelfAttribute("command.region")


class InvocationFactory(DjangoModelFactory):
    class Meta:
        model = Invocation

    account_id = "1234567890123456"
    cloud_kind = "simulated"
    command = factory.SubFactory(CommandFactory)
    region = factory.SelfAttribute("command.region")
    command_cloud_id = factory.SelfAttribute("command.cloud_id")
    command_name = factory.SelfAttribute("command.name")
    command_type = factory.SelfAttribute("command.type")
    content = factory.SelfAttribute("command.content")
    content_sha256 = factory.SelfAttribute("command.content_sha256")
    timeout = 60
    person = factory.SubFactory(PersonFactory)
    form_token = factory.LazyFunction(uuid.uuid4)
    submitted_at = factory.LazyFunction(now)
    total = 1


class BatchFactory(DjangoModelFactory):
    class Meta:
        model = Batch

    class Params:
        sending = factory.Trait(
            state=BatchState.SENDING, epoch=1, lease_until=factory.LazyFunction(lambda: now() + timedelta(seconds=120))
        )
        unsure = factory.Trait(state=BatchState.UNSURE, epoch=1)
        accepted = factory.Trait(
            state=BatchState.ACCEPTED,
            epoch=1,
            invoke_id=factory.Sequence(lambda n: f"t-hz{n:018d}"),
            accepted_at=factory.LazyFunction(now),
            next_poll_at=factory.LazyFunction(now),
        )

    invocation = factory.SubFactory(InvocationFactory)
    region = factory.SelfAttribute("invocation.region")
    kind = Kind.ECS
    seq = factory.Sequence(lambda n: n + 1)
    client_token = factory.LazyFunction(lambda: uuid.uuid4().hex)
    size = 1
    request = "{}"
    request_sha256 = factory.LazyAttribute(lambda batch: hashlib.sha256(batch.request.encode()).hexdigest())
    next_attempt_at = factory.LazyFunction(now)
    send_deadline = factory.LazyFunction(lambda: now() + timedelta(days=1))


class AttemptFactory(DjangoModelFactory):
    class Meta:
        model = Attempt

    batch = factory.SubFactory(BatchFactory, sending=True)
    n = factory.SelfAttribute("batch.epoch")
    worker = "test"
    started_at = factory.LazyFunction(now)
    send_by = factory.LazyAttribute(lambda attempt: attempt.started_at + timedelta(seconds=120))
    outcome = Outcome.OPEN


class TargetFactory(DjangoModelFactory):
    class Meta:
        model = Target

    batch = factory.SubFactory(BatchFactory)
    invocation = factory.SelfAttribute("batch.invocation")
    instance_id = factory.Sequence(lambda n: f"i-bp1{n:017d}")
    kind = factory.SelfAttribute("batch.kind")
    name = factory.Sequence(lambda n: f"web-{n:04d}")
    os_type = "linux"
    state = TargetState.WAITING
    changed_at = factory.LazyFunction(now)


class OutputFactory(DjangoModelFactory):
    class Meta:
        model = Output

    target = factory.SubFactory(TargetFactory)
    content = b"done\n"
    is_complete = True
