"""What keeps a command from being saved: each limit at its edge, each rule by its code."""

import pytest

from cloud import limits
from commands.checking import of_tags, problems_of
from commands.definitions import Definition
from commands.saving import Edition


def edition(**columns) -> Edition:
    return Edition(**{"name": "restart-service", "type": "RunShellScript", "content": "uptime"} | columns)


def codes(**columns) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in problems_of(edition(**columns))]


def with_parameter(**columns) -> list[tuple[str, str]]:
    return codes(content="{{p}}", enable_parameter=True, definitions=[Definition(**{"name": "p"} | columns)])


def test_an_ordinary_command_has_no_problem():
    everything = edition(
        content="systemctl restart {{service}}\n",
        description="Restarts\nit",
        working_dir="/root",
        timeout=600,
        enable_parameter=True,
        launcher='bash -e {{ACS::ScriptFileName|Ext(".sh")}}',
        tags={"env": "prod", "空": "", "note": "a b"},
        definitions=[Definition("service", default="nginx", pattern="[a-z]+"), Definition("wait", allowed=("5", "10"))],
    )

    assert problems_of(everything) == []


@pytest.mark.parametrize(
    ("column", "most", "expected"),
    [
        ("name", "n" * 128, ("name", "name")),
        ("name", "🚀" * 128, ("name", "name")),
        ("description", "d" * 512, ("description", "too-long")),
        ("working_dir", "w" * 200, ("working_dir", "too-long")),
        ("launcher", "é" * 512, ("launcher", "too-long")),
    ],
)
def test_B50_a_text_may_be_as_long_as_the_cloud_takes_it_and_no_longer(column, most, expected):
    assert codes(**{column: most}) == []
    assert codes(**{column: most + "x"}) == [expected]


@pytest.mark.parametrize("name", ["a/b", "🚀", "=1+1", "重启"])
def test_B50_a_name_may_be_in_any_script(name):
    assert codes(name=name) == []


@pytest.mark.parametrize("name", ["", "   ", "\t"])
def test_B09_a_name_of_spaces_is_no_name(name):
    assert codes(name=name) == [("name", "name")]


@pytest.mark.parametrize(
    ("column", "field"), [("name", "name"), ("description", "description"), ("working_dir", "working_dir")]
)
def test_B06_what_nobody_types_is_named_with_its_place(column, field):
    (problem,) = problems_of(edition(**{column: "abc\x00"}))

    assert (problem.field, problem.code) == (field, "unusable")
    assert "U+0000 at position 4" in problem.sentence


def test_B52_a_type_is_one_of_three():
    assert codes(type="RunPythonScript") == [("type", "type")]


@pytest.mark.parametrize("timeout", [9, 86401, 0, -1, 10**400])
def test_a_timeout_out_of_bounds_is_refused(timeout):
    assert codes(timeout=timeout) == [("timeout", "timeout")]


@pytest.mark.parametrize("timeout", [10, 86400])
def test_a_timeout_at_its_bounds_is_taken(timeout):
    assert codes(timeout=timeout) == []


def test_B45_a_content_may_be_as_long_as_the_limit_after_base64_and_no_longer():
    most = limits.content_bytes() // 4 * 3

    assert codes(content="x" * (most - 1)) == codes(content="x" * most) == []
    (problem,) = problems_of(edition(content="x" * (most + 1)))
    assert problem.sentence == "The content is 24,580 bytes after Base64. The limit is 24,576."


@pytest.mark.parametrize("content", ["", "\ufeff", " \n\t\r\n"])
def test_B45_a_content_of_nothing_is_empty(content):
    assert codes(content=content) == [("content", "empty")]


def test_B45_comments_alone_are_a_script():
    assert codes(content="# nothing yet") == []


@pytest.mark.parametrize(("content", "place"), [("a\nb\x00", "U+0000 in line 2"), ("\ud800", "U+D800 in line 1")])
def test_a_content_that_no_database_keeps_is_refused_at_its_line(content, place):
    (problem,) = problems_of(edition(content=content))

    assert (problem.code, place in problem.sentence) == ("unusable", True)


@pytest.mark.parametrize("content", ["\x1b[1m", "a\r\nb\rc\n", "\ufeffx", "x\x85", "x\u202e"])
def test_a_content_may_hold_every_other_character(content):
    assert codes(content=content) == []


# Parameters


@pytest.mark.parametrize("name", ["acs::x", "a b", "a.b", "ä", "n" * 65, "", "a:b"])
def test_B44_a_parameter_has_a_name_as_the_cloud_takes_it(name):
    assert ("parameter-name", "parameter-name") in codes(definitions=[Definition(name)])


