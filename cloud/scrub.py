"""Take out of foreign text what we had sent: the API quotes the string it signed, proxies quote the whole URL."""

import html
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

if TYPE_CHECKING:
    from requests import PreparedRequest

EXCERPT = 200  # characters of an answer that is not the API's
SHORTEST = 3  # characters; to take out shorter ones would garble any sentence
HIDDEN = "…"

SECRET_PARAMETERS = ("Parameters", "CommandContent", "Content", "ClientToken")
SECRET_HEADERS = ("Authorization", "x-acs-security-token", "x-acs-accesskey-id", "x-acs-signature-nonce")
SIGNED_TEXT = re.compile(r"(server )?(string ?to ?sign|canonical ?request)\b.*", re.IGNORECASE | re.DOTALL)
QUERY = re.compile(r"\S*[?&]\S*=\S*")
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def scrubbed(text: str, request: "PreparedRequest | None") -> str:
    """`text` without queries, signed strings, and the secrets of `request` in any of the ways they can be written."""
    text = QUERY.sub(HIDDEN, SIGNED_TEXT.sub(HIDDEN, text))
    for secret in sorted(_spellings(request), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def excerpt(body: bytes, request: "PreparedRequest | None") -> str:
    """The first words of a page that is not the API's, as plain text."""
    page = html.unescape(TAG.sub(" ", body[: 64 * EXCERPT].decode(errors="replace")))
    return " ".join(scrubbed(page, request).split())[:EXCERPT]


def _spellings(request: "PreparedRequest | None") -> set[str]:
    return {
        spelling
        for secret in _secrets(request)
        for spelling in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
        if len(spelling) >= SHORTEST
    }


def _secrets(request: "PreparedRequest | None") -> Iterator[str]:
    if request is None:
        return
    for name in SECRET_HEADERS:
        value = str(request.headers.get(name) or "")
        yield value
        yield from re.findall(r"(?:Credential|Signature)=([^,\s]+)", value)
    for key, value in parse_qsl(urlsplit(request.url or "").query):
        if key in SECRET_PARAMETERS:
            yield value
            yield from _parameter_values(value)


def _parameter_values(text: str) -> Iterator[str]:
    """The single values of a JSON object of parameters."""
    try:
        values = json.loads(text)
    except ValueError:
        return
    if isinstance(values, dict):
        yield from (str(value) for value in values.values())
