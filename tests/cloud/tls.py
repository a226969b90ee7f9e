"""Certificates for one test."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def bundle(self) -> Path:
        """What a client has to trust."""
        return self.folder / "authority.pem"

    def server_context(self, address: str, *, days: int = 1) -> ssl.SSLContext:
        """For a server whose certificate names `address` and is valid for so many days from now (negative: was)."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = _signed(_builder("server", key, days).add_extension(names, critical=False), self)
        file = self.folder / f"{address}{days}.pem"
        file.write_bytes(_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def new_authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder("authority", key, 2).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.issuer_name(_name("authority")).sign(key, hashes.SHA256())
    authority = Authority(folder, key, certificate)
    authority.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return authority


def _signed(builder: x509.CertificateBuilder, authority: Authority) -> x509.Certificate:
    return builder.issuer_name(authority.certificate.subject).sign(authority.key, hashes.SHA256())


def _builder(name: str, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=3))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
