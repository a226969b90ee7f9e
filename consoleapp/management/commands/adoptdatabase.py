"""`manage.py adoptdatabase`: go on sending after this database was restored or copied (T12)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invocations import deployment
from invocations.models import Deployment


class Command(BaseCommand):
    help = (
        "Says that this database, restored or copied, is the console's own from now on and that no other console works"
        " with the original. Unfinished batches are looked up in the cloud and never sent again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not Deployment.objects.filter(paused_at__isnull=False).exists():
            raise CommandError("Sending is not paused; there is nothing to adopt.")
        count = deployment.adopt()
        self.stdout.write(f"Sending goes on. Unfinished batches that are looked up and never sent again: {count}.")
