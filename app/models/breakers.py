"""Circuit breakers: what is outside and was found to be down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Breaker(Base):
    """One thing outside, and how it fared of late."""

    __tablename__ = "breakers"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    """One after the other, since it last did what was asked of it."""
    opened_at: Mapped[datetime | None]
    """Since when nothing is asked of it; None while it is."""
    trial_at: Mapped[datetime | None]
    """When it may be asked once, to see whether it is there again."""
    closed_at: Mapped[datetime | None]
    """When it was there again, the last time."""
