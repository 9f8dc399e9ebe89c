"""The embedded certificate authority of the sandbox: real X.509, marked 测试证书, without legal effect.

It holds the keys and is opened by the worker only (jobs that issue, revoke, seal and stamp); the web process opens
nothing but `certificate_published`.
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

from app.adapters import certificate_shapes as shapes
from app.adapters.certificate_published import ANSWERS_BY, PublishedAuthority
from app.adapters.certificate_shapes import Ended, Issuer, Responder
from app.outside import SigningKey, Subject

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
SERVICES = ("seal", "tsa")
"""Certificates of the intermediate that are nobody's: their status is told like a person's."""


class RequestConflict(ValueError):
    """The same request id came with another key or another subject: nothing was issued."""


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
        life: timedelta = shapes.LEAF_LIFE,
        more_roots: Path | None = None,
        more_lists: Path | None = None,
    ) -> None:
        self.published = PublishedAuthority(directory, more_roots=more_roots, more_lists=more_lists)
        self._site, self._life = site, life
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
            if not (self._public / "root.crl").exists():
                self._make(_seconds(now))
            if not (self._public / "ocsp.pem").exists():
                self._make_responder(_seconds(now))
            if self.published.is_due(now):
                self._answer_all(_seconds(now))
                self._publish_list(_seconds(now))  # last: its age says when all of this is due again
        return self.published

    def issue(self, request_id: str, spki: bytes, subject: Subject, now: datetime) -> str:
        """A certificate for an investor as PEM, followed by its chain; `spki`: P-256, DER.

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
            entry = _entry(kept, {**first, "days": self._life.days})
            serial, site = int(entry["serial"]), str(entry.get("site", ""))
            issuer, (start, end) = self._issuer("intermediate"), _life(entry)
            certificate = shapes.person(name, key, issuer, start, serial=serial, site=site, life=end - start)
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
        middle, site = Issuer(shapes.name(self._organisation, "Demo CA"), _new_key()), self._site
        seal, stamp = _new_key(), _new_key()
        seal_name = shapes.name(self._organisation, f"{self._organisation} 文件专用章")
        stamp_name = shapes.name(self._organisation, "Demo Time Stamping")
        self._keep("root", root.key, shapes.authority(root.name, root.key.public_key(), root, start, depth=1))
        self._keep(
            "intermediate",
            middle.key,
            shapes.authority(middle.name, middle.key.public_key(), root, start, depth=0, site=site),
        )
        self._keep("seal", seal, shapes.seal(seal_name, seal.public_key(), middle, start, site=site))
        self._keep("tsa", stamp, shapes.time_stamping(stamp_name, stamp.public_key(), middle, start, site=site))
        nothing = shapes.revocation_list(root, [], start, number=1, life=shapes.AUTHORITY_LIFE)
        _write(self._public / "root.crl", nothing.public_bytes(Encoding.DER))  # last: until it is there, nothing counts

    def _keep(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(self._private / f"{name}.key", pem)
        _write(self._public / f"{name}.pem", certificate.public_bytes(Encoding.PEM))

    def _issuer(self, name: str) -> Issuer:
        key = load_pem_private_key((self._private / f"{name}.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an elliptic-curve key")
        return Issuer(self._certificate(name).subject, key)

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
        services = [self._certificate(name).serial_number for name in SERVICES]
        self._answer([*services, *(int(one["serial"]) for one in entries if _life(one)[1] > now)], now)
        root, middle = self._certificate("root"), self._certificate("intermediate")
        # The root answers for its one certificate by itself: a responder of its own would need a certificate in turn.
        self._write_answers(middle.serial_number, root, (root, self._issuer("root").key), now, None)

    def _answer(self, serials: list[int], now: datetime) -> None:
        """What OCSP says of these certificates of the intermediate."""
        issuer, ended = self._certificate("intermediate"), self._ended()
        responder = self._certificate("ocsp"), self._issuer("ocsp").key
        for serial in serials:
            self._write_answers(serial, issuer, responder, now, ended.get(serial))

    def _write_answers(
        self, serial: int, issuer: x509.Certificate, responder: Responder, now: datetime, ended: Ended | None
    ) -> None:
        """Hints that the next round makes again, so that nobody waits for the disk."""
        for algorithm, kind in ANSWERS_BY.items():
            answer = shapes.ocsp_answer(serial, issuer, responder, now, ended=ended, algorithm=algorithm())
            _write(self._answers / f"{serial:x}.{kind}", answer, is_kept=False)

    def _certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self._public / f"{name}.pem").read_bytes())

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


def _life(entry: dict[str, int | str]) -> tuple[datetime, datetime]:
    """From when to when the certificate of a kept request holds."""
    start = datetime.fromisoformat(str(entry["from"]))
    return start, start + timedelta(days=int(entry.get("days", shapes.LEAF_LIFE.days)))


def _entry(path: Path, otherwise: dict[str, int | str]) -> dict[str, int | str]:
    if not path.exists():
        return otherwise
    kept: dict[str, int | str] = json.loads(path.read_text())
    return kept


def _read_ended(directory: Path, *, on_hold: bool) -> list[Ended]:
    entries = [json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))]
    return [Ended(int(entry["serial"]), datetime.fromisoformat(entry["at"]), on_hold) for entry in entries]


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
