"""What was read off the cards of a case; the words and numbers are sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.photos import Photo
from app.models.sealed import InVault, SealedText


class CardReading(InVault):
    """The reading of one prepared picture. The row says that it is to be read; a job only hints at it."""

    __tablename__ = "card_readings"
    __table_args__ = (UniqueConstraint("photo_id", "attempt"), Index(None, "state", "state_since"))

    photo_id: Mapped[str] = mapped_column(ForeignKey("photos.id"))
    attempt: Mapped[int]
    """The photo's attempt whose picture it is: a reading of an older one counts no more."""
    state: Mapped[str] = mapped_column(String(10), default="queued")
    """queued, read, or failed (nobody could be asked: staff see "not read")."""
    state_since: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(20), default="")
    """What the picture shows: id_portrait, id_emblem, bank_card; empty when its number line did not tell."""
    turns: Mapped[int | None]
    """Clockwise quarter turns that would bring the picture upright."""
    content_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The fields, see app.reading.to_json."""
    denied_at: Mapped[datetime | None]
    """When the investor said that the card says something else."""

    content = SealedText("content_sealed")

    photo: Mapped[Photo] = relationship()
