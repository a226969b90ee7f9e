"""
Custom parameters: `{{ name }}` in a script whose command has EnableParameter (help page "Custom parameters").

Names ignore case and the spaces inside the braces. What is filled in is text: nothing is quoted. `{{ACS::…}}`,
`{{oos:…}}` and `{{oos-secret:…}}` are none of them: the service fills in region and account, the agent the rest.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.errors import ApiError
from simulator.limits import CONTENT_BYTES, PARAMETER_NAME_BYTES, PARAMETER_NAMES, PARAMETERS_PASSED
from simulator.records import Command, Invocation

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NOT_OURS = re.compile(r"\s*(acs\s*::|oos(-secret)?\s*:)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def names_in(content: str) -> list[str]:
    """The custom parameters of a script in order of appearance. Raises ApiError: a bad name, or too many."""
    names: dict[str, str] = {}
    for inner in _BRACES.findall(content):
        if _NOT_OURS.match(inner):
            continue
        name = inner.strip()
        _check_name(name)
        names.setdefault(name.lower(), name)
    if len(names) > PARAMETER_NAMES:
        raise ApiError("CmdParamCount.ExceedLimit")
    return list(names.values())


def _check_name(name: str) -> None:
    if not name:
        raise ApiError("CmdParam.EmptyKey")
    if not _NAME.fullmatch(name):
        raise ApiError("CmdParam.InvalidParamName")
    if len(name) > PARAMETER_NAME_BYTES:
        raise ApiError("CmdParamName.ExceedLimit")


def passed(text: str) -> dict[str, str]:
    """The `Parameters` of a call, a JSON object of texts, checked by themselves."""
    if not text:
        return {}
    try:
        pairs = json.loads(text, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        raise ApiError("InvalidParameter.Parameters") from None
    if not isinstance(pairs, _Pairs):
        raise ApiError("InvalidParameter.Parameters")
    return _checked(pairs)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys as given, twice the same included."""


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    return _Pairs(pairs)


def _checked(pairs: Sequence[tuple[str, Any]]) -> dict[str, str]:
    if len(pairs) > PARAMETERS_PASSED:
        raise ApiError("ParameterCount.ExceedLimit")
    if len({name.lower() for name, _ in pairs}) < len(pairs):
        raise ApiError("ParameterKey.Duplicate")
    for name, value in pairs:
        if len(name.encode()) > PARAMETER_NAME_BYTES:
            raise ApiError("ParameterKey.ExceedLimit")
        if not isinstance(value, str):
            raise ApiError("ParameterType.NotSupported")
        if _CONTROL.search(value):
            raise ApiError("InvalidParameterCharset.Parameters")
    return dict(pairs)


def defaults_of(command: Command) -> dict[str, str]:
    """Values that a public command has for parameters nobody passes."""
    return {
        definition["ParameterName"]: definition["DefaultValue"]
        for definition in command.definitions
        if not definition["Required"] or definition["DefaultValue"]
    }


def check_against(command: Command, values: Mapping[str, str]) -> None:
    """Raise ApiError unless the values are those the command asks for: none unknown, none missing."""
    if not command.enable_parameter:
        if values:
            raise ApiError("Parameter.Disabled")
        return
    wanted = {name.lower() for name in names_in(command.content)}
    given = {name.lower() for name in values}
    if not given <= wanted:
        raise ApiError("Parameter.NotMatched")
    if wanted - given - {name.lower() for name in defaults_of(command)}:
        raise ApiError("Parameter.MissingValue")
    _check_definitions(command, values)


def _check_definitions(command: Command, values: Mapping[str, str]) -> None:
    given = {name.lower(): value for name, value in values.items()}
    for definition in command.definitions:
        value = given.get(definition["ParameterName"].lower())
        choices = definition["PossibleValues"]["PossibleValue"]
        if not value:
            if value == "" and definition["Required"]:
                raise ApiError("Parameter.MissingValue")
            continue
        pattern = definition["PatternRegex"]
        if (choices and value not in choices) or (pattern and not re.fullmatch(pattern, value)):
            raise ApiError("InvalidParameter.Parameters")


def fill_in(content: str, values: Mapping[str, str], *, region: str, account_id: str) -> str:
    """The script as it goes to the agents."""
    known = {name.lower(): value for name, value in values.items()}
    ours = {"acs::regionid": region, "acs::accountid": account_id}

    def value_of(match: re.Match[str]) -> str:
        if _NOT_OURS.match(match[1]):
            return ours.get(re.sub(r"\s", "", match[1]).lower(), match[0])
        return known.get(match[1].strip().lower(), match[0])

    return _BRACES.sub(value_of, content)


def script_of(invocation: Invocation, account_id: str) -> str:
    """What its agents get, with the parameters of the invocation in it."""
    if not invocation.enable_parameter:
        return invocation.content
    values = {**invocation.defaults, **invocation.parameters}
    return fill_in(invocation.content, values, region=invocation.region, account_id=account_id)


def check_size(content: str) -> None:
    """The limit counts the script with its values, in Base64."""
    if len(base64.b64encode(content.encode())) > CONTENT_BYTES:
        raise ApiError("CmdContent.ExceedLimit")
