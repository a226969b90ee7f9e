"""`manage.py doctor`: looks at everything the console depends on, and says what mends what does not work."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from consoleapp import doctor
from consoleapp.doctor import Level

WIDTH = 30  # of the names; a longer one shifts its line


class Command(BaseCommand):
    help = (
        "Looks at settings, folder, keys, database, broker, workers, clock, credentials, endpoints and every RAM action"
        " that the console needs. Changes nothing, here or in the cloud. Exit code 1 where something does not work."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object a line")
        parser.add_argument("--region", default="", help="where permissions are tried; default: the one last looked at")
        parser.add_argument("--instance", default="", help="a real machine with the tag of the policy, to try with")

    def handle(self, *args: Any, region: str, instance: str, **options: Any) -> None:
        is_well = True
        for line in doctor.look(region, instance):
            self.stdout.write(json.dumps(asdict(line)) if options["json"] else shown(line))
            is_well = is_well and line.level != Level.BAD
        if not is_well:
            sys.exit(1)


def shown(line: doctor.Line) -> str:
    text = f"{line.level:<8} {line.part:<{WIDTH}} {line.said}"
    remedy = f"\n{'':<9}{'':<{WIDTH}} {line.remedy}" if line.remedy else ""
    return "".join(mark if mark.isprintable() or mark == "\n" else "\ufffd" for mark in text + remedy)
