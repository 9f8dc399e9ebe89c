"""What staff do to a case beside deciding it: notes among colleagues, and leading it back with a second person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.cases import Case
from app.models.sealed import InVault, SealedText
from app.models.staff import Staff

WAITING = text("state = 'waiting'")
TWO_PEOPLE = "state <> 'done' OR (decided_by_id IS NOT NULL AND decided_by_id <> by_id)"


class CaseNote(InVault):
    """A note for colleagues; the investor never sees it. People write names and numbers into it: sealed."""

    __tablename__ = "case_notes"
    __table_args__ = (Index(None, "case_id", "at"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    by_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]

    text = SealedText("text_sealed")

    by: Mapped[Staff] = relationship()


class CaseOverride(InVault):
    """An administrator's proposal to lead a case back to an earlier step; a second person carries it out or not."""

    __tablename__ = "case_overrides"
    __table_args__ = (
        Index("uq_case_overrides_one_waiting", "case_id", unique=True, sqlite_where=WAITING, postgresql_where=WAITING),
        CheckConstraint(TWO_PEOPLE, name="two_people"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    step: Mapped[str] = mapped_column(String(20))
    words_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Why, as the investor will read it."""
    by_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    """waiting, done, dismissed."""
    decided_by_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]

    words = SealedText("words_sealed")

    case: Mapped[Case] = relationship()
    by: Mapped[Staff] = relationship(foreign_keys=[by_id])
