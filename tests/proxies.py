"""The proxies of `deploy/`, run on this computer: the files as shipped, but for ports, names and certificate."""

import ipaddress
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
HOST = "localhost"
MISSING = "There is no nginx on PATH: install it, or run script/test as root."


def nginx_binary() -> str:
    """Raises LookupError where there is none."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise LookupError(MISSING)
    return found


@contextmanager
def run_nginx(folder: Path, port: int, plain_port: int, upstream: int) -> Iterator[None]:
    """Serve https on `port` and the redirect to it on `plain_port`. Raises LookupError."""
    certificate, key = certify(folder)
    sample = _with(
        (DEPLOY / "nginx.conf").read_text(),
        {
            r"listen 80;": f"listen 127.0.0.1:{plain_port};",
            r"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            r"ops\.example\.com;": f"{HOST};",
            r"127\.0\.0\.1:8000": f"127.0.0.1:{upstream}",
            r"ssl_certificate .*;": f"ssl_certificate {certificate};",
            r"ssl_certificate_key .*;": f"ssl_certificate_key {key};",
        },
    )
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; {user} pid {folder}/pid; error_log stderr;\n"
        f"events {{ worker_connections 256; }}\nhttp {{\naccess_log off;\n{paths}{sample}}}\n"
    )
    command = [nginx_binary(), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    with _running(command, folder, port):
        yield


@contextmanager
def run_caddy(folder: Path, port: int, plain_port: int, upstream: int) -> Iterator[None]:
    certificate, key = certify(folder)
    sample = _with(
        (DEPLOY / "Caddyfile").read_text(),
        {
            r"ops\.example\.com {": f"{HOST}:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}",
            r"127\.0\.0\.1:8000": f"127.0.0.1:{upstream}",
        },
    )
    options = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\thttp_port {plain_port}\n}}\n"
    (folder / "Caddyfile").write_text(options + sample)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with _running(command, folder, port):
        yield


PROXIES: dict[str, Callable[..., object]] = {"nginx": run_nginx}
if shutil.which("caddy"):
    PROXIES["caddy"] = run_caddy


def certify(folder: Path) -> tuple[Path, Path]:
    """A certificate that HOST signs for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


def _with(text: str, changes: dict[str, str]) -> str:
    """Every change must find something to change: a sample that reads otherwise is looked at again."""
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count, f"the sample has no {pattern}"
    return text


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **home})
    try:
        _wait_for(process, port, folder / "log")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + 20
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise RuntimeError(f"the proxy did not start: {log.read_text()}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
