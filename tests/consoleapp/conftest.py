"""A run as the form submits it, for what watches over runs."""

from tests.invocations.conftest import chosen, saved_command, submitted

__all__ = ["chosen", "saved_command", "submitted"]
