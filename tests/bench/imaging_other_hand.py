"""Photos of another hand: a second, independent maker of phone photos with the truth beside them, to judge the cropper by.

python tests/bench/imaging_other_hand.py OUT --seed 1 --each 3 [--levels table,palm] [--long 2400]

It writes OUT/images/NAME.jpg and OUT/truth/NAME.json, `--each` photos for every level and every slot that the level has.
The same seed gives the same photos.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from skimage.color import lab2rgb, rgb2lab

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench import other_hand_cards as cards
from tests.bench import other_hand_grounds as grounds
from tests.bench import other_hand_things as things
from tests.bench.other_hand_camera import Camera, Development, Lamp, Scene, Sheet, Thing, aimed, developed, lying

Floats = NDArray[np.floating]
Rng = np.random.Generator
Ground = Callable[[Rng, int, int, float], NDArray[np.uint8]]
SLOTS = ("id_front", "id_back", "bank", "signature")
CARD_SLOTS = SLOTS[:3]


@dataclass
class Shot:
    """One photo being set up; the card lies around the world's origin."""

    rng: Rng
    slot: str
    long: int
    doc: cards.Document | None = None
    magnified: float = 1.0  # the card is shown larger than life (on a screen)
    bend: float = 0.0  # rise of the middle, as a share of the bent side
    upended: bool = False
    thick: float | None = None
    lift: float = 0.0
    shadow: float = 1.0
    gloss: float = 0.06
    glow: float = 0.0
    fill: tuple[float, float] = (0.5, 0.86)
    tilt: float = 11.0  # degrees, spread
    ground: Ground | None = None
    depth: float = 0.0  # how far the ground lies below the card, mm
    ground_blur: float = 0.0
    below: list[Thing] = field(default_factory=list)
    above: list[Thing] = field(default_factory=list)
    around: Callable[[Shot, Sheet], None] | None = None  # puts things below and above once the card lies
    spot: tuple[float, float] | None = None  # place on the card (mm) that mirrors the lamp
    spot_power: tuple[float, float, float] = (0.5, 0.05, 20.0)  # gloss, sharpness, lamp radius
    cut: float = 0.0  # share of the card outside the photo
    share: float | None = None  # card width as a share of the long side (small)
    pixels: float = 0.0
    even: bool = False  # calm light, no shadows of the photographer
    expect: str = "crop"
    defect: str | None = None
    how: Development = field(default_factory=Development)
    glare_cap: float = 0.22


def _any_table(rng: Rng, high: int, wide: int, scale: float) -> NDArray[np.uint8]:
    return grounds.TABLES[rng.integers(len(grounds.TABLES))](rng, high, wide, scale)


def _any_ground(rng: Rng, high: int, wide: int, scale: float) -> NDArray[np.uint8]:
    kinds = (*grounds.TABLES, *grounds.TABLES, grounds.tiles, grounds.bedsheet)
    return kinds[rng.integers(len(kinds))](rng, high, wide, scale)


# ---- levels -------------------------------------------------------------------------------------------------------


def _on(ground: Ground) -> Callable[[Shot], None]:
    def level(shot: Shot) -> None:
        shot.ground = ground

    return level


def _bent(shot: Shot) -> None:
    shot.ground = _any_ground
    shot.bend = float(shot.rng.uniform(0.012, 0.05) * shot.rng.choice([1, 1, -1]))
    shot.upended = bool(shot.rng.random() < 0.35)


def _palm(shot: Shot) -> None:
    shot.ground, shot.depth, shot.ground_blur, shot.fill = _any_ground, 380.0, 9.0, (0.45, 0.72)

    def around(shot: Shot, card: Sheet) -> None:
        rng = shot.rng
        picture, size, middle = things.open_hand(rng)
        angle = _heading(card) + rng.choice([0, math.pi / 2, -math.pi / 2]) + rng.normal(0, 0.2)
        stretch = max(1.0, card.across / 95)
        hand = lying(0, 0, angle, size[0] * stretch, size[1] * stretch)
        goal = np.array([0, 0, -6.0]) + card.origin
        shift = hand.points(np.array([middle[0] * stretch, (middle[1] - rng.uniform(0, 45)) * stretch]))
        hand = replace(hand, origin=goal - shift)
        shot.below.append(Thing(picture, hand, thick=6, shadow=0.8))

    shot.around = around


