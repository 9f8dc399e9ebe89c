"""Pay once, before the worker forks, for everything that preparing a photo loads."""

import io

from PIL import Image, ImageOps, TiffImagePlugin

from app.imaging import prepare
from app.imaging.intake import FORMATS

LOADED_BY_A_PHOTO = (ImageOps, TiffImagePlugin, prepare)
"""Pillow takes the first two, for turning by EXIF, only when a photo calls for them."""


def warm_up() -> None:
    """Load Pillow's formats, which wait for the first picture; to prepare a made-up photo would cost ten seconds."""
    for file_format in FORMATS:
        picture = io.BytesIO()
        Image.new("RGB", (8, 8)).save(picture, file_format)
        with Image.open(picture) as opened:
            opened.load()
