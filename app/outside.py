"""The outside world as the business sees it: one door, behind which a test may stand a fake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from flask import current_app
from werkzeug.local import LocalProxy


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""


class Sealer(Protocol):
    """AES-256-GCM under data keys, which are wrapped by the key-encryption key."""

    kek_id: str

    def new_key(self, vault_id: str) -> bytes:
        """A fresh data key, wrapped for that vault."""

    def seal(self, wrapped_key: bytes, vault_id: str, context: str, clear: bytes) -> bytes:
        """Seal `clear`; only the same vault and the same context (table, column, row) open it again."""

    def open(self, wrapped_key: bytes, vault_id: str, context: str, sealed: bytes) -> bytes:
        """The clear bytes; raises SealBroken when key, context or a bit is not right."""

    def index(self, kind: str, text: str) -> str:
        """A keyed blind index for equality search, 64 hexadecimal characters."""


class Blobs(Protocol):
    """Sealed bytes under a random name; what is written is on the disk before `put` returns."""

    def put(self, name: str, sealed: bytes) -> None: ...

    def get(self, name: str) -> bytes:
        """The bytes; raises FileNotFoundError."""

    def remove(self, name: str) -> None: ...

    def stored_before(self, moment: datetime, beginning: str) -> list[str]:
        """Names that begin with these two digits of what was stored before that moment, whole or cut short."""


class Queue(Protocol):
    """Hints for the worker. Rows say what is to be done; a hint that is lost is given again by the reconciler."""

    def put(self, job: str, *ids: str, queue: str = "default") -> bool:
        """Queue the job; False when the queue cannot be reached."""


class Live(Protocol):
    """Nudges for open pages: "something changed, look again"."""

    def nudge(self, room: str, topic: str = "") -> None: ...

    def room_changed(self, office_id: str, version: int, gone: Sequence[int], before: Sequence[int]) -> None:
        """Tell those who wait in the office's room which tickets left the row or came in before others.

        `version` counts the changes up to and with these; 0 when neither happened.
        """


@dataclass(frozen=True)
class Text:
    """A text to a phone. `purpose` chooses the gateway's template; `code` is the one in it, if any."""

    id: str
    phone: str
    text: str
    purpose: str
    code: str


class SmsGateway(Protocol):
    """Sends one text."""

    def send(self, text: Text) -> None:
        """Hand over the text; Unavailable when the gateway is not there, TextDeclined when it refuses this one."""


class VideoProvider(Protocol):
    """How the pictures and voices of a call travel. docs/video.md says how a media server would take its place."""

    def ice_servers(self, call_id: str, now: datetime) -> list[dict[str, Any]]:
        """RTCIceServer dictionaries with credentials for this call, good for ten minutes; empty without a server."""


class Films(Protocol):
    """Makes recordings over for watching."""

    def make(self, recording: bytes, *, begun_at: datetime, caption: str) -> bytes:
        """A webm file with length and index, the running time and `caption` burnt in; Unavailable when it cannot."""


@dataclass(frozen=True)
class Subject:
    """Who a certificate is for. `reference` is the investor's blind index: it tells two of one name apart."""

    common_name: str
    reference: str


@dataclass(frozen=True)
class SigningKey:
    """A key that the worker signs with: PKCS #8 PEM, and the certificate followed by its chain as PEM."""

    key_pem: bytes
    certificate_pem: bytes


class PublishedCertificates(Protocol):
    """What anybody may know of the authority; all that the web process reads.

    Every method but `is_there` and `is_due` raises FileNotFoundError before the worker has made the authority.
    """

    def is_there(self) -> bool:
        """Whether anything is published yet."""

    def roots(self) -> bytes:
        """The trusted roots as PEM, our own first."""

    def chain(self) -> bytes:
        """The intermediate as PEM, to stand after a leaf."""

    def revocation_lists(self) -> list[bytes]:
        """The latest published revocation lists, DER."""

    def file(self, name: str) -> bytes:
        """root.cer, intermediate.cer, root.crl or intermediate.crl, DER; FileNotFoundError for any other."""

    def ocsp(self, request: bytes) -> bytes:
        """The answer to an OCSP question, DER in, DER out; total."""

    def answer_about(self, serial: int) -> bytes:
        """The OCSP answer in force for one of our certificates, DER; FileNotFoundError for one of others."""

    def is_due(self, now: datetime) -> bool:
        """Whether the worker should `prepare`: nothing is published yet, or the list is to be renewed."""


class CertificateAuthority(Protocol):
    """Issues and revokes investors' certificates, and keeps the keys of seal and time stamp.

    Called by the worker, never by the web process, which knows `published` alone.
    """

    @property
    def published(self) -> PublishedCertificates:
        """The public side; opens no key."""

    def prepare(self, now: datetime) -> PublishedCertificates:
        """Make or renew what is published; harmless to repeat."""

    def issue(self, request_id: str, spki: bytes, subject: Subject, now: datetime) -> str:
        """The certificate as PEM; the same for the same request."""

    def revoke(self, serial: int, now: datetime) -> None:
        """Revoke from `now` on and publish the new list."""

    def suspend(self, serial: int, now: datetime) -> None:
        """Put on hold from `now` on, until resumed, and publish the new list."""

    def resume(self, serial: int, now: datetime) -> None:
        """Take off hold and publish the new list; harmless for one that is not on hold."""

    def broker_seal(self, now: datetime) -> SigningKey:
        """The key that counter-seals documents in the broker's name."""

    def time_stamp_key(self, now: datetime) -> SigningKey:
        """The key of the embedded time-stamping authority."""


class TimeStamps(Protocol):
    """A time-stamping authority somewhere else."""

    def ask(self, question: bytes) -> bytes:
        """The reply to an RFC 3161 query, DER both; raises Unavailable."""


@dataclass
class Outside:
    """Everything the business asks of the outside."""

    clock: Clock
    sealer: Sealer
    blobs: Blobs
    queue: Queue
    live: Live
    sms: SmsGateway
    authority: CertificateAuthority
    films: Films
    video: VideoProvider
    time_stamps: TimeStamps | None = None
    """None: the embedded authority stamps."""


def _current() -> Outside:
    return cast(Outside, current_app.extensions["outside"])


outside = cast(Outside, LocalProxy(_current))
