"""What anybody may know of the embedded authority: certificates, revocation lists, answers. Opens no key."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

LIST_RENEWAL = timedelta(days=1)
ANSWERS_BY: dict[type[hashes.HashAlgorithm], str] = {hashes.SHA1: "sha1", hashes.SHA256: "sha256"}
"""How questions name an issuer: most still by SHA-1, which proves nothing here and hides nothing."""


class PublishedAuthority:
    """What anybody may know of the authority: root, chain, revocation lists. Opens no key.

    Every method but `is_due` raises FileNotFoundError before the worker has made the authority. `more_roots` (PEM) and
    `more_lists` (a folder of DER files) are those of others whom we trust as well.
    """

    def __init__(self, directory: Path, *, more_roots: Path | None = None, more_lists: Path | None = None) -> None:
        self._public = directory / "public"
        self._more_roots, self._more_lists = more_roots, more_lists

    def roots(self) -> bytes:
        """The trusted roots as PEM, our own first."""
        own = (self._public / "root.pem").read_bytes()
        return own + (self._more_roots.read_bytes() if self._more_roots else b"")

    def chain(self) -> bytes:
        """The intermediate as PEM, to stand after a leaf."""
        return (self._public / "intermediate.pem").read_bytes()

    def revocation_lists(self) -> list[bytes]:
        """The latest published lists, DER: of our intermediate, of our root, then those of others."""
        others = sorted(self._more_lists.glob("*.crl")) if self._more_lists else []
        return [path.read_bytes() for path in (self._public / "intermediate.crl", self._public / "root.crl", *others)]

    def file(self, name: str) -> bytes:
        """One of the files that certificates point to: root.cer, intermediate.cer, root.crl, intermediate.crl; DER."""
        stem, _dot, kind = name.partition(".")
        if stem not in {"root", "intermediate"} or kind not in {"cer", "crl"}:
            raise FileNotFoundError(name)
        if kind == "crl":
            return (self._public / name).read_bytes()
        return x509.load_pem_x509_certificate((self._public / f"{stem}.pem").read_bytes()).public_bytes(Encoding.DER)

    def ocsp(self, request: bytes) -> bytes:
        """The answer made beforehand to an OCSP question, DER; "unauthorized" where there is none (RFC 5019, 2.2.3)."""
        try:
            question = ocsp.load_der_ocsp_request(request)
            kind = ANSWERS_BY[type(question.hash_algorithm)]
            return (self._public / "ocsp" / f"{question.serial_number:x}.{kind}").read_bytes()
        except ValueError:
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        except (KeyError, FileNotFoundError):
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)

    def answer_about(self, serial: int) -> bytes:
        """The OCSP answer in force for one of our certificates, DER (the issuer named by SHA-256)."""
        return (self._public / "ocsp" / f"{serial:x}.sha256").read_bytes()

    def is_there(self) -> bool:
        """Whether the worker has made the authority: the list of the intermediate is published last."""
        return (self._public / "intermediate.crl").exists()

    def is_due(self, now: datetime) -> bool:
        """Whether the worker should `prepare`: nothing is published yet, or the list is older than a day."""
        try:
            return now - self.listed_at() > LIST_RENEWAL
        except FileNotFoundError:
            return True

    def listed_at(self) -> datetime:
        """When the current list of the intermediate was made."""
        return x509.load_der_x509_crl((self._public / "intermediate.crl").read_bytes()).last_update_utc


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
