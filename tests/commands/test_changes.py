"""What differs between two versions of a command besides its script."""

from commands.changes import changes
from commands.models import CommandType, Version


def version(**columns) -> Version:
    return Version(**{"name": "restart", "type": CommandType.SHELL, "timeout": 60, **columns})


def told(old: Version, new: Version) -> list[tuple[str, str, str, str]]:
    return [(row.what, row.of, row.old, row.new) for row in changes(old, new)]


def test_nothing_is_told_of_what_is_the_same() -> None:
    assert told(version(content="a"), version(content="b")) == []


def test_settings_are_told_in_the_order_of_the_form() -> None:
    new = version(name="reload", working_dir="/srv", timeout=90, enable_parameter=True, description="Reload it")

    assert told(version(), new) == [
        ("Command name", "", "restart", "reload"),
        ("Use parameters", "", "No", "Yes"),
        ("Command description", "", "", "Reload it"),
        ("Execution path", "", "", "/srv"),
        ("Timeout", "", "60 s", "90 s"),
    ]


def test_tags_are_told_one_by_one_but_for_those_of_the_cloud() -> None:
    old = version(tags={"team": "web", "gone": "", "acs:rm:rgId": "rg-1"})
    new = version(tags={"team": "ops", "kind": "service"})

    assert told(old, new) == [
        ("Tag team", "", "team=web", "team=ops"),
        ("Tag gone", "", "gone=", ""),
        ("Tag kind", "", "", "kind=service"),
    ]


def test_what_is_known_of_a_parameter_is_told_column_by_column() -> None:
    old = version(
        enable_parameter=True,
        parameter_names=["wait", "gone"],
        definitions=[{"name": "wait", "default": "10", "allowed": ["5", "10"]}],
    )
    new = version(
        enable_parameter=True,
        parameter_names=["Wait", "key"],
        definitions=[
            {"name": "Wait", "default": "30", "pattern": "[0-9]+"},
            {"name": "key", "is_secret": True, "is_required": True},
        ],
    )

    assert told(old, new) == [
        ("Parameter", "Wait", "wait", "Wait"),
        ("Default", "Wait", "10", "30"),
        ("Allowed", "Wait", "5, 10", "/[0-9]+/"),
        ("Parameter", "gone", "gone", ""),
        ("Parameter", "key", "", "key"),
        ("Required", "key", "No", "Yes"),
        ("Secret", "key", "No", "Yes"),
    ]
