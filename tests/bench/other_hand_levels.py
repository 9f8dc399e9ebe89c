"""The levels of the other hand: what each kind of photo shows, and what is expected of the cropper there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from skimage.color import lab2rgb, rgb2lab

from tests.bench import other_hand_cards as cards
from tests.bench import other_hand_grounds as grounds
from tests.bench import other_hand_sheets as sheets
from tests.bench import other_hand_things as things
from tests.bench.other_hand_camera import Development, Sheet, Thing, lying

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
        wrist = hand.points(np.array([100.0, rng.uniform(205, 222) + 130]) * stretch)
        cuff = replace(hand, origin=wrist, across=92 * stretch, down=260 * stretch)
        shot.below.append(Thing(things.cuff(rng), cuff, thick=3, shadow=0.5))

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
        inward = np.array(
            [
                inward[0] * math.cos(turn) - inward[1] * math.sin(turn),
                inward[0] * math.sin(turn) + inward[1] * math.cos(turn),
                0,
            ]
        )
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
        shot.below.append(
            Thing(back, _framing(card, (size[0] - 3, size[1] - 3), (inset[0] - 1.5, inset[1] - 1.5), -1.2), thick=1)
        )
        shot.above.append(Thing(picture, _framing(card, size, inset, 0.9), thick=1.2, gloss=0.15, sharpness=0.15))

    shot.around = around


def _scaled(picture: Image.Image, by: float) -> Image.Image:
    return picture.resize((max(8, round(picture.width * by)), max(8, round(picture.height * by))), Image.Resampling.BOX)


def _others(shot: Shot) -> None:
    shot.ground, shot.fill, shot.around = _any_ground, (0.38, 0.66), _strewn


def _strewn(shot: Shot, card: Sheet) -> None:
    """Things and other cards around the wanted one: beside it, touching it, partly under it."""
    rng = shot.rng
    reach = max(card.across, card.down)
    strangers = [sheets.membership, sheets.slip, *(make for kind, make in sheets.DESIGNS.items() if kind != shot.slot)]
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
    shot.spot_power, shot.glare_cap = (
        (shot.rng.uniform(1.2, 4), shot.rng.uniform(0.02, 0.04), shot.rng.uniform(6, 15)),
        3.0,
    )


def _screen(shot: Shot) -> None:
    shot.ground, shot.magnified, shot.thick, shot.shadow, shot.gloss = (
        grounds.screen,
        shot.rng.uniform(1.2, 2.2),
        0.0,
        0.0,
        0.0,
    )
    shot.glow, shot.pixels, shot.even, shot.tilt = 1.0, shot.rng.choice([0.233, 0.277, 0.311]), True, 7.0
    shot.fill = (0.5, 0.8)


def _lined(shot: Shot) -> None:
    shot.ground, shot.doc = _any_ground, sheets.signature(shot.rng, lined=True)


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
        shot.doc = sheets.DESIGNS[shot.slot](rng)
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
    small = np.asarray(
        doc.picture.convert("RGB").resize((round(doc.size[0]), round(doc.size[1])), Image.Resampling.BOX), float
    )
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
    shot.ground, shot.expect = (
        (_any_ground, grounds.newspaper, grounds.keyboard)[rng.choice([0, 0, 0, 1, 2])],
        "fallback",
    )
    shot.doc = None
    what = [None, sheets.booklet, sheets.membership, sheets.slip, "phone", sheets.print_sheet]
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
        shot.below.append(
            Thing(picture, lying(rng.uniform(-60, 60), rng.choice([-80, 80]), rng.uniform(0, 6), *size, 4), thick=4)
        )


def _wrong(shot: Shot) -> None:
    swap = {
        "id_front": ("id_back", "id_back", "bank"),
        "id_back": ("id_front", "id_front", "bank"),
        "bank": ("id_front", "id_back"),
    }
    kinds = swap[shot.slot]
    shot.doc = sheets.DESIGNS[kinds[shot.rng.integers(len(kinds))]](shot.rng)
    shot.ground, shot.expect, shot.defect = _any_ground, "reject", "wrong_side"


def _printed(shot: Shot) -> None:
    shot.doc = sheets.signature(shot.rng, lined=bool(shot.rng.random() < 0.4), ink=False)
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
    shot.how = replace(
        shot.how, fixed=shot.rng.uniform(18, 45), local=0.05, contrast=0.1, flare=shot.rng.uniform(0.1, 0.35)
    )
    shot.fill = (0.6, 0.86)


def _glare(shot: Shot) -> None:
    assert shot.doc is not None
    places = shot.doc.vital
    shot.spot = places[shot.rng.integers(len(places))]
    shot.spot_power, shot.glare_cap = (
        (shot.rng.uniform(10, 25), shot.rng.uniform(0.04, 0.06), shot.rng.uniform(34, 60)),
        16.0,
    )


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
