"""What the worker loads before it forks is all that a photo needs: no child pays for it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PHOTOS = Path(__file__).parents[2] / "app" / "sandbox_data" / "photos"
PREPARE_AND_TELL = """
import io, pathlib, sys
from PIL import Image
from app.imaging.warm import warm_up
warm_up()
from app.imaging.prepare import prepare
from app.imaging.slots import Slot
loaded = set(sys.modules)
folder = pathlib.Path(sys.argv[1])
for slot, name in ((Slot.BANK_CARD, "card"), (Slot.ID_EMBLEM, "emblem"), (Slot.SIGNATURE, "signature")):
    prepare((folder / f"zhou-{name}.jpg").read_bytes(), slot)
for file_format in ("PNG", "WEBP"):
    with Image.open(folder / "zhou-portrait.jpg") as photo:
        small, out = photo.resize((640, 480)), io.BytesIO()
    small.save(out, file_format)
    prepare(out.getvalue(), Slot.ID_PORTRAIT)
print(*sorted(set(sys.modules) - loaded))
"""


def test_after_the_warm_up_a_photo_loads_nothing_more() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PREPARE_AND_TELL, str(PHOTOS)], capture_output=True, text=True, check=True
    )

    assert told.stdout.split() == []
