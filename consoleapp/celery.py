"""The Celery app. Messages carry ids only and may be lost or doubled: the rows decide what is due."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consoleapp.settings")

app = Celery("consoleapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
