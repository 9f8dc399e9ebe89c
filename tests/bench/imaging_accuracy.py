"""How well photos are cropped, turned and judged, by level and slot, against the truth beside them.

python tests/bench/imaging_accuracy.py [FOLDER ...] [--only TEXT] [--detail] [--json FILE]
A folder holds images/NAME.jpg and truth/NAME.json; without one the samples of the tests are used. IoU is measured in
the card's own plane. Prints one table by level and one by slot, and the reliability of the confidence.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.imaging import quads
from app.imaging.prepare import prepare
from app.imaging.slots import Slot
from app.imaging.warm import warm_up

SLOTS = {
    "id_front": Slot.ID_PORTRAIT,
    "id_back": Slot.ID_EMBLEM,
    "bank": Slot.BANK_CARD,
    "signature": Slot.SIGNATURE,
}
SAMPLES = Path(__file__).parent.parent / "imaging" / "photos"
DEFECT_CODES = {
    "blur": {"blurred"},
    "motion": {"blurred"},
    "dark": {"too_dark"},
    "over": {"overexposed"},
    "glare": {"glare"},
    "small": {"too_small"},
    "cut": {"cut_off"},
    "wrong_side": {"wrong_side"},
}


@dataclass(frozen=True)
class Row:
    """One photo measured."""

    name: str
    level: str
    slot: str
    expect: str
    defect: str | None
    action: str
    confidence: float
    cropped: bool
    iou: float
    loss: float
    upright: bool
    codes: list[str]
    ms: float


def overlap(found: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """IoU and lost share, in the plane of the document (Jaccard of SmartDoc 2015)."""
    matrix = quads.homography(truth, quads.UNIT_SQUARE)
    points = np.c_[found, np.ones(4)] @ matrix.T
    flat = quads.clockwise(points[:, :2] / points[:, 2:])
    inside = quads.clipped(flat, 1.0, 1.0)
    both = abs(quads.area(inside)) if len(inside) > 2 else 0.0
    return both / (1 + abs(quads.area(flat)) - both), 1 - both


def measured(data: bytes, truth: dict[str, Any]) -> Row:
    """Prepare one photo and compare."""
    result = prepare(data, SLOTS[truth["slot"]])
    cropped = result.quad is not None and result.action.value == "crop"
    iou = loss = 0.0
    upright = False
    if result.quad is not None and truth.get("quad"):
        real, found = np.array(truth["quad"]), np.array(result.quad)
        iou, loss = overlap(found, real)
        upright = min(range(4), key=lambda k: float(np.abs(np.roll(found, -k, axis=0) - real).sum())) == 0
    return Row(
        truth["name"],
        truth["level"],
        truth["slot"],
        truth["expect"],
        truth.get("defect"),
        result.action.value,
        result.confidence,
        cropped,
        round(iou, 4),
        round(loss, 4),
        upright or not truth.get("orientable", True),
        [remark.code for remark in result.verdicts],
        result.ms,
    )


def rows_of(folders: list[Path], only: str) -> Iterator[Row]:
    """Every photo of the folders whose name contains `only`."""
    for folder in folders:
        for file in sorted((folder / "truth").glob("*.json")):
            if only in file.stem:
                truth = json.loads(file.read_text())
                yield measured((folder / "images" / f"{file.stem}.jpg").read_bytes(), truth)


def table(rows: list[Row], key: str) -> str:
    """One line for each level or slot."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, key)].append(row)
    heads = ("crop", "≥.95", "mean", "5th", ">1%", ">3%", "up", "rej", "why")
    widths = (5, 5, 6, 6, 5, 5, 5, 5, 5)
    titles = " ".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
    lines = [f"{key:14} {'n':>4} {titles} {'ms':>6}"]
    for name, group in sorted(groups.items()):
        cropped = [row for row in group if row.cropped]
        ious = [row.iou for row in cropped] or [0.0]
        right = [row for row in group if row.defect and DEFECT_CODES.get(row.defect, set()) & set(row.codes)]
        n = len(group)
        lines.append(
            f"{name:14} {n:4d} {len(cropped) / n:5.2f} {sum(r.iou >= 0.95 and r.upright for r in cropped) / n:5.2f} "
            f"{np.mean(ious):6.3f} {np.percentile(ious, 5):6.3f} {sum(r.loss > 0.01 for r in cropped) / n:5.2f} "
            f"{sum(r.loss > 0.03 for r in cropped) / n:5.2f} "
            f"{sum(r.upright for r in cropped) / max(1, len(cropped)):5.2f} "
            f"{sum(r.action == 'reject' for r in group) / n:5.2f} "
            f"{len(right) / n:5.2f} {np.mean([r.ms for r in group]):6.0f}"
        )
    return "\n".join(lines)


def reliability(rows: list[Row]) -> str:
    """How often a crop of a given confidence is right (IoU ≥ 0.95), for photos with a document."""
    lines = ["confidence      n  right"]
    for low in np.arange(0, 1, 0.1):
        near = [r for r in rows if r.iou > 0 and low <= r.confidence < low + 0.1 + (low > 0.85) * 0.1]
        if near:
            lines.append(f"{low:.1f} to {low + 0.1:.1f}   {len(near):4d}  {np.mean([r.iou >= 0.95 for r in near]):.2f}")
    return "\n".join(lines)


def told(row: Row) -> str:
    """One photo in one line."""
    way = "" if row.upright else "TURN"
    measured_ = f"{row.confidence:.2f} iou {row.iou:.3f} loss {row.loss:.3f} {way} {','.join(row.codes)} {row.ms:.0f}"
    return f"{row.name:22} {row.slot:9} {row.expect:8} {row.action:6} {measured_}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("--only", default="")
    parser.add_argument("--detail", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    warm_up()
    rows = []
    for row in rows_of(chosen.folders, chosen.only):
        rows.append(row)
        good = row.action == {"crop": "crop", "fallback": "keep", "none": "keep"}.get(row.expect, "reject")
        if chosen.detail or (good and row.cropped and (row.iou < 0.95 or not row.upright)) or not good:
            print(told(row), flush=True)
    print(
        table(rows, "level"),
        table([r for r in rows if r.expect == "crop"] or rows, "slot"),
        reliability(rows),
        sep="\n\n",
    )
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    main()
