"""Jobs of the photos."""

from __future__ import annotations

from app.services import photos


def prepare(photo_id: str) -> None:
    """Crop, turn and judge one photo."""
    photos.prepare(photo_id)