def _heading(card: Sheet) -> float:
    return math.atan2(card.axes[0][1], card.axes[0][0])


def _pointing(tip: Floats, inward: Floats, size: tuple[float, float], tip_at: tuple[float, float], z: float) -> Sheet:
    """A lying sheet whose up points along `inward`, with its point `tip_at` (mm) over `tip`."""
    sheet = lying(0, 0, math.atan2(-inward[0], inward[1]), *size, z)
    shift = sheet.points(np.array(tip_at))
    return replace(sheet, origin=np.array([*(tip[:2] - shift[:2]), z]))


def _fingers(shot: Shot) -> None:
    shot.ground, shot.depth, shot.ground_blur, shot.fill, shot.tilt = grounds.room, 900.0, 26.0, (0.4, 0.72), 17.0

    def around(shot: Shot, card: Sheet) -> None:
        rng = shot.rng
        skin = things.skin_tone(rng)
        corner = int(rng.choice([2, 3, 2, 3, 0, 1]))
        at = card.corners()[corner]
        if shot.bend == 0 and rng.random() < 0.3:  # from the middle of a side, no corner covered
            at = (at + card.corners()[(corner + 1) % 4]) / 2
        inward = card.origin - at
        inward = inward / np.linalg.norm(inward)
        turn = rng.normal(0, 0.3)
        inward = np.array([inward[0] * math.cos(turn) - inward[1] * math.sin(turn), inward[0] * math.sin(turn) + inward[1] * math.cos(turn), 0])
        picture, size = things.fingers_behind(rng, skin, int(rng.integers(2, 5)))
        behind = _pointing(at + inward * rng.uniform(14, 26), inward, size, (rng.uniform(35, 75), 14), -9)
        shot.below.append(Thing(picture, behind, thick=4, shadow=0.6))
        picture, size = things.thumb(rng, skin)
        over = _pointing(at + inward * rng.uniform(9, 16), inward, size, (size[0] / 2, 8), card.origin[2] + 7)
        shot.above.append(Thing(picture, over, thick=6, shadow=0.9))

    shot.around = around


def _sleeve(shot: Shot) -> None:
    shot.ground = _any_ground

    def around(shot: Shot, card: Sheet) -> None:
        picture, size, inset = things.sleeve(shot.rng, (card.across, card.down))
        shot.above.append(Thing(picture, _framing(card, size, inset, 0.3), gloss=0.25, sharpness=0.12, shadow=0.12))

    shot.around, shot.lift = around, 0.3


def _framing(card: Sheet, size: tuple[float, float], inset: tuple[float, float], by: float) -> Sheet:
    middle = card.points(np.array([size[0] / 2 - inset[0], size[1] / 2 - inset[1]]))
    return replace(card, origin=middle + card.axes[2] * by, across=size[0], down=size[1])


def _case(shot: Shot) -> None:
    shot.ground, shot.lift = _any_ground, 1.4

    def around(shot: Shot, card: Sheet) -> None:
        picture, size, inset = things.case(shot.rng, (card.across, card.down))
        back = Image.new("RGB", picture.size, cards.hue(shot.rng, (0, 0.5), (0.08, 0.4)))
        solid = Image.new("L", picture.size, 255)
        back.putalpha(solid)
        shot.below.append(Thing(back, _framing(card, (size[0] - 3, size[1] - 3), (inset[0] - 1.5, inset[1] - 1.5), -1.2), thick=1))
        shot.above.append(Thing(picture, _framing(card, size, inset, 0.9), thick=1.2, gloss=0.15, sharpness=0.15))

    shot.around = around


def _others(shot: Shot) -> None:
    shot.ground, shot.fill, shot.around = _any_ground, (0.38, 0.66), _strewn


