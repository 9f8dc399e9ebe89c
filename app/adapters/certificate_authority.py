"""The embedded certificate authority of the sandbox: real X.509, marked 测试证书, without legal effect.

Two doors. `DemoCertificateAuthority` holds the keys and is opened by the worker only (jobs that issue, revoke, seal and
stamp). `PublishedAuthority` reads the public files; that is all the web process ever opens.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
    load_pem_private_key,
)
from cryptography.x509 import ocsp

from app.adapters import certificate_shapes as shapes
from app.adapters.certificate_shapes import Ended, Issuer
from app.outside import SigningKey, Subject

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
LIST_RENEWAL = timedelta(days=1)
ANSWERS_BY: dict[type[hashes.HashAlgorithm], str] = {hashes.SHA1: "sha1", hashes.SHA256: "sha256"}
"""How questions name an issuer: most still by SHA-1, which proves nothing here and hides nothing."""


class RequestConflict(ValueError):
    """The same request id came with another key or another subject: nothing was issued."""


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

    def is_due(self, now: datetime) -> bool:
        """Whether the worker should `prepare`: nothing is published yet, or the list is older than a day."""
        try:
            return now - self.listed_at() > LIST_RENEWAL
        except FileNotFoundError:
            return True

    def listed_at(self) -> datetime:
        """When the current list of the intermediate was made."""
        return x509.load_der_x509_crl((self._public / "intermediate.crl").read_bytes()).last_update_utc


class DemoCertificateAuthority:
    """Root, intermediate, broker's seal and time-stamping key in files (0600), made at first use.

    Making the object opens nothing, and neither does `published`; every other method opens a key.
    """

    def __init__(
        self,
        directory: Path,
        *,
        organisation: str = "Demo Broker",
        site: str = "",
        more_roots: Path | None = None,
        more_lists: Path | None = None,
    ) -> None:
        self.published = PublishedAuthority(directory, more_roots=more_roots, more_lists=more_lists)
        self._site = site
        self._directory = directory
        self._private = directory / "private"
        self._public = directory / "public"
        self._issued = directory / "issued"
        self._revoked = directory / "revoked"
        self._held = directory / "held"
        self._answers = self._public / "ocsp"
        self._organisation = organisation

    def prepare(self, now: datetime) -> PublishedAuthority:
        """Make what is not there yet and renew a list older than a day, under a lock; harmless to repeat."""
        for directory in (self._private, self._public, self._issued, self._revoked, self._held, self._answers):
            directory.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
        with self._locked():
            if not (self._public / "intermediate.crl").exists():
                self._make(_seconds(now))
            if not (self._public / "ocsp.pem").exists():
                self._make_responder(_seconds(now))
            if self.published.is_due(now):
                self._publish_list(_seconds(now))
                self._answer_all(_seconds(now))
        return self.published

    def issue(self, request_id: str, spki: bytes, subject: Subject, now: datetime) -> str:
        """A certificate of one year as PEM, followed by its chain; `spki`: P-256, DER.

        The same request gives the same certificate, byte for byte, however often it is asked; raises RequestConflict
        when key or subject differ, ValueError for another kind of key. Only serial, time and fingerprint are kept:
        no name stands in our files.
        """
        key = load_der_public_key(spki)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("only P-256 keys are certified")  # noqa: TRY004 - the bytes are wrong, not their type
        self.prepare(now)
        name = shapes.name(self._organisation, subject.common_name, subject.reference)
        kept = self._issued / (hashlib.sha256(request_id.encode()).hexdigest() + ".json")
        with self._locked():
            begun = _seconds(now).isoformat()
            first: dict[str, int | str] = {"serial": x509.random_serial_number(), "from": begun, "site": self._site}
            entry = _entry(kept, first)
            start, serial = datetime.fromisoformat(str(entry["from"])), int(entry["serial"])
            site = str(entry.get("site", ""))
            certificate = shapes.person(name, key, self._issuer("intermediate"), start, serial=serial, site=site)
            fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
            if entry.setdefault("sha256", fingerprint) != fingerprint:
                raise RequestConflict("this request was answered for another key or subject")
            _write(kept, json.dumps(entry).encode())
            self._answer([serial], _seconds(now))
        return (certificate.public_bytes(Encoding.PEM) + self.published.chain()).decode("ascii")

    def revoke(self, serial: int, now: datetime) -> None:
        """Revoke from `now` on and publish the new list; the first revocation of a serial decides its time."""
        self._end(self._revoked, serial, now)

    def suspend(self, serial: int, now: datetime) -> None:
        """Put on hold from `now` on, until resumed, and publish the new list."""
        self._end(self._held, serial, now)

    def resume(self, serial: int, now: datetime) -> None:
        """Take off hold and publish the new list; harmless for one that is not on hold."""
        self.prepare(now)
        with self._locked():
            (self._held / f"{serial:x}.json").unlink(missing_ok=True)
            self._publish_list(_seconds(now))
            self._answer([serial], _seconds(now))

    def _end(self, how: Path, serial: int, now: datetime) -> None:
        self.prepare(now)
        with self._locked():
            kept = how / f"{serial:x}.json"
            _write(kept, json.dumps(_entry(kept, {"serial": serial, "at": _seconds(now).isoformat()})).encode())
            self._publish_list(_seconds(now))
            self._answer([serial], _seconds(now))

    def broker_seal(self, now: datetime) -> SigningKey:
        """The key that counter-seals documents in the broker's name."""
        return self._signing_key("seal", now)

    def time_stamp_key(self, now: datetime) -> SigningKey:
        """The key of the embedded time-stamping authority."""
        return self._signing_key("tsa", now)

    def _signing_key(self, name: str, now: datetime) -> SigningKey:
        chain = self.prepare(now).chain()
        certificate = (self._public / f"{name}.pem").read_bytes()
        return SigningKey((self._private / f"{name}.key").read_bytes(), certificate + chain)

    def _make(self, start: datetime) -> None:
        root = Issuer(shapes.name(self._organisation, "Demo Root CA"), _new_key())
        middle = Issuer(shapes.name(self._organisation, "Demo CA"), _new_key())
        seal, stamp = _new_key(), _new_key()
        seal_name = shapes.name(self._organisation, f"{self._organisation} 文件专用章")
        stamp_name = shapes.name(self._organisation, "Demo Time Stamping")
        self._keep("root", root.key, shapes.authority(root.name, root.key.public_key(), root, start, depth=1))
        self._keep(
            "intermediate", middle.key, shapes.authority(middle.name, middle.key.public_key(), root, start, depth=0)
        )
        self._keep("seal", seal, shapes.seal(seal_name, seal.public_key(), middle, start))
        self._keep("tsa", stamp, shapes.time_stamping(stamp_name, stamp.public_key(), middle, start))
        nothing = shapes.revocation_list(root, [], start, number=1, life=shapes.AUTHORITY_LIFE)
        _write(self._public / "root.crl", nothing.public_bytes(Encoding.DER))
        self._publish_list(start)

    def _keep(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(self._private / f"{name}.key", pem)
        _write(self._public / f"{name}.pem", certificate.public_bytes(Encoding.PEM))

    def _issuer(self, name: str) -> Issuer:
        key = load_pem_private_key((self._private / f"{name}.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an elliptic-curve key")
        certificate = x509.load_pem_x509_certificate((self._public / f"{name}.pem").read_bytes())
        return Issuer(certificate.subject, key)

    def _make_responder(self, start: datetime) -> None:
        key = _new_key()
        name = shapes.name(self._organisation, "Demo OCSP")
        self._keep("ocsp", key, shapes.answering(name, key.public_key(), self._issuer("intermediate"), start))

    def _publish_list(self, now: datetime) -> None:
        current = shapes.revocation_list(
            self._issuer("intermediate"),
            list(self._ended().values()),
            now,
            number=int(now.timestamp()),
            life=shapes.REVOCATION_LIST_LIFE,
        )
        _write(self._public / "intermediate.crl", current.public_bytes(Encoding.DER))

    def _ended(self) -> dict[int, Ended]:
        """By serial; what is revoked is not on hold any more."""
        held = {one.serial: one for one in _read_ended(self._held, on_hold=True)}
        return held | {one.serial: one for one in _read_ended(self._revoked, on_hold=False)}

    def _answer_all(self, now: datetime) -> None:
        """Anew for every certificate that could still sign; the answers of the others run out with them."""
        entries = [json.loads(path.read_text()) for path in self._issued.glob("*.json")]
        oldest = now - shapes.LEAF_LIFE
        self._answer([int(one["serial"]) for one in entries if datetime.fromisoformat(one["from"]) > oldest], now)

    def _answer(self, serials: list[int], now: datetime) -> None:
        """Write what OCSP says of these; hints that the next round makes again, so that nobody waits for the disk."""
        issuer = x509.load_pem_x509_certificate((self._public / "intermediate.pem").read_bytes())
        certificate = x509.load_pem_x509_certificate((self._public / "ocsp.pem").read_bytes())
        responder, ended = (certificate, self._issuer("ocsp").key), self._ended()
        for serial in serials:
            for algorithm, kind in ANSWERS_BY.items():
                answer = shapes.ocsp_answer(
                    serial, issuer, responder, now, ended=ended.get(serial), algorithm=algorithm()
                )
                _write(self._answers / f"{serial:x}.{kind}", answer, is_kept=False)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time; the lock falls with the process that holds it."""
        with (self._private / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _seconds(moment: datetime) -> datetime:
    """X.509 knows whole seconds in UTC."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _entry(path: Path, otherwise: dict[str, int | str]) -> dict[str, int | str]:
    if not path.exists():
        return otherwise
    kept: dict[str, int | str] = json.loads(path.read_text())
    return kept


def _read_ended(directory: Path, *, on_hold: bool) -> list[Ended]:
    entries = [json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))]
    return [Ended(int(entry["serial"]), datetime.fromisoformat(entry["at"]), on_hold) for entry in entries]


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _write(path: Path, content: bytes, *, is_kept: bool = True) -> None:
    """Whole or not at all, 0600; on the disk before it counts, unless it can be made again."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if is_kept:
            os.fsync(file.fileno())
    beside.replace(path)