@pytest.mark.parametrize("braces", ["{{a b}}", "{{ä}}", "{{}}", "{{" + "n" * 65 + "}}", "{{a.b}}"])
def test_B44_the_same_holds_for_what_stands_in_braces(braces):
    assert codes(content=f"echo {braces}", enable_parameter=True) == [("content", "parameter-name")]
    assert codes(content=f"echo {braces}", enable_parameter=False) == []


@pytest.mark.parametrize("braces", ["{{ ACS :: InstanceId }}", "{{oos:x}}", "{{oos-secret:x}}", "{{ a\n}}", "{{{a}}}"])
def test_B49_what_the_cloud_fills_in_itself_is_no_odd_name(braces):
    assert codes(content=braces, enable_parameter=True) == []


def test_B37_two_names_that_differ_in_case_only_are_one_parameter():
    assert codes(definitions=[Definition("a"), Definition("A")]) == [("parameter-name", "twice")] * 2
    assert codes(content="{{a}}{{A}}", enable_parameter=True) == []


def test_B37_a_command_has_at_most_20_parameters():
    names = [f"p{n}" for n in range(21)]

    assert codes(content="".join(f"{{{{{name}}}}}" for name in names[:20]), enable_parameter=True) == []
    (problem,) = problems_of(edition(content="".join(f"{{{{{name}}}}}" for name in names), enable_parameter=True))
    assert problem.sentence == "A command can have at most 20 parameters. This one has 21."
    definitions = [Definition(name) for name in names]
    assert codes(definitions=definitions) == [("parameters", "too-many")]
    both = codes(content="".join(f"{{{{{name}}}}}" for name in names), enable_parameter=True, definitions=definitions)
    assert both == [("parameters", "too-many")]


@pytest.mark.parametrize("pattern", ["(", "(?<=a)b", r"(a)\1", "((((.{1000}){1000}){1000})"])
def test_a_pattern_that_cannot_be_read_is_refused(pattern):
    assert with_parameter(pattern=pattern) == [("parameter-pattern", "pattern")]


def test_a_default_fits_the_rule_of_its_parameter():
    assert with_parameter(pattern="[a-z]+", default="nginx") == []
    assert with_parameter(pattern="[a-z]+", default="nginx;") == [("parameter-default", "default")]
    assert with_parameter(allowed=("5", "10"), default="5") == []
    assert with_parameter(allowed=("5", "10"), default="7") == [("parameter-default", "default")]


def test_a_secret_has_no_default():
    assert with_parameter(is_secret=True, default="hunter2") == [("parameter-default", "secret-default")]


def test_the_sentence_about_a_secret_does_not_hold_its_default():
    (problem,) = problems_of(edition(definitions=[Definition("p", is_secret=True, default="hunter2")]))

    assert "hunter2" not in problem.sentence


def test_allowed_values_and_a_pattern_are_two_rules_too_many():
    assert with_parameter(allowed=("5",), pattern="5") == [("parameter-allowed", "two-rules")]


def test_what_nobody_types_is_refused_in_a_parameter_before_its_rules_are_read():
    assert with_parameter(pattern="\ud800") == [("parameter-pattern", "unusable")]
    assert with_parameter(default="\x00", allowed=("a", "\x00")) == [
        ("parameter-default", "unusable"),
        ("parameter-allowed", "unusable"),
    ]


# Tags


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("", "", "tag-key"),
        ("k" * 65, "", "tag-key"),
        ("aliyun-x", "", "tag-key"),
        ("Aliyun", "", "tag-key"),
        ("acs:x", "", "tag-key"),
        ("see http://x", "", "tag-address"),
        ("see", "HTTPS://x", "tag-address"),
        ("k", "v" * 129, "tag-value"),
        ("console-run", "1", "tag-reserved"),
        ("e\u200bnv", "prod", "tag-key"),
        ("env\n", "prod", "unusable"),
    ],
)
def test_B51_a_tag_keeps_to_the_rules(key, value, code):
    assert codes(tags={key: value}) == [("tags", code)]


def test_B51_a_tag_at_its_limits_is_taken():
    assert codes(tags={"k" * 64: "v" * 128, "acs": "x", "http": "//"}) == []


def test_B51_a_command_has_at_most_20_tags():
    assert codes(tags={f"k{n}": "" for n in range(20)}) == []
    assert codes(tags={f"k{n}": "" for n in range(21)}) == [("tags", "too-many")]


def test_B51_a_key_is_there_once():
    assert [problem.code for problem in of_tags([("env", "a"), ("env", "b")])] == ["twice"]
