from django.apps import AppConfig


class ConsoleappConfig(AppConfig):
    name = "consoleapp"
    default_auto_field = "django.db.models.BigAutoField"
