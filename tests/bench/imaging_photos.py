"""Made-up phone photos with the truth beside them: varied grounds, hands, sleeves, lamps, other cards, defects.

python tests/bench/imaging_photos.py OUT --seed 1 --each 4 [--levels flat,held,...] [--long 2400]
Writes OUT/images/NAME.jpg and OUT/truth/NAME.json in the form of the sample photos. Identities are plainly invalid.
"""

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

LEVELS = (
    "flat", "ground", "low", "faint", "held", "palm", "sleeve", "bent", "beside", "lamp", "screen", "tilt",
    "none", "wrong", "blur", "motion", "dark", "over", "glare", "small", "cut",
)  # fmt: skip
KINDS = ("id_front", "id_back", "bank", "signature")
FONTS = [
    *sorted(Path("/usr/share/fonts").rglob("NotoSansCJK*.ttc")),
    *sorted(Path("/usr/share/fonts").rglob("NotoSerifCJK*.ttc")),
]
CARD = (1284, 810)
ROUND = 47


@dataclass
class Scene:
    """What is drawn and what is true of it."""

    rng: np.random.Generator
    kind: str
    level: str
    size: tuple[int, int]
    quad: np.ndarray = field(default_factory=lambda: np.zeros((4, 2)))
    text: str = ""  # the number on it, or from when to when it is valid


def font(rng: np.random.Generator, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS[int(rng.integers(len(FONTS)))]), size)


def colour(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    base = rng.integers(low, high)
    return tuple(int(np.clip(base + rng.integers(-22, 23), 0, 255)) for _ in range(3))  # type: ignore[return-value]


def smooth_noise(rng: np.random.Generator, size: tuple[int, int], cell: float) -> np.ndarray:
    width, height = size
    small = rng.normal(size=(max(2, int(height / cell) + 2), max(2, int(width / cell) + 2))).astype(np.float32)
    image = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image)


# --- documents -------------------------------------------------------------------------------------------------------


def rounded(size: tuple[int, int], radius: int) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, fill=255)
    return mask


