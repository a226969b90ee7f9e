"""
PowerShell scripts, as far as they are understood: variables, strings with variables in them, comparisons, if, exit,
pipelines of the cmdlets in `cmdlets`. A script is read to its end before anything of it runs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulator.machines.windows import cmdlets
from simulator.machines.windows.cmdlets import Record, Value
from simulator.machines.windows.host import NoSuchThing, WindowsHost
from simulator.machines.windows.syntax import (
    Assignment,
    Command,
    Comparison,
    Exit,
    Expression,
    If,
    Not,
    NotUnderstood,
    Pipeline,
    Property,
    Statement,
    Text,
    Variable,
    parsed,
)

_COMPARISONS: Final[dict[str, Callable[[Value, Value], bool]]] = {
    "-eq": lambda a, b: _same(a, b),
    "-ne": lambda a, b: not _same(a, b),
    "-gt": lambda a, b: _number(a) > _number(b),
    "-ge": lambda a, b: _number(a) >= _number(b),
    "-lt": lambda a, b: _number(a) < _number(b),
    "-le": lambda a, b: _number(a) <= _number(b),
    "-like": lambda a, b: cmdlets.is_like(cmdlets.shown(a), cmdlets.shown(b)),
}
_LONGEST_TEXT: Final = 1_000_000  # characters
_KNOWN: Final = "variables, strings, comparisons, if, exit and " + ", ".join(cmdlets.NAMES)


class _Ended(Exception):
    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code


async def run(script: str, host: WindowsHost, write: Callable[[str], None]) -> int:
    """The script's exit code."""
    try:
        statements = parsed(script)
        await _Runner(host, write).run(statements)
    except NotUnderstood as unknown:
        write(f"The simulated PowerShell does not know line {unknown.line}: {unknown.what}\r\nIt knows {_KNOWN}.\r\n")
        return 1
    except NoSuchThing as nothing:
        write(
            f"Cannot find any service or pool with the name '{nothing}'.\r\n"
            f"    + CategoryInfo : ObjectNotFound: ({nothing}:String) []\r\n"
        )
        return 1
    except _Ended as ended:
        return ended.exit_code
    return 0


@dataclass(slots=True)
class _Runner:
    host: WindowsHost
    write: Callable[[str], None]
    variables: dict[str, Value] = field(default_factory=lambda: {"true": True, "false": False, "null": None, "?": True})

    async def run(self, statements: tuple[Statement, ...]) -> None:
        for statement in statements:
            match statement:
                case Assignment(name, expression):
                    self.variables[name] = await self._value(expression)
                case If(branches):
                    await self._run_branch(branches)
                case Exit(code):
                    raise _Ended(int(_number(await self._value(code))) if code else 0)
                case _:
                    self.write(cmdlets.printed(await self._value(statement)))

    async def _run_branch(self, branches: tuple[tuple[Expression | None, tuple[Statement, ...]], ...]) -> None:
        for condition, block in branches:
            if condition is None or _is_true(await self._value(condition)):
                await self.run(block)
                return

    async def _value(self, expression: Expression, piped: Value = None) -> Value:
        match expression:
            case Text(parts):
                return await self._text(parts)
            case Variable(name) if name.startswith("env:"):
                return self.host.environment().get(name[4:].upper(), "")
            case Variable(name):
                return self.variables.get(name)
            case Property(of, name):
                return _property(await self._value(of), name)
            case Comparison(left, operator, right):
                return _COMPARISONS[operator](await self._value(left), await self._value(right))
            case Not(what):
                return not _is_true(await self._value(what))
            case Pipeline(commands):
                for command in commands:
                    piped = await self._value(command, piped)
                return piped
            case Command(name, arguments, line):
                return await self._call(name, arguments, line, piped)

    async def _text(self, parts: tuple[str | Expression, ...]) -> Value:
        if len(parts) == 1 and isinstance(parts[0], str) and re.fullmatch(r"-?\d+", parts[0]):
            return int(parts[0])
        values = [part if isinstance(part, str) else cmdlets.shown(await self._value(part)) for part in parts]
        if sum(map(len, values)) > _LONGEST_TEXT:
            raise NotUnderstood("a text of more than a million characters", 0)
        return "".join(values)

    async def _call(
        self, name: str, arguments: tuple[tuple[str, Expression | None], ...], line: int, piped: Value
    ) -> Value:
        named: dict[str, Value] = {}
        words: list[Value] = []
        for parameter, expression in arguments:
            value = True if expression is None else await self._value(expression)
            if parameter:
                named[parameter] = value
            else:
                words.append(value)
        try:
            return await cmdlets.call(name, self.host, cmdlets.Call(named, words, piped, self.write))
        except cmdlets.NotSupported as unknown:
            raise NotUnderstood(str(unknown), line) from None


def _property(value: Value, name: str) -> Value:
    if isinstance(value, list):
        return [_property(each, name) for each in value]
    if isinstance(value, str) and name.lower() == "length":
        return len(value)
    return value.get(name) if isinstance(value, Record) else None


def _same(left: Value, right: Value) -> bool:
    return cmdlets.shown(left).lower() == cmdlets.shown(right).lower()


def _number(value: Value) -> float:
    try:
        return float(cmdlets.shown(value) or 0)
    except ValueError:
        return 0.0


def _is_true(value: Value) -> bool:
    return bool(value)
