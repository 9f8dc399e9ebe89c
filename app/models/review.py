"""The counter review's own rows: decisions that can still be taken back, and filters that people keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.cases import Case
from app.models.sealed import InVault, SealedText
from app.models.staff import Staff

WAITING = text("state = 'waiting'")


class HeldDecision(InVault):
    """A decision about a case that is carried out when its time is up, unless it is taken back before."""

    __tablename__ = "held_decisions"
    __table_args__ = (
        Index("uq_held_decisions_one_waiting", "case_id", unique=True, sqlite_where=WAITING, postgresql_where=WAITING),
        Index(None, "state", "due_at"),
        Index(None, "by_id", "state"),
        Index(None, "case_id", "decided_at"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    by_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(String(12))
    """approve, send_back, refuse."""
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON: what is carried out, and what was typed, for when it is taken back. Remarks name people and numbers."""
    decided_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    """waiting, done, undone, void (could not be carried out)."""

    content = SealedText("content_sealed")

    case: Mapped[Case] = relationship()
    by: Mapped[Staff] = relationship()


class SavedFilter(Identified):
    """A list's filters under a name, as the query of its address; a list's address never carries personal data."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("staff_id", "place", "name"),)

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    place: Mapped[str] = mapped_column(String(20))
    """Which list: review or cases."""
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]
