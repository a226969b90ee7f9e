"""`manage.py adoptdatabase`: go on sending after this database was restored or copied (T12)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from invocations import deployment
from invocations.models import Deployment


class Command(BaseCommand):
    help = (
        "Says that this database, restored or copied, is the console's own from now on and that no other console works"
        " with the original. Unfinished batches are looked up in the cloud and never sent again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():  # beside an answer on the page, or a twin, only the first counts
            if not Deployment.objects.select_for_update().filter(paused_at__isnull=False).first():
                raise CommandError("Sending is not paused; there is nothing to adopt.")
            count = deployment.adopt()
        self.stdout.write(f"Sending goes on. Unfinished batches that are looked up and never sent again: {count}.")
