"""The lines of print of one picture: where they stand, and what they say the one way up and the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.reading.engine import Corners, Engine, Picture, Text
from app.reading.outcome import Box

UPRIGHT_LONGER: Final = 1.5
"""A line so many times higher than wide runs from top to bottom: the picture lies on its side."""
SAME_ROW: Final = 0.5
"""Of a line's height: so far apart may the middles of two parts of one row be."""
GAP: Final = 1.2
"""The same for the blank between them; the label before a number stands further off."""
ROOM: Final = 0.9
"""The same: added at both ends of a number, whose first and last figure a tight box may leave out."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line by its corners, TL TR BR BL as it is read, in pixels of the picture it stands in."""

    corners: Corners

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))

    @property
    def middle(self) -> Corners:
        return np.asarray(self.corners.mean(axis=0), np.float32)

    def reversed(self) -> Line:
        """The same line read from its other end, upside down."""
        return Line(np.roll(self.corners, 2, axis=0))

    def widened(self, share: float) -> Line:
        """The same with more room at both ends, in shares of its height."""
        along = (self.corners[1] - self.corners[0]) / max(self.width, 1.0) * self.height * share
        return Line(np.asarray(self.corners + np.array([-along, along, along, -along]), np.float32))

    def box(self, picture: Picture) -> Box:
        """The corners in shares of the picture."""
        height, width = picture.shape[:2]
        return tuple((round(float(x) / width, 4), round(float(y) / height, 4)) for x, y in self.corners)


class Print:
    """The lines of a picture; each is recognised when it is asked for, and once."""

    def __init__(self, engine: Engine, picture: Picture, side: int) -> None:
        self.picture = picture
        self._engine = engine
        self._said: dict[bytes, Text] = {}
        self.lines = [_read_along(corners) for corners in engine.lines(picture, side)]

    def says(self, line: Line) -> Text:
        """What it says; what was asked before is not recognised again."""
        key = line.corners.tobytes()
        if key not in self._said:
            self._said[key] = self._engine.text(straightened(self.picture, line))
        return self._said[key]

    def whole_row(self, line: Line) -> Line:
        """The line and those parts of its row that stand close to it, with a little room at both ends."""
        parts, rest = [line], [other for other in self.lines if other is not line]
        grown = True
        while grown:
            near = [other for other in rest if any(_continues(part, other) for part in parts)]
            parts, rest, grown = parts + near, [other for other in rest if other not in near], bool(near)
        return _around(parts, line).widened(ROOM)


def _read_along(corners: Corners) -> Line:
    """Read along its longer side; from which end is not known here."""
    line = Line(corners)
    return Line(np.roll(corners, -1, axis=0)) if line.height > UPRIGHT_LONGER * line.width else line


def _axes(line: Line) -> tuple[Corners, Corners]:
    along = (line.corners[1] - line.corners[0]) / max(line.width, 1.0)
    return along, np.array([-along[1], along[0]], np.float32)


def _continues(line: Line, other: Line) -> bool:
    along, down = _axes(line)
    away = other.middle - line.middle
    gap = abs(float(away @ along)) - (line.width + other.width) / 2
    alike = 0.6 < other.height / max(line.height, 1.0) < 1.6
    return alike and abs(float(away @ down)) < SAME_ROW * line.height and gap < GAP * line.height


def _around(parts: Sequence[Line], line: Line) -> Line:
    """One line that covers all parts, in the direction of the first."""
    if len(parts) == 1:
        return line
    along, down = _axes(line)
    points = np.concatenate([part.corners for part in parts])
    ends = [(float((points @ axis).min()), float((points @ axis).max())) for axis in (along, down)]
    (left, right), (top, bottom) = ends
    corners = [along * x + down * y for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
    return Line(np.asarray(corners, np.float32))


def straightened(picture: Picture, line: Line) -> Picture:
    """The line alone, lying straight."""
    import cv2

    width, height = max(2, round(line.width)), max(2, round(line.height))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(line.corners, target)
    flat = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)
