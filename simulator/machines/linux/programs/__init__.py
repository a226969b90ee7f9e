"""
What lies in /usr/bin.

The interpreter's own commands have no file there, so that `/usr/bin/systemctl` or `which df` would find nothing: each
gets a file of two lines that calls it by name. A few programs are real shell scripts, in this folder.
"""

from functools import cache
from pathlib import Path
from typing import Final

from bashkit import FileSystem

FOLDER: Final = "/usr/bin"
_SCRIPTS: Final = {path.stem: path.read_bytes() for path in Path(__file__).parent.glob("*.sh")}
_BUILT_IN: Final = """
    awk base64 basename bash bc cat chgrp chmod chown cmp comm cp cut date dd diff dirname du echo egrep env expand
    expr false fgrep file find fold grep gunzip gzip head install join jq less ln ls md5sum mkdir mktemp mv nice nl
    nohup od paste pr printf pwd readlink realpath rev rm rmdir sed seq sh sha1sum sha256sum shuf sort split stat
    strings tac tail tar tee test timeout touch tr true tsort uniq unzip wc which xargs xxd yes zip
"""


@cache
def programs(commands: frozenset[str], *, has_python3: bool) -> FileSystem:
    """The folder for machines with these commands beside the interpreter's own. They share it: mount it read-only."""
    folder = FileSystem()
    for name in ("dev", "home", "tmp"):  # every new file system has them
        folder.remove(f"/{name}", recursive=True)
    for name in sorted({*_BUILT_IN.split(), *commands}):
        _put(folder, name, f'#!/bin/sh\n{name} "$@"\n'.encode())
    for name, script in _SCRIPTS.items():
        if name != "python3" or has_python3:
            _put(folder, name, script)
    return folder


def preference(*, has_python3: bool) -> str:
    """Lines that make the shell take these programs for its own commands of the same names."""
    names = ("sudo", "python3") if has_python3 else ("sudo",)
    return "shopt -s expand_aliases\n" + "".join(f"alias {name}={FOLDER}/{name}\n" for name in names)


def _put(folder: FileSystem, name: str, content: bytes) -> None:
    folder.write_file(f"/{name}", content)
    folder.chmod(f"/{name}", 0o755)
