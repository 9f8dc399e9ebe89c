"""Rows of made-up cases, gathered by table and written in bulk; and what all those cases share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.db import Base, read, transaction
from app.models import AuditEntry, BankBin, Blob, BranchOffice, Staff, Vault
from app.services import audit, files, staff_list, vaults
from app.services.sandbox import smaller
from app.services.sandbox_files import DIRECTORY
from app.services.sandbox_papers import Paper, shared_papers

PICTURES = {
    "id_portrait": ("photos/lin-portrait", "photos/filed/lin-portrait"),
    "id_emblem": ("photos/lin-emblem", "photos/filed/lin-emblem"),
    "signature": ("photos/zhou-signature", "photos/zhou-signature"),
    "bank_card": ("photos/zhou-card", "photos/zhou-card"),
    "face": ("face", "face"),
}
"""The sample photos as they came and as they were cut out."""
LONG_EDGE_PIXELS = 1_000
THUMBNAIL_PIXELS = 360
RECORDING = "recording.webm"
JPEG, WEBM = "image/jpeg", "video/webm"


@dataclass
class Made:
    """Rows of one batch by table, and the audit entries of all batches."""

    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    entries: list[tuple[datetime, str, str | None, str, str, dict[str, Any]]] = field(default_factory=list)

    def add(self, row: Base) -> None:
        """Keep the columns that were set; defaults are the insert's."""
        known = {column.key for column in row.__mapper__.column_attrs}
        values = {name: value for name, value in vars(row).items() if name in known}
        self.rows.setdefault(type(row), []).append(values)

    def write(self, db: Session) -> None:
        """Insert what was kept, parents first."""
        for table in Base.metadata.sorted_tables:
            for model, rows in self.rows.items():
                if model.__table__ is table:
                    db.execute(insert(model), rows)
        self.rows.clear()

    def chain(self) -> None:
        """Append all entries to the audit chain, in the order of their moments, in one transaction."""
        with transaction() as db:
            last = audit.head_of_chain(db)
            number, previous = (last.number, last.hash) if last else (0, audit.GENESIS)
            rows = []
            for at, actor, actor_id, action, case_id, details in sorted(self.entries, key=lambda entry: entry[0]):
                number += 1
                entry = AuditEntry(
                    number=number, at=at, actor=actor, actor_id=actor_id, action=action, case_id=case_id,
                    details=details, previous_hash=previous,
                )  # fmt: skip
                entry.hash = previous = audit.hash_of(entry)
                rows.append({column.key: getattr(entry, column.key) for column in AuditEntry.__mapper__.column_attrs})
            if rows:
                db.execute(insert(AuditEntry), rows)


@dataclass(frozen=True)
class Picture:
    """A sample photo, kept once for all cases: as it came, as it was prepared, and small."""

    preview: Blob
    prepared: Blob
    thumbnail: Blob


@dataclass(frozen=True)
class Props:
    """What all made-up cases share."""

    offices: list[BranchOffice]
    witnesses: list[Staff]
    reviewers: list[Staff]
    bins: list[BankBin]
    pictures: dict[str, Picture]
    recording: Blob
    papers: list[Paper]

    @classmethod
    def found(cls) -> Props:
        """What the sample data holds, and the shared files, which are stored now."""
        staff = [row for row in read().scalars(select(Staff)) if row.branch_office_id is None and not row.disabled_at]
        with transaction():
            return cls(
                offices=staff_list.offices(),
                witnesses=[row for row in staff if "witness" in row.roles],
                reviewers=[row for row in staff if "reviewer" in row.roles],
                bins=list(read().scalars(select(BankBin).where(BankBin.kind == "debit").order_by(BankBin.prefix))),
                pictures={slot: _picture(*names) for slot, names in PICTURES.items()},
                recording=files.keep(_vault(), (DIRECTORY / RECORDING).read_bytes(), WEBM),
                papers=shared_papers(_vault()),
            )


def _picture(came: str, cut: str) -> Picture:
    preview, prepared = (_small(name, LONG_EDGE_PIXELS) for name in (came, cut))
    return Picture(preview, preview if came == cut else prepared, _small(cut, THUMBNAIL_PIXELS))


def _small(name: str, pixels: int) -> Blob:
    content = (DIRECTORY / f"{name}.jpg").read_bytes()
    return files.keep(_vault(), smaller(content, pixels), JPEG)


def _vault() -> Vault:
    return vaults.system()
