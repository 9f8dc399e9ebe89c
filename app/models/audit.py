"""The audit chain: append-only, each entry carries the hash of the one before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class AuditEntry(Base):
    """Who did what to what, when. `details` holds codes, ids and masks only. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "case_id", "number"),
        Index(None, "actor_id", "number"),
        Index(None, "action", "number"),
        Index(None, "actor", "number"),
        Index(None, "at"),
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str | None] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(60))
    case_id: Mapped[str | None] = mapped_column(String(32))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
