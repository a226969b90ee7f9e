"""Links that sign one person in once, on this computer (C07). Only a link's hash is stored; the token is shown once."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import address
from accounts.models import Person, SigninLink

LIFETIME = timedelta(minutes=10)


def make(person: Person) -> str:
    """A new link's path, `/signin/link/{token}/`, with 256 random bits in it."""
    token = secrets.token_urlsafe(32)
    SigninLink.objects.create(person=person, token_sha256=_hash(token), expires_at=timezone.now() + LIFETIME)
    return reverse("accounts:signin_link", args=[token])


def find(token: str) -> SigninLink | None:
    """The link, if it can still be used. Looking does not use it up: previews and prefetchers look, too."""
    return (
        SigninLink.objects.select_related("person")
        .filter(token_sha256=_hash(token), used_at=None, expires_at__gt=timezone.now(), person__is_active=True)
        .first()
    )


def use(link: SigninLink) -> bool:
    """Use it up. Of several at once, one gets True."""
    now = timezone.now()
    unused = SigninLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=now, person__is_active=True)
    return unused.update(used_at=now) == 1


def comes_from_here(request: HttpRequest) -> bool:
    """From this computer, to a server that listens to nobody else, asked for by its own name, with nothing between.

    A page elsewhere can make a browser here send requests, with its own name in Host (DNS rebinding); a proxy makes
    everybody look like a neighbour.
    """
    peer = address.peer(request)
    return (
        peer is not None
        and peer.is_loopback
        and address.is_loopback(settings.HOST)
        and address.is_loopback(_without_port(request.META.get("HTTP_HOST", "")))
        and not address.was_forwarded(request)
    )


def _without_port(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
