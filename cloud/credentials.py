"""Whose keys sign the calls. They are read where Alibaba's tools read them and are kept nowhere else (C37)."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloud import sdk
from cloud.connection import Connection
from cloud.errors import BadCredentials

STATIC_PROVIDER = "static_ak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    access_key_id: str = field(repr=False)
    provider: str  # static_ak, default/env, default/profile/static_ak, …


class _Chain:
    """The default chain, built once (it starts a thread), anew when a profile file has changed (it reads each once)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Any = None
        self._stamp: tuple[int, ...] = ()

    def client(self) -> Any:
        with self._lock:
            if self._client is None or self._stamp != _stamp_of_profiles():
                self._stamp = _stamp_of_profiles()
                self._client = sdk.credentials_chain()
            return self._client


_chain = _Chain()


def current(connection: Connection) -> Key:
    """The key that signs the next call. Raises BadCredentials when none is found."""
    if connection.access_key_id:
        return Key(access_key_id=connection.access_key_id, provider=STATIC_PROVIDER)
    try:
        found = _chain.client().get_credential()
    except Exception:  # each provider of the chain has its own; their texts name files and URLs
        found = None
    if found is None or not found.access_key_id:
        raise BadCredentials("CredentialsNotFound", "No credentials were found.")
    return Key(access_key_id=found.access_key_id, provider=found.provider_name or "")


def config(connection: Connection) -> dict[str, Any]:
    """The part of the SDK's client configuration that says who signs."""
    if connection.access_key_id:
        return {"access_key_id": connection.access_key_id, "access_key_secret": connection.access_key_secret}
    return {"credential": _Current()}


class _Current:
    """Always the chain of the moment, so that clients live longer than a key."""

    def get_credential(self) -> Any:
        return _chain.client().get_credential()


def _stamp_of_profiles() -> tuple[int, ...]:
    """When the files that the chain reads were last changed; 0 for one that is not there."""
    home = Path.home()
    given = os.environ.get("ALIBABA_CLOUD_CREDENTIALS_FILE")
    files = home / ".aliyun" / "config.json", Path(given) if given else home / ".alibabacloud" / "credentials.ini"
    return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)
