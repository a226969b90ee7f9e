"""
The part of PowerShell's grammar that is understood, read into a tree.

Statements are assignments, if, exit and pipelines; in arguments a bare word is a string.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulator.machines.windows import cmdlets

_TOKEN: Final = re.compile(
    r"""(?P<space>(?:[ \t\r]|`\n|\#[^\n]*)+)
    |(?P<newline>[\n;])
    |(?P<double>"(?:[^"`]|`.|"")*")
    |(?P<single>'(?:[^']|'')*')
    |(?P<variable>\$(?:env:)?\w+|\$\{[^}]*\})
    |(?P<mark>[(){}|,=!])
    |(?P<property>\.[A-Za-z]\w*)
    |(?P<word>[^\s(){}|;,="'$]+)""",
    re.VERBOSE,
)
COMPARISONS: Final = frozenset({"-eq", "-ne", "-gt", "-ge", "-lt", "-le", "-like"})


class NotUnderstood(Exception):
    """What the simulated PowerShell does not know; `line` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what, self.line = what, line


# -- what a script is made of


@dataclass(frozen=True, slots=True)
class Text:
    parts: tuple["str | Expression", ...]


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Property:
    of: "Expression"
    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    left: "Expression"
    operator: str
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Not:
    what: "Expression"


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    arguments: tuple["tuple[str, Expression | None]", ...]  # name of the parameter (or ""), value
    line: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    commands: tuple["Expression", ...]


Expression = Text | Variable | Property | Comparison | Not | Command | Pipeline


@dataclass(frozen=True, slots=True)
class Assignment:
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Expression | None, tuple["Statement", ...]], ...]  # None: else


@dataclass(frozen=True, slots=True)
class Exit:
    code: Expression | None


Statement = Assignment | If | Exit | Expression


# -- reading


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int
    after_space: bool


def _tokens(script: str) -> Iterator[_Token]:
    position, line, after_space = 0, 1, True
    while position < len(script):
        match = _TOKEN.match(script, position)
        if match is None:
            raise NotUnderstood(script[position:].partition("\n")[0], line)
        if match.lastgroup != "space":
            yield _Token(match.lastgroup or "", match[0], line, after_space)
        after_space = match.lastgroup == "space"
        line += match[0].count("\n")
        position = match.end()
    yield _Token("newline", "", line, True)


class _Parser:
    def __init__(self, script: str) -> None:
        self._lines = script.splitlines() or [""]
        self._tokens = list(_tokens(script.replace("\r\n", "\n")))
        self._at = 0

    def statements(self, until: str = "") -> tuple[Statement, ...]:
        found: list[Statement] = []
        while self._at < len(self._tokens):
            if self._next_is("newline"):
                self._at += 1
            elif until and self._takes("mark", until):
                return tuple(found)
            else:
                found.append(self._statement())
        if until:
            self._fail()
        return tuple(found)

    def _statement(self) -> Statement:
        if self._takes("word", "if"):
            return self._if()
        if self._takes("word", "exit"):
            return Exit(None if self._at_end_of_statement() else self._comparison())
        if self._next_is("variable") and self._peek(1).text == "=":
            name = self._take().text
            self._take()
            return Assignment(_variable_name(name), self._pipeline())
        return self._pipeline()

    def _if(self) -> If:
        branches: list[tuple[Expression | None, tuple[Statement, ...]]] = [(self._condition(), self._block())]
        while True:
            before = self._at
            while self._next_is("newline") and self._peek().text == "\n":
                self._at += 1
            if self._takes("word", "elseif"):
                branches.append((self._condition(), self._block()))
            elif self._takes("word", "else"):
                return If((*branches, (None, self._block())))
            else:
                self._at = before
                return If(tuple(branches))

    def _condition(self) -> Expression:
        self._expect("(")
        condition = self._comparison()
        self._expect(")")
        return condition

    def _block(self) -> tuple[Statement, ...]:
        while self._next_is("newline"):
            self._at += 1
        self._expect("{")
        return self.statements(until="}")

    def _pipeline(self) -> Expression:
        commands = [self._comparison()]
        while self._takes("mark", "|"):
            commands.append(self._comparison())
        return commands[0] if len(commands) == 1 else Pipeline(tuple(commands))

    def _comparison(self) -> Expression:
        if self._takes("mark", "!") or self._takes("word", "-not"):
            return Not(self._operand())
        left = self._operand()
        if self._next_is("word") and self._peek().text.lower() in COMPARISONS:
            return Comparison(left, self._take().text.lower(), self._operand())
        return left

    def _operand(self) -> Expression:
        token = self._take()
        match token.kind:
            case "double":
                value: Expression = _interpolated(token.text[1:-1], token.line)
            case "single":
                value = Text((token.text[1:-1].replace("''", "'"),))
            case "variable":
                value = Variable(_variable_name(token.text))
            case "mark" if token.text == "(":
                value = self._pipeline()
                self._expect(")")
            case "word" if re.fullmatch(r"-?\d+", token.text):
                value = Text((token.text,))
            case "word" if cmdlets.is_known(token.text):
                return self._command(token)
            case _:
                self._at -= 1
                self._fail()
        while self._next_is("property") and not self._peek().after_space:
            value = Property(value, self._take().text[1:])
        return value

    def _command(self, name: _Token) -> Command:
        arguments: list[tuple[str, Expression | None]] = []
        while not self._at_end_of_statement():
            token = self._peek()
            if token.text == ",":  # a list is as good as its members one by one
                self._take()
            elif token.kind == "word" and re.match(r"-[A-Za-z]", token.text):
                arguments.append((self._take().text[1:].lower(), self._argument_value()))
            else:
                arguments.append(("", self._argument()))
        return Command(name.text, tuple(arguments), name.line)

    def _argument_value(self) -> Expression | None:
        """What follows a parameter's name; None for a switch."""
        token = self._peek()
        is_next_name = token.kind == "word" and re.match(r"-[A-Za-z]", token.text)
        return None if self._at_end_of_statement() or is_next_name else self._argument()

    def _argument(self) -> Expression:
        """In arguments a bare word is a string."""
        token = self._peek()
        if token.kind in ("word", "property"):
            text = self._take().text
            while self._next_is("property") and not self._peek().after_space:
                text += self._take().text
            return Text((text,))
        return self._operand()

    def _at_end_of_statement(self) -> bool:
        token = self._peek()
        return token.kind == "newline" or (token.kind == "mark" and token.text in ")}|")

    def _peek(self, ahead: int = 0) -> _Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _next_is(self, kind: str) -> bool:
        return self._peek().kind == kind

    def _take(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _takes(self, kind: str, text: str) -> bool:
        if self._peek().kind == kind and self._peek().text.lower() == text:
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._takes("mark", mark):
            self._fail()

    def _fail(self) -> "None":
        line = self._peek().line
        raise NotUnderstood(self._lines[min(line, len(self._lines)) - 1].strip(), line)


def _variable_name(token: str) -> str:
    return token[1:].strip("{}").lower()


_IN_TEXT: Final = re.compile(
    r"`(?P<escaped>.)|\$\((?P<expression>[^()]*(?:\([^()]*\)[^()]*)*)\)|\$(?P<name>env:\w+|\w+|\{[^}]*\})|\"\""
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def _interpolated(text: str, line: int) -> Text:
    parts: list[str | Expression] = []
    end = 0
    for match in _IN_TEXT.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match["escaped"]:
            parts.append(_ESCAPES.get(match["escaped"], match["escaped"]))
        elif match["expression"] is not None:
            parts.append(_only_expression(match["expression"], line))
        elif match["name"]:
            parts.append(Variable(match["name"].strip("{}").lower()))
        else:
            parts.append('"')
    return Text((*parts, text[end:]))


def _only_expression(text: str, line: int) -> Expression:
    statements = _Parser(text).statements()
    if len(statements) != 1 or isinstance(statements[0], Assignment | If | Exit):
        raise NotUnderstood(f"$({text})", line)
    return statements[0]


def parsed(script: str) -> tuple[Statement, ...]:
    """Raises NotUnderstood."""
    return _Parser(script).statements()
