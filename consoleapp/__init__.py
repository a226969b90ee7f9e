"""The Django project: settings, URLs, the Celery app, the tick, health, translations."""

from consoleapp.celery import app as celery_app

__all__ = ["celery_app"]
