"""Throwing away what nobody asks for any more. Done by the tick, a few times an hour."""

import time
from datetime import timedelta

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from accounts.models import SigninLink
from consoleapp.models import Worker
from invocations import tasks
from invocations.clock import db_now
from invocations.models import Draft

EVERY = 600.0  # seconds
HOUR = timedelta(hours=1)  # as long as System status still names a worker that was killed
DAY = timedelta(days=1)

_cleaned_at = -EVERY


def clean_now_and_then() -> None:
    global _cleaned_at
    if time.monotonic() - _cleaned_at >= EVERY:
        _cleaned_at = time.monotonic()
        clean()
        tasks.retire_superseded.delay()  # by a worker, for it asks the cloud


def clean() -> None:
    now = db_now()
    Session.objects.filter(expire_date__lt=now).delete()
    SigninLink.objects.filter(expires_at__lt=now - DAY).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - DAY).delete()
    Worker.objects.filter(seen_at__lt=now - HOUR).delete()
    Draft.objects.filter(updated_at__lt=now - DAY).delete()
