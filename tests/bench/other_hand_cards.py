"""Cards of the other hand, drawn at 20 px/mm: identity cards of both sides and bank cards of many designs.

Every person, bank and number is plainly invented: region 000000, issuer 000000, and a specimen mark on each.
"""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Floats = NDArray[np.floating]
Colour = tuple[int, int, int]
Rng = np.random.Generator
SCALE = 20
CARD = (85.6, 54.0)
NOTO = "/usr/share/fonts/opentype/noto/Noto"
LATIN = "/usr/share/fonts/truetype/"
SANS, SERIF = NOTO + "SansCJK-Regular.ttc", NOTO + "SerifCJK-Bold.ttc"
SANS_BOLD = NOTO + "SansCJK-Bold.ttc"
FONT_PACKAGES = "fonts-noto-cjk fonts-liberation fonts-dejavu-core"
DIGITS = ("liberation/LiberationMono-Bold.ttf", "dejavu/DejaVuSansMono.ttf", "liberation/LiberationSans-Regular.ttf")
NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
GIVEN = "样例试本演示虚构测验范"
BANKS = ("海川样本银行", "试行商业银行", "演示农村信用社", "虚构建设银行", "云杉样本银行", "远山测试银行")


@dataclass
class Document:
    """A picture (RGBA) of `size` mm; `vital` and `blank` are places (mm) with and without print."""

    picture: Image.Image
    size: tuple[float, float]
    kind: str
    orientable: bool = True
    text: str = ""
    vital: list[tuple[float, float]] = field(default_factory=list)
    blank: list[tuple[float, float]] = field(default_factory=list)
    rim: Colour = (235, 235, 235)  # colour along the border, for grounds of nearly the same


@lru_cache(maxsize=128)
def font(path: str, millimetres: float) -> ImageFont.FreeTypeFont:
    """A font whose letters are `millimetres` high (the em); CJK collections open at Simplified Chinese."""
    full = path if path.startswith("/") else LATIN + path
    if not Path(full).exists():
        raise FileNotFoundError(f"{full}: apt-get install {FONT_PACKAGES}")
    return ImageFont.truetype(full, max(6, round(millimetres * SCALE)), index=2 if full.endswith(".ttc") else 0)


def noise(rng: Rng, high: int, wide: int, cell: tuple[float, float]) -> Floats:
    """Smooth noise around 0 (standard deviation near 0.5) with cells of (x, y) pixels."""
    small = rng.standard_normal((max(2, round(high / cell[1])) + 1, max(2, round(wide / cell[0])) + 1)).astype(
        np.float32
    )
    return np.asarray(Image.fromarray(small).resize((wide, high), Image.Resampling.BICUBIC)) * np.float32(0.6)


def between(low: Colour, high: Colour, share: Floats) -> NDArray[np.uint8]:
    """Colours between two, by an array of shares (clipped to 0–1): H × W × 3."""
    share = np.clip(share, 0, 1)[..., None].astype(np.float32)
    return (np.array(low, np.float32) * (1 - share) + np.array(high, np.float32) * share + 0.5).astype(np.uint8)


def hue(rng: Rng, saturation: tuple[float, float], value: tuple[float, float], at: float | None = None) -> Colour:
    """A random colour; `at` fixes the hue (0–1)."""
    rgb = colorsys.hsv_to_rgb(rng.random() if at is None else at % 1, rng.uniform(*saturation), rng.uniform(*value))
    return tuple(round(255 * v) for v in rgb)  # type: ignore[return-value]


def write(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], words: str, path: str, size: float, ink: Colour, gap: float = 0
) -> float:
    """Write at (x, y) mm (left, top); `gap` mm between letters; the x where it ends."""
    face = font(path, size)
    x = at[0] * SCALE
    if not gap:
        draw.text((x, at[1] * SCALE), words, ink, face)
        return at[0] + face.getlength(words) / SCALE
    for letter in words:
        draw.text((x, at[1] * SCALE), letter, ink, face)
        x += face.getlength(letter) + gap * SCALE
    return x / SCALE


