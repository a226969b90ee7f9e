"""Makes a person, or finds them, and prints a link that signs them in once, on this computer."""

import sys
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts import audit, signin_links
from accounts.models import Person, Role


class Command(BaseCommand):
    help = "Print a one-time sign-in link for a person, who is made if new. It works on this computer, for 10 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", default="admin", help="user name; default: admin")
        parser.add_argument("--role", choices=Role.values, help="needed for a new person; changes an existing one’s")

    def handle(self, *args: Any, user: str, role: str | None, **options: Any) -> None:
        with transaction.atomic():
            person = self.find_or_make(user, role)
            link = signin_links.make(person)
        self.stdout.write(f"Sign in as {person.username}, once, within 10 minutes: {self.address()}{link}")

    def find_or_make(self, name: str, role: str | None) -> Person:
        person = Person.objects.filter(username=name).first()
        if person is None:
            return self.make(name, role)
        if not person.is_active:
            self.refuse(f"{name} is disabled.")
        if role and role != person.role:
            audit.record(None, "person.role_changed", object=name, before=person.role, after=role)
            Person.objects.filter(pk=person.pk).update(role=role)
        return person

    def make(self, name: str, role: str | None) -> Person:
        if role is None:
            self.refuse(f"There is no {name} yet: say which --role they are to have ({', '.join(Role.values)}).")
        try:
            Person._meta.get_field("username").clean(name, None)
        except ValidationError as error:
            self.refuse(" ".join(error.messages))
        person = Person.objects.create_user(name, role=role)  # without a password
        audit.record(None, "person.made", object=name, role=role)
        return person

    def address(self) -> str:
        """The running console's own; a link is good on this computer only."""
        try:
            return (settings.VAR / "address").read_text()
        except FileNotFoundError:
            self.stderr.write("The console is not running here; the link works once it is.")
            return f"http://127.0.0.1:{settings.PORT or 8000}"

    def refuse(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(1)
