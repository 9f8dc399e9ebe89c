"""People who work for the broker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.broker import BranchOffice
from app.models.sealed import InVault, SealedText


class Staff(InVault):
    """A member of staff: witness, reviewer, administrator, auditor."""

    __tablename__ = "staff"

    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str]
    licence_number: Mapped[str] = mapped_column(String(30), default="")
    password_hash: Mapped[str]
    totp_secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The last time step whose code was used: a code serves once."""
    roles: Mapped[list[str]] = mapped_column(JSON)
    branch_office_id: Mapped[str | None] = mapped_column(ForeignKey("branch_offices.id"))
    """None: all branch offices."""
    present_at: Mapped[datetime | None]
    """Last sign of life of a witness at the waiting board or in a call."""
    disabled_at: Mapped[datetime | None]

    totp_secret = SealedText("totp_secret_sealed")

    branch_office: Mapped[BranchOffice | None] = relationship()
