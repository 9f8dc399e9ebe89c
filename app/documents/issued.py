"""Whether a certificate that an authority hands out is the one that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

LONGEST_CHAIN = 5


class AnswerWrong(ValueError):
    """`code`: not_pem, wrong_key, wrong_subject, wrong_usage, not_valid_now, untrusted."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Expected:
    """What was asked for: the key (SPKI, DER), the person's name, and the reference that tells namesakes apart."""

    spki: bytes
    common_name: str
    reference: str


def check(pem: str, expected: Expected, roots: bytes, now: datetime) -> x509.Certificate:
    """The leaf of a PEM chain (leaf first), if it is for that key and person and leads to a root; AnswerWrong."""
    try:
        leaf, *chain = x509.load_pem_x509_certificates(pem.encode())
        key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError as error:
        raise AnswerWrong("not_pem") from error
    if key != expected.spki:
        raise AnswerWrong("wrong_key")
    wanted = {NameOID.COMMON_NAME: expected.common_name, NameOID.SERIAL_NUMBER: expected.reference}
    if any(_values(leaf, oid) != [text] for oid, text in wanted.items()):
        raise AnswerWrong("wrong_subject")
    if not _may_sign(leaf):
        raise AnswerWrong("wrong_usage")
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc:
        raise AnswerWrong("not_valid_now")
    _require_root(leaf, chain, x509.load_pem_x509_certificates(roots))
    return leaf


def _values(leaf: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in leaf.subject.get_attributes_for_oid(oid)]


def _may_sign(leaf: x509.Certificate) -> bool:
    """PAdES wants digital signature and content commitment; a person's certificate signs no others."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.digital_signature and usage.content_commitment and not usage.key_cert_sign


def _require_root(leaf: x509.Certificate, chain: list[x509.Certificate], roots: list[x509.Certificate]) -> None:
    """Name and signature of every link; validity and revocation are looked at whenever something is signed."""
    current, left = leaf, chain[:LONGEST_CHAIN]
    while True:
        if any(_issued_by(current, root) for root in roots):
            return
        issuer = next((one for one in left if _is_authority(one) and _issued_by(current, one)), None)
        if issuer is None:
            raise AnswerWrong("untrusted")
        left.remove(issuer)
        current = issuer


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
