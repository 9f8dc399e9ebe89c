"""Pay once, before the worker forks, for what SciPy and scikit-image load on their first call."""

import io

import numpy as np
from PIL import Image, ImageDraw

from app.imaging.prepare import prepare
from app.imaging.slots import Slot


def warm_up() -> None:
    """Prepare a small made-up photo for a card and for a sheet: importing alone does not load the lazy parts."""
    image = Image.new("RGB", (360, 270), (40, 60, 50))
    pen = ImageDraw.Draw(image)
    pen.rectangle((50, 50, 304, 210), fill=(225, 228, 235))
    for row in range(5):
        pen.line((80, 80 + 22 * row, 220, 84 + 22 * row), fill=(30, 30, 40), width=3)
    noise = np.random.default_rng(1).integers(-2, 3, (270, 360, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)).save(out, "JPEG")
    for slot in (Slot.BANK_CARD, Slot.SIGNATURE):
        prepare(out.getvalue(), slot)
