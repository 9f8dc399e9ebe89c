"""The door for photographs: what may come in, judged by its header, and how it becomes pixels."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""A picture as rows × columns × 3, sRGB, 0 to 255."""

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
MAX_PIXELS_WEBP: Final = 20_000_000
"""WebP is decoded whole, with several copies of every pixel: 20 megapixels take 383 MB, 24 take 445."""
MAX_SIDE: Final = 12_000
FORMATS: Final = ("JPEG", "PNG", "WEBP")
ORIENTATION_TAG: Final = 0x0112

_MAGIC: Final = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))
_OTHER_MAGIC: Final = (b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"%PDF", b"8BPS", b"\x00\x00\x01\x00", b"<svg", b"<?xml")
_DECODER_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders were seen to raise on damaged files."""


class PhotoRefused(ValueError):
    """The bytes are not a photo that we take; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class PhotoHeader:
    """What the file says about itself; width and height in pixels as stored, before the EXIF turn."""

    format: str
    width: int
    height: int
    orientation: int


@dataclass(frozen=True)
class Decoded:
    """An upright-by-EXIF picture; `scale` = its width / the original's, `width` and `height` = the original's.

    `image` may still be in the wide gamut of a phone: grey is grey there too, but colours are a little pale. A part of
    it, or a smaller copy, becomes what it should look like by `in_srgb`, far sooner than all of it would.
    """

    image: Image.Image
    scale: float
    width: int
    height: int
    colours: ImageCms.ImageCmsTransform | None = None

    @property
    def pixels(self) -> Pixels:
        """The sRGB picture as an array: a copy, rows × columns × 3."""
        return np.asarray(self.in_srgb(self.image))

    def in_srgb(self, picture: Image.Image) -> Image.Image:
        """A picture with the colours of `image` in sRGB."""
        converted = None if self.colours is None else ImageCms.applyTransform(picture, self.colours)
        return picture if converted is None else converted


def examine(
    data: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    max_side: int = MAX_SIDE,
    max_pixels_webp: int = MAX_PIXELS_WEBP,
) -> PhotoHeader:
    """Read the header only; nothing is decoded.

    Raises PhotoRefused: empty, too_large, not_an_image, unsupported_format, too_many_pixels, webp_too_large,
    side_too_long, animated, truncated (it begins like a photo, but its header cannot be read).
    """
    if not data:
        raise PhotoRefused("empty")
    if len(data) > max_bytes:
        raise PhotoRefused("too_large")
    _magic(data)
    with _opened(data) as image:
        width, height = image.size
        if width < 1 or height < 1:
            raise PhotoRefused("truncated")
        if max(width, height) > max_side:
            raise PhotoRefused("side_too_long")
        if width * height > max_pixels:
            raise PhotoRefused("too_many_pixels")
        if image.format == "WEBP" and width * height > max_pixels_webp:
            raise PhotoRefused("webp_too_large")
        if image.format != "MPO" and getattr(image, "n_frames", 1) != 1:
            raise PhotoRefused("animated")
        return PhotoHeader(_format(image), width, height, _orientation(image))


def decode(data: bytes, *, enough: int | None = None) -> Decoded:
    """The pixels: EXIF turn applied, alpha on white, 16 bits scaled, on the way to sRGB.

    Detail beyond `enough` pixels along the longer side is left out by whole factors, so at least that many remain,
    or what there is, and fewer than twice as many. The limits of `examine` must have been checked.
    Raises PhotoRefused("truncated") when data is missing or damaged.
    """
    try:
        with _opened(data) as image:
            width, height = image.size
            orientation = _orientation(image)
            if enough is not None:
                _draft(image, enough)
            image.load()
            rgb, colours = _as_rgb(image)
            upright = _turned(_reduced(rgb, enough), orientation)
    except PhotoRefused:
        raise
    except _DECODER_ERRORS as error:
        raise PhotoRefused("truncated") from error
    if orientation >= 5:
        width, height = height, width
    return Decoded(upright, 1 / round(max(width, height) / max(upright.size)), width, height, colours)


def shrink(image: Image.Image, longest_side: int) -> Image.Image:
    """The image itself, or a copy whose longer side is `longest_side` pixels."""
    if max(image.size) <= longest_side:
        return image
    ratio = longest_side / max(image.size)
    size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)


def _magic(data: bytes) -> str:
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data.lstrip()[:8].startswith(_OTHER_MAGIC) or data[4:8] == b"ftyp" or data[:4] == b"RIFF":
        raise PhotoRefused("unsupported_format")
    raise PhotoRefused("not_an_image")


def _opened(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size has a limit of its own; odd EXIF is not the investor's fault
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PhotoRefused("too_many_pixels") from error
    except _DECODER_ERRORS as error:
        raise PhotoRefused("truncated") from error


def _format(image: Image.Image) -> str:
    """A phone's JPEG with a second picture inside is called MPO by Pillow; its first picture is a plain JPEG."""
    return "JPEG" if image.format == "MPO" else str(image.format)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; damaged EXIF counts as none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value: Any = image.getexif().get(ORIENTATION_TAG, 1)
    except _DECODER_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _draft(image: Image.Image, enough: int) -> None:
    """Let the JPEG decoder skip detail that would be thrown away; other formats ignore it."""
    longest = max(image.size)
    if enough < longest:
        image.draft(None, (max(1, image.width * enough // longest), max(1, image.height * enough // longest)))


def _reduced(image: Image.Image, enough: int | None) -> Image.Image:
    """What `_draft` does, for the other formats."""
    factor = max(image.size) // enough if enough else 1
    return image.reduce(factor) if factor > 1 else image


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    methods = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(methods[orientation]) if orientation in methods else image


def _as_rgb(image: Image.Image) -> tuple[Image.Image, ImageCms.ImageCmsTransform | None]:
    """Three channels, and what makes sRGB of them if they are not."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image).convert("RGB"), None
    if image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    elif image.mode in ("L", "RGB") and "transparency" in image.info:
        image = image.convert("RGBA")
    if "A" in image.mode or "a" in image.mode:
        image = _on_white(image.convert("RGBA"))
    colours = _to_srgb(image.mode, profile) if profile and image.mode in ("RGB", "CMYK", "L") else None
    if image.mode == "RGB":
        return image, colours
    converted = None if colours is None else ImageCms.applyTransform(image, colours)
    return image.convert("RGB") if converted is None else converted, None


def _from_deep(image: Image.Image) -> Image.Image:
    """16 and 32 bits a sample become 8; without scaling everything above 255 would be white."""
    values = np.asarray(image).astype(np.float32)
    return Image.fromarray(np.clip(values / 257.0, 0, 255).astype(np.uint8), "L")


def _on_white(image: Image.Image) -> Image.Image:
    """Transparent parts become white; the hidden colours under them are not shown."""
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _to_srgb(mode: str, profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From the colours of, say, a wide-gamut phone (Display P3); None when they are sRGB, or the profile is broken."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "RGB" and "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, *_DECODER_ERRORS):
        return None
