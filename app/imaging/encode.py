"""Pictures on their way out: rebuilt from bare pixels, so that nothing of the original file comes along."""

import io
from typing import Final

from PIL import Image

from app.imaging.intake import decode, shrink

PICTURE_BYTES: Final = 400_000
THUMBNAIL_BYTES: Final = 20_000
THUMBNAIL_LONGEST: Final = 320
_QUALITIES: Final = (88, 82, 75, 66, 56, 45, 34, 24, 14)


def bare(image: Image.Image) -> Image.Image:
    """A new picture with the same pixels and nothing else: a script in a JPEG comment survives `save()`, not this."""
    return Image.frombytes("RGB", image.size, image.convert("RGB").tobytes())


def jpeg(image: Image.Image, *, most_bytes: int = PICTURE_BYTES) -> bytes:
    """A JPEG without metadata, of the best quality that keeps it within `most_bytes` (smaller if even that fails)."""
    clean = bare(image)
    while True:
        for quality in _QUALITIES:
            data = _saved(clean, quality)
            if len(data) <= most_bytes:
                return data
        clean = clean.resize((max(1, clean.width // 2), max(1, clean.height // 2)), Image.Resampling.BOX)


def thumbnail(image: Image.Image) -> bytes:
    """A JPEG of at most 20 KB whose longer side is 320 pixels."""
    return jpeg(shrink(image, THUMBNAIL_LONGEST), most_bytes=THUMBNAIL_BYTES)


def turned(data: bytes, quarter_turns_cw: int) -> tuple[bytes, bytes]:
    """A prepared JPEG turned clockwise by so many quarters: (picture, thumbnail)."""
    image = decode(data).image
    methods = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}
    turns = quarter_turns_cw % 4
    upright = image.transpose(methods[turns]) if turns else image
    return jpeg(upright), thumbnail(upright)


def _saved(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
