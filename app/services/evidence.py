"""What is kept of a call: the slices of the recording in their hash chain, and the stills."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from PIL import Image, ImageStat
from sqlalchemy import func, select

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.imaging import PhotoRefused, examine
from app.imaging.child import in_child
from app.models import Call, CallSlice, CallStill
from app.outside import outside
from app.services import files

STILL_KINDS = ("face", "id_portrait", "id_emblem")
SLICE_TYPE = "video/webm"
STILL_TYPE = "image/jpeg"
LARGEST_STILL_PIXELS = 16_000_000
DARKEST_MEAN = 12.0
FLATTEST_DEVIATION = 4.0
"""Grey levels of 255; a covered lens or a stopped camera is below both or of one colour throughout."""
PART_NAME = re.compile(r"[0-9a-z]{1,32}")


@dataclass(frozen=True)
class Acknowledged:
    """What the witness's page may forget: all slices of the call so far, and the head of their chain."""

    slices: int
    chain_hash: str


def keep_slice(call: Call, part: str, number: int, file: files.Written) -> Acknowledged:
    """Enter one checked slice, which lies on disk, of a live, answered call; one more time it is acknowledged again.

    The call is held by the caller's transaction. Raises FieldWrong("slice", "other" | "gap", expected=n).
    """
    known = _slice(call, part, number)
    if known is not None:
        if known.blob.sha256 != file.sha256:
            raise FieldWrong("slice", "other")
        return Acknowledged(call.slices, call.chain_hash)
    _require_next(call, part, number)
    with transaction() as db:
        blob = files.enter(file)
        call.chain_hash = chained(call.chain_hash, file.sha256)
        call.slices += 1
        db.add(
            CallSlice(
                call_id=call.id,
                part=part,
                number=number,
                blob=blob,
                chain_hash=call.chain_hash,
                at=outside.clock.now(),
            )
        )
        return Acknowledged(call.slices, call.chain_hash)


def is_stale(call: Call) -> bool:
    """Whether a recorded call's last slice is so old that nobody can say the recording goes up to now.

    The page ends its recording just before a decision, which hands over the last slice whatever its length.
    """
    longest = timedelta(seconds=current_app.config["SETTINGS"].recording_stale_seconds)
    last = read().scalar(select(func.max(CallSlice.at)).where(CallSlice.call_id == call.id))
    return last is not None and last < outside.clock.now() - longest


def chained(previous: str, sha256: str) -> str:
    """The chain's next link: SHA-256 over the previous link and the slice's hash, both in hexadecimal."""
    return hashlib.sha256((previous + sha256).encode()).hexdigest()


def require_whole(part: str, content: bytes, sha256: str) -> None:
    """Refuse what is no slice, before any transaction: FieldWrong("slice", "part" | "too_large" | "empty" | "hash")."""
    if not PART_NAME.fullmatch(part):
        raise FieldWrong("slice", "part")
    if not content:
        raise FieldWrong("slice", "empty")
    if len(content) > current_app.config["SETTINGS"].recording_slice_max_bytes:
        raise FieldWrong("slice", "too_large")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise FieldWrong("slice", "hash")


def _slice(call: Call, part: str, number: int) -> CallSlice | None:
    query = select(CallSlice).where(CallSlice.call_id == call.id, CallSlice.part == part, CallSlice.number == number)
    return read().scalars(query).first()


def _require_next(call: Call, part: str, number: int) -> None:
    query = select(CallSlice.number).where(CallSlice.call_id == call.id, CallSlice.part == part)
    last = read().scalars(query.order_by(CallSlice.number.desc()).limit(1)).first()
    expected = 0 if last is None else last + 1
    if number != expected:
        raise FieldWrong("slice", "gap", expected=expected)


def keep_still(call: Call, kind: str, file: files.Written) -> CallStill:
    """Enter a checked still, which lies on disk, of a live, answered call."""
    with transaction() as db:
        still = CallStill(call_id=call.id, kind=kind, blob=files.enter(file), at=outside.clock.now())
        db.add(still)
        db.flush()
        return still


def checked_still(kind: str, content: bytes) -> bytes:
    """The still as a JPEG made anew from its pixels in a confined process; takes a moment, so before any transaction.

    Raises FieldWrong("still", "kind" | "too_large" | "not_a_picture" | "black").
    """
    if kind not in STILL_KINDS:
        raise FieldWrong("still", "kind")
    try:
        most = current_app.config["SETTINGS"].still_max_bytes
        if examine(content, max_bytes=most, max_pixels=LARGEST_STILL_PIXELS).format != "JPEG":
            raise FieldWrong("still", "not_a_picture")
        picture, small = in_child("turned", content, 0)
    except PhotoRefused as refusal:
        code = "too_large" if refusal.code == "too_large" else "not_a_picture"
        raise FieldWrong("still", code) from refusal
    if not shows_something(small):
        raise FieldWrong("still", "black")
    return bytes(picture)


def shows_something(thumbnail: bytes) -> bool:
    """Whether a picture of our own making is neither black nor of one colour throughout."""
    with Image.open(io.BytesIO(thumbnail), formats=("JPEG",)) as image:
        statistics = ImageStat.Stat(image.convert("L"))
    return statistics.mean[0] >= DARKEST_MEAN and statistics.stddev[0] >= FLATTEST_DEVIATION


def missing_stills(call: Call) -> list[str]:
    """The kinds of still that a pass needs and the call does not have yet, in order."""
    taken = set(read().scalars(select(CallStill.kind).where(CallStill.call_id == call.id)))
    return [kind for kind in STILL_KINDS if kind not in taken]


def still_of(still_id: str) -> CallStill:
    """A still; NotFound."""
    still = read().get(CallStill, still_id)
    if still is None:
        raise NotFound
    return still
