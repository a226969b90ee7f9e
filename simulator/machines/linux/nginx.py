"""The configuration of nginx, as far as it is checked."""

import re
from collections.abc import Iterator
from typing import Final

from simulator.machines.linux.host import Host

MAIN: Final = "/etc/nginx/nginx.conf"
_SITES: Final = "/etc/nginx/conf.d"
_DIRECTIVES: Final = frozenset(
    [
        *("access_log", "add_header", "alias", "allow", "client_max_body_size", "default_type", "deny", "error_log"),
        *(
            "error_page",
            "events",
            "expires",
            "gzip",
            "gzip_types",
            "http",
            "if",
            "include",
            "index",
            "keepalive_timeout",
        ),
        *("limit_req", "limit_req_zone", "listen", "location", "log_format", "map", "multi_accept", "pid"),
        *("proxy_buffering", "proxy_connect_timeout", "proxy_http_version", "proxy_pass", "proxy_read_timeout"),
        *("proxy_send_timeout", "proxy_set_header", "resolver", "return", "rewrite", "root", "sendfile", "server"),
        *("server_name", "server_tokens", "set", "ssl_certificate", "ssl_certificate_key", "ssl_ciphers"),
        *("ssl_protocols", "ssl_session_cache", "tcp_nodelay", "tcp_nopush", "try_files", "types", "upstream", "use"),
        *("user", "worker_connections", "worker_processes", "worker_rlimit_nofile"),
    ]
)


def first_error(host: Host) -> str:
    """What `nginx -t` finds first; empty when the configuration is good."""
    if not host.is_file(MAIN):
        return f'open() "{MAIN}" failed (2: No such file or directory)'
    sites = (f"{_SITES}/{name}" for name in host.names_in(_SITES) if name.endswith(".conf"))
    return next((error for path in (MAIN, *sites) for error in _errors(path, host.read(path))), "")


def _errors(path: str, content: str) -> Iterator[str]:
    depth = 0
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        code = re.sub(r'"[^"]*"', '""', line).partition("#")[0]
        name = re.match(r"\s*([\w-]+)", code)
        if name and not code.strip().startswith("}") and name[1] not in _DIRECTIVES:
            yield f'unknown directive "{name[1]}" in {path}:{number}'
        depth += code.count("{") - code.count("}")
        if depth < 0:
            yield f'unexpected "}}" in {path}:{number}'
    if depth:
        yield f'unexpected end of file, expecting "}}" in {path}:{len(lines)}'
