"""What lies beside, over and around the card: hands, sleeves, cases, pens, cups, keys, a phone; RGBA pictures."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter

from tests.bench.other_hand_cards import Colour, hue, noise

Floats = NDArray[np.floating]
Rng = np.random.Generator
SCALE = 6  # px/mm of hands and things
Segment = tuple[float, float, float, float, float, float]  # x0 y0 r0 x1 y1 r1 in mm


def skin_tone(rng: Rng) -> Colour:
    """A skin colour from pale to brown."""
    return hue(rng, (0.28, 0.5), (0.6, 0.93), at=rng.uniform(0.045, 0.075))


def flesh(
    rng: Rng, size: tuple[float, float], segments: list[Segment], skin: Colour, nails: list[Segment]
) -> Image.Image:
    """Limbs as tapered capsules, rounded and lit from the upper left; `nails` are drawn on top."""
    wide, high = round(size[0] * SCALE), round(size[1] * SCALE)
    height = np.zeros((high, wide), np.float32)
    for segment in segments:
        _swell(height, segment)
    soft = gaussian_filter(height, 0.7 * SCALE)
    dy, dx = np.gradient(soft)
    normal_z = 1 / np.sqrt(1 + (dx * SCALE) ** 2 * 0.05 + (dy * SCALE) ** 2 * 0.05 + 0.6 * (dx**2 + dy**2) * SCALE)
    shade = 0.55 + 0.5 * normal_z - 0.9 * (dx + 0.8 * dy) * 0.35
    creases = np.clip(np.abs(noise(rng, high, wide, (14 * SCALE, 3 * SCALE))), 0.0, 0.2) * 0.16
    shade = shade + creases - 0.025 + 0.02 * noise(rng, high, wide, (3, 3))
    ruddy = 0.05 * noise(rng, high, wide, (9 * SCALE, 9 * SCALE))
    colour = np.array(skin, np.float32) * np.clip(shade, 0.25, 1.15)[..., None]
    colour[..., 0] *= 1 + ruddy
    colour[..., 2] *= 1 - ruddy
    image = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))
    for x0, y0, r0, x1, y1, r1 in nails:
        _nail(image, (x0, y0, r0, x1, y1, r1), skin)
    alpha = Image.fromarray((np.clip(height * 3, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    image.putalpha(alpha)
    return image


def _swell(height: Floats, segment: Segment) -> None:
    """Raise a tapered capsule out of the height field (mm), smoothly where it meets others."""
    x0, y0, r0, x1, y1, r1 = (v * SCALE for v in segment)
    pad = max(r0, r1) + 2
    top, bottom = max(0, int(min(y0, y1) - pad)), min(height.shape[0], int(max(y0, y1) + pad))
    left, right = max(0, int(min(x0, x1) - pad)), min(height.shape[1], int(max(x0, x1) + pad))
    if top >= bottom or left >= right:
        return
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    dx, dy = x1 - x0, y1 - y0
    t = np.clip(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-6), 0, 1)
    radius = r0 + (r1 - r0) * t
    inside = np.maximum(radius**2 - (x - x0 - t * dx) ** 2 - (y - y0 - t * dy) ** 2, 0)
    part = np.minimum(np.sqrt(inside), 9 * SCALE) / SCALE
    np.maximum(height[top:bottom, left:right], part, out=height[top:bottom, left:right])


def _nail(image: Image.Image, segment: Segment, skin: Colour) -> None:
    x0, y0, r0, x1, y1, _ = segment
    length = math.hypot(x1 - x0, y1 - y0)
    side = round(4 * r0 * SCALE)
    nail = Image.new("L", (side * 2, side * 2))
    draw = ImageDraw.Draw(nail)
    mid = side
    box = (mid - 0.62 * r0 * SCALE, mid - 0.8 * r0 * SCALE, mid + 0.62 * r0 * SCALE, mid + 0.55 * r0 * SCALE)
    draw.rounded_rectangle(box, 0.5 * r0 * SCALE, 210)
    turn = math.degrees(math.atan2(-(y1 - y0), x1 - x0)) - 90
    nail = nail.rotate(turn, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.25 * SCALE))
    x, y = (x1 - (x1 - x0) / length * 0.05 * r0) * SCALE, (y1 - (y1 - y0) / length * 0.05 * r0) * SCALE
    pink = tuple(min(255, round(v * 1.06 + 12)) for v in skin)
    image.paste(pink, (round(x - mid), round(y - mid)), nail)


def open_hand(rng: Rng) -> tuple[Image.Image, tuple[float, float], tuple[float, float]]:
    """An open left or right hand seen from the palm, 200 × 230 mm: picture, size, middle of the palm."""
    size, skin = (200.0, 230.0), skin_tone(rng)
    wide = rng.uniform(0.92, 1.08)
    limbs: list[Segment] = [
        (100, 232, 31, 100, 196, 30),
        (82, 180, 26, 78, 140, 22),
        (112, 182, 28, 120, 142, 22),
        (98, 170, 34, 98, 140, 26),
        (70, 178, 19, 44, 146, 13),
        (44, 146, 11.5, 27, 117, 9),
    ]
    for x, reach, lean, r in ((74, 74, -7, 9.4), (93, 84, -2, 9.8), (111, 78, 4, 9.3), (128, 60, 11, 8.0)):
        lean += rng.uniform(-3, 3)
        joint = (x + lean * 0.55, 128 - reach * 0.5)
        limbs.append((x, 136, r + 1.2, joint[0], joint[1], r))
        limbs.append((joint[0], joint[1], r, x + lean * 1.2, 128 - reach, r * 0.8))
    limbs = [(100 + (a - 100) * wide, b, c * wide, 100 + (d - 100) * wide, e, f * wide) for a, b, c, d, e, f in limbs]
    picture = flesh(rng, size, limbs, skin, [])
    lines = Image.new("L", picture.size)
    draw = ImageDraw.Draw(lines)
    for arc in ((52, 128, 110, 214, 285, 355), (62, 112, 150, 160, 40, 130), (66, 126, 152, 176, 205, 280)):
        draw.arc([v * SCALE for v in arc[:4]], arc[4], arc[5], 90, 6)
    hidden = ImageChops.multiply(lines.filter(ImageFilter.GaussianBlur(2)), picture.getchannel("A"))
    picture.paste((*(int(v * 0.6) for v in skin), 255), (0, 0), hidden)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return picture, size, (100.0, 140.0)


def cuff(rng: Rng) -> Image.Image:
    """The end of a shirt's arm, 92 × 260 mm: knitted or woven, darker at its sides."""
    wide, high = 276, 780
    base = np.array(hue(rng, (0, 0.7), (0.1, 0.95)), np.float32)
    round_arm = 1 - 0.45 * np.linspace(-1, 1, wide) ** 4
    shade = round_arm + 0.08 * noise(rng, high, wide, (3, 2)) + 0.14 * noise(rng, high, wide, (60, 25))
    shade[34:38] *= 0.75
    image = Image.fromarray(np.clip(base * shade[..., None], 0, 255).astype(np.uint8))
    image.putalpha(255)
    return image


