"""The classic recipe with OpenCV, as tutorials have it: what our own way of preparing a photo is measured against.

Shrink, grey, blur, Canny, close gaps, outlines, the largest that is a convex quadrilateral, and a warp of it. It has no
idea of what is inside, of which way is up, of sharpness. OpenCV is never imported by the product.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SEARCH_LONGEST = 800
SMALLEST_SHARE = 0.02
"""Of the picture: a smaller outline is not the card."""
OUTPUT_LONGEST = 1600
QUALITY = 88
"""Of JPEG, the same as ours."""

cv2.setNumThreads(1)  # one core against one core


@dataclass(frozen=True)
class Found:
    """What the recipe makes of a photo: corners in EXIF-applied pixels, clockwise, or None."""

    quad: np.ndarray | None
    flat: np.ndarray


def decode(data: bytes) -> np.ndarray:
    """Rows × columns × 3, blue first, EXIF applied."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("OpenCV cannot read this photo")
    return picture


def analyse(picture: np.ndarray) -> Found:
    """Find the quadrilateral and flatten it; without one the photo is only made smaller."""
    quad = _quadrilateral(picture)
    return Found(quad, _flat(picture, quad) if quad is not None else _smaller(picture, OUTPUT_LONGEST))


def encode(flat: np.ndarray) -> bytes:
    """The picture as a JPEG."""
    done, data = cv2.imencode(".jpg", flat, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError("OpenCV cannot write this picture")
    return data.tobytes()


def _smaller(picture: np.ndarray, longest: int) -> np.ndarray:
    times = min(1.0, longest / max(picture.shape[:2]))
    return cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_AREA)


def _quadrilateral(picture: np.ndarray) -> np.ndarray | None:
    small = _smaller(picture, SEARCH_LONGEST)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (5, 5), 0)
    edges = cv2.dilate(cv2.Canny(grey, 50, 150), np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True):
        if cv2.contourArea(outline) < SMALLEST_SHARE * grey.size:
            return None
        corners = cv2.approxPolyDP(outline, 0.02 * cv2.arcLength(outline, True), True)
        if len(corners) == 4 and cv2.isContourConvex(corners):
            return _clockwise(corners.reshape(4, 2).astype(float)) * (picture.shape[1] / small.shape[1])
    return None


def _clockwise(quad: np.ndarray) -> np.ndarray:
    x, y = quad[:, 0], quad[:, 1]
    return quad if np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0 else quad[::-1].copy()


def _flat(picture: np.ndarray, quad: np.ndarray) -> np.ndarray:
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    size = np.array([max(sides[0], sides[2]), max(sides[1], sides[3])])
    width, height = (int(side) for side in np.maximum(1, size * min(1.0, OUTPUT_LONGEST / size.max())))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return cv2.warpPerspective(picture, matrix, (width, height))
