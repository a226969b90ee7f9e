"""What every template may need to know about how the page is to look."""

from django.http import HttpRequest

from accounts.models import Theme


def look(request: HttpRequest) -> dict[str, str]:
    """`theme`: the person's, or of the cookie while signed out. An unknown value is as good as none."""
    user = getattr(request, "user", None)
    chosen = user.theme if user is not None and user.is_authenticated else request.COOKIES.get("theme", "")
    return {"theme": chosen if chosen in Theme.values else Theme.SYSTEM.value}