def thumb(rng: Rng, skin: Colour) -> tuple[Image.Image, tuple[float, float]]:
    """A thumb from behind with its nail and the ball of the hand, 90 × 230 mm, its tip 8 mm below the top middle."""
    lean = rng.uniform(-9, 9)
    r = rng.uniform(9.2, 11.2)
    limbs: list[Segment] = [
        (45 + lean * 2.4, 240, 30, 45 + lean * 1.6, 118, 25),
        (45 + lean * 1.6, 112, 20, 45 + lean, 66, r * 1.2),
        (45 + lean, 66, r * 1.15, 45, 38, r * 1.1),
        (45, 38, r * 1.1, 45, 18, r * 0.95),
    ]
    return flesh(rng, (90, 230), limbs, skin, [(45, 36, r, 45, 21, r)]), (90.0, 230.0)


def fingers_behind(rng: Rng, skin: Colour, count: int) -> tuple[Image.Image, tuple[float, float]]:
    """Bent fingers whose tips point up, with the palm they grow from, 120 × 230 mm: they hold the card from behind."""
    limbs: list[Segment] = [(55, 240, 40, 58, 150, 36)]
    for i in range(count):
        x = 24 + 19.5 * i + rng.uniform(-1, 1)
        tip = 14 + 5 * abs(i - 1.4) + rng.uniform(0, 4)
        limbs += [(44 + 9 * i, 140, 13, x, 66, 9.8), (x, 66, 9.3, x + rng.uniform(-1, 1), tip, 7.8)]
    return flesh(rng, (120, 230), limbs, skin, []), (120.0, 230.0)