@lru_cache(maxsize=8)
def rounded(size: tuple[float, float], radius: float) -> Image.Image:
    """The mask (L) of a rectangle with round corners, in mm."""
    big = (round(size[0] * SCALE), round(size[1] * SCALE))
    mask = Image.new("L", (big[0] * 2, big[1] * 2))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, big[0] * 2 - 1, big[1] * 2 - 1), radius * 2 * SCALE, 255)
    return mask.resize(big, Image.Resampling.BOX)


def finish(face: Image.Image, size: tuple[float, float], radius: float = 3.18) -> Image.Image:
    """The face (RGB) with round corners: RGBA."""
    face = face.convert("RGB")
    face.putalpha(rounded(size, radius))
    return face


def spread(size: tuple[float, float], colours: NDArray[np.uint8]) -> Image.Image:
    """Colours (H × W × 3) spread over a card of `size` mm."""
    return Image.fromarray(colours).resize((round(size[0] * SCALE), round(size[1] * SCALE)), Image.Resampling.BICUBIC)


def guilloche(rng: Rng, low: Colour, high: Colour, line: Colour, strength: float) -> Image.Image:
    """A faint tint from one side to the other with the fine waves of security print."""
    high_px, wide_px = 540, 856
    y, x = np.mgrid[0:high_px, 0:wide_px].astype(np.float32)
    tint = between(low, high, x / wide_px * rng.uniform(0.4, 1) + 0.3 * np.sin(y / high_px * 3 + rng.uniform(0, 6)))
    waves = np.zeros_like(x)
    for _ in range(3):
        bend = (
            rng.uniform(8, 40) * np.sin(x[:1] / rng.uniform(40, 130) + rng.uniform(0, 6))
            + rng.uniform(-0.4, 0.4) * x[:1]
        )
        bend = bend.astype(np.float32)
        fine = np.square(np.cos((y + bend) / np.float32(rng.uniform(1.6, 4.0))))
        waves = np.maximum(waves, np.square(np.square(fine)))
    mixed = tint + (np.array(line, np.float32) - tint) * (waves * strength)[..., None]
    return spread(CARD, mixed.astype(np.uint8))


def _portrait(rng: Rng) -> Image.Image:
    """A blurred likeness of nobody, 26 × 32 mm, on transparent ground."""
    wide, high = 260, 320
    cloth, skin = hue(rng, (0, 0.5), (0.1, 0.5)), hue(rng, (0.25, 0.45), (0.7, 0.92), at=rng.uniform(0.05, 0.085))
    hair = hue(rng, (0, 0.3), (0.05, 0.2), at=0.07)
    image = Image.new(
        "RGBA", (wide, high), (*hue(rng, (0, 0.08), (0.86, 0.96), at=0.58), 255 if rng.random() < 0.5 else 0)
    )
    draw = ImageDraw.Draw(image)
    face = rng.uniform(56, 68)
    long = rng.random() < 0.45
    if long:
        draw.rounded_rectangle((130 - face - 22, 60, 130 + face + 22, 250), 60, hair)
    draw.rounded_rectangle((14, 236, 246, 420), 84, cloth)
    draw.polygon([(130, 300), (92, 232), (168, 232)], (236, 236, 238))
    draw.rounded_rectangle((102, 170, 158, 258), 22, tuple(int(v * 0.86) for v in skin))
    draw.ellipse((130 - face - 9, 122, 130 - face + 12, 162), skin)
    draw.ellipse((130 + face - 12, 122, 130 + face + 9, 162), skin)
    draw.ellipse((130 - face - 8, 34, 130 + face + 8, 170), hair)
    draw.ellipse((130 - face, 60, 130 + face, 220), skin)
    draw.pieslice((130 - face - 4, 40, 130 + face + 4, 160), 180 + rng.uniform(-12, 6), 350 + rng.uniform(0, 18), hair)
    for side in (-1, 1):
        x = 130 + side * face * 0.43
        draw.ellipse((x - 11, 128, x + 11, 139), (240, 236, 232))
        draw.ellipse((x - 6, 127, x + 6, 139), (32, 22, 20))
        draw.line((x - 15, 117, x + 15, 114 + side), hair, 5)
    draw.line((128, 140, 124, 168, 135, 171), tuple(int(v * 0.8) for v in skin), 4)
    draw.line((110, 190, 130, 194, 150, 190), (150, 70, 70), 5)
    image = image.filter(ImageFilter.GaussianBlur(1.6))
    x = np.arange(wide, dtype=np.float32)
    shade = 1 - 0.22 * np.clip((x - 110) / 130, 0, 1) + 0.05 * noise(rng, high, wide, (22, 22))
    values = np.asarray(image).astype(np.float32)
    values[..., :3] *= shade[..., None]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).resize(
        (26 * SCALE, 32 * SCALE), Image.Resampling.BICUBIC
    )


