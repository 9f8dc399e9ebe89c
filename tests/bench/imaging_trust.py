"""How often a photo is cropped right, beside the OpenCV recipe, and whether the confidence means what it says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.imaging.warm import warm_up
from tests.bench import imaging_peer, imaging_photos
from tests.bench.figures import Figure
from tests.bench.imaging_accuracy import SAMPLES, Row, measured, overlap

LEVELS = ("flat", "ground", "low", "held", "sleeve", "beside", "tilt", "none")
SEED = 20_261_123
LONGEST = 1600
RIGHT = 0.95
"""IoU in the plane of the card (SmartDoc 2015)."""
NOTHING_CROPPED = 0.05
BAR = 20


@dataclass(frozen=True)
class Pair:
    """One photo: what we make of it, and the recipe's IoU, or None where it finds nothing."""

    ours: Row
    peer: float | None

    @property
    def is_right(self) -> bool:
        """The card and nothing else, the right way up."""
        return self.ours.iou >= RIGHT and self.ours.upright


def figures() -> Iterator[Figure]:
    """Shares by level, then the reliability of the confidence, on the samples and on photos made for the purpose."""
    warm_up()
    sets = {"samples": list(_samples())}
    if imaging_photos.FONTS:  # without a Chinese font there is nothing to print on the made cards
        for level in LEVELS:
            sets[level] = list(_made(level))
    for name, pairs in sets.items():
        yield from _shares(name, pairs)
    yield from _reliability([pair for pairs in sets.values() for pair in pairs])


def _samples() -> Iterator[Pair]:
    for file in sorted((SAMPLES / "truth").glob("*.json")):
        yield _pair((SAMPLES / "images" / f"{file.stem}.jpg").read_bytes(), json.loads(file.read_text()))


def _made(level: str) -> Iterator[Pair]:
    for index, kind in enumerate(imaging_photos.KINDS):
        photo, truth = imaging_photos.make(kind, level, SEED + 100 * LEVELS.index(level) + index, LONGEST)
        out = io.BytesIO()
        photo.save(out, "JPEG", quality=90)
        yield _pair(out.getvalue(), {"name": f"{level}-{index}", **truth})


def _pair(data: bytes, truth: dict[str, Any]) -> Pair:
    found = imaging_peer.analyse(imaging_peer.decode(data)).quad
    if found is None:
        return Pair(measured(data, truth), None)
    return Pair(measured(data, truth), overlap(found, np.array(truth["quad"]))[0] if truth.get("quad") else 0.0)


def _shares(name: str, pairs: list[Pair]) -> Iterator[Figure]:
    cards = [pair for pair in pairs if pair.ours.expect == "crop"]
    empty = [pair for pair in pairs if pair.ours.expect == "none"]
    if cards:
        value = sum(pair.ours.cropped and pair.is_right for pair in cards) / len(cards)
        peer = sum((pair.peer or 0) >= RIGHT for pair in cards) / len(cards)
        told = f"n={len(cards)}, OpenCV recipe {peer:.2f}"
        yield Figure(what=f"{name}: cropped right", value=value, unit="share", beside=peer, against=told)
        value = sum(pair.ours.cropped and pair.ours.loss > 0.01 for pair in cards) / len(cards)
        yield Figure(what=f"{name}: more than 1 % of the card lost", value=value, unit="share", budget=0.02)
    if empty:
        value = sum(pair.ours.cropped for pair in empty) / len(empty)
        peer = sum(pair.peer is not None for pair in empty) / len(empty)
        told, what = f"n={len(empty)}, OpenCV recipe {peer:.2f}", f"{name}: cropped though there is nothing"
        yield Figure(what=what, value=value, unit="share", budget=NOTHING_CROPPED, beside=peer, against=told)


def _reliability(pairs: list[Pair]) -> Iterator[Figure]:
    """The curve, a line for each tenth of confidence, and its one figure (Brier 1950; 0 is best, 0.25 is a coin)."""
    judged = [pair for pair in pairs if pair.ours.iou > 0 or pair.ours.expect == "none"]
    confidence = np.array([pair.ours.confidence for pair in judged])
    right = np.array([pair.is_right and pair.ours.iou > 0 for pair in judged])
    tenth = np.minimum((confidence * 10).astype(int), 9)
    for low in range(10):
        here = tenth == low
        if here.any():
            share = float(right[here].mean())
            bar = "#" * round(share * BAR)
            what = f"confidence {low / 10:.1f} to {(low + 1) / 10:.1f}: right"
            yield Figure(what=what, value=share, unit="share", against=f"{bar:.<{BAR}} n={int(here.sum())}")
    brier = float(np.mean((confidence - right) ** 2))
    yield Figure(what="confidence: Brier score", value=brier, unit="", against=f"n={len(judged)}, lower is better")
