"""The quick look at four corners agrees with what the worker makes of them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from app.imaging import Slot
from app.imaging.glance import GLANCE_BYTES, GLANCE_LONGEST, glance
from app.imaging.prepare import from_corners
from tests.imaging.pictures import sample

QUADS = {
    "seen from the side": [[200, 240], [1400, 330], [1330, 1010], [260, 900]],
    "standing on its short side": [[500, 100], [980, 110], [990, 880], [510, 870]],
    "no card's shape": [[100, 100], [1500, 100], [1500, 400], [100, 400]],
}


@pytest.mark.parametrize("slot", [Slot.ID_PORTRAIT, Slot.SIGNATURE])
@pytest.mark.parametrize("name", QUADS)
def test_a_glance_shows_what_the_worker_will_make(name: str, slot: Slot) -> None:
    photo, _truth = sample("easy-4242-0001")
    made = from_corners(photo, QUADS[name], slot)
    with Image.open(io.BytesIO(photo)) as original:
        size = upright(original)

    seen = opened(glance(made.original_preview, QUADS[name], size, slot))
    real = opened(made.jpeg)

    assert max(seen.size) <= GLANCE_LONGEST
    assert abs(seen.width / seen.height / (real.width / real.height) - 1) < 0.01
    there = np.asarray(real.resize(seen.size, Image.Resampling.BOX), dtype=float)
    assert np.abs(np.asarray(seen, dtype=float) - there).mean() < 12


def test_a_glance_is_small_to_send() -> None:
    noise = Image.fromarray(np.random.default_rng(7).integers(0, 255, (1200, 1600, 3), dtype=np.uint8))
    out = io.BytesIO()
    noise.save(out, "JPEG")

    seen = glance(out.getvalue(), [[0, 0], [1600, 0], [1600, 1200], [0, 1200]], noise.size, Slot.SIGNATURE)

    assert len(seen) <= GLANCE_BYTES


def upright(image: Image.Image) -> tuple[int, int]:
    lies = image.getexif().get(0x0112, 1) >= 5
    return (image.height, image.width) if lies else image.size


def opened(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB")
