import logging

from django.apps import AppConfig

log = logging.getLogger(__name__)


class ConsoleappConfig(AppConfig):
    name = "consoleapp"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consoleapp import task_scopes, translations  # noqa: F401  # task_scopes listens to Celery's signals

        try:
            translations.compile_catalogues()
        except OSError as error:  # an image that nobody may write to brings its catalogues along
            log.warning("the translations could not be renewed: %s", error)
