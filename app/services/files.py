"""Sealed files: bytes in, bytes out; the row is written only when the file is safely on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import current_app
from sqlalchemy import select

from app.db import new_id, read, transaction
from app.models import Blob, Vault
from app.outside import outside
from app.services.beside import beside

PDF = "application/pdf"
PARTS = 256
"""The store is swept in so many parts, one at a time, by the first two digits of the files' names."""
ASKED_AT_ONCE = 500

log = structlog.get_logger()


@dataclass
class Written:
    """A sealed file that lies on disk and has no row yet; `size` in bytes and `sha256` are of the clear bytes."""

    id: str
    vault_id: str
    media_type: str
    size: int
    sha256: str
    entered: bool = False


@contextmanager
def beforehand(vault: Vault, content: bytes, media_type: str) -> Iterator[Written]:
    """Seal and store before the transaction that will `enter` it, so that nobody waits for the disk behind its lock.

    What no transaction entered is removed again; what is left by a process that dies in between is swept later.
    """
    written = _written(vault, content, media_type)
    beside(outside.blobs.put, written.id, _sealed(vault, written.id, content))
    try:
        yield written
    finally:
        if not written.entered:
            outside.blobs.remove(written.id)


def enter(written: Written) -> Blob:
    """The row of a file that was stored beforehand; it joins the current transaction."""
    with transaction() as db:
        blob = Blob(
            id=written.id,
            vault_id=written.vault_id,
            media_type=written.media_type,
            size=written.size,
            sha256=written.sha256,
            created_at=outside.clock.now(),
        )
        db.add(blob)
        db.flush()
        written.entered = True
        return blob


def keep(vault: Vault, content: bytes, media_type: str) -> Blob:
    """Seal and store `content`; the row joins the current transaction. A file without a row is swept later."""
    with transaction():
        written = _written(vault, content, media_type)
        outside.blobs.put(written.id, _sealed(vault, written.id, content))
        return enter(written)


def _written(vault: Vault, content: bytes, media_type: str) -> Written:
    return Written(new_id(), vault.id, media_type, len(content), hashlib.sha256(content).hexdigest())


def _sealed(vault: Vault, blob_id: str, content: bytes) -> bytes:
    return vault.seal(Blob.context_of(blob_id), content)


def content(blob: Blob) -> bytes:
    """The clear bytes of a stored file; SealBroken when somebody changed them."""
    return blob.vault.open(blob.context, outside.blobs.get(blob.id))


def reader(blob: Blob) -> Callable[[], bytes]:
    """`content` for later, when the session of this row has been closed; its vault is asked now."""
    blob_id, opened = blob.id, blob.vault.opener(blob.context)
    return lambda: opened(outside.blobs.get(blob_id))


def find(blob_id: str) -> Blob:
    """The row of a stored file."""
    return read().get_one(Blob, blob_id)


# -- from time to time ------------------------------------------------------------------------------------------------


def reconcile() -> None:
    """Sweep the part of the store whose turn it is by the clock: within some twenty minutes each has had its turn."""
    seconds = current_app.config["SETTINGS"].reconcile_seconds
    turn = int(outside.clock.now().timestamp() / max(seconds, 1)) % PARTS
    sweep(f"{turn:02x}")


def sweep(beginning: str) -> int:
    """Remove files whose names begin so and that no row names; returns how many.

    A file is there before its row. What was stored less than ORPHAN_FILE_HOURS ago may still get one, so it is left
    alone, and the rows are asked after the files were listed.
    """
    limit = outside.clock.now() - timedelta(hours=current_app.config["SETTINGS"].orphan_file_hours)
    names = outside.blobs.stored_before(limit, beginning)
    read().rollback()  # the newest rows, not those of a transaction begun before
    known = _with_rows(names)
    orphans = [name for name in names if name not in known]
    for name in orphans:
        outside.blobs.remove(name)
    if orphans:
        log.info("files_swept", count=len(orphans))
    return len(orphans)


def _with_rows(names: list[str]) -> set[str]:
    found: set[str] = set()
    for at in range(0, len(names), ASKED_AT_ONCE):
        found.update(read().scalars(select(Blob.id).where(Blob.id.in_(names[at : at + ASKED_AT_ONCE]))))
    return found
