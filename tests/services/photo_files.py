"""Photographs as tests send them: small, made in code, and of every sort that is refused."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file of that kind."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@cache
def a_signature(seed: int = 0) -> bytes:
    """Black strokes on white paper that lies on a dark table; another seed, other bytes."""
    image = Image.new("RGB", (900, 640), (70, 60, 50))
    pen = ImageDraw.Draw(image)
    pen.rectangle((90, 90, 810, 550), fill=(238, 238, 235))
    for stroke in range(6):
        left = 220 + 70 * stroke
        pen.line((left, 260 + seed, left + 60, 400, left + 20, 330, left + 90, 270), fill=(20, 20, 25), width=7)
    return encoded(image, quality=90)


@cache
def a_dark_one() -> bytes:
    """Hardly anything to be seen."""
    return encoded(Image.new("RGB", (700, 500), (9, 9, 9)))


def too_many_pixels() -> bytes:
    """100 megapixels in a few kilobytes: only its header is ever read."""
    return encoded(Image.new("1", (10_000, 10_000)), "PNG")


def animated() -> bytes:
    """A WebP of two frames."""
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])


def gif() -> bytes:
    return encoded(Image.new("P", (40, 40)), "GIF")


def heic() -> bytes:
    """Begins like the photos of newer phones."""
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(2000)


def truncated() -> bytes:
    """Begins like a photo, and its header breaks off."""
    return a_signature()[:150]


def cut_in_half() -> bytes:
    """A whole header, half the pixels."""
    return a_signature()[: len(a_signature()) // 2]
