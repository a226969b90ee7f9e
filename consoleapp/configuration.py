"""What the console was told by its environment, for people to read: `manage.py config`."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from consoleapp.variables import Reading

README = Path(__file__).resolve().parent.parent / "README.md"
_ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+) \| (.+) \|$", re.MULTILINE)  # of the table of settings
_SECRET = re.compile(r"(SECRET|PASSWORD|TOKEN|KEYS?)(_FALLBACKS)?$")
_PASSWORD_IN_URL = re.compile(r"(://[^/?#@]*?:)[^/?#]*(?=@)|((?:^|[?&])\w*pass\w*=)[^&]*")


def lines(readings: list[Reading]) -> Iterator[str]:
    """Two lines for each variable: its value and where that comes from, and what it is, in the README's words."""
    meanings = {name: (what, default) for name, what, default in _ROW.findall(README.read_text("utf-8"))}
    for reading in readings:
        what, default = (_plain(text) for text in meanings.get(reading.name, ("", "")))
        yield f"{reading.name} = {shown(reading, default)} ({_origin(reading)})"
        yield f"    {what}"


def shown(reading: Reading, default: str) -> str:
    """The value; of a secret nothing but its length, and of a URL not the password."""
    if reading.text is None:
        return default
    if _SECRET.search(reading.name):
        return f"set, {len(reading.text)} characters"
    return _PASSWORD_IN_URL.sub(r"\1\2…", reading.text)


def unread(readings: list[Reading]) -> list[str]:
    """Variables that look like the console's, and that nothing reads: misspelt, or of another version."""
    read = {f"{reading.name}{suffix}" for reading in readings for suffix in ("", "_FILE")}
    return sorted(name for name in os.environ if name.startswith("CONSOLE_") and name not in read)


def _origin(reading: Reading) -> str:
    if reading.text is None:
        return "default"
    return f"from file {reading.file}" if reading.file else "environment"


def _plain(markdown: str) -> str:
    return markdown.replace("`", "")
