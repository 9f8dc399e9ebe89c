"""How much of the handwriting is lifted off a sheet, and how much of what is lifted is handwriting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image
from scipy import ndimage

from app.imaging import ink
from app.imaging.intake import shrink
from tests.bench.figures import Figure
from tests.imaging.sheets import Plan, Sheet, sheet

SEEDS = range(101, 104)
PLANS = {
    "white": Plan(),
    "blue on ruled": Plan(hand="block", pen="blue", ruled="blue", tilt=1.0),
    "black lines": Plan(ruled="black", hand="block"),
    "grid, hard shadow, cream": Plan(paper="cream", ruled="grey", grid=True, spacing=54, shadow="hard"),
    "pencil on grey, soft shadow": Plan(paper="grey", pen="pencil", width=2.2, shadow="soft"),
    "label, small": Plan(label=True, at=(0.6, 0.6, 0.18), width=4.0),
    "printed form": Plan(size=(1240, 1700), printed=True, at=(0.6, 0.75, 0.1), width=4.0, hand="block"),
    "red marker, noise": Plan(pen="red", width=16.0, at=(0.5, 0.5, 0.6), noise=6.0),
}
EMPTY = ("white", "blue on ruled", "grid, hard shadow, cream", "label, small", "printed form")


def agreement(flat: Sheet) -> tuple[float, float]:
    """Recall of the strokes' pixels, and precision of what is lifted; 2 pixels of soft edge are no fault."""
    small = shrink(flat.image, ink.LONGEST)
    found = ink.find(small)
    lifted = ink.lifted(found)
    alpha = np.zeros(found.strokes.shape)
    if lifted is not None and found.box is not None:
        alpha[ink.cut_of(found.box, alpha.shape)] = np.asarray(lifted)[..., 3] / 255
    truth = Image.fromarray((flat.written * 255).astype(np.uint8)).resize(small.size, Image.Resampling.BOX)
    covered = np.asarray(truth) / 255
    near = ndimage.binary_dilation(covered > 0.1, iterations=2)
    drawn = alpha > 0.5
    return float((alpha[covered > 0.5] > 0.3).mean()), float(near[drawn].mean()) if drawn.any() else 0.0


def figures() -> Iterator[Figure]:
    """The worst sheet of each kind counts."""
    began = time.process_time()
    for name, plan in PLANS.items():
        pairs = [agreement(sheet(seed, plan)) for seed in SEEDS]
        yield Figure(what=f"handwriting kept, worst: {name}", value=min(r for r, _ in pairs), unit="share", budget=0.98)
        yield Figure(
            what=f"ink that is writing, worst: {name}", value=min(p for _, p in pairs), unit="share", budget=0.98
        )
    blank = [sheet(seed, replace(PLANS[name], pen=None)) for name in EMPTY for seed in SEEDS]
    began = time.process_time()
    written = [ink.find(one.image).box is not None for one in blank]
    each = (time.process_time() - began) / len(blank)
    yield Figure(what="empty sheets taken for signed ones", value=float(np.mean(written)), unit="share", budget=0.0)
    yield Figure(what="looking for handwriting, one sheet", value=each, unit="s")
