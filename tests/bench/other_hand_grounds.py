"""What lies under the card: wood, stone, leather, cloth, newsprint, tiles, keys, a room; RGB made from noise."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.bench.other_hand_cards import SANS, SANS_BOLD, SERIF, Colour, between, hue, noise

Floats = NDArray[np.floating]
Picture = NDArray[np.uint8]
Rng = np.random.Generator
WORDS = (
    "今日本市天气晴朗记者从样本会议获悉虚构数据显示同比增长专家表"
    "示演示项目将继续推进居民生活水平稳步提高示范区建设取得新进展"
    "海上明月共潮生春江花朝秋夜长风万里送秋雁对此可以酣高楼"
)


def wood(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """Boards with grain along x."""
    at = rng.uniform(0.05, 0.1)
    depth = rng.uniform(0.25, 0.85)
    low, top = (
        hue(rng, (0.3, 0.7), (depth * 0.7, depth * 0.8), at),
        hue(rng, (0.2, 0.55), (depth * 1.05, depth * 1.15), at + 0.01),
    )
    y = np.arange(high, dtype=np.float32)[:, None] / scale
    rings = np.sin((y / rng.uniform(2.5, 8) + 3 * noise(rng, high, wide, (160 * scale, 25 * scale))) * 2)
    fibre = noise(rng, high, wide, (25 * scale, 0.35 * scale))
    pores = np.clip(noise(rng, high, wide, (9 * scale, 0.3 * scale)) - 0.7, 0, 1)
    share = 0.5 + 0.2 * rings + 0.22 * fibre - 0.8 * pores
    if rng.random() < 0.5:
        board = rng.uniform(60, 160)
        row = (y / board + rng.random()) % 1
        share = share + 0.25 * np.sin(np.floor(y / board) * 12.9) - 0.8 * (row < 0.7 / board)
    return between(low, tuple(min(255, v) for v in top), share)  # type: ignore[arg-type]


def stone(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """Granite with specks or marble with veins."""
    tone = rng.uniform(0.15, 0.9)
    base = hue(rng, (0.0, 0.14), (tone, tone))
    if rng.random() < 0.5:
        specks = noise(rng, high, wide, (1.1 * scale, 1.1 * scale)) + 0.6 * noise(
            rng, high, wide, (3 * scale, 3 * scale)
        )
        return between(
            tuple(int(v * 0.5) for v in base), tuple(min(255, int(v * 1.25)) for v in base), 0.55 + 0.5 * specks
        )  # type: ignore[arg-type]
    bend = noise(rng, high, wide, (90 * scale, 60 * scale)) + 0.4 * noise(rng, high, wide, (20 * scale, 20 * scale))
    veins = np.exp(-np.abs(bend) * 14) + 0.4 * np.exp(-np.abs(bend - 0.4) * 30)
    cloud = 0.15 * noise(rng, high, wide, (60 * scale, 60 * scale))
    other = tuple(int(v * 0.6) if tone > 0.4 else min(255, v + 110) for v in base)
    return between(base, other, 0.1 + veins * 0.7 + cloud)  # type: ignore[arg-type]


def leather(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """Pebbled leather lit from one side."""
    cell = rng.uniform(1.2, 2.6) * scale
    bumps = -np.abs(noise(rng, high, wide, (cell, cell))) - 0.6 * np.abs(
        noise(rng, high, wide, (cell * 0.6, cell * 0.6))
    )
    relief = np.roll(bumps, 2, 1) - bumps
    base = hue(rng, (0.3, 0.8), (0.15, 0.6), at=rng.choice([0.04, 0.08, 0.6, 0.0]))
    share = 0.5 + 0.9 * relief + 0.35 * (bumps + 0.5)
    return between(tuple(int(v * 0.55) for v in base), tuple(min(255, int(v * 1.4)) for v in base), share)  # type: ignore[arg-type]


def desk_pad(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """A plain pad of felt or plastic, sometimes with a printed grid or a seam."""
    base = hue(rng, (0, 0.6), (0.1, 0.8))
    share = (
        0.5
        + 0.16 * noise(rng, high, wide, (0.5 * scale, 0.5 * scale))
        + 0.1 * noise(rng, high, wide, (60 * scale, 60 * scale))
    )
    picture = between(tuple(int(v * 0.75) for v in base), tuple(min(255, int(v * 1.25)) for v in base), share)  # type: ignore[arg-type]
    kind = rng.integers(4)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    line = tuple(min(255, v + 60) for v in base)
    if kind == 0:
        step = rng.choice([10, 25]) * scale
        for at in np.arange(rng.uniform(0, step), max(high, wide), step):
            draw.line((at, 0, at, high), line, 2)
            draw.line((0, at, wide, at), line, 2)
    if kind == 1:
        draw.line((0, high * rng.uniform(0.1, 0.3), wide, high * rng.uniform(0.1, 0.3)), line, round(1.5 * scale))
    return np.asarray(image)


def bedsheet(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """Printed cotton with folds: stripes, checks, dots or flowers."""
    y, x = (v.astype(np.float32) / np.float32(scale) for v in np.mgrid[0:high, 0:wide])
    folds = noise(rng, high, wide, (70 * scale, 45 * scale)) + 0.35 * noise(rng, high, wide, (25 * scale, 18 * scale))
    sag = folds * 5
    ground, print_a = hue(rng, (0.03, 0.35), (0.75, 0.98)), hue(rng, (0.2, 0.8), (0.4, 0.9))
    style, step = rng.integers(5), rng.uniform(9, 30)
    u, v = (x + sag) / step, (y - sag * 0.7) / step
    if style == 0:
        share = ((u % 1) < 0.4) * 0.9
    elif style == 1:
        share = 0.45 * ((u % 1) < 0.5) + 0.45 * ((v % 1) < 0.5)
    elif style == 2:
        share = (((u % 1) - 0.5) ** 2 + ((v % 1) - 0.5) ** 2 < 0.05) * 0.9
    elif style == 3:  # flowers, each row shifted
        a, b = (u + 0.5 * (np.floor(v) % 2)) % 1 - 0.5, v % 1 - 0.5
        petals = 0.26 + 0.11 * np.cos(5 * np.arctan2(b, a) + np.floor(v) * 2)
        share = (np.hypot(a, b) < petals) * 0.8
    else:
        share = np.zeros_like(u)
    picture = between(ground, print_a, share).astype(np.float32)
    weave = 1 + 0.05 * noise(rng, high, wide, (0.4 * scale, 1.2 * scale))
    slope = np.roll(folds, round(2 * scale), 1) - folds + 0.6 * (np.roll(folds, round(2 * scale), 0) - folds)
    shade = weave + np.clip(slope * rng.uniform(0.6, 1.3), -0.3, 0.2)
    return np.clip(picture * shade[..., None], 0, 255).astype(np.uint8)


def newspaper(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """Columns of print with headlines, rules and half-tone photos."""
    tone = rng.integers(205, 240)
    page = Image.new("RGB", (wide, high), (tone, tone - 4, tone - 16))
    draw = ImageDraw.Draw(page)
    column = rng.uniform(42, 60) * scale
    ink = (38, 36, 36)
    body, head = (
        _face(SERIF, 2.9 * scale),
        _face(SANS_BOLD if rng.random() < 0.5 else SERIF, rng.uniform(7, 14) * scale),
    )
    x = -rng.uniform(0, column)
    while x < wide:
        y = -rng.uniform(0, 30) * scale
        while y < high:
            kind = rng.random()
            if kind < 0.16:
                draw.text((x + scale, y), "".join(WORDS[i] for i in rng.integers(0, len(WORDS), 5)), ink, head)
                y += head.size * 1.35
            elif kind < 0.34:
                y = _halftone(rng, page, (x + scale, y, x + column - 2 * scale), scale)
            else:
                y = _column(rng, draw, body, (x + scale, y, column - 3 * scale), ink)
            if rng.random() < 0.2:
                draw.line((x, y, x + column - 2 * scale, y), ink, max(1, round(0.3 * scale)))
                y += 2 * scale
        x += column
    fold = 1 - 0.06 * np.abs(noise(rng, high, wide, (150 * scale, 60 * scale)))
    return (np.asarray(page) * fold[..., None]).astype(np.uint8)


def _face(path: str, pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, max(6, round(pixels)), index=2)


def _column(
    rng: Rng, draw: ImageDraw.ImageDraw, body: ImageFont.FreeTypeFont, room: tuple[float, float, float], ink: Colour
) -> float:
    x, y, wide = room
    letters = int(wide / body.size)
    for _ in range(rng.integers(5, 14)):
        draw.text((x, y), "".join(WORDS[i] for i in rng.integers(0, len(WORDS), letters)), ink, body)
        y += body.size * 1.3
    return y + body.size * 0.5


def _halftone(rng: Rng, page: Image.Image, room: tuple[float, float, float], scale: float) -> float:
    left, top, right = room
    size = (max(8, round(right - left)), max(8, round(rng.uniform(25, 45) * scale)))
    light = (
        0.5
        + 0.5 * noise(rng, size[1], size[0], (14 * scale, 11 * scale))
        + 0.15 * noise(rng, size[1], size[0], (3 * scale, 2 * scale))
    )
    colour = hue(rng, (0.0, 0.5), (0.15, 0.4))
    page.paste(Image.fromarray(between(colour, (226, 220, 206), light)), (round(left), round(top)))
    return top + size[1] + 2 * scale


def tiles(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """Floor or wall tiles with grout lines that run parallel to nothing."""
    y, x = (v.astype(np.float32) / np.float32(scale) for v in np.mgrid[0:high, 0:wide])
    turn, side = rng.uniform(0, math.pi), rng.choice([25.0, 48.0, 73.0, 100.0, 150.0])
    longer = side * rng.choice([1, 1, 2])
    u = (x * math.cos(turn) + y * math.sin(turn)) / longer + rng.random()
    v = (y * math.cos(turn) - x * math.sin(turn)) / side + rng.random()
    joint = rng.uniform(1.5, 4)
    near = np.minimum(np.minimum(u % 1, 1 - u % 1) * longer, np.minimum(v % 1, 1 - v % 1) * side)
    tone = rng.uniform(0.3, 0.95)
    base = hue(rng, (0.02, 0.4), (tone, tone))
    each = np.sin(np.floor(u) * 12.9898 + np.floor(v) * 78.233) * 0.5
    share = (
        0.5
        + 0.2 * each
        + 0.2 * noise(rng, high, wide, (30 * scale, 30 * scale))
        + 0.08 * noise(rng, high, wide, (scale, scale))
    )
    face = between(tuple(int(c * 0.8) for c in base), tuple(min(255, int(c * 1.15)) for c in base), share)  # type: ignore[arg-type]
    grout = hue(rng, (0, 0.1), (0.35, 0.6)) if tone > 0.7 else hue(rng, (0, 0.1), (0.6, 0.85))
    cover = np.clip((joint / 2 - near) * 2 + 0.5, 0, 1)[..., None]
    return (face * (1 - cover) + np.array(grout, np.float32) * cover).astype(np.uint8)


def keyboard(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """The keys of a laptop, 19 mm apart, with the palm rest below."""
    dark = rng.random() < 0.65
    deck = (46, 46, 50) if dark and rng.random() < 0.5 else (186, 188, 192)
    cap, sign = ((26, 26, 28), (210, 210, 214)) if dark else ((232, 232, 234), (70, 70, 74))
    image = Image.new("RGB", (wide, high), deck)
    draw = ImageDraw.Draw(image)
    label = _face(SANS, 4 * scale)
    rest = high * rng.uniform(0.62, 1.1)
    y, row = -rng.uniform(0, 15) * scale, 0
    while y < rest - 19 * scale:
        x = -rng.uniform(0, 19) * scale
        while x < wide:
            width = 19 * scale * rng.choice([1, 1, 1, 1, 1, 1.5, 2.2])
            box = (x + 1.4 * scale, y + 1.4 * scale, x + width - 1.4 * scale, y + 17.6 * scale)
            draw.rounded_rectangle(box, 2 * scale, cap, tuple(int(v * 0.7) for v in cap), max(1, round(0.3 * scale)))
            draw.text(
                (x + 4 * scale, y + 3 * scale), "QWERTYUIOPASDFGHJKLZXCVBNM1234567890"[rng.integers(36)], sign, label
            )
            x += width
        y, row = y + 19 * scale, row + 1
    picture = np.asarray(image) * (1 + 0.03 * noise(rng, high, wide, (0.3 * scale, 0.3 * scale)))[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def plain(rng: Rng, high: int, wide: int, scale: float, colour: Colour) -> Picture:
    """A ground of one colour with hardly any texture."""
    fine = (
        noise(rng, high, wide, (0.6 * scale, 0.6 * scale)) * 1.1
        + noise(rng, high, wide, (50 * scale, 50 * scale)) * 0.8
    )
    return np.clip(np.array(colour, np.float32) + fine[..., None] + 0.5, 0, 255).astype(np.uint8)


def room(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """Walls, furniture, a bright window: the room behind a card held up, to be blurred."""
    image = Image.new("RGB", (wide, high), hue(rng, (0, 0.25), (0.45, 0.85)))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(9, 20)):
        x, y = rng.uniform(-0.1, 1) * wide, rng.uniform(-0.1, 1) * high
        box = (x, y, x + rng.uniform(0.05, 0.4) * wide, y + rng.uniform(0.05, 0.5) * high)
        draw.rectangle(box, hue(rng, (0, 0.5), (0.1, 0.9)))
    for _ in range(rng.integers(0, 3)):
        x, y = rng.uniform(0, 0.9) * wide, rng.uniform(0, 0.7) * high
        draw.rectangle((x, y, x + 0.2 * wide, y + 0.3 * high), (250, 252, 255))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(2 + 0.0 * scale)))


def screen(rng: Rng, high: int, wide: int, scale: float) -> Picture:
    """A window on a monitor: title bar, side list, lines of words, an empty page where the card is shown."""
    dark = rng.random() < 0.3
    desk = hue(rng, (0.3, 0.8), (0.2, 0.7))
    image = Image.new("RGB", (wide, high), desk)
    draw = ImageDraw.Draw(image)
    paper, words = ((40, 42, 46), (200, 200, 204)) if dark else ((250, 250, 251), (60, 60, 66))
    left, top = rng.uniform(0.02, 0.1) * wide, rng.uniform(0.02, 0.1) * high
    draw.rectangle((left, top, wide * rng.uniform(0.93, 1.05), high * rng.uniform(0.9, 1.05)), paper)
    draw.rectangle((left, top, wide, top + 8 * scale), hue(rng, (0.1, 0.8), (0.3, 0.9)))
    face = _face(SANS, 3.4 * scale)
    draw.text((left + 4 * scale, top + 2 * scale), "图片查看器 - 样本.jpg", (250, 250, 250), face)
    for row in range(12):
        draw.text(
            (left + 3 * scale, top + (14 + 9 * row) * scale), WORDS[row * 4 : row * 4 + rng.integers(3, 6)], words, face
        )
    draw.line(
        (left + 26 * scale, top + 8 * scale, left + 26 * scale, high),
        tuple((a + b) // 2 for a, b in zip(paper, words, strict=True)),
        2,
    )
    for row in range(3):
        draw.text((left + 32 * scale, high - (30 - 7 * row) * scale), WORDS[row * 9 : row * 9 + 24], words, face)
    return np.asarray(image)


TABLES = (wood, stone, leather, desk_pad)
