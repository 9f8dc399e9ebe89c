"""Investors' certificates, and the challenges by which a browser proves it holds the key."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.investors import Investor


class Certificate(Identified):
    """A certificate, from the application on. The private key never left the investor's browser."""

    __tablename__ = "certificates"
    __table_args__ = (Index(None, "investor_id", "state"), Index(None, "state", "applied_at"))

    investor_id: Mapped[str] = mapped_column(ForeignKey("investors.id"))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.id"))
    """None: a renewal, which needs no case."""
    renews_id: Mapped[str | None] = mapped_column(ForeignKey("certificates.id"))
    """The certificate whose key signed for this one."""
    state: Mapped[str] = mapped_column(String(10))
    """applied, issued, suspended, refused, revoked."""
    spki: Mapped[bytes] = mapped_column(LargeBinary)
    """The public key, DER SubjectPublicKeyInfo."""
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary)
    proof: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Proof of possession: raw r‖s over the challenge, see `app.documents.keys`; the authority may check it again."""
    pem: Mapped[str | None] = mapped_column(Text)
    serial: Mapped[str | None] = mapped_column(String(40), unique=True)
    fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the certificate's DER bytes, hexadecimal."""
    not_before: Mapped[datetime | None]
    not_after: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(60), default="")
    """Where it was installed, such as "Windows, Edge"."""
    applied_at: Mapped[datetime]
    refused_code: Mapped[str | None] = mapped_column(String(40))
    suspended_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    listed: Mapped[bool] = mapped_column(default=False)
    """Whether the authority's revocation list carries it."""

    investor: Mapped[Investor] = relationship()

    @property
    def reference(self) -> str:
        """What stands in the subject beside the name: it tells two people of one name apart."""
        return self.investor.id_number_index[:16]

    @property
    def key_id(self) -> str:
        """By what name the investor's browser keeps the key: SHA-256 of the public one, hexadecimal."""
        return hashlib.sha256(self.spki).hexdigest()

    def usable_at(self, moment: datetime) -> bool:
        """Whether signatures made with it now would hold."""
        return self.state == "issued" and self.not_after is not None and moment < self.not_after


class Challenge(Identified):
    """A nonce to be signed once, in the session it was given to."""

    __tablename__ = "challenges"

    session_id: Mapped[str] = mapped_column(String(32), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