def _strewn(shot: Shot, card: Sheet) -> None:
    """Things and other cards around the wanted one: beside it, touching it, partly under it."""
    rng = shot.rng
    reach = max(card.across, card.down)
    strangers = [cards.membership, cards.slip, *(make for kind, make in cards.DESIGNS.items() if kind != shot.slot)]
    for _ in range(int(rng.integers(1, 3))):
        doc = strangers[rng.integers(len(strangers))](rng)
        angle, gap = rng.uniform(0, 2 * math.pi), rng.choice([-9.0, 0.0, 6.0, 20.0])
        sheet = _beside(card, doc.size, angle, gap, rng)
        shot.below.append(Thing(_scaled(doc.picture, 12 / cards.SCALE), sheet.raised(0.4), thick=0.4))
    for _ in range(int(rng.integers(1, 5))):
        picture, size = things.BESIDE[rng.integers(len(things.BESIDE))](rng)
        sheet = _beside(card, size, rng.uniform(0, 2 * math.pi), rng.uniform(2, 0.6 * reach), rng)
        shot.below.append(Thing(picture, sheet.raised(4), thick=4, gloss=0.1))


def _beside(card: Sheet, size: tuple[float, float], way: float, gap: float, rng: Rng) -> Sheet:
    """A lying sheet in the direction `way` from the card, `gap` mm clear of it (below zero: overlapping)."""
    other = lying(0, 0, _heading(card) + rng.choice([0, 1, 2, 3]) * math.pi / 2 + rng.normal(0, 0.5), *size)
    out = np.array([math.cos(way), math.sin(way), 0])
    mine = np.abs((card.corners() - card.origin) @ out).max()
    yours = np.abs((other.corners() - other.origin) @ out).max()
    return replace(other, origin=np.array([*card.origin[:2], 0.1]) + out * (mine + yours + gap))


def _lamp(shot: Shot) -> None:
    shot.ground = _any_ground
    assert shot.doc is not None
    places = shot.doc.blank
    shot.spot = places[shot.rng.integers(len(places))]
    shot.spot_power, shot.glare_cap = (shot.rng.uniform(1.2, 4), shot.rng.uniform(0.02, 0.04), shot.rng.uniform(6, 15)), 3.0


def _screen(shot: Shot) -> None:
    shot.ground, shot.magnified, shot.thick, shot.shadow, shot.gloss = grounds.screen, shot.rng.uniform(1.2, 2.2), 0.0, 0.0, 0.0
    shot.glow, shot.pixels, shot.even, shot.tilt = 1.0, shot.rng.choice([0.233, 0.277, 0.311]), True, 7.0
    shot.fill = (0.5, 0.8)


def _lined(shot: Shot) -> None:
    shot.ground, shot.doc = _any_ground, cards.signature(shot.rng, lined=True)


def _white(shot: Shot) -> None:
    _matched(shot, shot.rng.uniform(1.5, 7.0))
    shot.shadow, shot.thick = 0.35, 0.5


def _nearly_none(shot: Shot) -> None:
    _matched(shot, shot.rng.uniform(0.1, 0.9))
    shot.shadow, shot.thick, shot.gloss, shot.expect = 0.0, 0.0, 0.0, "fallback"


def _matched(shot: Shot, delta: float) -> None:
    """Lay a light document on a ground whose colour is `delta` (CIE 1976 ΔE) from the document's rim."""
    rng = shot.rng
    while shot.doc is None or not _pale_and_plain(shot.doc):
        shot.doc = cards.DESIGNS[shot.slot](rng)
    doc = shot.doc
    doc.picture = _calm_rim(doc)
    lab = rgb2lab(np.array(doc.rim, float)[None, None] / 255)[0, 0]
    way = rng.normal(0, 1, 3) * [1.0, 0.5, 0.8]
    if lab[0] > 92:
        way[0] = -abs(way[0])
    near = lab2rgb((lab + way / np.linalg.norm(way) * delta)[None, None])[0, 0] * 255
    colour = (float(near[0]), float(near[1]), float(near[2]))

    def ground(rng: Rng, high: int, wide: int, scale: float) -> NDArray[np.uint8]:
        return grounds.plain(rng, high, wide, scale, colour)  # type: ignore[arg-type]

    shot.ground, shot.even = ground, True
    shot.how = replace(shot.how, exposure=shot.rng.uniform(0.74, 0.86), noise=shot.rng.uniform(0.004, 0.009))


