"""The audit chain: written in the transaction it tells of, never changed, verified from the first entry on."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.db import read, transaction
from app.models import AuditEntry
from app.outside import outside
from app.services import anchors, chores, outbox
from app.services.actors import By
from app.services.anchors import Anchor

CHAIN_LOCK = 7_301_415
"""Key of PostgreSQL's advisory lock that lets one writer at a time append; SQLite has one writer anyway."""
GENESIS = "0" * 64
BATCH = 1_000


def record(action: str, by: By, *, case_id: str | None = None, **details: Any) -> None:
    """Append an entry. `details` may hold codes, ids and masks; never personal data."""
    with transaction() as db:
        last = head_of_chain(db)
        entry = AuditEntry(
            number=last.number + 1 if last else 1,
            at=outside.clock.now(),
            actor=by.actor.value,
            actor_id=by.id,
            action=action,
            case_id=case_id,
            details=details,
            previous_hash=last.hash if last else GENESIS,
        )
        entry.hash = hash_of(entry)
        db.add(entry)
        db.flush()


def head_of_chain(db: Session) -> AuditEntry | None:
    """The last entry, None before the first; nobody else appends until this transaction ends."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    return db.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).first()


def hash_of(entry: AuditEntry | Row[Any]) -> str:
    """What the entry's hash must be: HMAC-SHA256 over its columns and the hash before it."""
    content = [
        entry.number, _iso(entry.at), entry.actor, entry.actor_id, entry.action, entry.case_id, entry.details,
        entry.previous_hash,
    ]  # fmt: skip
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.digest(current_app.config["SETTINGS"].audit_key, canonical.encode(), "sha256").hex()


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Verification:
    """What verifying found: how many entries, and the number of the first one that is wrong.

    `anchors` were compared; `first_loose` is the number of the first one that the chain does not hold any more.
    """

    entries: int
    first_wrong: int | None
    head: str
    anchors: int = 0
    first_loose: int | None = None

    @property
    def intact(self) -> bool:
        return self.first_wrong is None and self.first_loose is None


def verify() -> Verification:
    """Walk the whole chain: every hash, every link, no gap in the numbers; then every anchor against it."""
    written = list(anchors.all_written())
    wanted = {anchor.number for anchor in written}
    held: dict[int, str] = {}
    previous, number = GENESIS, 0
    while batch := _after(number):
        for entry in batch:
            whole = entry.number == number + 1 and entry.previous_hash == previous and entry.hash == hash_of(entry)
            if not whole:
                return Verification(number, entry.number, previous, len(written), _first_loose(written, held))
            previous, number = entry.hash, entry.number
            if number in wanted:
                held[number] = previous
        time.sleep(0)  # a long chain takes seconds: meanwhile the other requests of this process go on
    return Verification(number, None, previous, len(written), _first_loose(written, held))


def _first_loose(written: list[Anchor], held: dict[int, str]) -> int | None:
    loose = (one.number for one in written if not one.is_genuine or held.get(one.number) != one.hash)
    return next(loose, None)


def _after(number: int) -> Sequence[Row[Any]]:
    columns = AuditEntry.__table__.c
    return read().execute(select(*columns).where(columns.number > number).order_by(columns.number).limit(BATCH)).all()


def anchor() -> Anchor | None:
    """Write the head of the chain down in the second place and tell it outside; None when nothing is new."""
    with transaction() as db:
        last = head_of_chain(db)
        newest = max((one.number for one in anchors.all_written()), default=0)
        if last is None or last.number <= newest:
            return None
        head = (last.number, last.hash)
    written = anchors.append(*head, _iso(outside.clock.now()))
    outbox.tell("audit.anchored", number=written.number, hash=written.hash, signature=written.signature)
    return written


def reconcile() -> None:
    """An anchor is due every so often."""
    minutes = current_app.config["SETTINGS"].audit_anchor_minutes
    if chores.take("audit_anchor", timedelta(minutes=minutes)):
        anchor()
