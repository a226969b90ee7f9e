import re
from collections import Counter

from simulator import fleet
from simulator.machines.model import Machine


def prod_web(machines: list[Machine]) -> list[Machine]:
    return [m for m in machines if m.region == "cn-hangzhou" and m.tags == {"env": "prod", "role": "web"}]


def can_run_shell(machine: Machine) -> bool:
    return (machine.os_type, machine.status, machine.agent) == ("linux", "Running", "normal")


def test_exactly_120_prod_web_servers_can_run_a_shell_command_and_six_cannot():
    chosen = prod_web(fleet.machines())

    unfit = Counter((m.status, m.agent) for m in chosen if not can_run_shell(m))

    assert sum(map(can_run_shell, chosen)) == 120
    assert unfit == {("Stopped", "silent"): 4, ("Running", "silent"): 2}


def test_growing_the_fleet_changes_no_machine_and_keeps_the_120():
    small, large = fleet.machines(), fleet.machines(10_000)

    assert len(large) == 10_000
    assert large[: len(small)] == small
    assert sum(map(can_run_shell, prod_web(large))) == 120
    assert len({m.instance_id for m in large}) == len({m.name for m in large}) == 10_000


def test_a_smaller_number_leaves_the_default_fleet_whole():
    assert fleet.machines(10) == fleet.machines()


def test_each_region_has_as_many_machines_as_the_screens_show():
    by_region = Counter((m.region, m.kind) for m in fleet.machines())

    assert by_region["cn-hangzhou", "ecs"] >= 260
    assert by_region["cn-hangzhou", "managed"] == 14
    assert (by_region["cn-beijing", "ecs"], by_region["ap-southeast-1", "ecs"]) == (41, 18)
    assert by_region["cn-shanghai", "ecs"] > 0
    assert by_region["cn-beijing", "managed"] > 0


def test_managed_instances_are_only_where_the_api_has_them():
    assert {m.region for m in fleet.machines() if m.kind == "managed"} <= fleet.MANAGED_REGIONS


def test_every_machine_is_in_a_listed_region_and_has_an_id_of_its_kind():
    regions = {region.id for region in fleet.REGIONS}

    for machine in fleet.machines():
        assert machine.region in regions
        pattern = r"i-[0-9a-z]{20}" if machine.kind == "ecs" else r"mi-[a-z]{2}0[0-9a-z]{12}"
        assert re.fullmatch(pattern, machine.instance_id), machine.instance_id


def test_private_addresses_in_one_network_are_unique():
    addresses = Counter(m.private_ip for m in fleet.machines(10_000) if m.kind == "ecs")

    assert addresses.most_common(1)[0][1] == 1


def test_the_machines_of_the_screens_are_what_the_screens_show():
    by_name = {m.name: m for m in fleet.machines()}

    assert [by_name[f"hz-web-{n:03}"].private_ip for n in (1, 2, 3, 12)] == [
        "10.20.1.7",
        "10.20.1.10",
        "10.20.1.13",
        "10.20.1.40",
    ]
    assert by_name["hz-web-012"].os_name.startswith("Alibaba Cloud Linux 3")
    assert (by_name["hz-web-005"].status, by_name["hz-web-006"].agent) == ("Stopped", "silent")
    assert by_name["sh-edge-01"].public_ip == "198.51.100.21"
    assert by_name["hz-web-001"].agent_version == "2.2.4.661"


def test_linux_web_servers_know_the_user_deploy():
    assert all("deploy" in m.users for m in fleet.machines() if m.os_type == "linux")


def test_there_are_several_linux_distributions_windows_and_machines_without_agent():
    machines = fleet.machines()

    systems = {re.split(r"[ .]\d", m.os_name)[0] for m in machines}
    assert {"Alibaba Cloud Linux", "Ubuntu", "CentOS", "Debian", "Windows Server"} <= systems
    assert any(m.agent == "none" for m in machines)
    assert all((m.agent == "none") == (m.agent_version == "") for m in machines)
