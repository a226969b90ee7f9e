"""The shapes of answers that several views share."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def is_fragment(request: HttpRequest) -> bool:
    """Whether a piece of the page is asked for. The headers of htmx choose just that, and decide nothing else."""
    is_restoring = request.headers.get("HX-History-Restore-Request") == "true"
    return request.headers.get("HX-Request") == "true" and not is_restoring


def text_file(content: bytes, name: str) -> HttpResponse:
    """What a machine printed, to be saved as `name`: opened from there, no browser must take it for a page (C49)."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type="text/plain; charset=utf-8", headers=headers)


def see_other(url: str) -> HttpResponse:
    """303: what follows a POST is a GET, in every browser."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
