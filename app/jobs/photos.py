"""Jobs of the photos."""

from __future__ import annotations

from app.services import photo_work


def prepare(photo_id: str) -> None:
    """Crop, turn and judge one photo."""
    photo_work.prepare(photo_id)
