"""Days and moments as they are typed into a form or stand in an address."""

from __future__ import annotations

from datetime import date, datetime

YEARS = range(1900, 2200)
"""Those that can be meant: nearer to the ends of the calendar, adding a day or a time zone is an error."""


def day(text: str) -> date | None:
    """The day of "2026-11-22"; None for what is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def moment(text: str) -> datetime | None:
    """The moment of an ISO 8601 text, aware if that names its offset; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None
