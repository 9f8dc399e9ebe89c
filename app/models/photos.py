"""Photos of a case: the original, what was made of it, and what the investor chose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.cases import Case
from app.models.sealed import Blob

CURRENT = text("replaced_at IS NULL")


class Photo(Identified):
    """One photo at one place of a case. The row says what is to be done; a job only hints at it."""

    __tablename__ = "photos"
    __table_args__ = (
        Index(
            "uq_photos_current",
            "case_id",
            "place",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        Index(None, "state", "state_since"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    place: Mapped[str] = mapped_column(String(40))
    """id_portrait, id_emblem, signature, or "card:<case card id>"."""
    slot: Mapped[str] = mapped_column(String(20))
    """What kind of picture is expected: id_portrait, id_emblem, signature, bank_card."""
    state: Mapped[str] = mapped_column(String(20))
    """queued, ready, rejected (a defect), broken (could not be prepared), filed (taken from the broker's file)."""
    state_since: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=1)
    """Fences late writers: a result is taken only for the attempt it was made for."""
    asked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the worker is asked for beyond the automatic result: {"corners": [[x, y]*4]}, {"turns": 1}."""
    found: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What it found: action, quad, confidence, verdicts, turns, width, height; and the source: file, screen (drawn)."""
    choice: Mapped[str] = mapped_column(String(10), default="prepared")
    """prepared or original: which of the two the investor wants used."""
    quarter_turns: Mapped[int] = mapped_column(default=0)
    """Turned by the investor, clockwise, on top of the automatic turn."""
    original_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))
    preview_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))
    prepared_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))
    thumbnail_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))
    ink_id: Mapped[str | None] = mapped_column(ForeignKey("blobs.id"))
    """Of a signature: the handwriting of the prepared picture alone, a transparent PNG; none where it is not sure."""
    created_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    original: Mapped[Blob | None] = relationship(foreign_keys=[original_id])
    preview: Mapped[Blob | None] = relationship(foreign_keys=[preview_id])
    prepared: Mapped[Blob | None] = relationship(foreign_keys=[prepared_id])
    thumbnail: Mapped[Blob | None] = relationship(foreign_keys=[thumbnail_id])
    ink: Mapped[Blob | None] = relationship(foreign_keys=[ink_id])

    @property
    def is_acceptable(self) -> bool:
        """Whether the journey may go on with it."""
        return self.state in {"ready", "filed"}
