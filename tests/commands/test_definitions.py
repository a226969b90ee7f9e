import time

import pytest

from commands import definitions
from commands.definitions import Definition
from tests.factories import CommandFactory, define


@pytest.mark.django_db
def test_every_parameter_has_a_definition_in_the_order_of_the_script() -> None:
    command = CommandFactory(parameter_names=["service", "wait"])
    define(command, name="WAIT", default="30")
    define(command, name="gone")

    found = definitions.definitions_of(command)

    assert [(one.name, one.default) for one in found] == [("service", ""), ("wait", "30")]


@pytest.mark.django_db
def test_B37_a_command_with_parameters_switched_off_has_none() -> None:
    command = CommandFactory(parameter_names=["service"], enable_parameter=False)

    assert definitions.definitions_of(command) == []


@pytest.mark.parametrize(
    ("pattern", "value", "is_match"),
    [
        ("[a-z]+", "nginx", True),
        ("[a-z]+", "nginx2", False),
        ("[a-z]+", "nginx\n", False),
        ("[0-9]*", "", True),
        ("(?i)on|off", "OFF", True),
        ("[", "[", False),
    ],
)
def test_a_pattern_matches_the_whole_value(pattern: str, value: str, is_match: bool) -> None:
    assert definitions.matches(pattern, value) == is_match


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(.*){1000}", "(a?){500}a{500}", "((a{0,100}){0,100}){0,100}"]
)
def test_B42_C57_no_pattern_takes_long(pattern: str) -> None:
    began = time.perf_counter()

    definitions.matches(pattern, "a" * 24_000 + "!")

    assert time.perf_counter() - began < 0.5


def test_new_commands_of_the_simulated_cloud_are_given_what_is_known_of_them() -> None:
    known = [Definition.from_json(one) for one in definitions.simulated("restart-service", ["service", "wait_seconds"])]

    service, wait = known
    assert (service.is_required, wait.default, wait.is_required) == (True, "30", False)
    assert definitions.matches(service.pattern, "nginx@1.service")
    assert not definitions.matches(service.pattern, "nginx; reboot")
    assert definitions.simulated("restart-service", ["unit"]) == []


def test_a_pattern_that_cannot_be_read_is_objected_to_in_a_word() -> None:
    assert definitions.objection_to("[a-z]+") == ""
    assert "missing ]" in definitions.objection_to("[a-z")


def test_what_is_known_of_the_simulated_commands_holds_together() -> None:
    """A default is one that may be sent, and one command shows what a secret is."""
    every = [one for parameters in definitions.SIMULATED.values() for one in parameters.values()]

    for one in every:
        default = one.get("default", "")
        assert not default or default in one.get("allowed", [default])
        assert not default or not one.get("pattern") or definitions.matches(one["pattern"], default)
    assert any(one.get("is_secret") for one in every)
