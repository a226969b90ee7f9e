from datetime import timedelta

import pytest
from django.utils import translation

from instances.models import Agent, Instance
from invocations import preflight
from tests.factories import HANGZHOU, InstanceFactory, RegionFactory, now

pytestmark = pytest.mark.django_db
SHELL, POWERSHELL = "RunShellScript", "RunPowerShellScript"


def reason_of(instance, command_type=SHELL, **how):
    return preflight.with_reason(Instance.objects.filter(pk=instance.pk), command_type, **how).get().reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({}, ""),
        ({"stopped": True}, "stopped"),
        ({"status": "starting"}, "starting"),
        ({"status": "stopping"}, "stopping"),
        ({"status": "pending"}, "pending"),
        ({"status": "released"}, "released"),
        ({"agentless": True}, "no-agent"),
        ({"silent": True}, "agent-abnormal"),
        ({"agent": Agent.UNKNOWN}, "agent-never"),
        ({"windows": True}, "os-windows"),
        ({"lock_reason": "security"}, "locked"),
        ({"managed": True}, ""),
        ({"managed": True, "status": "stopped"}, "managed-offline"),
        ({"managed": True, "agent": Agent.UNKNOWN}, ""),
        ({"windows": True, "stopped": True}, "os-windows"),
    ],
)
def test_every_state_of_an_instance_has_its_reason(state, reason):
    RegionFactory()

    assert reason_of(InstanceFactory(**state)) == reason


def test_a_listed_instance_that_vanished_is_released():
    RegionFactory()

    assert reason_of(InstanceFactory(released_at=now())) == "released"


def test_an_agent_that_never_reported_may_still_come_in_the_first_five_minutes():
    RegionFactory()

    assert reason_of(InstanceFactory(agentless=True, started_at=now() - timedelta(minutes=4))) == "agent-never"
    assert reason_of(InstanceFactory(agentless=True, started_at=now() - timedelta(minutes=6))) == "no-agent"


def test_powershell_and_bat_run_on_windows_only():
    RegionFactory()

    assert reason_of(InstanceFactory(), POWERSHELL) == "os-linux"
    assert reason_of(InstanceFactory(), "RunBatScript") == "os-linux"
    assert reason_of(InstanceFactory(windows=True), POWERSHELL) == ""


def test_managed_instances_cannot_run_where_the_region_has_none():
    RegionFactory(has_managed=False)

    assert reason_of(InstanceFactory(managed=True)) == "managed-region"


@pytest.mark.parametrize(
    ("username", "password_name", "reason"),
    [("", "", ""), ("System", "", ""), ("SYSTEM", "", ""), ("deploy", "", "password"), ("deploy", "win-pw", "")],
)
def test_windows_needs_a_password_name_for_any_user_but_system(username, password_name, reason):
    RegionFactory()
    instance = InstanceFactory(windows=True)

    assert reason_of(instance, POWERSHELL, username=username, password_name=password_name) == reason


def test_a_tally_counts_by_kind_and_reason_in_one_query(django_assert_num_queries):
    RegionFactory()
    chosen = [InstanceFactory(**state).instance_id for state in ({}, {}, {"managed": True}, {"stopped": True})]
    InstanceFactory()  # not chosen

    with django_assert_num_queries(1):
        tally = preflight.tally(HANGZHOU, [*chosen, "i-bp1gone"], SHELL)

    assert (tally.ecs, tally.managed, dict(tally.unfit)) == (2, 1, {"stopped": 1, "released": 1})
    assert (tally.fit, tally.unfit_total, tally.total) == (3, 2, 5)


def test_an_empty_selection_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert preflight.tally(HANGZHOU, [], SHELL).total == 0


def test_an_instance_of_another_region_counts_as_released():
    RegionFactory()
    elsewhere = InstanceFactory(region="cn-beijing")

    assert dict(preflight.tally(HANGZHOU, [elsewhere.instance_id], SHELL).unfit) == {"released": 1}


def test_the_fit_ones_come_by_name():
    RegionFactory()
    for name in ("web-2", "web-1"):
        InstanceFactory(name=name)
    ids = [
        InstanceFactory(name="web-0", stopped=True).instance_id,
        *Instance.objects.values_list("instance_id", flat=True),
    ]

    assert [instance.name for instance in preflight.fit_ones(HANGZHOU, ids, SHELL)] == ["web-1", "web-2"]


@pytest.mark.parametrize(
    ("reason", "english"),
    [
        ("stopped", "The instance is stopped."),
        ("stopping", "The instance is stopping. Wait until it is running."),
        ("agent-abnormal", "The agent has sent no heartbeat for 3 h."),
        ("os-linux", "PowerShell commands run on Windows only."),
        ("released", "The instance was released or isn’t in cn-hangzhou."),
        ("locked", "The instance is locked by the cloud (security)."),
        ("expired", "The instance is expired. Wait until it is running."),
    ],
)
def test_every_reason_is_a_sentence(reason, english):
    instance = InstanceFactory.build(silent=True, lock_reason="security")

    with translation.override("en"):
        assert preflight.sentence(reason, instance, command_type=POWERSHELL) == english


def test_the_heartbeat_is_told_in_its_largest_unit():
    def told(**ago):
        instance = InstanceFactory.build(heartbeat_at=now() - timedelta(**ago))
        with translation.override("en"):
            return preflight.sentence("agent-abnormal", instance).removeprefix("The agent has sent no heartbeat for ")

    assert [told(seconds=20), told(minutes=59), told(hours=30), told(days=3)] == [
        "1 min.",
        "59 min.",
        "30 h.",
        "3 days.",
    ]
