"""Agreements as versioned texts, consents to them, and the signed documents of a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.sealed import Blob, InVault


class AgreementVersion(Identified):
    """One version of a text that people read and agree to; old versions are kept for ever."""

    __tablename__ = "agreement_versions"
    __table_args__ = (UniqueConstraint("code", "version"),)

    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    title: Mapped[str]
    title_en: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    """Over title and body in both languages."""
    signed: Mapped[bool]
    """Signed with the certificate at step 6; the others are only ticked."""
    required: Mapped[bool] = mapped_column(default=True)
    """Nobody gets through without it; one that is not required may be left out when signing."""
    has_changes: Mapped[bool] = mapped_column(default=False)
    """The table of old and new accounts belongs to it."""
    retired: Mapped[bool] = mapped_column(default=False)
    """From this version on the text is not asked for any more."""
    position: Mapped[int]
    effective_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    """None: came with the product."""
    published_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    why: Mapped[str] = mapped_column(String(200), default="")


class AgreementDraft(Identified):
    """The next version of a text while it is written; nobody agrees to it before it is published."""

    __tablename__ = "agreement_drafts"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    version: Mapped[str] = mapped_column(String(20))
    title: Mapped[str]
    title_en: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    signed: Mapped[bool]
    required: Mapped[bool]
    has_changes: Mapped[bool]
    retired: Mapped[bool]
    position: Mapped[int]
    effective_at: Mapped[datetime | None]
    """None: at once."""
    why: Mapped[str] = mapped_column(String(200))
    edited_at: Mapped[datetime]
    edited_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))


class Consent(Identified):
    """Somebody agreed to a version of a text."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "investor_id"),)

    investor_id: Mapped[str] = mapped_column(ForeignKey("investors.id"))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.id"))
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement_versions.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    agreement: Mapped[AgreementVersion] = relationship()


class Signing(InVault):
    """One go at signing all documents of a case; can be begun again, ends in one set of signatures."""

    __tablename__ = "signings"
    __table_args__ = (Index(None, "case_id", "state"), Index(None, "state", "state_since"))

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificates.id"))
    session_id: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(12))
    """preparing, prepared, finishing, done, failed, void."""
    state_since: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=1)
    failure_code: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]

    documents: Mapped[list[Document]] = relationship(back_populates="signing", order_by="Document.position")


class Document(Identified):
    """One agreement of a case: drawn, signed, kept."""

    __tablename__ = "documents"
    __table_args__ = (Index(None, "case_id"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    signing_id: Mapped[str | None] = mapped_column(ForeignKey("signings.id"))
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement_versions.id"))
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    """drawn, prepared, signed, void."""
    drawn_id: Mapped[str] = mapped_column(ForeignKey("blobs.id"))
    prepared_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))
    """The PDF with room for the signature and what is needed to finish it."""
    attributes: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The DER signed attributes that the browser signs."""
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the browser made of them: raw r‖s, 64 bytes."""
    signed_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))
    drawn_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    """The investor said of this one alone: read, and agreed to."""
    signed_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]

    agreement: Mapped[AgreementVersion] = relationship()
    signing: Mapped[Signing | None] = relationship(back_populates="documents")
    drawn: Mapped[Blob] = relationship(foreign_keys=[drawn_id])
    prepared: Mapped[Blob | None] = relationship(foreign_keys=[prepared_id])
    signed: Mapped[Blob | None] = relationship(foreign_keys=[signed_id])