def id_number(rng: Rng) -> str:
    """An identity number of the region 000000, which does not exist, with the check digit of GB 11643."""
    body = (
        f"000000{rng.integers(1950, 2005)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}{rng.integers(0, 1000):03d}"
    )
    total = sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def card_number(rng: Rng) -> str:
    """Sixteen or nineteen digits of the issuer 000000 with the check digit of Luhn."""
    body = "000000" + "".join(str(d) for d in rng.integers(0, 10, 9 if rng.random() < 0.4 else 12))
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(body)))
    return body + str(-total % 10)


_TINTS: list[tuple[Colour, Colour, Colour]] = [
    ((214, 228, 240), (240, 232, 236), (120, 160, 200)),
    ((226, 240, 236), (242, 240, 224), (130, 180, 170)),
    ((208, 218, 236), (226, 236, 244), (150, 150, 200)),
    ((236, 232, 220), (232, 226, 214), (170, 160, 140)),
]


def id_front(rng: Rng) -> Document:
    """The portrait side: labels left, portrait right, number below."""
    low, high, line = _TINTS[rng.integers(len(_TINTS))]
    face = guilloche(rng, low, high, line, rng.uniform(0.15, 0.5))
    draw = ImageDraw.Draw(face)
    label, ink = hue(rng, (0.5, 0.8), (0.5, 0.75), at=0.58), hue(rng, (0, 0.3), (0.06, 0.2), at=0.6)
    number = id_number(rng)
    dx, dy, words = rng.uniform(-0.8, 0.8), rng.uniform(-0.7, 0.7), rng.uniform(3.2, 3.7)
    name = NAMES[rng.integers(len(NAMES))] + "".join(GIVEN[i] for i in rng.integers(0, len(GIVEN), rng.integers(1, 3)))
    for y, tag in ((7, "姓名"), (14, "性别"), (21, "出生"), (28, "住址")):
        write(draw, (5.5 + dx, y + dy), tag, SANS, words * 0.8, label, 0.3)
    write(draw, (14.5 + dx, 6.6 + dy), name, SANS, words * 1.12, ink, 0.3)
    write(draw, (14.5 + dx, 13.8 + dy), "男女"[rng.integers(2)], SANS, words, ink)
    write(draw, (23 + dx, 14 + dy), "民族", SANS, words * 0.8, label, 0.3)
    write(draw, (31.5 + dx, 13.8 + dy), "汉满回壮苗"[rng.integers(5)], SANS, words, ink)
    for x, sign, value in (
        (14.5, "年", number[6:10]),
        (26.5, "月", str(int(number[10:12]))),
        (34.5, "日", str(int(number[12:14]))),
    ):
        end = write(draw, (x + dx, 20.8 + dy), value, SANS, words, ink, 0.1)
        write(draw, (end + 0.5, 21.1 + dy), sign, SANS, words * 0.8, label)
    address = f"虚构省样本市演示区测试路{rng.integers(1, 999)}号" + ("示范小区不存在单元" if rng.random() < 0.6 else "")
    for row in range(0, len(address), 10):
        write(draw, (14.5 + dx, 27.8 + dy + row / 10 * words * 1.35), address[row : row + 10], SANS, words, ink, 0.12)
    write(draw, (5.5 + dx, 45.2 + dy), "公民身份号码", SANS, words * 0.8, label, 0.2)
    write(draw, (29 + dx, 44.6 + dy), number, DIGITS[rng.integers(3)], words * 1.18, ink, rng.uniform(0.15, 0.5))
    portrait = _portrait(rng)
    face.paste(portrait, (round((55.5 + dx) * SCALE), round((7 + dy) * SCALE)), portrait)
    write(draw, (24, 38), "样本", SERIF, 6, tuple((2 * v + t) // 3 for v, t in zip(low, (200, 60, 60), strict=True)), 4)
    vital = [(68.0, 22.0), (50.0, 47.0), (25.0, 9.0)]
    return Document(
        finish(face, CARD), CARD, "id_front", text=number, vital=vital, blank=[(8.0, 39.0), (40.0, 4.0)], rim=low
    )


def id_back(rng: Rng) -> Document:
    """The emblem side: an emblem top left, two title lines, authority and validity below."""
    low, high, line = _TINTS[rng.integers(len(_TINTS))]
    face = guilloche(rng, low, high, line, rng.uniform(0.15, 0.6))
    draw = ImageDraw.Draw(face)
    _hills(rng, face)
    _emblem(rng, face, (15 + rng.uniform(-1.5, 1), 16 + rng.uniform(-1, 1)), rng.uniform(8, 9.6))
    ink, label = (28, 26, 30), (40, 40, 48)
    title = ("样本示范共和国", "测试样本共和国")[rng.integers(2)]
    path = (SANS_BOLD, SERIF)[rng.integers(2)]
    write(draw, (31, 8 + rng.uniform(-0.8, 0.8)), title, path, 4.6, ink, 1.6)
    write(
        draw,
        (29, 17.5 + rng.uniform(-0.8, 0.8)),
        ("居民身份样证", "居民身份证样")[rng.integers(2)],
        path,
        6.4,
        ink,
        1.9,
    )
    start = int(rng.integers(2008, 2024))
    authority = f"虚构市公安局{'样本演示试行'[rng.integers(3) * 2 :][:2]}分局"
    month = f".{rng.integers(1, 13):02d}.01"
    validity = f"{start}{month}-" + ("长期" if rng.random() < 0.2 else f"{start + 20}{month}")
    for y, tag, value in ((37, "签发机关", authority), (44, "有效期限", validity)):
        write(draw, (20, y + 0.3), tag, SANS_BOLD, 2.9, label, 0.3)
        write(draw, (37, y), value, SANS, 3.4, ink, 0.2)
    write(draw, (70, 30), "样本", SANS, 4, (200, 90, 90), 1)
    vital = [(15.0, 16.0), (50.0, 20.0), (52.0, 46.0)]
    blank = [(10.0, 36.0), (78.0, 40.0)]
    return Document(finish(face, CARD), CARD, "id_back", text=validity, vital=vital, blank=blank, rim=low)


def _hills(rng: Rng, face: Image.Image) -> None:
    """The pale wall of hills in the ground of the emblem side."""
    shade = Image.new("L", face.size)
    draw = ImageDraw.Draw(shade)
    x = np.linspace(0, face.width, 60)
    for depth in range(3):
        ridge = face.height * (0.45 + 0.13 * depth) + 90 * np.sin(x / rng.uniform(120, 260) + rng.uniform(0, 6))
        draw.polygon([(0, face.height), *zip(x, ridge, strict=True), (face.width, face.height)], 18 + 14 * depth)
    face.paste(
        hue(rng, (0.2, 0.4), (0.6, 0.8), at=rng.uniform(0.5, 0.65)), (0, 0), shade.filter(ImageFilter.GaussianBlur(6))
    )


def _emblem(rng: Rng, face: Image.Image, at: tuple[float, float], radius: float) -> None:
    """A red disc with gold stars, a roof and a wreath: an emblem of nowhere."""
    side = round(radius * 2.4 * SCALE)
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    mid, r = side / 2, radius * SCALE
    gold, red = hue(rng, (0.6, 0.8), (0.7, 0.9), at=0.12), hue(rng, (0.75, 0.9), (0.65, 0.85), at=0.99)
    for angle in np.linspace(0.25, 2 * math.pi - 0.25, 26) + math.pi / 2 + math.pi:
        x, y = mid + 0.93 * r * math.cos(angle), mid - 0.98 * r * math.sin(angle)
        draw.ellipse((x - 0.14 * r, y - 0.16 * r, x + 0.14 * r, y + 0.16 * r), gold, red, 4)
    draw.ellipse((mid - 0.84 * r, mid - 0.88 * r, mid + 0.84 * r, mid + 0.84 * r), red, gold, 10)
    for x, y, size in (
        (0, -0.42, 0.24),
        (-0.42, -0.22, 0.11),
        (0.42, -0.22, 0.11),
        (-0.26, -0.02, 0.1),
        (0.26, -0.02, 0.1),
    ):
        turns = np.arange(10) * math.pi / 5 - math.pi / 2
        reach = np.where(np.arange(10) % 2, 0.42, 1) * size * r
        draw.polygon(
            [*zip(mid + x * r + reach * np.cos(turns), mid + y * r + reach * np.sin(turns), strict=True)], gold
        )
    draw.rectangle((mid - 0.5 * r, mid + 0.32 * r, mid + 0.5 * r, mid + 0.5 * r), gold)
    draw.polygon([(mid - 0.6 * r, mid + 0.32 * r), (mid, mid + 0.1 * r), (mid + 0.6 * r, mid + 0.32 * r)], gold)
    draw.rectangle((mid - 0.7 * r, mid + 0.72 * r, mid + 0.7 * r, mid + 0.98 * r), red, gold, 6)
    face.paste(image, (round(at[0] * SCALE - mid), round(at[1] * SCALE - mid)), image)


def bank(rng: Rng, portrait_format: float = 0.15) -> Document:
    """A bank card of one of many designs; some stand upright."""
    upright = rng.random() < portrait_format
    size = (CARD[1], CARD[0]) if upright else CARD
    face, ink = bank_ground(rng, size)
    draw = ImageDraw.Draw(face)
    number = card_number(rng)
    chip = rng.random() < 0.75
    vital: list[tuple[float, float]]
    if upright:
        _upright_layout(rng, face, draw, ink, number, chip)
        vital = [(27.0, 62.0), (20.0, 8.0)]
        blank = [(40.0, 46.0), (10.0, 50.0)]
    else:
        row = _bank_layout(rng, face, draw, ink, number, chip)
        vital = [(30.0, row + 2), (60.0, row + 2)]
        blank = [(62.0, 17.0), (45.0, 20.0)]
    rim = face.getpixel((round(size[0] * SCALE / 2), 8))
    return Document(finish(face, size), size, "bank", text=number, vital=vital, blank=blank, rim=rim)  # type: ignore[arg-type]


def bank_ground(rng: Rng, size: tuple[float, float]) -> tuple[Image.Image, Colour]:
    """The card's own picture and an ink that is readable on it."""
    style = rng.integers(6)
    wide, high = round(size[0] * 6), round(size[1] * 6)
    y, x = np.mgrid[0 : 1 : high * 1j, 0 : 1 : wide * 1j].astype(np.float32)
    at = rng.random()
    if style == 0:  # dark, nearly plain
        face = between(hue(rng, (0.2, 0.8), (0.08, 0.25), at), hue(rng, (0.2, 0.8), (0.2, 0.4), at + 0.05), (x + y) / 2)
    elif style == 1:  # light, pale waves
        waves = 0.5 + 0.5 * np.sin(6 * y + 3 * np.sin(4 * x + rng.uniform(0, 6)))
        face = between(hue(rng, (0.02, 0.15), (0.88, 0.98), at), hue(rng, (0.1, 0.3), (0.8, 0.92), at), waves)
    elif style == 2:  # vertical run of two colours
        face = between(
            hue(rng, (0.6, 0.9), (0.5, 0.9), at), hue(rng, (0.5, 0.9), (0.3, 0.7), at + rng.uniform(-0.15, 0.15)), y
        )
    elif style == 3:
        face = _landscape(rng, x, y)
    elif style == 4:  # rays from a corner
        turn = np.arctan2(y + 0.2, x - rng.uniform(-0.2, 0.4))
        face = between(
            hue(rng, (0.6, 0.9), (0.45, 0.8), at),
            hue(rng, (0.5, 0.8), (0.65, 0.95), at + 0.04),
            0.5 + 0.5 * np.sin(turn * 24),
        )
    else:  # brushed metal with a band
        face = between(
            (150, 150, 156), (214, 212, 208), 0.5 + 0.4 * noise(rng, high, wide, (300, 1.5)) + 0.3 * np.sin(x * 5)
        )
        band = (np.abs(y - 0.28 + 0.1 * np.sin(3 * x)) < 0.07)[..., None]
        face = np.where(band, np.array(hue(rng, (0.6, 0.9), (0.3, 0.7), at), np.uint8), face)
    light = float(face[int(high * 0.5) : int(high * 0.85)].mean())
    ink: Colour = (245, 245, 240) if light < 150 else (36, 36, 40)
    if style == 0 and rng.random() < 0.4:
        ink = (214, 184, 120)
    return spread(size, face), ink


def _landscape(rng: Rng, x: Floats, y: Floats) -> NDArray[np.uint8]:
    """Sky, a sun and ranges of hills: the card with somebody's holiday on it."""
    at = rng.uniform(0.5, 0.7) if rng.random() < 0.6 else rng.uniform(0, 0.1)
    face = between(hue(rng, (0.4, 0.7), (0.5, 0.8), at), hue(rng, (0.1, 0.4), (0.8, 1), at + 0.06), y * 1.6).astype(
        np.float32
    )
    sun = np.exp(-((x - rng.uniform(0.2, 0.8)) ** 2 + (y - 0.3) ** 2) * 60)[..., None]
    face = face + (np.array([255, 240, 200]) - face) * np.clip(sun * 1.3, 0, 1)
    for depth in range(4):
        ridge = (
            0.45
            + 0.13 * depth
            + sum(rng.uniform(0.01, 0.06) * np.sin(x * f + rng.uniform(0, 6)) for f in (5, 11, 23, 51))
        )
        shade = np.array(hue(rng, (0.3, 0.6), (0.5 - 0.11 * depth, 0.6 - 0.11 * depth), at + 0.9 - 0.08 * depth))
        cover = np.clip((y - ridge) * 200, 0, 1)[..., None]
        face = face * (1 - cover) + (shade + 12 * noise(rng, *x.shape, (5, 3))[..., None]) * cover
    return np.clip(face, 0, 255).astype(np.uint8)


def _bank_layout(rng: Rng, face: Image.Image, draw: ImageDraw.ImageDraw, ink: Colour, number: str, chip: bool) -> float:
    """Print a landscape card; the number's row in mm from the top."""
    name = BANKS[rng.integers(len(BANKS))]
    disc = rng.uniform(3.2, 4.5)
    left = 5.5 if rng.random() < 0.7 else 42.0
    draw.ellipse(
        [v * SCALE for v in (left, 5, left + 2 * disc, 5 + 2 * disc)], hue(rng, (0.7, 0.9), (0.6, 0.95)), ink, 6
    )
    write(draw, (left + 2 * disc + 1.8, 5.6), name, (SANS_BOLD, SERIF)[rng.integers(2)], 4.3, ink)
    write(draw, (left + 2 * disc + 1.8, 11.4), "SPECIMEN BANK 样本", SANS, 1.9, ink)
    if chip:
        _chip(rng, draw, (9 + rng.uniform(-0.6, 0.6), 19.5), upright=False)
    row = rng.uniform(30.5, 38)
    groups = " ".join(number[i : i + 4] for i in range(0, len(number), 4)) if rng.random() < 0.75 else number
    size = 4.9 if len(number) == 16 else 4.3
    path = DIGITS[rng.integers(3)]
    (_embossed if rng.random() < 0.5 else _flat)(
        face, (8, row), groups, path, size, ink, 0.35 if len(number) == 16 else 0.12
    )
    if rng.random() < 0.7:
        write(draw, (36, row + 6.5), "VALID THRU", SANS, 1.6, ink)
        write(draw, (46, row + 6), f"{rng.integers(1, 13):02d}/{rng.integers(28, 38)}", path, 3, ink)
    if rng.random() < 0.5:
        write(draw, (8, 47), "CE SHI / SPECIMEN", SANS, 2.6, ink)
    _network(rng, draw, (65, 41))
    return row


def _upright_layout(
    rng: Rng, face: Image.Image, draw: ImageDraw.ImageDraw, ink: Colour, number: str, chip: bool
) -> None:
    name = BANKS[rng.integers(len(BANKS))]
    draw.ellipse([v * SCALE for v in (5, 5, 12, 12)], hue(rng, (0.7, 0.9), (0.6, 0.95)), ink, 6)
    write(draw, (14, 5.8), name, SANS_BOLD, 3.9, ink)
    write(draw, (14, 10.8), "SPECIMEN 样本", SANS, 1.9, ink)
    if chip:
        _chip(rng, draw, (22, 20), upright=True)
    half = (len(number) + 1) // 2
    for line, part in enumerate((number[:half], number[half:])):
        write(draw, (7, 57 + 6.5 * line), part, DIGITS[rng.integers(3)], 4.6, ink, 0.5)
    write(draw, (7, 72), f"VALID {rng.integers(1, 13):02d}/{rng.integers(28, 38)}", SANS, 2.3, ink)
    _network(rng, draw, (35, 74))


def _flat(
    face: Image.Image, at: tuple[float, float], words: str, path: str, size: float, ink: Colour, gap: float
) -> None:
    write(ImageDraw.Draw(face), at, words, path, size, ink, gap)


def _embossed(
    face: Image.Image, at: tuple[float, float], words: str, path: str, size: float, ink: Colour, gap: float
) -> None:
    """Raised digits: a lit side, a dark side, worn silver on top."""
    draw = ImageDraw.Draw(face)
    light, dark = tuple(min(255, v + 90) for v in ink), tuple(v // 3 for v in ink)
    write(draw, (at[0] + 0.16, at[1] + 0.18), words, path, size, dark, gap)  # type: ignore[arg-type]
    write(draw, (at[0] - 0.1, at[1] - 0.12), words, path, size, light, gap)  # type: ignore[arg-type]
    write(draw, at, words, path, size, (206, 204, 198) if sum(ink) > 380 else ink, gap)


def _chip(rng: Rng, draw: ImageDraw.ImageDraw, at: tuple[float, float], *, upright: bool) -> None:
    wide, high = (9.5, 11.8) if upright else (11.8, 9.5)
    metal = (212, 178, 98) if rng.random() < 0.6 else (196, 198, 202)
    seam = tuple(v // 2 for v in metal)
    x, y = at[0] * SCALE, at[1] * SCALE
    wide, high = wide * SCALE, high * SCALE
    draw.rounded_rectangle((x, y, x + wide, y + high), 34, metal, seam, 3)
    draw.rounded_rectangle((x + wide * 0.34, y + high * 0.28, x + wide * 0.66, y + high * 0.72), 16, metal, seam, 4)
    for share in (0.33, 0.66):
        draw.line((x, y + high * share, x + wide * 0.34, y + high * share), seam, 4)
        draw.line((x + wide * 0.66, y + high * share, x + wide, y + high * share), seam, 4)


def _network(rng: Rng, draw: ImageDraw.ImageDraw, at: tuple[float, float]) -> None:
    colours = ((198, 40, 44), (30, 84, 150), (20, 128, 122))
    for i, colour in enumerate(colours):
        x = (at[0] + i * 4.2) * SCALE
        draw.polygon(
            [
                (x + 26, at[1] * SCALE),
                (x + 118, at[1] * SCALE),
                (x + 92, (at[1] + 8) * SCALE),
                (x, (at[1] + 8) * SCALE),
            ],
            colour,
        )
    write(draw, (at[0] + 1.4, at[1] + 2.2), "样本联网", SANS_BOLD, 2.6, (250, 250, 250))


DESIGNS = {"id_front": id_front, "id_back": id_back, "bank": bank}
