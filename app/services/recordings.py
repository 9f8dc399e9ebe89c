"""The recording of a video call, put together from its slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.db import read
from app.domain.errors import NotFound
from app.models import Blob, Call, CallSlice, Staff
from app.services import casework, files


@dataclass(frozen=True)
class Part:
    """One run of the recorder: a file of its own, of `slices` slices and `size` bytes."""

    name: str
    slices: int
    size: int


def call_of(call_id: str, staff: Staff) -> Call:
    """The call; NotFound for an absent one and for one of another branch office alike."""
    call = read().get(Call, call_id)
    if call is None or not casework.may_see(call.case, staff):
        raise NotFound
    return call


def parts_of(call: Call) -> list[Part]:
    """The parts of a call's recording, in the order in which they were begun."""
    query = (
        select(CallSlice.part, func.count())
        .where(CallSlice.call_id == call.id)
        .group_by(CallSlice.part)
        .order_by(func.min(CallSlice.at))
    )
    counts = read().execute(query).all()
    return [Part(name, count, sum(row.blob.size for row in slices_of(call, name))) for name, count in counts]


def slices_of(call: Call, part: str) -> list[CallSlice]:
    """The slices of one part in order; NotFound when there are none."""
    query = select(CallSlice).where(CallSlice.call_id == call.id, CallSlice.part == part).order_by(CallSlice.number)
    whole = joinedload(CallSlice.blob).joinedload(Blob.vault)
    slices = list(read().scalars(query.options(whole)))
    if not slices:
        raise NotFound
    return slices


def stream(slices: list[CallSlice], start: int, stop: int) -> Iterator[bytes]:
    """The bytes from `start` up to, not including, `stop` of the slices laid end to end, slice by slice.

    The rows are read at once: until the first byte is asked for, the request has ended and its session is closed.
    """
    return _end_to_end([(row.blob.size, files.reader(row.blob)) for row in slices], start, stop)


def _end_to_end(pieces: list[tuple[int, Callable[[], bytes]]], start: int, stop: int) -> Iterator[bytes]:
    offset = 0
    for size, read_piece in pieces:
        first, last = max(start - offset, 0), min(stop - offset, size)
        if first < last:
            yield read_piece()[first:last]
        offset += size
