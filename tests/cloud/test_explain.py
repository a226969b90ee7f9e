"""Every code and every sentence, in both languages."""

import string
from pathlib import Path

import pytest
from django.utils import translation

from cloud import codes, errors
from cloud.explain import Explanation, explain, explain_error, explain_target, sentence
from cloud.explanations import Entry
from cloud.explanations.calls import ASSISTANT, COMMON, GATEWAY
from cloud.explanations.sentences import SENTENCES
from cloud.explanations.targets import CONSOLE, TARGETS

ALL = COMMON + ASSISTANT + GATEWAY + TARGETS + CONSOLE


@pytest.mark.parametrize("tables", [COMMON + ASSISTANT + GATEWAY, TARGETS + CONSOLE])
def test_no_code_stands_twice(tables):
    named = [code for entry in tables for code in entry.codes]

    assert len(named) == len(set(named))


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.codes[0])
def test_every_code_says_what_it_means_and_what_to_do(entry: Entry):
    assert str(entry.what).endswith((".", "}"))
    assert str(entry.fix).endswith(".")


@pytest.mark.parametrize(
    "names",
    [
        codes.BAD_CREDENTIALS,
        codes.LACKS_RAM_ACTION,
        codes.LACKS_PASSWORD_ACCESS,
        codes.QUOTA_EXCEEDED,
        codes.UNFIT_TARGET,
        codes.TOO_MANY_TARGETS,
        codes.GONE,
        codes.DOUBTFUL,
        codes.TOKEN_MISMATCH,
    ],
)
def test_what_the_gateway_sorts_it_also_explains(names):
    described = {code.partition(".")[0] for entry in COMMON + ASSISTANT for code in entry.codes}

    assert not [name for name in names if not explain(name).meaning and name.partition(".")[0] not in described]


def test_every_code_of_our_own_is_explained(repository: Path):
    source = (repository / "cloud" / "classify.py").read_text() + (repository / "cloud" / "gate.py").read_text()
    ours = {code for entry in GATEWAY for code in entry.codes}

    assert {code for code in ours if f'"{code}"' not in source} == {"CredentialsNotFound", "PagingWithoutEnd"}


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("Invocation.ExceedQuota", "Today’s number of runs in this region is used up."),
        ("Throttling.Anything", "Too many calls of this operation from the whole account."),
        ("InvalidParameter.WorkingDir", "Working directory malformed or too long (200)."),
        ("InvalidParameter.Whatever", "A parameter is missing or malformed."),
        ("InvalidAccountStatus.NotEnoughBalance", "The account is not verified or in arrears."),
        ("Never.HeardOf", ""),
        ("", ""),
    ],
)
def test_a_code_is_explained_by_the_longest_name_that_fits(code, meaning):
    assert explain(code).meaning == meaning


def test_an_error_is_explained_by_its_code():
    error = errors.QuotaExceeded("Invocation.ExceedQuota", "Quota.")

    assert explain_error(error) == explain("Invocation.ExceedQuota")


def test_an_error_with_an_unknown_code_is_explained_by_its_kind_and_the_clouds_words():
    error = errors.Rejected("Never.HeardOf", "The moon is full.")

    assert explain_error(error) == Explanation(
        meaning=errors.Rejected.cause, cause="The moon is full.", fix=errors.Rejected.fix
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"code": "ExitCodeNonzero", "exit_code": 127}, "The command ended with exit code 127."),
        ({"code": "", "exit_code": 5}, "The command ended with exit code 5."),
        ({"code": "ExecutionTimeout", "timeout": 60, "exit_code": 1}, "The command ran longer than 60 s."),
        ({"code": "ExecutionTimeout"}, "The command ran longer than – s."),
        ({"code": "skipped", "reason": "The instance is stopped."}, "Not sent: The instance is stopped."),
        ({"code": "NewCode", "message": "{braces} stay"}, "The cloud reported NewCode."),
        ({"code": "", "exit_code": 0}, ""),
        ({"code": ""}, ""),
    ],
)
def test_a_target_is_explained_with_its_own_values(given, expected):
    assert explain_target(**given).meaning == expected


def test_a_target_names_user_path_password_and_region():
    assert "Create the user deploy," in explain_target("AccountNotExists", user="deploy").fix
    assert "Create /srv/app," in explain_target("DirectoryNotExists", path="/srv/app").fix
    role = explain_target("InstanceRoleInvalid", password_name="win-pw", region="cn-hangzhou")
    assert ("win-pw" in role.meaning, "cn-hangzhou" in role.fix) == (True, True)


def test_the_clouds_words_about_an_unknown_code_are_not_read_as_a_form():
    assert explain_target("NewCode", message="{code} {0} %s {").cause == "{code} {0} %s {"


def test_a_sentence_without_its_values_shows_a_dash():
    assert sentence("daily-quota", region="cn-hangzhou") == (
        "Today’s quota of – calls in cn-hangzhou is used up. The rest is held and tried again at –."
    )


def every_text() -> list[str]:
    entries = [text for entry in ALL for text in (entry.what, entry.cause, entry.fix)]
    family = [errors.CloudError, *errors.CloudError.__subclasses__(), *errors.Refused.__subclasses__()]
    named = [text for member in family for text in (member.cause, member.fix)]
    return sorted({str(text) for text in [*entries, *SENTENCES.values(), *named] if str(text)})


@pytest.mark.parametrize("text", every_text())
def test_every_text_has_its_chinese_with_the_same_values_in_it(text):
    with translation.override("zh-hans"):
        chinese = translation.gettext(text)

    assert chinese != text
    assert fields(chinese) == fields(text)


def fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}
