"""What a PowerShell script can destroy. Names ignore case, aliases are known, parameters may be shortened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from commands.dangers import windows
from commands.dangers.danger import Danger
from commands.dangers.shell_words import UNKNOWN
from commands.dangers.windows import Found

_TOKEN = re.compile(
    r"""
    (?P<newline>\n)
  | (?P<gap>[ \t\r]+ | `\r?\n)
  | (?P<note><\#.*?(?:\#>|\Z))
  | (?P<here>@'[ \t\r]{0,9}\n.*?(?:\n[ \t]{0,99}'@|\Z) | @"[ \t\r]{0,9}\n.*?(?:\n[ \t]{0,99}"@|\Z))
  | (?P<single>'(?:[^']|'')*')
  | (?P<double>"(?:[^"`]|`.|"")*")
  | (?P<braces>\{\{[^{}]{0,200}\}\})
  | (?P<variable>\$\{[^}\n]{0,200}\} | \$[\w:?^$]+(?:\.\w+)*)
  | (?P<pipe>\|(?!\|))
  | (?P<open>\$?\( | @\()
  | (?P<cut>\|\| | && | [;{}()=,])
  | (?P<escape>`.)
  | (?P<plain>[^\s'"`$|;{}()=,\#@<]+ | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_ALIASES = {
    **dict.fromkeys(("rm", "ri", "del", "erase", "rd", "rmdir"), "remove-item"),
    **dict.fromkeys(("gci", "dir", "ls"), "get-childitem"),
    "iex": "invoke-expression",
    "clc": "clear-content",
    "spsv": "stop-service",
    "clear-item": "remove-item",
    "spps": "stop-process",
    "kill": "stop-process",
}
_DOWNLOAD = re.compile(
    r"\b(?:iwr|irm|curl|wget|invoke-webrequest|invoke-restmethod|start-bitstransfer)\b|downloadstring|downloaddata",
    re.IGNORECASE,
)
_DATABASE = re.compile(r"\bdrop\s+database\b", re.IGNORECASE)
_FORK_BOMB = re.compile(r"while\s{0,9}\(\s{0,9}(?:\$true|1)\s{0,9}\)\s{0,9}\{\s{0,9}start-process", re.IGNORECASE)
_ASSIGNED = re.compile(r"\$(?:script:|global:|local:)?(\w+)\s*(?:[+\-]?=(?!=)|in\b|,)", re.IGNORECASE)
_PARAMETERS = re.compile(r"\bparam\s{0,9}\(")
_LITERAL = re.compile(r"\$(\w+)\s*=\s*(?:'([^'\n]*)'|\"([^\"$`\n]*)\")\s*(?=[;\r\n]|$)")
_IN_QUOTES = re.compile(r"\$\(|\$\{?[\w:]+\}?|\{\{[^{}]{0,200}\}\}")
_LONGEST_PIPE = 2_000  # characters remembered of what feeds a command
_REGISTRY_DEPTH = 2  # keys below HKLM:\SOFTWARE\… belong to one product


@dataclass(slots=True)
class Statement:
    """One command of a pipe: its words with quotes taken off, and what stands before it in the pipe."""

    line: int
    words: list[str] = field(default_factory=list)
    emptied: dict[str, str] = field(default_factory=dict)  # word -> the variable in it that nobody has set
    fed_by: str = ""
    inner: str = ""  # what its parentheses hold

    @property
    def name(self) -> str:
        words = [word for word in self.words if word not in ("&", ".")]
        name = words[0].lower().removesuffix(".exe") if words else ""
        return _ALIASES.get(name, name)

    @property
    def arguments(self) -> list[str]:
        return [word for word in self.words if word not in ("&", ".")][1:]

    def has(self, parameter: str) -> bool:
        """Whether a switch is given, `-r` for `-Recurse`, too."""
        given = [word.lower() for word in self.arguments if word.startswith("-")]
        return any(len(word) > 1 and f"-{parameter}".startswith(word.split(":")[0]) for word in given)


def dangers_in(content: str) -> list[Danger]:
    found = [danger for statement in _Reader(content).run() for danger in _of_statement(statement)]
    for bomb in _FORK_BOMB.finditer(content):
        found.append(Danger(content.count("\n", 0, bomb.start()) + 1, "fork-bomb"))
    return found


def _of_statement(statement: Statement) -> Iterator[Danger]:
    for found in _found(statement):
        yield Danger(statement.line, *found)


def _found(statement: Statement) -> Found:
    if rule := _RULES.get(statement.name):
        yield from rule(statement)
    elif statement.words[:1] != ["sc"]:  # which is Set-Content
        yield from windows.of_program(statement.name, statement.arguments)
    if _DATABASE.search(" ".join(statement.words)):
        yield "database", "", ""


# Reading


class _Reader:
    """One pass over a script."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.variables = _variables(content)
        self.done: list[Statement] = []
        self.line = 1
        self.current = Statement(1)
        self.word: str | None = None
        self.emptied = ""  # the variable in the word that nobody has set
        self.stack: list[tuple[Statement, int]] = []  # what parentheses interrupt, and how many were done then

    def run(self) -> list[Statement]:
        at = 0
        while found := _TOKEN.match(self.content, at):
            at = self._take(found.lastgroup or "", found[0], found.end())
        self._end()
        return self.done

    def _take(self, kind: str, piece: str, at: int) -> int:
        """The place to go on from."""
        if kind == "plain" and piece == "#" and self.word is None:
            end = self.content.find("\n", at)
            return len(self.content) if end < 0 else end
        if kind == "newline":
            if self.content[max(0, at - 80) : at - 1].rstrip(" \t\r")[-1:] != "|":
                self._end()
        elif kind in ("gap", "note") or piece == ",":
            self._end_word()
        elif kind == "pipe":
            self._end(is_pipe=True)
        elif kind == "open":
            self._end_word()
            self.stack.append((self.current, len(self.done)))
            self.current = Statement(self.line)
        elif piece == ")" and self.stack:
            self._close()
        elif kind == "cut":
            self._end()
        else:
            self._add(kind, piece)
        self.line += piece.count("\n")
        return at

    def _add(self, kind: str, piece: str) -> None:
        text, unset = piece, ""
        if kind in ("here", "braces"):
            text = UNKNOWN
        elif kind == "single":
            text = piece[1:-1].replace("''", "'")
        elif kind == "double":
            text, unset = _filled(piece[1:-1], self.variables)
            self.current.inner += f" {piece}" if "$(" in piece else ""
        elif kind == "variable":
            text, unset = _value(piece, self.variables)
        elif kind == "escape":
            text = piece[1:]
        self.word, self.emptied = (self.word or "") + text, self.emptied or unset

    def _close(self) -> None:
        self._end()
        outer, first = self.stack.pop()
        outer.inner += " " + " ".join(" ".join(statement.words) for statement in self.done[first:])
        self.current, self.word = outer, UNKNOWN

    def _end_word(self) -> None:
        if self.word is not None:
            if not self.current.words:
                self.current.line = self.line
            self.current.words.append(self.word)
            if self.emptied:
                self.current.emptied[self.word] = self.emptied
        self.word, self.emptied = None, ""

    def _end(self, *, is_pipe: bool = False) -> None:
        self._end_word()
        ended = self.current
        if ended.words:
            self.done.append(ended)
        before = f"{ended.fed_by} {' '.join(ended.words)} {ended.inner}" if is_pipe else ""
        self.current = Statement(self.line, fed_by=before[-_LONGEST_PIPE:])


def _variables(content: str) -> dict[str, str]:
    """Name -> plain text it is set to, or UNKNOWN."""
    names = {found[1].lower(): UNKNOWN for found in _ASSIGNED.finditer(content)}
    if _PARAMETERS.search(content):
        names[""] = UNKNOWN  # a function's parameters are set by whoever calls it
    for found in _LITERAL.finditer(content):
        names[found[1].lower()] = found[2] if found[2] is not None else found[3]
    return names


def _value(written: str, variables: dict[str, str]) -> tuple[str, str]:
    """What a variable holds, and its name where that is nothing because nobody has set it."""
    name = written.strip("${}").lower()
    if name.startswith("env:"):
        name = name.removeprefix("env:")
        return windows.ENVIRONMENT.get(name, UNKNOWN), ""
    if name in variables:
        return variables[name], "" if variables[name] else written
    is_automatic = not re.fullmatch(r"[a-z]\w*", name) or name in _AUTOMATIC or "" in variables
    return (UNKNOWN, "") if is_automatic else ("", written)


_AUTOMATIC = {"true", "false", "null", "home", "pshome", "psscriptroot", "pwd", "args", "input", "this", "matches"}
_AUTOMATIC |= {"host", "profile", "error", "lastexitcode", "psversiontable", "pscommandpath", "myinvocation", "pid"}


def _filled(text: str, variables: dict[str, str]) -> tuple[str, str]:
    unset = ""

    def value(found: re.Match[str]) -> str:
        nonlocal unset
        if not found[0].startswith("$") or found[0] == "$(":
            return UNKNOWN
        held, name = _value(found[0], variables)
        unset = unset or name
        return held

    return _IN_QUOTES.sub(value, text), unset


# Rules


def _remove_item(statement: Statement) -> Found:
    keys = [word for word in statement.arguments if windows.is_of_the_machine(word)]
    if any(key.strip("\\").count("\\") <= _REGISTRY_DEPTH for key in keys):
        yield "registry", "", ""
    if not statement.has("recurse"):
        if any("ConsoleHost_history" in word for word in statement.arguments):
            yield "traces", "", ""
        return
    for word in statement.arguments:
        if where := windows.folder(word):
            yield (
                ("remove-unset", where, statement.emptied[word]) if word in statement.emptied else ("remove", where, "")
            )
    if _lists_all(statement.fed_by):
        yield "remove", _lists_all(statement.fed_by), ""


def _lists_all(fed_by: str) -> str:
    """The folder of Windows that is listed without a filter before the pipe goes on."""
    words = fed_by.split()
    names = {_ALIASES.get(word.lower(), word.lower()) for word in words}
    if "get-childitem" not in names or {"-filter", "-include", "where-object", "?", "where"} & names:
        return ""
    return next((where for word in words if (where := windows.folder(word))), "")


def _always(code: str) -> Callable[[Statement], Found]:
    def rule(_statement: Statement) -> Found:
        yield code, "", ""

    return rule


def _power(statement: Statement) -> Found:
    if not statement.has("whatif"):
        yield "power", "", ""


def _invoke(statement: Statement) -> Found:
    if _DOWNLOAD.search(f"{statement.fed_by} {statement.inner} {' '.join(statement.arguments)}"):
        yield "download", "", ""


def _firewall(statement: Statement) -> Found:
    if statement.has("enabled") and any(
        word.lower() in ("false", "$false", UNKNOWN, "0") for word in statement.arguments
    ):
        yield "firewall", "", ""


def _services(statement: Statement) -> Found:
    if statement.name == "set-service" and "disabled" not in [word.lower() for word in statement.arguments]:
        return
    for word in statement.arguments:
        yield from windows.of_service(word)


def _process(statement: Statement) -> Found:
    if "*" in statement.arguments:
        yield "kill-all", "", ""


def _content(statement: Statement) -> Found:
    if any("ConsoleHost_history" in word for word in statement.arguments):
        yield "traces", "", ""


def _protection(statement: Statement) -> Found:
    if statement.has("disablerealtimemonitoring") and "0" not in statement.arguments:
        yield "protection", "", ""


def _user(statement: Statement) -> Found:
    if "administrator" in [word.lower() for word in statement.arguments]:
        yield "root-password", "", ""


_RULES: dict[str, Callable[[Statement], Found]] = {
    "remove-item": _remove_item,
    "clear-content": _content,
    "format-volume": _always("format"),
    "clear-disk": _always("format"),
    "initialize-disk": _always("format"),
    "remove-partition": _always("format"),
    "reset-physicaldisk": _always("format"),
    "stop-computer": _power,
    "restart-computer": _power,
    "invoke-expression": _invoke,
    "set-netfirewallprofile": _firewall,
    "disable-netadapter": _always("lock-out"),
    "stop-service": _services,
    "set-service": _services,
    "remove-service": _services,
    "remove-localuser": _always("account"),
    "disable-localuser": _user,
    "set-localuser": _user,
    "clear-eventlog": _always("traces"),
    "remove-eventlog": _always("traces"),
    "stop-process": _process,
    "set-mppreference": _protection,
}
