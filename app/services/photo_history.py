"""The whole history of a place for a photo: all that stood there, what was made of each, and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from app.db import read
from app.models import AuditEntry, Blob, Case, Photo

PREPARED = "photo.prepared"
KINDS = ("photo.received", "photo.filed_kept", "photo.moved", PREPARED, "photo.asked", "photo.chosen")


@dataclass(frozen=True)
class Past:
    """One photo and what happened to it, the first thing first; `made` are the attempts whose pictures are kept."""

    photo: Photo
    entries: list[AuditEntry] = field(default_factory=list)

    @property
    def made(self) -> list[int]:
        return [entry.details["attempt"] for entry in self.entries if entry.details.get("picture")]


def places(case: Case) -> list[str]:
    """Where the case has or had a photo, in the order in which the first ones came."""
    query = select(Photo.place).where(Photo.case_id == case.id).order_by(Photo.created_at, Photo.id)
    return list(dict.fromkeys(read().scalars(query)))


def of_place(case: Case, place: str) -> list[Past]:
    """Every photo that stands or stood at that place, the latest first."""
    query = select(Photo).where(Photo.case_id == case.id, Photo.place == place)
    rows = read().scalars(query.order_by(Photo.created_at.desc(), Photo.replaced_at.is_(None).desc()))
    pasts = {photo.id: Past(photo) for photo in rows}
    for entry in _entries(case):
        if past := pasts.get(entry.details.get("photo", "")):
            past.entries.append(entry)
    return list(pasts.values())


def made(photo: Photo, attempt: int) -> Blob | None:
    """The picture that one attempt made, also after another took its place; None when there is none."""
    for entry in _entries(photo.case, PREPARED):
        if entry.details.get("photo") == photo.id and entry.details.get("attempt") == attempt:
            blob_id = entry.details.get("picture")
            return read().get(Blob, blob_id) if blob_id else None
    return None


def _entries(case: Case, *actions: str) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.case_id == case.id, AuditEntry.action.in_(actions or KINDS))
    return list(read().scalars(query.order_by(AuditEntry.number)))
