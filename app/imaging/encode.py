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
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    return clean


def jpeg(image: Image.Image, *, most_bytes: int = PICTURE_BYTES) -> bytes:
    """A JPEG without metadata, of the best quality that keeps it within `most_bytes` (smaller if even that fails)."""
    clean = bare(image)
    while True:
        data = _saved(clean, _QUALITIES[0])
        best = data if len(data) <= most_bytes else _best_within(clean, most_bytes)
        if best is not None:
            return best
        clean = clean.resize((max(1, clean.width // 2), max(1, clean.height // 2)), Image.Resampling.BOX)


def _best_within(image: Image.Image, most_bytes: int) -> bytes | None:
    """The best of the lower qualities that fits, found by halving: a better quality never takes fewer bytes."""
    best = None
    first, last = 1, len(_QUALITIES) - 1
    while first <= last:
        middle = (first + last) // 2
        data = _saved(image, _QUALITIES[middle])
        if len(data) <= most_bytes:
            best, last = data, middle - 1
        else:
            first = middle + 1
    return best


def thumbnail(image: Image.Image) -> bytes:
    """A JPEG of at most 20 KB whose longer side is 320 pixels."""
    return jpeg(shrink(image, THUMBNAIL_LONGEST), most_bytes=THUMBNAIL_BYTES)


def turned(data: bytes, quarter_turns_cw: int) -> tuple[bytes, bytes]:
    """A prepared JPEG turned clockwise by so many quarters: (picture, thumbnail)."""
    decoded = decode(data)
    image = decoded.in_srgb(decoded.image)
    methods = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}
    turns = quarter_turns_cw % 4
    upright = image.transpose(methods[turns]) if turns else image
    return jpeg(upright), thumbnail(upright)


def _saved(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
