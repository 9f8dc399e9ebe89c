"""Who changed what in the broker's catalogues, when, and from what to what; and the pictures that belong to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.sealed import Blob
from app.models.staff import Staff


class CatalogueChange(Identified):
    """One published change of one entry. Reasons and settings live here alone: their newest change is what holds."""

    __tablename__ = "catalogue_changes"
    __table_args__ = (UniqueConstraint("catalogue", "key", "number"),)

    catalogue: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    """1, 2, 3 … for each entry: who publishes a number that is taken was looking at something old."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    by_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]

    by: Mapped[Staff] = relationship()


class ReasonExample(Identified):
    """A picture of how it should be and how it is, for a reason; a reason names it by its id."""

    __tablename__ = "reason_examples"

    blob_id: Mapped[str] = mapped_column(ForeignKey("blobs.id"))
    by_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]

    blob: Mapped[Blob] = relationship()
