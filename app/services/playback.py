"""Where in a recording something happened: the moment of each still, as seconds into the part that was running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.db import read
from app.models import Call, CallSlice, CallStill

SLICE = timedelta(seconds=2)
"""The recorder hands over a slice every two seconds: the first one arrives that long after the part began."""
BEFORE = 1.0
"""Seconds to begin before the moment itself."""


@dataclass(frozen=True)
class Mark:
    """A still and where to seek: the number of the part, beginning with 1, and seconds from its beginning."""

    still: CallStill
    part: int
    seconds: float


def marks_of(call: Call) -> list[Mark]:
    """The stills of a call as places in its recording, in order of time; those before the first part are left out."""
    begun = _beginnings(call)
    marks = []
    for still in call.stills:
        number = sum(1 for moment in begun if moment <= still.at)
        if number:
            into = (still.at - begun[number - 1]).total_seconds()
            marks.append(Mark(still, number, max(0.0, round(into - BEFORE, 1))))
    return marks


def _beginnings(call: Call) -> list[datetime]:
    first = func.min(CallSlice.at)
    query = select(first).where(CallSlice.call_id == call.id).group_by(CallSlice.part).order_by(first)
    return [moment - SLICE for moment in read().scalars(query)]
