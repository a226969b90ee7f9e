"""What the cloud, or the console, would not take of a command, each as one sentence at its field. Pure.

The form of the editor, the import and the copies to other regions ask here, so that a limit stands in one place. The
numbers are those of `cloud.limits`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import plain_input
from cloud import limits
from commands import definitions
from commands.highlighting import INVISIBLE
from commands.models import CommandType
from commands.parameters import is_name, names_in, size_after_base64, unfit_names_in

if TYPE_CHECKING:
    from commands.definitions import Definition
    from commands.saving import Edition

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # a script may hold any other character
_NOTHING = re.compile("[\ufeff\\s]*")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_FOREIGN_KEY = re.compile("aliyun|acs:", re.IGNORECASE)
_WEB_ADDRESS = re.compile("https?://", re.IGNORECASE)
_RESERVED_KEY = re.compile("console-", re.IGNORECASE)  # of the tags that runs carry
_SHOWN = 40  # characters of what somebody typed, in a sentence about it


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a command from being saved.

    `field` is that of an `Edition`: name, type, content, description, working_dir, timeout, launcher, tags; or of a
    parameter: parameters (all of them), parameter-name, -description, -default, -allowed, -pattern.
    """

    field: str
    code: str
    sentence: str
    of: str = ""  # the parameter's name or the tag's key as it was given


def problems_of(edition: Edition) -> list[Problem]:
    """Everything that is wrong with it, in the order of the form. The name's last word is the cloud's."""
    return [
        *_of_name(edition.name),
        *_of_type(edition.type),
        *_of_content(edition.content),
        *_of_names_in_content(edition),
        *_of_number_of_parameters(edition),
        *_of_definitions(edition.definitions),
        *_of_description(edition.description),
        *_of_working_dir(edition.working_dir),
        *_of_timeout(edition.timeout),
        *_of_launcher(edition.launcher),
        *of_tags(list(edition.tags.items())),
    ]


def _of_name(name: str) -> Iterator[Problem]:
    if not 1 <= len(name.strip()) <= limits.NAME_CHARACTERS:
        yield Problem("name", "name", _("Enter a name of 1 to 128 characters."))
    yield from _unusable("name", name)


def _of_type(command_type: str) -> Iterator[Problem]:
    if command_type not in CommandType.values:
        yield Problem("type", "type", _("Choose Shell, PowerShell or Bat."))


def _of_content(content: str) -> Iterator[Problem]:
    if _NOTHING.fullmatch(content):
        yield Problem("content", "empty", _("Enter the command content."))
    elif found := UNSTORABLE.search(content):
        params = {"code": f"{ord(found[0]):04X}", "line": content.count("\n", 0, found.start()) + 1}
        sentence = _("The content has a character that cannot be used: U+%(code)s in line %(line)d.")
        yield Problem("content", "unusable", sentence % params)
    elif (size := size_after_base64(content)) > limits.content_bytes():
        sentence = _("The content is %(n)s bytes after Base64. The limit is %(max)s.")
        sentence %= {"n": f"{size:,}", "max": f"{limits.content_bytes():,}"}
        yield Problem("content", "too-large", sentence)


# Parameters


def _of_names_in_content(edition: Edition) -> Iterator[Problem]:
    """With the switch off, what is in braces is text."""
    if not edition.enable_parameter:
        return
    for name in unfit_names_in(edition.content):
        yield Problem("content", "parameter-name", _name_rule(name), name)


def _of_number_of_parameters(edition: Edition) -> Iterator[Problem]:
    """Told once, though names in the content are mostly defined, too."""
    used = names_in(edition.content) if edition.enable_parameter else []
    if (number := max(len(used), len(edition.definitions))) > limits.PARAMETERS:
        sentence = _("A command can have at most 20 parameters. This one has %(n)d.") % {"n": number}
        yield Problem("parameters", "too-many", sentence)


def _of_definitions(given: Sequence[Definition]) -> Iterator[Problem]:
    times = Counter(definition.name.lower() for definition in given)
    for definition in given:
        if times[definition.name.lower()] > 1:
            sentence = _("The parameter %(name)s is there twice; capital and small letters are the same.")
            yield Problem("parameter-name", "twice", sentence % {"name": _shown(definition.name)}, definition.name)
        yield from _of_definition(definition)


def _of_definition(definition: Definition) -> Iterator[Problem]:
    name = definition.name
    if not is_name(name):
        yield Problem("parameter-name", "parameter-name", _name_rule(name), name)
    if len(definition.description) > limits.DESCRIPTION_CHARACTERS:
        yield Problem("parameter-description", "too-long", _description_rule(), name)
    texts = [
        ("parameter-description", definition.description),
        ("parameter-default", definition.default),
        *(("parameter-allowed", value) for value in definition.allowed),
        ("parameter-pattern", definition.pattern),
    ]
    odd = [problem for field, text in texts for problem in _unusable(field, text, of=name, is_multiline=True)]
    yield from odd or _of_rules(definition)