def sleeve(rng: Rng, inner: tuple[float, float]) -> tuple[Image.Image, tuple[float, float], tuple[float, float]]:
    """A clear soft sleeve with welded seams and streaks of light: picture, size, the card's top left in it."""
    sides = rng.uniform(1.2, 3.5, 4)
    size = (inner[0] + sides[0] + sides[2], inner[1] + sides[1] + sides[3])
    scale = 12
    wide, high = round(size[0] * scale), round(size[1] * scale)
    veil = np.full((high, wide), rng.uniform(6, 22), np.float32)
    bend = noise(rng, high, wide, (38 * scale, 26 * scale)) + 0.3 * noise(rng, high, wide, (9 * scale, 7 * scale))
    veil += 110 * rng.uniform(0.4, 1.0) * np.exp(-(((bend - rng.uniform(0.2, 0.7)) * 9) ** 2))
    y, x = np.mgrid[0:high, 0:wide] / scale
    rim = np.minimum(np.minimum(x, size[0] - x), np.minimum(y, size[1] - y))
    veil += 60 * (rim < 0.5) + 70 * (np.abs(rim - 0.9) < 0.13)
    colour = np.array(hue(rng, (0, 0.06), (0.93, 1.0)), np.uint8)
    picture = np.dstack([np.broadcast_to(colour, (high, wide, 3)), np.clip(veil, 0, 205).astype(np.uint8)])
    return Image.fromarray(np.ascontiguousarray(picture)), size, (float(sides[0]), float(sides[1]))


def case(rng: Rng, inner: tuple[float, float]) -> tuple[Image.Image, tuple[float, float], tuple[float, float]]:
    """A hard case or a wallet whose window lets the card be seen to within half a millimetre of its edge."""
    frame = rng.uniform(4, 11, 4)
    lip = rng.uniform(-0.8, 0.45)  # below zero: a gap between card and frame
    size = (inner[0] + frame[0] + frame[2], inner[1] + frame[1] + frame[3])
    scale = 12
    wide, high = round(size[0] * scale), round(size[1] * scale)
    body = hue(rng, (0, 0.8), (0.08, 0.9))
    leather = rng.random() < 0.5
    grain = noise(rng, high, wide, (8, 8)) * (16 if leather else 3)
    y, x = np.mgrid[0:high, 0:wide] / scale
    colour = np.clip(np.array(body, np.float32) + grain[..., None], 0, 255)
    window = [frame[0] + lip, frame[1] + lip, frame[0] + inner[0] - lip, frame[1] + inner[1] - lip]
    inward = np.minimum(np.minimum(x - window[0], window[2] - x), np.minimum(y - window[1], window[3] - y))
    colour *= (1 + 0.35 * np.exp(-(((inward + 0.5) * 3) ** 2)) * np.where(y > size[1] / 2, 1, -0.8))[..., None]
    if leather:
        stitch = (np.abs(np.minimum(np.minimum(x, size[0] - x), np.minimum(y, size[1] - y)) - 2) < 0.25) & (
            (x + y) % 3 < 1.8
        )
        colour[stitch] = hue(rng, (0, 0.3), (0.6, 0.95))
    picture = Image.fromarray(colour.astype(np.uint8))
    mask = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(mask)
    draw.rounded_rectangle((0, 0, wide - 1, high - 1), rng.uniform(2, 7) * scale, 255)
    draw.rounded_rectangle([v * scale for v in window], rng.uniform(2.6, 3.4) * scale, 0)
    if rng.random() < 0.5:  # a slot to push the card out
        middle, reach = wide / 2, rng.uniform(6, 10) * scale
        draw.rounded_rectangle(
            (middle - reach, high - frame[3] * scale * 0.7, middle + reach, high - frame[3] * scale * 0.4), 9, 60
        )
    picture.putalpha(mask.filter(ImageFilter.GaussianBlur(0.8)))
    return picture, size, (float(frame[0]), float(frame[1]))


def _canvas(wide: float, high: float) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (round(wide * SCALE), round(high * SCALE)))
    return image, ImageDraw.Draw(image)


