"""Jobs of the recordings."""

from __future__ import annotations

from app.services import films


def film(film_id: str) -> None:
    """Make one part of a recording over for watching."""
    films.make(film_id)