def _of_rules(definition: Definition) -> Iterator[Problem]:
    name, default = definition.name, definition.default
    params = {"name": _shown(name)}
    if definition.allowed and definition.pattern:
        sentence = _("%(name)s can have allowed values or a pattern, not both.") % params
        yield Problem("parameter-allowed", "two-rules", sentence, name)
    if why := definition.pattern and definitions.objection_to(definition.pattern):
        sentence = _("The pattern of %(name)s can’t be read: %(why)s.") % {**params, "why": why.rstrip(".")}
        yield Problem("parameter-pattern", "pattern", sentence, name)
    elif default and definition.is_secret:
        sentence = _("%(name)s is a secret, and a secret has no default.") % params
        yield Problem("parameter-default", "secret-default", sentence, name)
    elif default and definition.allowed and default not in definition.allowed:
        sentence = _("The default of %(name)s must be one of the allowed values: %(values)s.")
        sentence %= {**params, "values": ", ".join(_shown(value) for value in definition.allowed)}
        yield Problem("parameter-default", "default", sentence, name)
    elif default and definition.pattern and not definitions.matches(definition.pattern, default):
        sentence = _("The default of %(name)s does not fit its pattern.") % params
        yield Problem("parameter-default", "default", sentence, name)


def _name_rule(name: str) -> str:
    sentence = _("A parameter name may have letters, digits, - and _, at most 64 characters. “%(name)s” does not.")
    return sentence % {"name": _shown(name)}


# The other fields


def _of_description(description: str) -> Iterator[Problem]:
    if len(description) > limits.DESCRIPTION_CHARACTERS:
        yield Problem("description", "too-long", _description_rule())
    yield from _unusable("description", description, is_multiline=True)


def _description_rule() -> str:
    return _("A description can have at most 512 characters.")


def _of_working_dir(working_dir: str) -> Iterator[Problem]:
    if len(working_dir) > limits.WORKING_DIR_CHARACTERS:
        yield Problem("working_dir", "too-long", _("The execution path can have at most 200 characters."))
    yield from _unusable("working_dir", working_dir)


def _of_timeout(timeout: int) -> Iterator[Problem]:
    """Seconds."""
    if not limits.TIMEOUT_MIN <= timeout <= limits.timeout_max():
        sentence = _("The timeout must be a whole number of seconds from %(min)s to %(max)s.")
        yield Problem("timeout", "timeout", sentence % {"min": limits.TIMEOUT_MIN, "max": limits.timeout_max()})


def _of_launcher(launcher: str) -> Iterator[Problem]:
    if odd := list(_unusable("launcher", launcher)):
        yield from odd
    elif len(launcher.encode()) > limits.LAUNCHER_BYTES:
        yield Problem("launcher", "too-long", _("The launcher can have at most 1,024 bytes."))


def of_tags(pairs: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    """`pairs` as they were given, so that a key may be there twice."""
    if len(pairs) > limits.TAGS:
        sentence = _("A command can have at most 20 tags. This one has %(n)d.") % {"n": len(pairs)}
        yield Problem("tags", "too-many", sentence)
    times = Counter(key for key, _value in pairs)
    for key in (key for key, count in times.items() if count > 1):
        yield Problem("tags", "twice", _("The tag %(key)s is there twice.") % {"key": _shown(key)}, key)
    for key, value in pairs:
        yield from _of_tag(key, value)


def _of_tag(key: str, value: str) -> Iterator[Problem]:
    odd = [*_unusable("tags", key, of=key), *_unusable("tags", value, of=key)]
    if odd:
        yield from odd
    elif not 1 <= len(key.strip()) <= limits.TAG_KEY_CHARACTERS or _FOREIGN_KEY.match(key):
        sentence = _("A tag key has 1 to 64 characters and can’t start with aliyun or acs:.")
        yield Problem("tags", "tag-key", sentence, key)
    elif _RESERVED_KEY.match(key):
        yield Problem("tags", "tag-reserved", _("Tags that start with console- are the console’s own."), key)
    elif found := _INVISIBLE.search(key):
        sentence = _("The tag key %(key)s has a character that cannot be seen: U+%(code)s.")
        sentence %= {"key": _shown(key), "code": f"{ord(found[0]):04X}"}
        yield Problem("tags", "tag-key", sentence, key)
    elif len(value) > limits.TAG_VALUE_CHARACTERS:
        sentence = _("The value of a tag can have at most 128 characters; that of %(key)s has %(n)d.")
        yield Problem("tags", "tag-value", sentence % {"key": _shown(key), "n": len(value)}, key)
    elif _WEB_ADDRESS.search(key) or _WEB_ADDRESS.search(value):
        yield Problem("tags", "tag-address", _("A tag can’t hold http:// or https://."), key)


# Characters


def _unusable(field: str, text: str, *, of: str = "", is_multiline: bool = False) -> Iterator[Problem]:
    try:
        plain_input.check(text, is_multiline=is_multiline)
    except ValidationError as error:
        yield Problem(field, "unusable", " ".join(error.messages), of)


def _shown(text: str) -> str:
    text = plain_input.visible(text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
