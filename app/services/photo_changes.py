"""What an investor changes of a photo that was prepared: which picture counts, its turn, its four corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.db import transaction
from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.models import Case, Photo
from app.outside import outside
from app.services import audit, files, photo_work, photos
from app.services.actors import By
from app.services.beside import beside

SMALLEST_SHARE = 0.005
"""Of the picture: four corners around less than this are a slip of the hand."""


def choose(case_id: str, place: str, choice: str, *, by: By) -> None:
    """Use the prepared picture, or the original as it was taken."""
    if choice not in {"prepared", "original"}:
        raise FieldWrong(place, "choice")
    with transaction():
        case, photo = _ready(case_id, place, by)
        if photo.choice != choice:
            photo.choice = choice
            audit.record("photo.chosen", by, case_id=case.id, photo=photo.id, choice=choice)
            photos.touched(case)


def turn(case_id: str, place: str, quarter_turns: int, *, attempt: int, by: By) -> None:
    """Have the chosen picture turned clockwise; it is the prepared one then.

    A second click on the same button (same attempt) does nothing.
    """
    with transaction():
        case, photo = _ready(case_id, place, by, also="queued")
        if photo.state == "ready" and photo.attempt == attempt:
            _ask(case, photo, {"turns": quarter_turns % 4, "picture": photo.choice}, by)


def set_corners(case_id: str, place: str, corners: Sequence[Sequence[float]], *, by: By) -> None:
    """Have the photo cropped at four corners (EXIF-upright pixels, TL TR BR BL).

    Raises FieldWrong("corners", outside | not_convex | too_small).
    """
    with transaction():
        case, photo = _ready(case_id, place, by, also="queued")
        check_corners(corners, photo.found["width"], photo.found["height"])
        asked = {"corners": [[float(x), float(y)] for x, y in corners]}
        if photo.asked.get("corners") != asked["corners"]:
            _ask(case, photo, asked, by)


def automatic(case_id: str, place: str, *, by: By) -> None:
    """Back to what the worker found by itself."""
    with transaction():
        case, photo = _ready(case_id, place, by, also="queued")
        if photo.state == "ready":
            _ask(case, photo, {}, by)


def _ready(case_id: str, place: str, by: By, *, also: str = "") -> tuple[Case, Photo]:
    """A photo of the investor's that has been prepared (or, for repeated clicks, is being prepared again)."""
    case, _slot = photos.writable(case_id, place, by)
    photo = photos.current(case).get(place)
    if photo is None or photo.original_id is None:
        raise NotFound
    if photo.state not in {"ready", also}:
        raise NotEditable
    return case, photo


def _ask(case: Case, photo: Photo, asked: dict[str, Any], by: By) -> None:
    photo.asked = asked
    photo.attempt += 1
    photo.state, photo.state_since = "queued", outside.clock.now()
    photo.found = {name: value for name, value in photo.found.items() if name not in {"tries", "notice"}}
    audit.record("photo.asked", by, case_id=case.id, photo=photo.id, **_told(asked))
    photo_work.hint(photo)
    photos.touched(case)


def glance(photo: Photo, corners: Sequence[Sequence[float]]) -> bytes:
    """A small JPEG of what these corners would give; raises FieldWrong as `set_corners` does, NotFound before a result.

    Made from the picture that the worker rebuilt: the original is decoded by the worker's child alone.
    """
    from app.imaging import Slot
    from app.imaging.glance import glance as flat

    if photo.preview is None:
        raise NotFound
    size = photo.found["width"], photo.found["height"]
    check_corners(corners, *size)
    return beside(flat, files.content(photo.preview), corners, size, Slot(photo.slot))


def _told(asked: dict[str, Any]) -> dict[str, Any]:
    """A wish as the history tells it; `of` is the picture that is to be turned."""
    known = {"corners": "corners", "turns": "turns", "picture": "of"}
    values = {known[name]: value for name, value in asked.items()}
    return {"asked": sorted({"corners", "turns"} & set(asked)) or ["automatic"], **values}


def check_corners(corners: Sequence[Sequence[float]], width: int, height: int) -> None:
    """Refuse four corners that cannot be a document: outside the picture, crossed or against the clock, tiny."""
    if any(not (0 <= x <= width and 0 <= y <= height) for x, y in corners):
        raise FieldWrong("corners", "outside", width=width, height=height)
    if any(_bend(corners, place) <= 0 for place in range(4)):
        raise FieldWrong("corners", "not_convex")
    if _area(corners) < SMALLEST_SHARE * width * height:
        raise FieldWrong("corners", "too_small")


def _bend(corners: Sequence[Sequence[float]], place: int) -> float:
    """Positive where the outline turns clockwise on the screen."""
    (ax, ay), (bx, by), (cx, cy) = (corners[(place + ahead) % 4] for ahead in range(3))
    return (bx - ax) * (cy - by) - (by - ay) * (cx - bx)


def _area(corners: Sequence[Sequence[float]]) -> float:
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs) / 2
