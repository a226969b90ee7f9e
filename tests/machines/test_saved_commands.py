import re

import pytest

from simulator import fleet
from simulator.fleet import SavedCommand

OWN = fleet.commands()[:12]
NAMES = """
    check-disk-usage restart-service rotate-app-logs collect-diagnostics update-ca-certs patch-openssl
    iis-recycle-pool win-update-status flush-dns add-authorized-key nginx-reload sync-time
"""
VALUES = {
    "threshold": "85",
    "service": "nginx",
    "wait_seconds": "30",
    "lines": "5",
    "version": "28",
    "user": "deploy",
    "key": "ssh-ed25519 AAAA li.wei",
    "server": "",
    "pool": "",
}


def filled(command: SavedCommand) -> str:
    """As the service hands it to an agent."""
    service = "nginx" if command.type == "RunShellScript" else "W3SVC"
    defaults = {each.name: each.default for each in command.definitions}
    needed = {"ServiceName": defaults.get("ServiceName") or service, "UserName": "carol"}
    values = VALUES | defaults | needed
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], command.content)


def test_the_twelve_of_the_screens_are_in_each_of_four_regions():
    regions = ("cn-hangzhou", "cn-beijing", "cn-shanghai", "ap-southeast-1")
    names = [command.name for command in OWN]

    assert names == NAMES.split()
    for region in regions:
        assert [each.name for each in fleet.commands() if each.region == region] == names
    assert len({each.command_id for each in fleet.commands()}) == 48


def test_their_ids_in_hangzhou_are_those_of_the_screens():
    ids = {command.name: command.command_id for command in OWN}

    assert ids["restart-service"] == "c-hz018qm9x1c4b8w"
    assert ids["check-disk-usage"] == "c-hz018qp243j7k2o"


def test_a_command_takes_parameters_exactly_when_its_script_has_some():
    for command in (*fleet.commands(), *fleet.public_commands()):
        assert command.enable_parameter == bool(re.search(r"\{\{\w+\}\}", command.content)), command.name


def test_the_parameters_of_the_two_best_known_are_named():
    content = {command.name: command.content for command in OWN}

    assert set(re.findall(r"\{\{(\w+)\}\}", content["restart-service"])) == {"service", "wait_seconds"}
    assert set(re.findall(r"\{\{(\w+)\}\}", content["check-disk-usage"])) == {"threshold"}


def test_there_are_commands_of_all_three_types():
    assert {command.type for command in OWN} == {"RunShellScript", "RunPowerShellScript", "RunBatScript"}


def test_public_commands_define_every_parameter_they_use():
    for command in fleet.public_commands():
        assert command.provider == "AlibabaCloud.ECS.GuestOS"
        assert command.version >= 1
        assert set(re.findall(r"\{\{(\w+)\}\}", command.content)) == {each.name for each in command.definitions}


@pytest.mark.parametrize("command", [*OWN, *fleet.public_commands()], ids=lambda command: command.name)
def test_every_saved_command_succeeds_on_an_ordinary_machine(machine, command):
    box = machine("hz-web-002" if command.type == "RunShellScript" else "hz-win-001")

    ended = box.run(filled(command), type=command.type, command_name=command.name, timeout=command.timeout)

    assert ended.status == "Success", ended.output.decode()


def test_restarting_nginx_says_how_long_it_took_on_which_machine(web):
    restart = next(command for command in OWN if command.name == "restart-service")

    said = web.says(filled(restart), username="deploy")

    assert said == "+ systemctl restart nginx\nnginx active after 1 s on hz-web-002\n"


def test_where_nginx_is_missing_the_restart_fails_with_5_and_shows_openresty(machine):
    restart = next(command for command in OWN if command.name == "restart-service")

    ended = machine("hz-web-012").run(filled(restart), username="deploy")

    assert (ended.status, ended.exit_code, ended.error_code) == ("Failed", 5, "ExitCodeNonzero")
    assert "Failed to restart nginx.service: Unit nginx.service not found." in ended.output.decode()
    assert "openresty.service" in ended.output.decode()


def test_a_full_disk_fails_the_check_and_a_higher_threshold_lets_it_pass(machine):
    check = next(command for command in OWN if command.name == "check-disk-usage")
    full = machine("hz-web-019")

    assert full.run(filled(check)).exit_code == 1
    assert full.run(check.content.replace("{{threshold}}", "98")).exit_code == 0


def test_secrets_for_windows_users_are_where_machines_are():
    assert "win-deploy-password" in fleet.secret_names("cn-hangzhou")
    assert fleet.secret_names("eu-west-1") == []
