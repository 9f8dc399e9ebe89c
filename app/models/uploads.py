"""Photos on their way in, piece by piece: what has arrived of each, and where the pieces lie."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified
from app.models.cases import Case
from app.models.sealed import Blob, InVault, SealedText


class Upload(InVault):
    """One file that comes in pieces. Sizes and offsets are in bytes."""

    __tablename__ = "uploads"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "state", "touched_at"),
        CheckConstraint("received >= 0 AND received <= length", name="received"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    place: Mapped[str] = mapped_column(String(40))
    """As in Photo; or "card:new", for a card that is about to be added."""
    state: Mapped[str] = mapped_column(String(10), default="open")
    """open, used (it became a photo), refused (it is none, see `refused`), ended (given up, or swept)."""
    refused: Mapped[str | None] = mapped_column(String(30))
    """The code of the refusal."""
    length: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    """So much is safely on disk; raised by one conditional UPDATE for each piece."""
    told_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]

    told = SealedText("told_sealed")
    """What the client said of the file, the header Upload-Metadata as it came: a file's name may name a person."""
    case: Mapped[Case] = relationship()

    @property
    def is_whole(self) -> bool:
        return self.received == self.length


class UploadChunk(Identified):
    """One acknowledged piece of an upload; `start` is its offset in bytes."""

    __tablename__ = "upload_chunks"
    __table_args__ = (UniqueConstraint("upload_id", "start"),)

    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id"))
    start: Mapped[int]
    blob_id: Mapped[str] = mapped_column(ForeignKey("blobs.id"))

    blob: Mapped[Blob] = relationship()
