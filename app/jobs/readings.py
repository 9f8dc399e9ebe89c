"""Jobs of the readings."""

from __future__ import annotations

from app.services import card_readings


def read(reading_id: str) -> None:
    """Read one card."""
    card_readings.carry_out(reading_id)