def pen(rng: Rng) -> tuple[Image.Image, tuple[float, float]]:
    """A pen, 142 × 12 mm."""
    image, draw = _canvas(142, 12)
    body = hue(rng, (0.1, 0.9), (0.1, 0.9))
    for row in range(12 * SCALE):
        lit = 0.45 + 0.75 * math.exp(-(((row / SCALE - 4.5) / 2.4) ** 2))
        draw.line((6 * SCALE, row, 132 * SCALE, row), tuple(min(255, int(v * lit)) for v in body))
    mask = Image.new("L", image.size)
    cut = ImageDraw.Draw(mask)
    cut.rounded_rectangle((8 * SCALE, SCALE, 128 * SCALE, 11 * SCALE), 4 * SCALE, 255)
    cut.polygon([(126 * SCALE, SCALE * 2), (141 * SCALE, 6 * SCALE), (126 * SCALE, SCALE * 10)], 255)
    draw.rectangle((40 * SCALE, 0, 43 * SCALE, 12 * SCALE), (200, 200, 204))
    image.putalpha(mask)
    return image, (142.0, 12.0)


def cup(rng: Rng) -> tuple[Image.Image, tuple[float, float]]:
    """A cup from above with drink in it, 92 × 92 mm (without its height)."""
    image, draw = _canvas(92, 92)
    wall, drink = hue(rng, (0, 0.7), (0.4, 0.97)), hue(rng, (0.5, 0.9), (0.1, 0.5), at=0.07)
    draw.ellipse([v * SCALE for v in (1, 1, 91, 91)], wall)
    draw.ellipse([v * SCALE for v in (5, 5, 87, 87)], tuple(int(v * 0.72) for v in wall))
    draw.ellipse([v * SCALE for v in (9, 11, 83, 85)], drink)
    draw.arc([v * SCALE for v in (2, 2, 90, 90)], 190, 280, tuple(min(255, v + 60) for v in wall), 10)
    return image.filter(ImageFilter.GaussianBlur(2)), (92.0, 92.0)


def keys(rng: Rng) -> tuple[Image.Image, tuple[float, float]]:
    """Two keys on a ring, 80 × 60 mm."""
    image, draw = _canvas(80, 60)
    draw.ellipse([v * SCALE for v in (4, 18, 28, 42)], None, (170, 172, 178), 9)
    for turn in (-0.4, 0.35):
        metal = [(190, 192, 196), (196, 164, 90)][rng.integers(2)]
        along, across = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
        head = np.array([34, 30]) + across * 4
        draw.ellipse([v * SCALE for v in (*(head - 9), *(head + 9))], metal, (90, 90, 94), 4)
        ends = [
            head + along * 6 - across * 3,
            head + along * 40 - across * 3,
            head + along * 42,
            head + along * 36 + across * 3,
        ]
        ends += [head + along * 30 + across * 2, head + along * 24 + across * 3.4, head + along * 6 + across * 3]
        draw.polygon([tuple(p * SCALE) for p in ends], metal, (90, 90, 94))
    return image, (80.0, 60.0)


def phone(rng: Rng) -> tuple[Image.Image, tuple[float, float]]:
    """A phone lying there, 73 × 152 mm, its screen dark or lit."""
    image, draw = _canvas(73, 152)
    draw.rounded_rectangle((0, 0, 73 * SCALE - 1, 152 * SCALE - 1), 9 * SCALE, (28, 28, 32), (120, 122, 128), 8)
    lit = rng.random() < 0.5
    draw.rounded_rectangle(
        [v * SCALE for v in (3, 3, 70, 149)], 7 * SCALE, hue(rng, (0.3, 0.8), (0.3, 0.8)) if lit else (12, 12, 15)
    )
    for i in range(20 * lit):
        x, y = 8 + 15.5 * (i % 4), 22 + 22 * (i // 4)
        draw.rounded_rectangle([v * SCALE for v in (x, y, x + 11, y + 11)], 3 * SCALE, hue(rng, (0.1, 0.9), (0.5, 1)))
    return image, (73.0, 152.0)


def coin(rng: Rng) -> tuple[Image.Image, tuple[float, float]]:
    """A coin, 25 mm."""
    image, draw = _canvas(25, 25)
    metal = [(188, 190, 194), (200, 168, 96)][rng.integers(2)]
    draw.ellipse([v * SCALE for v in (0.2, 0.2, 24.8, 24.8)], metal, tuple(v // 2 for v in metal), 4)
    draw.ellipse([v * SCALE for v in (7, 6, 18, 19)], tuple(int(v * 0.8) for v in metal))
    return image, (25.0, 25.0)


BESIDE = (pen, cup, keys, phone, coin, pen)
