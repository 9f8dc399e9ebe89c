"""Photos of another hand: a second, independent maker of phone photos with the truth, to judge the cropper by.

python tests/bench/imaging_other_hand.py OUT --seed 1 --each 3 [--levels table,palm] [--long 2400]

It writes OUT/images/NAME.jpg and OUT/truth/NAME.json, `--each` photos for every level and slot.
The same seed gives the same photos.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that it also runs as a script

from tests.bench import other_hand_cards as cards
from tests.bench import other_hand_sheets as sheets
from tests.bench.other_hand_camera import (
    Camera,
    Development,
    Lamp,
    Scene,
    Sheet,
    Thing,
    aimed,
    developed,
    lying,
)
from tests.bench.other_hand_levels import LEVELS, Shot

Floats = NDArray[np.floating]
Rng = np.random.Generator


def _phone(rng: Rng) -> Development:
    """One phone's habits and one moment's light."""
    return Development(
        exposure=rng.uniform(0.64, 0.84),
        balance=(rng.uniform(0.92, 1.08), 1.0, rng.uniform(0.9, 1.08)),
        vignette=rng.uniform(0.05, 0.35),
        contrast=rng.uniform(0.0, 0.6),
        local=rng.uniform(0.05, 0.35),
        noise=float(rng.choice([rng.uniform(0.004, 0.012), rng.uniform(0.012, 0.026)])),
        softness=rng.uniform(0.3, 1.0),
        lean=float(rng.choice([0, 0, rng.uniform(0.8, 2.2)])),
        side=rng.uniform(0, 6.3),
        halo=rng.uniform(0.3, 1.4),
        halo_radius=rng.uniform(1.2, 3.0),
    )


def _card(shot: Shot) -> Sheet:
    """Where the document lies (or a card-sized place, when there is none)."""
    rng = shot.rng
    size = shot.doc.size if shot.doc else cards.CARD
    turns = rng.choice(4, p=[0.55, 0.2, 0.05, 0.2])
    angle = turns * math.pi / 2 + (rng.normal(0, 0.13) if rng.random() < 0.85 else rng.uniform(0, 6.3))
    thick = _thickness(shot)
    across, down = size[0] * shot.magnified, size[1] * shot.magnified
    span = down if shot.upended else across
    curve = 8 * shot.bend / span
    rise = max(shot.bend, 0.0) * span
    return replace(lying(0, 0, angle, across, down, thick + rise + shot.lift), curve=curve, upended=shot.upended)


def _thickness(shot: Shot) -> float:
    if shot.thick is not None:
        return shot.thick
    return 0.15 if shot.doc and shot.doc.kind == "signature" else 0.8


def _camera(shot: Shot, card: Sheet) -> Camera:
    """A camera that sees the whole card (or as little of it as the level asks for)."""
    rng = shot.rng
    size = (shot.long * 3 // 4, shot.long) if rng.random() < 0.6 else (shot.long, shot.long * 3 // 4)
    equivalent, tilt = rng.uniform(24, 35), math.radians(min(abs(rng.normal(0, shot.tilt)), 34))
    around, roll = rng.uniform(0, 2 * math.pi), rng.normal(0, 0.05)
    k1, k2 = rng.uniform(-0.035, 0.03), rng.uniform(-0.008, 0.008)
    fill, drift = rng.uniform(*shot.fill), rng.uniform(-1, 1, 2)
    spread = np.ptp(card.corners()[:, :2], axis=0)
    focal = equivalent / 43.27 * math.hypot(*size)
    distance = max(spread[0] / size[0], spread[1] / size[1]) * focal / fill
    if shot.share:
        distance = max(card.across, card.down) * focal / (shot.share * shot.long)
    for _ in range(60):
        room = np.maximum(np.array(size) * distance / focal - spread, 0) / 2
        target = np.array([*(drift * room * 0.7), card.origin[2]])
        centre, turn, focal = aimed(size, equivalent, target, distance, tilt, around, roll)
        camera = Camera(*size, focal, centre, turn, k1, k2)
        quad = camera.project(card.corners())
        if shot.cut:
            return _pushed(camera, card, shot)
        margin = 0.012 * shot.long
        if quad.min() > margin and (quad < np.array(size) - margin).all():
            return camera
        distance *= 1.05
    raise RuntimeError("no place for the camera from which the whole card is seen")


def _pushed(camera: Camera, card: Sheet, shot: Shot) -> Camera:
    """The camera moved sideways until the wanted share of the card is outside."""
    way = shot.rng.choice([0, 1, 2, 3]) * math.pi / 2 + shot.rng.normal(0, 0.2)
    step = np.array([math.cos(way), math.sin(way), 0]) * 1.5
    steps = np.stack(np.meshgrid(np.linspace(0.01, 0.99, 30), np.linspace(0.01, 0.99, 30)), -1) * [
        card.across,
        card.down,
    ]
    raster = card.points(steps)
    for _ in range(300):
        seen = camera.project(raster)
        outside = 1 - ((seen > 0) & (seen < [camera.width, camera.height])).all(-1).mean()
        if outside >= shot.cut:
            return camera
        camera = replace(camera, centre=camera.centre + step)
    raise RuntimeError("the card could not be pushed out of the photo")


def _ground(shot: Shot, camera: Camera) -> Thing:
    """The ground as far as the camera sees it, drawn about as finely as it can be seen."""
    rng = shot.rng
    edge = np.linspace(0, 1, 9)
    rim = np.concatenate([[(e, 0), (e, 1), (0, e), (1, e)] for e in edge]) * [camera.width, camera.height]
    ways = camera.rays(rim)
    ways[:, 2] = np.minimum(ways[:, 2], -0.25)
    met = camera.centre + ways * ((-shot.depth - camera.centre[2]) / ways[:, 2])[:, None]
    angle = 0.0 if shot.pixels else rng.uniform(0, 2 * math.pi) if rng.random() < 0.5 else rng.normal(0, 0.15)
    c, s = math.cos(angle), math.sin(angle)
    turned = met[:, :2] @ np.array([[c, -s], [s, c]])
    low, high = turned.min(0) - 2, turned.max(0) + 2
    middle = (low + high) / 2 @ np.array([[c, s], [-s, c]])
    across, down = (high - low).tolist()
    budget = (0.45 if not shot.ground_blur else 0.05) * camera.width * camera.height
    scale = math.sqrt(budget / (across * down))
    assert shot.ground is not None
    picture = shot.ground(rng, round(down * scale), round(across * scale), scale)
    blur = shot.ground_blur * shot.long / 2400
    sheet = lying(float(middle[0]), float(middle[1]), angle, across, down, -shot.depth)
    return Thing(Image.fromarray(picture), sheet, glow=shot.glow, blur=blur)


def _lamps(shot: Shot, camera: Camera, card: Sheet) -> tuple[list[Lamp], Floats]:
    """A window far away, perhaps a desk lamp; a lamp that the card mirrors when the level asks for it."""
    rng = shot.rng
    around = rng.uniform(0, 2 * math.pi)
    steep = rng.uniform(0.35, 0.9)
    window = np.array([math.cos(around), math.sin(around), steep]) * rng.uniform(1200, 2200)
    lamps = [Lamp(window, np.array([0.95, 1.0, 1.08]), rng.uniform(0.5, 1.2), rng.uniform(150, 400))]
    if rng.random() < 0.5 and not shot.even:
        place = np.array([rng.uniform(-350, 350), rng.uniform(-350, 350), rng.uniform(300, 550)])
        lamps.append(Lamp(place, np.array([1.12, 1.0, 0.78]), rng.uniform(0.3, 1.3), rng.uniform(12, 45)))
    if shot.spot is not None:
        point = card.points(np.array(shot.spot))
        normal = card.normals(np.array(shot.spot))
        seen = camera.centre - point
        seen = seen / np.linalg.norm(seen)
        mirrored = 2 * (seen @ normal) * normal - seen
        for lamp in lamps:
            lamp.mirrored = 0.02  # only the lamp whose place is in the truth is seen on the card
        lamps.append(
            Lamp(point + mirrored * rng.uniform(300, 550), np.array([1.05, 1.0, 0.88]), 0.9, shot.spot_power[2])
        )
    ambient = np.array([1.0, 1.0, 1.02]) * rng.uniform(0.3, 0.8)
    return lamps, ambient


def _veil(shot: Shot, camera: Camera) -> Image.Image | None:
    """The soft shadow of phone and hands over a part of everything."""
    rng = shot.rng
    if shot.even or rng.random() < 0.55:
        return None
    image = Image.new("L", (camera.width // 8, camera.height // 8), 255)
    side = rng.uniform(0, 2 * math.pi)
    middle = np.array(image.size) * (0.5 + 0.45 * np.array([math.cos(side), math.sin(side)]))
    reach = np.array([rng.uniform(0.2, 0.45), rng.uniform(0.3, 0.7)]) * image.width
    points = [middle + reach * [x, y] for x, y in ((-1, -1), (1, -1.1), (1.2, 1), (-0.9, 1.1))]
    ImageDraw.Draw(image).polygon([tuple(p) for p in points], int(rng.uniform(110, 200)))
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(4, 26)))


def _in_pixels(how: Development, per_mm: float, zoom: float) -> Development:
    """Lengths on the card (blur below zero, streak) and lengths at 2400 px become pixels of this photo."""
    softness = -how.softness * per_mm if how.softness < 0 else how.softness * zoom
    streak = (how.streak[0] * per_mm, how.streak[1] * per_mm) if how.streak else None
    return replace(
        how, softness=softness, streak=streak, lean=how.lean * zoom, halo_radius=max(0.7, how.halo_radius * zoom)
    )


def taken(level: str, slot: str, rng: Rng, long: int) -> tuple[Image.Image, dict[str, Any]]:
    """One photo (RGB, upright as displayed) and its truth without the name."""
    shot = Shot(rng, slot, long, doc=sheets.DESIGNS[slot](rng), how=_phone(rng))
    LEVELS[level][0](shot)
    card = _card(shot)
    camera = _camera(shot, card)
    if shot.around:
        shot.around(shot, card)
    ground = _ground(shot, camera)
    quad = camera.project(card.corners())
    per_mm = float(np.linalg.norm(quad[1] - quad[0])) / card.across
    if shot.doc:
        shot.below.append(_document(shot, card, per_mm))
    lamps, ambient = _lamps(shot, camera, card)
    scene = Scene(
        camera, ground, [*shot.below, *shot.above], lamps, ambient, _veil(shot, camera), shot.glare_cap, shot.pixels
    )
    picture = developed(scene, _in_pixels(shot.how, per_mm, long / 2400), rng, camera.project(card.origin))
    return picture, _truth(level, shot, camera, card)


def _document(shot: Shot, card: Sheet, per_mm: float) -> Thing:
    doc = shot.doc
    assert doc is not None
    by = per_mm * shot.magnified * 1.15 / cards.SCALE
    picture = (
        doc.picture.resize((round(doc.picture.width * by), round(doc.picture.height * by)), Image.Resampling.LANCZOS)
        if by < 1
        else doc.picture
    )
    paper = doc.kind == "signature"
    gloss, sharpness = (0.0, 0.1) if paper else (shot.gloss, 0.08)
    if shot.spot is not None:
        gloss, sharpness = shot.spot_power[0], shot.spot_power[1]
    thick = _thickness(shot)
    edge = None if paper or thick < 0.7 else (222, 222, 220)
    return Thing(picture, card, thick, gloss, sharpness, shot.shadow, edge, shot.glow)


def _truth(level: str, shot: Shot, camera: Camera, card: Sheet) -> dict[str, Any]:
    quad = camera.project(card.corners())
    way = quad[1] - quad[0]
    truth: dict[str, Any] = {
        "level": level,
        "kind": shot.doc.kind if shot.doc else None,
        "slot": shot.slot,
        "width": camera.width,
        "height": camera.height,
        "quad": np.round(quad, 2).tolist() if shot.doc else None,
    }
    if shot.doc:
        truth["quarter_turns_cw_to_fix"] = round(-math.degrees(math.atan2(way[1], way[0])) / 90) % 4
    truth |= {"expect": shot.expect, "defect": shot.defect}
    if shot.doc:
        truth |= {"cut": bool(shot.cut), "orientable": shot.doc.orientable}
    glare = []
    if shot.spot is not None:
        place = camera.project(card.points(np.array(shot.spot)))
        reach = 0.02 * shot.long
        glare = [[float(place[0]), float(place[1]), reach, reach, min(1.0, shot.spot_power[0])]]
    return truth | {"text": shot.doc.text if shot.doc else "", "glare": glare, "fingers": []}


_STORED = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def save(picture: Image.Image, truth: dict[str, Any], out: Path, rng: Rng) -> None:
    """Write the photo as a phone stores it (sensor's way round, EXIF orientation) and its truth."""
    orientation = int(rng.choice([1, 6, 8, 3], p=[0.45, 0.35, 0.12, 0.08]))
    turn = _STORED[orientation]
    stored = picture.transpose(turn) if turn is not None else picture
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "OtherHand", "Specimen phone", orientation
    name = truth["name"]
    stored.save(out / "images" / f"{name}.jpg", quality=int(rng.integers(80, 95)), exif=exif)
    truth["exif_orientation"] = orientation
    (out / "truth" / f"{name}.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False))


def main() -> None:
    """Make the photos that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=3, help="photos for every level and slot")
    parser.add_argument("--levels", default=",".join(LEVELS), help="names with commas between")
    parser.add_argument("--long", type=int, default=2400, help="long edge in pixels")
    args = parser.parse_args()
    for folder in ("images", "truth"):
        (args.out / folder).mkdir(parents=True, exist_ok=True)
    for level in args.levels.split(","):
        start, count = time.perf_counter(), 0
        for slot in LEVELS[level][1]:
            for index in range(args.each):
                rng = np.random.default_rng([args.seed, zlib.crc32(f"{level}/{slot}".encode()), index])
                picture, truth = taken(level, slot, rng, args.long)
                save(picture, {"name": f"{level}-{slot}-{args.seed}-{index:02d}"} | truth, args.out, rng)
                count += 1
        print(f"{level}: {count} photos, {(time.perf_counter() - start) / count:.2f} s each", flush=True)


if __name__ == "__main__":
    main()
