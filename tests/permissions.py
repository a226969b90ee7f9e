"""Who may use which URL, and how. A URL without a line here fails tests/consoleapp/test_permissions.py (C21)."""

from dataclasses import dataclass

from accounts.models import Role


@dataclass(frozen=True, slots=True)
class Rule:
    roles: frozenset[Role] | None  # None: no sign-in needed
    methods: frozenset[str]


OPEN = None
EVERYBODY = frozenset(Role)
OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})


def rule(roles: frozenset[Role] | None, *methods: str) -> Rule:
    return Rule(roles, frozenset(methods))


MATRIX = {
    "home": rule(EVERYBODY, "GET"),
    "healthz": rule(OPEN, "GET"),
    "readyz": rule(OPEN, "GET"),
    "metrics": rule(OPEN, "GET"),  # for neighbours, or with a token: tests/consoleapp/test_metrics.py
    "system": rule(EVERYBODY, "GET"),
    "system_live": rule(EVERYBODY, "GET"),
    "alarm_seen": rule(ADMINS, "POST"),
    "accounts:signin": rule(OPEN, "GET", "POST"),
    "accounts:signin_link": rule(OPEN, "GET", "POST"),
    "accounts:signout": rule(OPEN, "POST"),
    "accounts:language": rule(OPEN, "POST"),
    "accounts:theme": rule(OPEN, "POST"),
    "accounts:profile": rule(EVERYBODY, "GET", "POST"),
    "accounts:security": rule(EVERYBODY, "GET", "POST"),
    "regions:list": rule(EVERYBODY, "GET"),
    "instances:list": rule(EVERYBODY, "GET"),
    "instances:managed": rule(EVERYBODY, "GET"),
    "instances:refresh": rule(EVERYBODY, "POST"),
    "instances:start": rule(OPERATORS, "GET", "POST"),
    "instances:install_agent": rule(OPERATORS, "GET", "POST"),
    "commands:list": rule(EVERYBODY, "GET"),
    "commands:public": rule(EVERYBODY, "GET"),
    "commands:sync": rule(EVERYBODY, "POST"),
    "commands:import": rule(ADMINS, "GET", "POST"),
    "commands:export": rule(OPERATORS, "GET"),
    "commands:detail": rule(EVERYBODY, "GET"),
    "commands:content": rule(EVERYBODY, "GET"),
    "commands:new": rule(ADMINS, "GET", "POST"),
    "commands:edit": rule(ADMINS, "GET", "POST"),
    "commands:versions": rule(EVERYBODY, "GET"),
    "commands:settle": rule(ADMINS, "POST"),
    "commands:copy": rule(ADMINS, "GET", "POST"),
    "invocations:unfinished": rule(ADMINS, "GET", "POST"),
    "invocations:mark": rule(OPERATORS, "POST"),
    "invocations:ask": rule(OPERATORS, "POST"),
    "invocations:found": rule(EVERYBODY, "GET"),
    "invocations:found_ask": rule(OPERATORS, "POST"),
    "invocations:found_stop": rule(OPERATORS, "POST"),
    "invocations:found_again": rule(OPERATORS, "POST"),
    "invocations:history_all": rule(EVERYBODY, "GET"),
    "invocations:history": rule(EVERYBODY, "GET"),
    "invocations:command_runs": rule(EVERYBODY, "GET"),
    "invocations:delete_command": rule(ADMINS, "GET", "POST"),
    "invocations:run": rule(EVERYBODY, "GET"),
    "invocations:resume": rule(OPERATORS, "POST"),
    "invocations:live": rule(EVERYBODY, "GET"),
    "invocations:target": rule(EVERYBODY, "GET"),
    "invocations:output": rule(EVERYBODY, "GET"),
    "invocations:instance": rule(EVERYBODY, "GET"),
    "invocations:stop": rule(OPERATORS, "GET", "POST"),
    "invocations:again": rule(OPERATORS, "POST"),
    "invocations:panel": rule(OPERATORS, "GET", "POST"),
    "invocations:unsaved": rule(OPERATORS, "GET", "POST"),
    "invocations:picker": rule(OPERATORS, "GET"),
    "invocations:suggestions": rule(OPERATORS, "GET"),
    "invocations:selection": rule(OPERATORS, "POST"),
    "invocations:schedules": rule(EVERYBODY, "GET"),
    "invocations:schedule": rule(EVERYBODY, "GET"),
    "invocations:schedule_stop": rule(OPERATORS, "GET", "POST"),
    "invocations:schedule_replace": rule(OPERATORS, "POST"),
    "invocations:execution_output": rule(EVERYBODY, "GET"),
    "invocations:schedule_elsewhere": rule(EVERYBODY, "GET"),
    "invocations:schedule_elsewhere_stop": rule(ADMINS, "GET", "POST"),
    "invocations:selections": rule(OPERATORS, "GET"),
    "invocations:selection_new": rule(OPERATORS, "GET", "POST"),
    "invocations:selection_edit": rule(OPERATORS, "GET", "POST"),
    "invocations:selection_delete": rule(OPERATORS, "GET", "POST"),
    "invocations:cloud_check": rule(OPERATORS, "GET"),
    "invocations:review": rule(OPERATORS, "GET"),
    "invocations:paste": rule(OPERATORS, "GET", "POST"),
}
