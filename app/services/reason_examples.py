"""Example pictures of reasons, uploaded by administrators: rebuilt from their pixels, kept small, never changed."""

from __future__ import annotations

from typing import Final

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.imaging import PhotoRefused, examine
from app.imaging.child import in_child
from app.models import ReasonExample, Staff
from app.outside import outside
from app.services import files, vaults

MEDIA_TYPE: Final = "image/jpeg"
LARGEST_PIXELS: Final = 16_000_000


def keep(content: bytes, *, by: Staff) -> str:
    """The id of the picture as investors will see it, 320 pixels at its longest.

    FieldWrong("picture", "not_a_picture").
    It is kept before the reason is published: what is looked at before publishing is what is published.
    """
    try:
        examine(content, max_pixels=LARGEST_PIXELS)
        _whole, small = in_child("turned", content, 0)
    except PhotoRefused as refused:
        raise FieldWrong("picture", "not_a_picture") from refused
    with files.beforehand(vaults.system(), bytes(small), MEDIA_TYPE) as file, transaction() as db:
        row = ReasonExample(blob_id=files.enter(file).id, by_id=by.id, at=outside.clock.now())
        db.add(row)
        return row.id


def exists(example_id: str) -> bool:
    """Whether there is such a picture."""
    return read().get(ReasonExample, example_id) is not None


def picture(example_id: str) -> tuple[bytes, str]:
    """Bytes and media type; NotFound when there is none."""
    row = read().get(ReasonExample, example_id)
    if row is None:
        raise NotFound
    return files.content(row.blob), row.blob.media_type
