"""The line across a picture that says for what, by whom and when it was looked at."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import app.documents

FONT = Path(app.documents.__file__).parent / "fonts" / "NotoSansCJKsc-Regular.otf"
LINES_IN_HEIGHT = 4
HEIGHT_OF_LINE = 0.045
"""Share of the picture's shorter side."""
SMALLEST_LINE_PIXELS = 12
OPACITY = 80
QUALITY = 85


def marked(picture: bytes, words: str) -> bytes:
    """The picture (a file made by us) with `words` drawn across it again and again, as JPEG."""
    with Image.open(BytesIO(picture), formats=("JPEG", "PNG", "WEBP")) as opened:
        image = opened.convert("RGB")
    _draw(image, words)
    kept = BytesIO()
    image.save(kept, "JPEG", quality=QUALITY)
    return kept.getvalue()


@lru_cache(maxsize=8)
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, pixels)


def _draw(image: Image.Image, words: str) -> None:
    """Lines of words over the whole picture, light with a dark edge: readable on any ground."""
    width, height = image.size
    pixels = max(SMALLEST_LINE_PIXELS, int(min(image.size) * HEIGHT_OF_LINE))
    draw = ImageDraw.Draw(image, "RGBA")
    gap = pixels * 2
    every = int(draw.textlength(words, font=_font(pixels))) + gap
    for row, top in enumerate(range(pixels, height, max(pixels * 2, height // LINES_IN_HEIGHT))):
        for left in range(-(every // 2) * (row % 2), width, every):
            draw.text(
                (left, top), words, font=_font(pixels), fill=(255, 255, 255, OPACITY),
                stroke_width=max(1, pixels // 16), stroke_fill=(0, 0, 0, OPACITY),
            )  # fmt: skip
