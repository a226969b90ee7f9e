"""The browser of the browser tests: the system's own Chromium."""

import os
import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def binary() -> str:
    """Its path; $CHROMIUM names another one. Raises LookupError where there is none."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if name and (found := shutil.which(name)):
            return found
    raise LookupError("There is no Chromium on PATH; install it, or name it in CHROMIUM.")
