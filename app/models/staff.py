"""People who work for the broker, and how each of them proves to be that person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.broker import BranchOffice
from app.models.sealed import InVault, SealedText

OPEN = text("ended_at IS NULL")


class Staff(InVault):
    """A member of staff: witness, reviewer, administrator, auditor."""

    __tablename__ = "staff"

    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str]
    licence_number: Mapped[str] = mapped_column(String(30), default="")
    password_hash: Mapped[str] = mapped_column(default="")
    """Empty until the one-time link was used: nothing fits it."""
    totp_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The last time step whose code was used: a code serves once."""
    roles: Mapped[list[str]] = mapped_column(JSON)
    branch_office_id: Mapped[str | None] = mapped_column(ForeignKey("branch_offices.id"))
    """None: all branch offices."""
    present_at: Mapped[datetime | None]
    """Last sign of life of a witness at the waiting board or in a call; None once it was too long ago to count."""
    on_break_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    totp_secret = SealedText("totp_secret_sealed")

    branch_office: Mapped[BranchOffice | None] = relationship()

    @property
    def is_set_up(self) -> bool:
        """Whether the person has a password already, and so a second factor."""
        return bool(self.password_hash)


class Passkey(Identified):
    """A WebAuthn credential; the private key stays in the person's device."""

    __tablename__ = "staff_passkeys"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    credential_id: Mapped[str] = mapped_column(unique=True)
    """As base64url without padding."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """COSE."""
    sign_count: Mapped[int]
    """What the authenticator counted last; one that counts backwards is a copy."""
    name: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Identified):
    """A code on paper that stands in once for the second factor; kept as an HMAC."""

    __tablename__ = "staff_recovery_codes"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StaffLink(InVault):
    """A one-time link with which a person chooses password and second factor; the row holds the token's hash."""

    __tablename__ = "staff_links"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    word_hash: Mapped[str | None] = mapped_column(String(64))
    """After a reset: of the word that the other administrator hands over, so that neither alone can use the link."""
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong words so far."""
    totp_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the page offers to the authenticator app."""
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    totp_secret = SealedText("totp_secret_sealed")

    staff: Mapped[Staff] = relationship()


class FactorReset(Identified):
    """The wish of one administrator to take a person's password and factors away; another one has to agree."""

    __tablename__ = "staff_factor_resets"
    __table_args__ = (
        Index("uq_staff_factor_resets_one_open", "staff_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        CheckConstraint("asked_by <> staff_id", name="not_ones_own"),
        CheckConstraint("agreed_by <> staff_id", name="not_agreed_by_oneself"),
        CheckConstraint("agreed_by <> asked_by", name="two_administrators"),
    )

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    asked_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    word_hash: Mapped[str] = mapped_column(String(64))
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    """When it was agreed to or withdrawn."""

    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    asker: Mapped[Staff] = relationship(foreign_keys=[asked_by])