def _pale_and_plain(doc: cards.Document) -> bool:
    """Whether the ring 4 mm inside the border is light and of nearly one colour; sets the rim to its median."""
    small = np.asarray(doc.picture.convert("RGB").resize((round(doc.size[0]), round(doc.size[1])), Image.Resampling.BOX), float)
    ring = np.concatenate([small[4, 4:-4], small[-5, 4:-4], small[4:-4, 4], small[4:-4, -5]])
    middle = np.median(ring, 0)
    doc.rim = (int(middle[0]), int(middle[1]), int(middle[2]))
    return bool(middle.min() > 185 and np.percentile(np.abs(ring - middle).max(1), 75) < 24)


def _calm_rim(doc: cards.Document) -> Image.Image:
    """The picture with its outer 4 mm fading into the colour of its rim."""
    flat = Image.new("RGB", doc.picture.size, doc.rim)
    inner = Image.new("L", doc.picture.size)
    margin = round(2.5 * cards.SCALE)
    ImageDraw.Draw(inner).rectangle((margin, margin, inner.width - margin, inner.height - margin), 255)
    small = inner.resize((inner.width // 8, inner.height // 8)).filter(ImageFilter.GaussianBlur(1.6 * cards.SCALE / 8))
    faded = Image.composite(doc.picture.convert("RGB"), flat, small.resize(inner.size, Image.Resampling.BICUBIC))
    faded.putalpha(doc.picture.getchannel("A"))
    return faded


def _none(shot: Shot) -> None:
    rng = shot.rng
    shot.ground, shot.expect = (_any_ground, grounds.newspaper, grounds.keyboard)[rng.choice([0, 0, 0, 1, 2])], "fallback"
    shot.doc = None
    what = [None, cards.booklet, cards.membership, cards.slip, "phone", cards.print_sheet]
    if shot.slot == "signature":
        what = what[:5]
    chosen = what[rng.integers(len(what))]
    if chosen == "phone":
        picture, size = things.phone(rng)
        shot.below.append(Thing(picture, lying(0, 0, rng.uniform(0, 6.3), *size, 5), thick=5, gloss=0.2))
    elif chosen is not None:
        doc = chosen(rng)  # type: ignore[operator]
        sheet = lying(0, 0, rng.normal(0, 0.15) + rng.integers(4) * math.pi / 2, *doc.size, 0.8)
        shot.below.append(Thing(_scaled(doc.picture, 0.7), sheet, thick=0.6, gloss=0.05))
    if rng.random() < 0.4:
        picture, size = things.BESIDE[rng.integers(len(things.BESIDE))](rng)
        shot.below.append(Thing(picture, lying(rng.uniform(-60, 60), rng.choice([-80, 80]), rng.uniform(0, 6), *size, 4), thick=4))


def _wrong(shot: Shot) -> None:
    swap = {"id_front": ("id_back", "id_back", "bank"), "id_back": ("id_front", "id_front", "bank"), "bank": ("id_front", "id_back")}
    kinds = swap[shot.slot]
    shot.doc = cards.DESIGNS[kinds[shot.rng.integers(len(kinds))]](shot.rng)
    shot.ground, shot.expect, shot.defect = _any_ground, "reject", "wrong_side"


def _printed(shot: Shot) -> None:
    shot.doc = cards.signature(shot.rng, lined=bool(shot.rng.random() < 0.4), ink=False)
    shot.ground, shot.expect, shot.defect = _any_ground, "reject", "no_ink"


def _defective(name: str, spoil: Callable[[Shot], None]) -> Callable[[Shot], None]:
    def level(shot: Shot) -> None:
        shot.ground, shot.expect, shot.defect = _any_table, "reject", name
        spoil(shot)

    return level


def _blur(shot: Shot) -> None:
    shot.how = replace(shot.how, softness=-shot.rng.uniform(0.5, 0.85))  # mm on the card, see _in_pixels


def _motion(shot: Shot) -> None:
    way, length = shot.rng.uniform(0, math.pi), shot.rng.uniform(2.4, 4.5)
    shot.how = replace(shot.how, streak=(length * math.cos(way), length * math.sin(way)))


def _dark(shot: Shot) -> None:
    shot.how = replace(shot.how, fixed=shot.rng.uniform(0.012, 0.04), noise=shot.rng.uniform(0.03, 0.05), local=0.0)


def _over(shot: Shot) -> None:
    shot.how = replace(shot.how, fixed=shot.rng.uniform(18, 45), local=0.05, contrast=0.1, flare=shot.rng.uniform(0.1, 0.35))
    shot.fill = (0.6, 0.86)


def _glare(shot: Shot) -> None:
    assert shot.doc is not None
    places = shot.doc.vital
    shot.spot = places[shot.rng.integers(len(places))]
    shot.spot_power, shot.glare_cap = (shot.rng.uniform(10, 25), shot.rng.uniform(0.04, 0.06), shot.rng.uniform(34, 60)), 16.0


def _small(shot: Shot) -> None:
    shot.share = shot.rng.uniform(0.05, 0.085)


def _cut(shot: Shot) -> None:
    shot.cut, shot.fill = shot.rng.uniform(0.1, 0.3), (0.6, 0.9)


LEVELS: dict[str, tuple[Callable[[Shot], None], tuple[str, ...]]] = {
    "table": (_on(_any_table), SLOTS),
    "bedsheet": (_on(grounds.bedsheet), SLOTS),
    "newspaper": (_on(grounds.newspaper), SLOTS),
    "palm": (_palm, SLOTS),
    "fingers": (_fingers, SLOTS),
    "sleeve": (_sleeve, CARD_SLOTS),
    "case": (_case, CARD_SLOTS),
    "bent": (_bent, SLOTS),
    "tiles": (_on(grounds.tiles), SLOTS),
    "others": (_others, SLOTS),
    "lamp": (_lamp, SLOTS),
    "screen": (_screen, SLOTS),
    "keyboard": (_on(grounds.keyboard), SLOTS),
    "lined": (_lined, ("signature",)),
    "white_on_white": (_white, SLOTS),
    "nearly_none": (_nearly_none, SLOTS),
    "none": (_none, SLOTS),
    "wrong": (_wrong, CARD_SLOTS),
    "printed": (_printed, ("signature",)),
    "blur": (_defective("blur", _blur), SLOTS),
    "motion": (_defective("motion", _motion), SLOTS),
    "dark": (_defective("dark", _dark), SLOTS),
    "over": (_defective("over", _over), SLOTS),
    "glare": (_defective("glare", _glare), SLOTS),
    "small": (_defective("small", _small), SLOTS),
    "cut": (_defective("cut", _cut), SLOTS),
}


# ---- from a level to a photo --------------------------------------------------------------------------------------


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
    steps = np.stack(np.meshgrid(np.linspace(0.01, 0.99, 30), np.linspace(0.01, 0.99, 30)), -1) * [card.across, card.down]
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
        lamps.append(Lamp(point + mirrored * rng.uniform(300, 550), np.array([1.05, 1.0, 0.88]), 0.9, shot.spot_power[2]))
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


def _scaled(picture: Image.Image, by: float) -> Image.Image:
    return picture.resize((max(8, round(picture.width * by)), max(8, round(picture.height * by))), Image.Resampling.BOX)


def _in_pixels(how: Development, per_mm: float, zoom: float) -> Development:
    """Lengths on the card (blur below zero, streak) and lengths at 2400 px become pixels of this photo."""
    softness = -how.softness * per_mm if how.softness < 0 else how.softness * zoom
    streak = (how.streak[0] * per_mm, how.streak[1] * per_mm) if how.streak else None
    return replace(how, softness=softness, streak=streak, lean=how.lean * zoom, halo_radius=max(0.7, how.halo_radius * zoom))


def taken(level: str, slot: str, rng: Rng, long: int) -> tuple[Image.Image, dict[str, Any]]:
    """One photo (RGB, upright as displayed) and its truth without the name."""
    shot = Shot(rng, slot, long, doc=cards.DESIGNS[slot](rng), how=_phone(rng))
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
    scene = Scene(camera, ground, [*shot.below, *shot.above], lamps, ambient, _veil(shot, camera), shot.glare_cap, shot.pixels)
    picture = developed(scene, _in_pixels(shot.how, per_mm, long / 2400), rng, camera.project(card.origin))
    return picture, _truth(level, shot, camera, card)


def _document(shot: Shot, card: Sheet, per_mm: float) -> Thing:
    doc = shot.doc
    assert doc is not None
    by = per_mm * shot.magnified * 1.15 / cards.SCALE
    picture = doc.picture.resize((round(doc.picture.width * by), round(doc.picture.height * by)), Image.Resampling.LANCZOS) if by < 1 else doc.picture
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