def guilloche(rng: np.random.Generator, image: Image.Image, strength: int) -> None:
    pen = ImageDraw.Draw(image)
    width, height = image.size
    base = image.getpixel((width // 2, height // 2))
    for _ in range(int(rng.integers(4, 16))):
        y0, amp, wave, phase = rng.uniform(0, height), rng.uniform(20, 120), rng.uniform(150, 700), rng.uniform(0, 6)
        points = [(x, y0 + amp * np.sin(x / wave * 6.28 + phase)) for x in range(0, width + 12, 12)]
        shade = tuple(int(np.clip(c - rng.integers(2, strength), 0, 255)) for c in base)
        pen.line(points, fill=shade, width=int(rng.integers(1, 4)))


def portrait_picture(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    width, height = size
    picture = Image.new("RGB", size, colour(rng, 205, 245))
    pen = ImageDraw.Draw(picture)
    skin = (int(rng.integers(190, 245)), int(rng.integers(150, 200)), int(rng.integers(110, 165)))
    hair, cloth = colour(rng, 15, 60), tuple(int(v) for v in rng.integers(20, 240, 3))
    cx = width * rng.uniform(0.46, 0.54)
    pen.ellipse((cx - 0.75 * width, 0.72 * height, cx + 0.75 * width, 1.6 * height), fill=cloth)
    pen.rectangle((cx - 0.10 * width, 0.55 * height, cx + 0.10 * width, 0.78 * height), fill=skin)
    pen.ellipse((cx - 0.31 * width, 0.08 * height, cx + 0.31 * width, 0.60 * height), fill=hair)
    pen.ellipse((cx - 0.25 * width, 0.18 * height, cx + 0.25 * width, 0.68 * height), fill=skin)
    if rng.random() < 0.5:
        pen.rectangle((cx - 0.32 * width, 0.3 * height, cx - 0.22 * width, 0.8 * height), fill=hair)
        pen.rectangle((cx + 0.22 * width, 0.3 * height, cx + 0.32 * width, 0.8 * height), fill=hair)
    for side in (-1, 1):
        x = cx + side * 0.11 * width
        pen.ellipse((x - 9, 0.40 * height - 6, x + 9, 0.40 * height + 6), fill=(30, 25, 25))
        pen.line((x - 16, 0.35 * height, x + 16, 0.35 * height), fill=hair, width=5)
    pen.arc((cx - 26, 0.5 * height, cx + 26, 0.6 * height), 20, 160, fill=(150, 60, 60), width=5)
    shade = smooth_noise(rng, size, 60)[..., None] * 6 + rng.normal(size=(height, width, 1)) * 3
    return Image.fromarray(np.clip(np.asarray(picture) + shade, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(1)
    )


def id_stock(rng: np.random.Generator) -> tuple[int, int, int]:
    return tuple(int(np.clip(v + rng.integers(-12, 12), 0, 255)) for v in (212, 222, 232))  # type: ignore[return-value]


def with_check(digits: str) -> str:
    """The first 17 characters of an identity number with their check character (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def with_luhn(digits: str) -> str:
    """A card number without its last digit, and that digit (ISO/IEC 7812-1)."""
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def id_front(rng: np.random.Generator, stock: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", CARD, stock)
    guilloche(rng, image, 26)
    pen = ImageDraw.Draw(image)
    label, ink = (40, 90, int(rng.integers(140, 190))), colour(rng, 10, 40)
    name, small = font(rng, int(rng.integers(44, 56))), font(rng, int(rng.integers(36, 44)))
    rows = (
        ("姓 名", "样本人"),
        ("性 别", "女   民族 汉"),
        ("出 生", ""),
        ("住 址", "虚构省不存在市样本区"),
    )
    y = rng.integers(70, 100)
    born = int(y)
    for title, text in rows:
        born = int(y) if title == "出 生" else born
        pen.text((75, y), title, font=small, fill=label)
        pen.text((225, y), text, font=name if title == "姓 名" else small, fill=ink)
        y += rng.integers(94, 108)
    for text in ("演示路 1 号虚构小区", "2 栋 303")[: int(rng.integers(1, 3))]:
        pen.text((225, y - 30), text, font=small, fill=ink)
        y += 56
    drawn = rng.integers(0, 10, 12)
    year, month, day = 1950 + int(drawn[0] * 5 + drawn[1] % 5), 1 + int(drawn[2] + drawn[3]) % 12, 1 + int(drawn[4] * 2)
    number = with_check(f"000000{year}{month:02d}{day:02d}" + "".join(str(d) for d in drawn[8:11]))
    image.info["text"] = number
    pen.text((225, born), f"{year} 年 {month} 月 {day} 日", font=small, fill=ink)
    pen.text((75, 672), "公民身份号码", font=small, fill=label)
    spaced = " ".join(number) if rng.random() < 0.5 else number
    digits = font(rng, 54)
    span = pen.textlength(spaced, font=digits)
    pen.text((min(430, 1220 - span), 660), spaced, font=digits, fill=ink)
    box = (int(rng.integers(370, 420)), int(rng.integers(450, 510)))
    picture = portrait_picture(rng, box)
    mask = None
    if rng.random() < 0.5:  # real cards print the person without a box around
        data = np.asarray(picture).astype(int)
        far = np.abs(data - data[2, 2]).sum(axis=2) > 36
        mask = Image.fromarray((ndimage.binary_opening(far, iterations=2) * 255).astype(np.uint8))
    image.paste(picture, (int(rng.integers(800, 850)), int(rng.integers(90, 130))), mask)
    return image


def emblem(size: int) -> Image.Image:
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((0, 0, size - 1, size - 1), fill=(214, 170, 60, 255))
    pen.ellipse((size * 0.1, size * 0.08, size * 0.9, size * 0.88), fill=(200, 28, 32, 255))
    for x, y, r in ((0.5, 0.25, 0.08), (0.33, 0.36, 0.04), (0.43, 0.44, 0.04), (0.57, 0.44, 0.04), (0.67, 0.36, 0.04)):
        pen.ellipse(((x - r) * size, (y - r) * size, (x + r) * size, (y + r) * size), fill=(240, 205, 70, 255))
    pen.rectangle((0.3 * size, 0.58 * size, 0.7 * size, 0.68 * size), fill=(240, 205, 70, 255))
    pen.rectangle((0.24 * size, 0.8 * size, 0.76 * size, 0.99 * size), fill=(200, 28, 32, 255))
    return image


def id_back(rng: np.random.Generator, stock: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", CARD, stock)
    guilloche(rng, image, 30)
    pen = ImageDraw.Draw(image)
    ink = colour(rng, 10, 40)
    size = int(rng.integers(225, 275))
    seal = emblem(size)
    image.paste(seal, (int(rng.integers(70, 110)), int(rng.integers(70, 110))), seal)
    title = font(rng, int(rng.integers(56, 68)))
    pen.text((int(rng.integers(420, 460)), 90), "测试样本共和国", font=title, fill=ink)
    pen.text((int(rng.integers(390, 430)), 200), "演 示 身 份 证", font=font(rng, int(rng.integers(84, 104))), fill=ink)
    small = font(rng, int(rng.integers(36, 42)))
    for y, left, text in (
        (int(rng.integers(530, 590)), "签发机关", "虚构市公安局"),
        (int(rng.integers(640, 690)), "有效期限", ""),
    ):
        if left == "有效期限":
            text = image.info["text"] = f"20{10 + y % 15}.{1 + y % 12:02d}.{1 + y % 28:02d}-"
            text = image.info["text"] = text + ("长期" if y % 9 == 0 else f"20{20 + y % 15 + 10 * (y % 2)}{text[4:10]}")
        pen.text((int(rng.integers(260, 320)), y), left, font=small, fill=ink)
        pen.text((520, y), text, font=small, fill=ink)
    return image


def bank(rng: np.random.Generator, stock: tuple[int, int, int] | None) -> Image.Image:
    base = stock or tuple(int(v) for v in rng.integers(10, 235, 3))
    image = Image.new("RGB", CARD, base)
    if stock is None and rng.random() < 0.6:  # two colours, a sweep or a picture
        other = np.array(rng.integers(0, 255, 3))
        field_ = smooth_noise(rng, CARD, float(rng.uniform(200, 900))) * 0.5 + 0.5
        share = np.clip(
            field_ if rng.random() < 0.5 else np.linspace(0, 1, CARD[0])[None, :] * np.ones((CARD[1], 1)), 0, 1
        )
        mix = np.array(base) * (1 - 0.7 * share[..., None]) + other * 0.7 * share[..., None]
        image = Image.fromarray(np.clip(mix, 0, 255).astype(np.uint8))
    if rng.random() < 0.6:
        guilloche(rng, image, 40)
    pen = ImageDraw.Draw(image)
    dark = np.mean(np.asarray(image.convert("L"))[300:600]) < 130
    ink = (240, 238, 230) if dark else (25, 25, 30)
    pen.ellipse((60, 60, 130, 130), fill=tuple(int(v) for v in rng.integers(0, 255, 3)))
    pen.text((150, 60), "样本演示银行", font=font(rng, 58), fill=ink)
    metal = (205, 175, 95) if rng.random() < 0.6 else (196, 198, 200)
    if rng.random() < 0.85:
        x, y, w, h = (
            int(rng.integers(120, 160)),
            int(rng.integers(270, 310)),
            int(rng.integers(160, 200)),
            int(rng.integers(130, 160)),
        )
        pen.rounded_rectangle((x, y, x + w, y + h), 18, fill=metal, outline=(120, 100, 50), width=3)
        for share in (0.33, 0.66):
            pen.line((x, y + share * h, x + w, y + share * h), fill=(120, 100, 50), width=3)
            pen.line((x + share * w, y, x + share * w, y + h), fill=(120, 100, 50), width=3)
    drawn = "".join(str(d) for _ in range(4) for d in rng.integers(0, 10, 4))
    number = with_luhn("000000" + (drawn[6:] + "00" if rng.random() < 0.7 else drawn[6:15]))
    groups = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    image.info["text"] = number
    digits = font(rng, int(rng.integers(70, 86)))
    pen.text((int(rng.integers(80, 120)), int(rng.integers(440, 485))), groups, font=digits, fill=ink)
    pen.text((int(rng.integers(380, 520)), 590), "VALID THRU 00/00", font=font(rng, 34), fill=ink)
    if rng.random() < 0.7:
        pen.text((90, 680), "CE SHI / SPECIMEN", font=font(rng, 44), fill=ink)
    x, y = int(rng.integers(960, 1020)), int(rng.integers(620, 670))
    pen.rounded_rectangle((x, y, x + 230, y + 110), 12, fill=(240, 240, 240))
    pen.text((x + 22, y + 30), "UniPay", font=font(rng, 44), fill=(180, 30, 40))
    return image


def signature(rng: np.random.Generator, stock: tuple[int, int, int]) -> Image.Image:
    ratio = rng.uniform(1.35, 2.1)
    size = (1284, int(1284 / ratio))
    image = Image.new("RGB", size, stock)
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.35:
        for y in range(int(rng.integers(80, 120)), size[1], int(rng.integers(95, 150))):
            pen.line((0, y, size[0], y), fill=tuple(max(0, c - 35) for c in stock), width=2)
    image.info["label"] = bool(rng.random() < 0.7)
    if image.info["label"]:
        pen.text((60, 40), "本人签名：" if rng.random() < 0.7 else "签名：", font=font(rng, 62), fill=(40, 40, 45))
    ink = ((20, 20, 25), (25, 30, 120), (15, 15, 60))[int(rng.integers(3))]
    letters = int(rng.integers(2, 4))
    height = min(0.42 * size[1], 300)
    x0 = rng.uniform(0.12, 0.25) * size[0]
    for letter in range(letters):
        cx, cy = x0 + (letter + 0.5) * height * 1.15, size[1] * rng.uniform(0.52, 0.62)
        for _ in range(int(rng.integers(4, 9))):
            start = np.array([cx, cy]) + rng.uniform(-0.42, 0.42, 2) * height
            bend = start + rng.uniform(-0.4, 0.4, 2) * height
            end = start + rng.uniform(-0.7, 0.7, 2) * height
            t = np.linspace(0, 1, 24)[:, None]
            curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
            pen.line([tuple(p) for p in curve], fill=ink, width=int(rng.integers(4, 9)), joint="curve")
    return image


def document(scene: Scene, stock: tuple[int, int, int] | None = None) -> tuple[Image.Image, Image.Image]:
    rng = scene.rng
    if scene.kind == "signature":
        image = signature(rng, stock or colour(rng, 215, 250))
        return image, Image.new("L", image.size, 255)
    if scene.kind == "bank":
        image = bank(rng, stock)
    else:
        image = (id_front if scene.kind == "id_front" else id_back)(rng, stock or id_stock(rng))
    return image, rounded(CARD, ROUND)


# --- grounds ---------------------------------------------------------------------------------------------------------


def plain(rng: np.random.Generator, size: tuple[int, int], base: Any) -> np.ndarray:
    return np.array(base, dtype=np.float32) + smooth_noise(rng, size, 500)[..., None] * rng.uniform(0, 5)


def wood(rng: np.random.Generator, size: tuple[int, int], base: Any) -> np.ndarray:
    width, height = size
    y = np.arange(height)[:, None] + smooth_noise(rng, size, 400) * 40
    grain = np.sin(y / rng.uniform(5, 16)) * 6 + np.sin(y / rng.uniform(20, 60)) * 10
    grain = grain + smooth_noise(rng, (max(2, width // 40), height), 2).repeat(41, axis=1)[:, :width] * 5
    picture = np.array(base, dtype=np.float32) + grain[..., None]
    for _ in range(int(rng.integers(0, 4))):
        at = int(rng.integers(0, height))
        picture[at : at + 5] -= 45
    return picture


def cloth(rng: np.random.Generator, size: tuple[int, int], base: Any) -> np.ndarray:
    folds = smooth_noise(rng, size, float(rng.uniform(120, 350)))
    folds = np.abs(folds) ** 0.7 * np.sign(folds) * rng.uniform(8, 26)
    width, height = size
    weave = (np.indices((height, width)).sum(axis=0) % int(rng.integers(5, 12)) < 3) * rng.uniform(2, 9)
    picture = np.array(base, dtype=np.float32) + folds[..., None] + weave[..., None]
    if rng.random() < 0.5:  # printed bedsheet
        stripe = (np.arange(width) // int(rng.integers(60, 200))) % 2
        picture = picture + stripe[None, :, None] * np.array(rng.integers(-30, 30, 3))
    return picture


def tiles(rng: np.random.Generator, size: tuple[int, int], base: Any) -> np.ndarray:
    width, height = size
    side = int(rng.integers(260, 800))
    picture = plain(rng, size, base) + smooth_noise(rng, size, 40)[..., None] * rng.uniform(0, 6)
    for x in range(int(rng.integers(0, side)), width, side):
        picture[:, x : x + 9] -= 35
    for y in range(int(rng.integers(0, side)), height, side):
        picture[y : y + 9] -= 35
    return picture


def newspaper(rng: np.random.Generator, size: tuple[int, int], _base: Any) -> np.ndarray:
    image = Image.new("RGB", size, colour(rng, 200, 235))
    pen = ImageDraw.Draw(image)
    letters = "期货市场今日行情样本文字报道本报讯演示虚构测试天气经济生活文化"
    column = int(rng.integers(300, 520))
    body = font(rng, int(rng.integers(22, 34)))
    line = body.size + 8
    for x in range(20, size[0], column):
        y = int(rng.integers(0, 60))
        while y < size[1]:
            if rng.random() < 0.04:
                pen.text((x, y), "样本大标题", font=font(rng, 76), fill=(30, 30, 30))
                y += 100
            elif rng.random() < 0.03:
                pen.rectangle((x, y, x + column - 40, y + 220), fill=colour(rng, 60, 160))
                y += 240
            text = "".join(rng.choice(list(letters), max(1, (column - 40) // body.size)))
            pen.text((x, y), text, font=body, fill=(50, 50, 50))
            y += line
    return np.asarray(
        image.rotate(float(rng.uniform(-25, 25)), Image.Resampling.BICUBIC, fillcolor=(215, 213, 208))
    ).astype(np.float32)


def stone(rng: np.random.Generator, size: tuple[int, int], base: Any) -> np.ndarray:
    speckle = smooth_noise(rng, size, float(rng.uniform(4, 14))) * rng.uniform(6, 22)
    veins = np.abs(smooth_noise(rng, size, 220))
    return np.array(base, dtype=np.float32) + speckle[..., None] - np.exp(-veins[..., None] * 30) * 25


GROUNDS = (plain, wood, cloth, tiles, newspaper, stone)


# --- scene -----------------------------------------------------------------------------------------------------------


def pose(scene: Scene, ratio: float, fill: float, tilt: float) -> np.ndarray:
    """Corners of the document in the photo, seen by a pin-hole camera."""
    rng, (width, height) = scene.rng, scene.size
    focal = rng.uniform(0.72, 1.0) * max(width, height)
    half = np.array([ratio, 1.0])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    quarter, wobble = int(rng.integers(4)), rng.uniform(-25, 25)
    for _ in range(120):
        angle = np.radians(quarter * 90 + wobble)
        flat = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        rx, ry = np.radians(rng.uniform(-tilt, tilt, 2))
        points = np.c_[flat, np.zeros(4)]
        points = points @ np.array([[1, 0, 0], [0, np.cos(rx), np.sin(rx)], [0, -np.sin(rx), np.cos(rx)]])
        points = points @ np.array([[np.cos(ry), 0, -np.sin(ry)], [0, 1, 0], [np.sin(ry), 0, np.cos(ry)]])
        distance = focal * ratio * 2 / (fill * max(width, height))
        away = rng.uniform(-0.5, 0.5, 2) * np.array([width, height]) / focal * distance
        seen = (points[:, :2] + away) / (points[:, 2:] + distance) * focal + np.array([width, height]) / 2
        edge = 0.015 * max(width, height)
        if (seen.min(axis=0) > edge).all() and (seen.max(axis=0) < np.array([width, height]) - edge).all():
            return seen
        fill *= 0.98
    return seen + np.array([width, height]) / 2


def place(picture: np.ndarray, image: Image.Image, mask: Image.Image, quad: np.ndarray, shadow: float) -> np.ndarray:
    height, width = picture.shape[:2]
    w, h = image.size
    rows = []
    for (x, y), (u, v) in zip(quad, ((0, 0), (w, 0), (w, h), (0, h)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    target = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=float).reshape(-1)
    matrix = np.linalg.solve(np.array(rows), target).tolist()
    scale = max(1, int(w / max(np.linalg.norm(quad[1] - quad[0]), 1)))
    if scale > 1:
        image, mask = image.reduce(scale), mask.reduce(scale)
        matrix = [m / scale for m in matrix[:6]] + matrix[6:]
    warped = np.asarray(
        image.transform((width, height), Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC),
        dtype=np.float32,
    )
    alpha = (
        np.asarray(
            mask.transform((width, height), Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC),
            dtype=np.float32,
        )[..., None]
        / 255
    )
    if shadow > 0:
        dark = (
            np.asarray(
                Image.fromarray((alpha[..., 0] * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(width / 220)),
                dtype=np.float32,
            )
            / 255
        )
        dark = np.roll(dark, (int(width / 400), int(width / 500)), axis=(0, 1))[..., None]
        picture = picture * (1 - shadow * dark)
    return picture * (1 - alpha) + warped * alpha


def clutter(scene: Scene, picture: np.ndarray, count: int, keep_off: np.ndarray) -> np.ndarray:
    """Other cards, cups, pens, sheets; they may go under the document, whose corners are drawn later."""
    rng, (width, height) = scene.rng, scene.size
    for _ in range(count):
        other = Scene(rng, str(rng.choice(["bank", "signature", "bank"])), "flat", scene.size)
        if rng.random() < 0.5:
            image, mask = document(other)
            place_quad = pose(other, image.width / image.height, float(rng.uniform(0.2, 0.4)), 10)
            picture = place(picture, image, mask, place_quad, 0.3)
        else:
            overlay = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
            pen = ImageDraw.Draw(overlay)
            x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.05, 0.12) * width
            pen.ellipse(
                (x - r, y - r, x + r, y + r), fill=colour(rng, 40, 220), outline=colour(rng, 40, 250), width=int(r / 6)
            )
            picture = np.asarray(overlay).astype(np.float32)
    return picture


def finger(scene: Scene, picture: np.ndarray, tip: np.ndarray, root: np.ndarray, thickness: float) -> np.ndarray:
    """A tapered rounded finger with a nail and soft shading, from `root` (outside) to `tip`."""
    rng, (width, height) = scene.rng, scene.size
    base = np.array([rng.integers(165, 235), 0, 0], dtype=np.float32)
    base[1], base[2] = base[0] * rng.uniform(0.70, 0.80), base[0] * rng.uniform(0.54, 0.68)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    axis = root - tip
    length = float(np.linalg.norm(axis))
    axis = axis / max(length, 1e-6)
    along = (xx - tip[0]) * axis[0] + (yy - tip[1]) * axis[1]
    across = (xx - tip[0]) * -axis[1] + (yy - tip[1]) * axis[0]
    radius = thickness * (1 + 0.15 * np.clip(along / length, 0, 1))
    distance = np.where(along > 0, np.abs(across), np.hypot(along, across)) / radius
    alpha = np.clip((1 - distance) * thickness / 3, 0, 1)[..., None] * (along < length)[..., None]
    shade = base * (1.08 - 0.38 * np.clip(distance, 0, 1)[..., None] ** 2)
    nail = (np.hypot((along - 0.25 * thickness) / 0.75, across / 0.62) < thickness)[..., None]
    shade = np.where(nail & (along[..., None] < 0.9 * thickness), shade * 1.04 + 8, shade)
    dark = ndimage.gaussian_filter(alpha[..., 0], thickness / 4)[..., None]
    return picture * (1 - 0.35 * dark) * (1 - alpha) + shade * alpha


def lit(scene: Scene, picture: np.ndarray) -> np.ndarray:
    rng, (width, height) = scene.rng, scene.size
    yy, xx = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    angle = rng.uniform(0, 6.28)
    slope = 1 + rng.uniform(0, 0.3) * ((xx - 0.5) * np.cos(angle) + (yy - 0.5) * np.sin(angle))
    cast = np.array([1 + rng.uniform(-0.07, 0.07), 1.0, 1 + rng.uniform(-0.1, 0.07)])
    return picture * slope[..., None].astype(np.float32) * cast.astype(np.float32)


def spot(scene: Scene, picture: np.ndarray, centre: np.ndarray, radius: float, power: float) -> np.ndarray:
    height, width = picture.shape[:2]
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(xx - centre[0], (yy - centre[1]) * scene.rng.uniform(0.8, 1.3)) / radius
    return picture + power * np.exp(-(distance**3))[..., None].astype(np.float32) * 255


def bent(picture: Image.Image, quad: np.ndarray, rng: np.random.Generator) -> tuple[Image.Image, np.ndarray]:
    """A gentle curve of the whole plane (a bent card, a barrel lens); the corners are moved with it."""
    width, height = picture.size
    strength = rng.uniform(-0.022, 0.022)
    data = np.asarray(picture)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    nx, ny = (xx - width / 2) / (width / 2), (yy - height / 2) / (width / 2)
    factor = 1 + strength * (nx**2 + ny**2)
    sx, sy = nx * factor * width / 2 + width / 2, ny * factor * width / 2 + height / 2
    out = np.stack([ndimage.map_coordinates(data[..., c], [sy, sx], order=1, mode="nearest") for c in range(3)], axis=2)
    moved = []
    for x, y in quad:
        ux, uy = (x - width / 2) / (width / 2), (y - height / 2) / (width / 2)
        px, py = ux, uy
        for _ in range(8):
            f = 1 + strength * (px**2 + py**2)
            px, py = ux / f, uy / f
        moved.append((px * width / 2 + width / 2, py * width / 2 + height / 2))
    return Image.fromarray(out), np.array(moved)


def ground(scene: Scene, base: Any) -> np.ndarray:
    rng, level = scene.rng, scene.level
    if level in ("flat", "low", "faint", "blur", "motion", "dark", "over", "glare", "small", "cut", "wrong", "tilt"):
        makers: tuple[Any, ...] = (plain,) if level in ("low", "faint") else (plain, wood, plain, cloth, stone)
    elif level == "screen":
        makers = (plain,)
    else:
        makers = GROUNDS
    maker = makers[int(rng.integers(len(makers)))]
    size = scene.size
    if rng.random() < 0.5:
        return np.ascontiguousarray(maker(rng, size[::-1], base).transpose(1, 0, 2))
    return maker(rng, size, base)


def base_colour(scene: Scene, stock: tuple[int, int, int] | None) -> Any:
    rng = scene.rng
    if scene.level in ("low", "faint") and stock is not None:
        step = rng.uniform(4, 13) if scene.level == "low" else rng.uniform(0, 2)
        direction = rng.normal(size=3)
        return np.array(stock) + direction / np.linalg.norm(direction) * step
    if scene.level == "palm":
        tone = rng.integers(150, 225)
        return (tone, tone * 0.76, tone * 0.62)
    return colour(rng, 25, 215)


def make(kind: str, level: str, seed: int, longest: int) -> tuple[Image.Image, dict[str, Any]]:  # noqa: C901
    """One photo (upright by EXIF) and its truth: one paragraph after another, in the order in which it comes about."""
    rng = np.random.default_rng(seed)
    size = (longest, longest * 3 // 4) if rng.random() < 0.5 else (longest * 3 // 4, longest)
    shown = str(rng.choice([k for k in KINDS if k != kind and k != "signature"])) if level == "wrong" else kind
    scene = Scene(rng, shown, level, size)
    stock = None
    if level in ("low", "faint"):
        stock = {"bank": tuple(int(v) for v in rng.integers(20, 230, 3)), "signature": colour(rng, 200, 240)}.get(
            shown, id_stock(rng)
        )
    image, mask = document(scene, stock)  # type: ignore[arg-type]
    scene.text = image.info.get("text", "")
    fill = {"small": rng.uniform(0.07, 0.10), "palm": rng.uniform(0.5, 0.7)}.get(level, rng.uniform(0.36, 0.82))
    tilt = {"flat": 6, "tilt": 34, "ground": 18, "held": 22}.get(level, 14)
    quad = pose(scene, image.width / image.height, float(fill), tilt)
    picture = lit(scene, ground(scene, base_colour(scene, stock)))
    if level in ("beside", "none") or (level == "ground" and rng.random() < 0.4):
        picture = clutter(scene, picture, int(rng.integers(2, 5)) if level != "none" else 0, quad)
    if level == "none" and rng.random() < 0.6:
        picture = clutter_plain(scene, picture)
    if level == "palm":
        picture = picture * 1.0
        for _ in range(4):
            start, end = rng.uniform(0, 1, 2) * size, rng.uniform(0, 1, 2) * size
            picture = crease(picture, start, end)
    if level == "cut":
        side = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])[int(rng.integers(4))]
        span = quad.max(axis=0) - quad.min(axis=0)
        edge = np.where(side > 0, np.array(size) - quad.max(axis=0), -quad.min(axis=0))
        quad = quad + np.abs(side) * (edge + side * span * rng.uniform(0.12, 0.3))
    lamp = np.asarray(quad.mean(axis=0))
    if level != "none":
        if level == "sleeve":
            picture = sleeve(scene, picture, quad)
        before = picture
        picture = place(
            picture, image, mask, quad, float(rng.uniform(0, 0.45)) if level not in ("faint", "screen") else 0.0
        )
        if level == "screen":
            yy, xx = np.mgrid[0 : size[1], 0 : size[0]]
            picture = picture * (1 + 0.05 * np.sin(xx * 1.9 + yy * 0.13) * np.sin(yy * 1.7 - xx * 0.11))[..., None]
        if level in ("held",):
            picture = hold(scene, picture, quad, before)
        if level == "lamp":
            inside = quad.mean(axis=0) + (quad[int(rng.integers(4))] - quad.mean(axis=0)) * rng.uniform(0.3, 1.25)
            picture = spot(
                scene, picture, inside, float(rng.uniform(0.02, 0.045)) * longest, float(rng.uniform(0.3, 0.8))
            )
        if level == "glare":
            width = np.linalg.norm(quad[1] - quad[0])
            picture = spot(
                scene, picture, lamp + rng.uniform(-0.2, 0.2, 2) * width, float(width * rng.uniform(0.2, 0.28)), 1.6
            )
    photo, quad = finish(scene, picture, quad)
    truth = facts(scene, kind, shown, quad)
    truth["orientable"] = image.info.get("label", True)
    return photo, truth


def clutter_plain(scene: Scene, picture: np.ndarray) -> np.ndarray:
    """Things that are no document: a printed sheet, a keyboard-like grid, a cup."""
    rng = scene.rng
    sheet = Image.new("RGB", (1000, int(rng.integers(620, 1400))), colour(rng, 190, 250))
    pen = ImageDraw.Draw(sheet)
    if rng.random() < 0.6:
        for y in range(90, sheet.height - 80, 46):
            pen.text(
                (80, y),
                "样本条款演示文字虚构内容测试之用" + "样本" * int(rng.integers(0, 5)),
                font=font(rng, 30),
                fill=(40, 40, 40),
            )
    else:
        for y in range(40, sheet.height - 100, 110):
            for x in range(40, 900, 110):
                pen.rounded_rectangle((x, y, x + 90, y + 90), 12, fill=colour(rng, 40, 90))
    quad = pose(scene, sheet.width / sheet.height, float(rng.uniform(0.3, 0.7)), 14)
    return place(picture, sheet, Image.new("L", sheet.size, 255), quad, 0.3)


def crease(picture: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    overlay = Image.new("L", (picture.shape[1], picture.shape[0]), 0)
    ImageDraw.Draw(overlay).line([tuple(start), tuple(end)], fill=255, width=8)
    soft = np.asarray(overlay.filter(ImageFilter.GaussianBlur(4)), dtype=np.float32)[..., None] / 255
    return picture * (1 - 0.25 * soft)


def sleeve(scene: Scene, picture: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """A clear or tinted sleeve a little larger than the card."""
    rng = scene.rng
    centre = quad.mean(axis=0)
    outer = centre + (quad - centre) * rng.uniform(1.05, 1.14)
    tint = Image.new("RGB", (400, 260), colour(rng, 150, 240))
    clear = Image.new("L", (400, 260), int(rng.integers(40, 130)))
    picture = place(picture, tint, clear, outer, 0.2)
    rim = Image.new("L", (400, 260), 0)
    ImageDraw.Draw(rim).rectangle((1, 1, 398, 258), outline=int(rng.integers(90, 200)), width=4)
    return place(picture, Image.new("RGB", (400, 260), (245, 245, 245)), rim, outer, 0.0)


def hold(scene: Scene, picture: np.ndarray, quad: np.ndarray, before: np.ndarray) -> np.ndarray:
    """One or two fingers from outside over a corner or a side."""
    rng = scene.rng
    length = float(np.linalg.norm(quad[1] - quad[0]))
    centre = quad.mean(axis=0)
    for _ in range(int(rng.integers(1, 3))):
        corner = int(rng.integers(4))
        point = (
            quad[corner]
            if rng.random() < 0.4
            else quad[corner] + (quad[(corner + 1) % 4] - quad[corner]) * rng.uniform(0.2, 0.8)
        )
        tip = point + (centre - point) * rng.uniform(0.05, 0.25)
        root = point + (point - centre) * 3.5
        picture = finger(scene, picture, tip, root, length * float(rng.uniform(0.055, 0.09)))
    return picture


def finish(scene: Scene, picture: np.ndarray, quad: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """Light, blur, noise and the lens."""
    rng, level = scene.rng, scene.level
    picture = picture * {"dark": rng.uniform(0.08, 0.17), "over": rng.uniform(1.9, 2.6)}.get(
        level, rng.uniform(0.85, 1.05)
    )
    if level == "over":
        picture = picture + 60
    photo = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    longest = max(photo.size)
    width = float(np.linalg.norm(quad[1] - quad[0])) or longest
    if level == "blur":
        photo = photo.filter(ImageFilter.GaussianBlur(width * rng.uniform(0.006, 0.011)))
    elif level == "motion":
        photo = motion(photo, width * rng.uniform(0.022, 0.04), float(rng.uniform(0, 180)))
    else:
        photo = photo.filter(ImageFilter.GaussianBlur(longest / 2400 * rng.uniform(0.5, 1.1)))
    if level == "bent":
        photo, quad = bent(photo, quad, rng)
    noise = rng.normal(size=(photo.height, photo.width, 3)).astype(np.float32) * rng.uniform(1, 4.5)
    return Image.fromarray(np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)), quad


def motion(photo: Image.Image, length: float, angle: float) -> Image.Image:
    steps = max(3, int(length))
    total = np.zeros((photo.height, photo.width, 3), dtype=np.float32)
    for step in range(steps):
        shift = (step - steps / 2) * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        total += np.roll(np.asarray(photo, dtype=np.float32), tuple(np.rint(shift[::-1]).astype(int)), axis=(0, 1))
    return Image.fromarray((total / steps).astype(np.uint8))


def facts(scene: Scene, slot: str, shown: str, quad: np.ndarray) -> dict[str, Any]:
    level = scene.level
    defects = ("blur", "motion", "dark", "over", "glare", "small", "cut")
    expect = (
        "reject" if level in defects or level == "wrong" else {"none": "none", "faint": "fallback"}.get(level, "crop")
    )
    top = quad[1] - quad[0]
    turns = int(np.rint(-np.degrees(np.arctan2(top[1], top[0])) / 90)) % 4
    return {
        "level": level,
        "kind": None if level == "none" else shown,
        "slot": slot,
        "width": scene.size[0],
        "height": scene.size[1],
        "quad": None if level == "none" else np.round(quad, 2).tolist(),
        "quarter_turns_cw_to_fix": turns,
        "expect": expect,
        "text": "" if level == "none" else scene.text,
        "defect": level if level in defects else ("wrong_side" if level == "wrong" else None),
    }


def write(out: Path, levels: list[str], each: int, seed: int, longest: int) -> None:
    """A set: `each` photos of every kind in every level."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "truth").mkdir(exist_ok=True)
    for level in levels:
        for index in range(each * len(KINDS)):
            kind = KINDS[index % len(KINDS)]
            if level == "wrong" and kind == "signature":
                continue
            own = seed * 1_000_003 + LEVELS.index(level) * 1009 + index
            photo, truth = make(kind, level, own, longest)
            name = f"{level}-{seed}-{index:04d}"
            photo.save(out / "images" / f"{name}.jpg", quality=int(np.random.default_rng(own).integers(80, 95)))
            (out / "truth" / f"{name}.json").write_text(json.dumps({"name": name, **truth}, ensure_ascii=False))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=2)
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--long", type=int, default=2000)
    chosen = parser.parse_args()
    write(chosen.out, chosen.levels.split(","), chosen.each, chosen.seed, chosen.long)
