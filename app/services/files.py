"""Sealed files: bytes in, bytes out; the row is written only when the file is safely on disk."""

from __future__ import annotations

import hashlib

from app.db import new_id, read, transaction
from app.models import Blob, Vault
from app.outside import outside


def keep(vault: Vault, content: bytes, media_type: str) -> Blob:
    """Seal and store `content`; the row joins the current transaction. A file without a row is swept later."""
    with transaction() as db:
        blob = Blob(
            id=new_id(),
            vault=vault,
            media_type=media_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=outside.clock.now(),
        )
        outside.blobs.put(blob.id, vault.seal(blob.context, content))
        db.add(blob)
        db.flush()
        return blob


def content(blob: Blob) -> bytes:
    """The clear bytes of a stored file; SealBroken when somebody changed them."""
    return blob.vault.open(blob.context, outside.blobs.get(blob.id))


def find(blob_id: str) -> Blob:
    """The row of a stored file."""
    return read().get_one(Blob, blob_id)
