"""A certificate of our own, so that a phone on the same network can try the site: cameras and keys need https."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE_DAYS = 365
"""Phones refuse certificates that live for longer than 398 days."""
RENEW_DAYS = 7
EVERYWHERE = {"0.0.0.0", "::"}
NOWHERE = ("192.0.2.1", 9)
"""An address that no network has: asking the way to it sends nothing, and tells our own address."""


def address_of(host: str) -> str:
    """The address to type into a phone's browser for a site that listens on `host`."""
    if host not in EVERYWHERE:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(NOWHERE)
        except OSError:
            return "127.0.0.1"  # no network at all
        return str(line.getsockname()[0])


def made_in(folder: Path, address: str) -> tuple[Path, Path]:
    """Certificate and key for that address: those of the last start while they are good, else new ones."""
    folder.mkdir(mode=0o700, exist_ok=True)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not (certificate.exists() and key.exists() and _is_good(certificate, address)):
        _make(certificate, key, address)
    return certificate, key


def _is_good(path: Path, address: str) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    lives_until = certificate.not_valid_after_utc - datetime.timedelta(days=RENEW_DAYS)
    return _name(address) in names and datetime.datetime.now(datetime.UTC) < lives_until


def _make(path: Path, key_path: Path, address: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Sandbox of {address}")])
    now = datetime.datetime.now(datetime.UTC)
    names = {_name(address), _name("localhost"), _name("127.0.0.1")}
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # a phone's clock may be a little behind
        .not_valid_after(now + datetime.timedelta(days=LIFE_DAYS))
        .add_extension(x509.SubjectAlternativeName(sorted(names, key=str)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(private)
    path.write_bytes(certificate.public_bytes(Encoding.PEM))


def _name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)
