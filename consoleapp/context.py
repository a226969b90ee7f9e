"""What every template may need to know about how the page is to look."""

from django.http import HttpRequest

from accounts.answers import is_fragment
from accounts.models import Theme
from consoleapp.version import VERSION


def look(request: HttpRequest) -> dict[str, str]:
    """
    theme        the person's, or of the cookie while signed out; an unknown value is as good as none
    error_frame  what an error page stands in: the shell, the page without it, or the note of a fragment
    version      the console's
    """
    user = getattr(request, "user", None)
    is_signed_in = user is not None and user.is_authenticated
    chosen = user.theme if user is not None and is_signed_in else request.COOKIES.get("theme", "")
    page = "base.html" if is_signed_in else "plain.html"
    return {
        "theme": chosen if chosen in Theme.values else Theme.SYSTEM.value,
        "error_frame": "errors/note.html" if is_fragment(request) else page,
        "version": VERSION,
    }
