"""Sheets of the other hand: signatures on paper, sheets of print, and things that are no asked document at all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from tests.bench.other_hand_cards import (
    CARD,
    SANS,
    SANS_BOLD,
    SCALE,
    SERIF,
    Document,
    bank_ground,
    finish,
    guilloche,
    hue,
    noise,
    rounded,
    spread,
    write,
)
from tests.bench.other_hand_cards import (
    DESIGNS as CARD_DESIGNS,
)

Floats = NDArray[np.floating]
Rng = np.random.Generator


def signature(rng: Rng, *, lined: bool | None = None, ink: bool = True, label: bool | None = None) -> Document:
    """A sheet with handwriting: a torn piece, a sticky note, a strip of A4 or a card; printed only without `ink`."""
    style = rng.integers(4)
    lined = bool(rng.random() < 0.15) if lined is None else lined
    size = [
        (rng.uniform(100, 140), rng.uniform(48, 75)),
        (76.0, 76.0),
        (rng.uniform(150, 200), rng.uniform(60, 95)),
        (90.0, 54.0),
    ][style]
    paper = [
        (244, 242, 236),
        hue(rng, (0.3, 0.45), (0.92, 0.99), at=rng.choice([0.14, 0.3, 0.92])),
        (248, 248, 250),
        (250, 246, 236),
    ][style]
    wide, high = round(size[0] * SCALE / 2), round(size[1] * SCALE / 2)
    fibre = noise(rng, high // 2, wide // 2, (1.2, 1.2)) * 2.5 + noise(rng, high // 2, wide // 2, (90, 90)) * 4
    tinted = np.clip(np.array(paper, np.float32) + fibre[..., None], 0, 255).astype(np.uint8)
    face = spread(size, tinted)
    draw = ImageDraw.Draw(face)
    if lined:
        _rule(rng, draw, size)
    label = bool(rng.random() < 0.5) if label is None else label
    left = 4.0
    if label:
        words = ("签名：", "本人签名：", "签字样本：")[rng.integers(3)]
        left = (
            write(
                draw,
                (4, 4 + rng.uniform(0, 4)),
                words,
                SANS if rng.random() < 0.6 else SERIF,
                rng.uniform(4, 6),
                (40, 40, 44),
            )
            - 6
        )
    if ink:
        _sign(rng, face, size, left)
    elif not lined or rng.random() < 0.5:
        _print(rng, draw, size)
    alpha = _torn(rng, size) if style == 0 else rounded(size, 0.4 if style < 3 else 0.8)
    face.putalpha(alpha)
    middle = (size[0] * 0.5, size[1] * 0.55)
    return Document(
        face,
        size,
        "signature",
        bool(label or not ink),
        vital=[middle],
        blank=[(size[0] * 0.9, size[1] * 0.85)],
        rim=paper,
    )  # type: ignore[arg-type]


def _rule(rng: Rng, draw: ImageDraw.ImageDraw, size: tuple[float, float]) -> None:
    colour = hue(rng, (0.2, 0.5), (0.65, 0.85), at=rng.choice([0.58, 0.0, 0.35]))
    step = rng.uniform(7, 9.5)
    for row in np.arange(rng.uniform(4, 9), size[1] - 2, step):
        draw.line((0, row * SCALE, size[0] * SCALE, row * SCALE), colour, 4)
    if rng.random() < 0.4:
        draw.line((14 * SCALE, 0, 14 * SCALE, size[1] * SCALE), (214, 120, 120), 4)


def _torn(rng: Rng, size: tuple[float, float]) -> Image.Image:
    """A mask whose right and lower edges are torn by up to 0.7 mm."""
    mask = rounded(size, 0.2)
    wide, high = mask.size
    lower = high - SCALE * np.abs(noise(rng, 1, wide, (18, 1))[0] * 0.5 + noise(rng, 1, wide, (160, 1))[0] * 0.3)
    right = wide - SCALE * np.abs(noise(rng, 1, high, (18, 1))[0] * 0.5 + noise(rng, 1, high, (160, 1))[0] * 0.3)
    y, x = np.ogrid[0:high, 0:wide]
    kept = (y <= np.maximum(lower, high - 0.7 * SCALE)[None, :]) & (x <= np.maximum(right, wide - 0.7 * SCALE)[:, None])
    return ImageChops.multiply(mask, Image.fromarray((kept * 255).astype(np.uint8)))


def _print(rng: Rng, draw: ImageDraw.ImageDraw, size: tuple[float, float]) -> None:
    words = "本页为印刷文字不含任何手写内容仅供测试使用样本协议条款第一条甲方乙方应当遵守约定"
    letter = rng.uniform(2.8, 4.2)
    path = SERIF if rng.random() < 0.5 else SANS
    for row in np.arange(12, size[1] - 6, letter * 1.7):
        line = "".join(words[i] for i in rng.integers(0, len(words), int((size[0] - 12) / letter)))
        write(draw, (6, row), line[: int(len(line) * rng.choice([1, 1, 0.6]))], path, letter, (34, 34, 38))


def _sign(rng: Rng, face: Image.Image, size: tuple[float, float], left: float) -> None:
    """Two or three characters or one Latin flourish, in black or blue, running a little uphill."""
    colour = [(24, 24, 30), (28, 40, 120), (16, 22, 70), (46, 60, 150)][rng.integers(4)]
    layer = Image.new("L", face.size)
    draw = ImageDraw.Draw(layer)
    count = int(rng.integers(2, 4))
    room = min((size[0] - left - 8) / count, size[1] * 0.62, 34)
    thick = rng.uniform(0.32, 0.75) * (1.6 if rng.random() < 0.15 else 1)
    start = left + max(2.0, (size[0] - left - count * room) * rng.uniform(0.25, 0.7))
    x, y = start, (size[1] - room) * rng.uniform(0.5, 0.8)
    latin = rng.random() < 0.15
    for _ in range(count):
        strokes = _loops(rng) if latin else _character(rng)
        for stroke in strokes:
            _stroke(draw, stroke * room * rng.uniform(0.85, 1.0) + [x, y], thick, rng)
        x += room * rng.uniform(0.85, 1.02)
        y -= rng.uniform(-0.4, 1.6)
    face.paste(colour, (0, 0), layer)


def _character(rng: Rng) -> list[Floats]:
    """Strokes of an invented character in the unit square: left part and right part, some joined as in running hand."""
    strokes: list[Floats] = []
    split = rng.uniform(0.36, 0.5) if rng.random() < 0.6 else 0.0
    for low, high in ((0.02, split), (split, 0.98)) if split else ((0.05, 0.95),):
        span = high - low
        rows = np.sort(rng.uniform(0.08, 0.8, rng.integers(2, 4)))
        for row in rows:  # across, rising a little, pressed at both ends
            a, b = low + span * rng.uniform(0, 0.2), low + span * rng.uniform(0.75, 1)
            strokes.append(
                np.array([[a, row + 0.04], [(a + b) / 2, row - 0.01], [b, row - 0.05], [b - 0.03, row + 0.03]])
            )
        x = low + span * rng.uniform(0.4, 0.6)
        strokes.append(np.array([[x, 0.02], [x + 0.02, 0.4], [x - 0.01, 0.8], [x - rng.uniform(0, 0.16), 0.86]]))
        if rng.random() < 0.75:  # to the left and down
            strokes.append(np.array([[x, rows[0]], [x - 0.04, 0.5], [low + span * 0.2, 0.8], [low - 0.03, 0.95]]))
        if rng.random() < 0.75:  # to the right and down
            strokes.append(np.array([[x, rows[-1]], [x + span * 0.2, 0.7], [high - 0.05, 0.88], [high + 0.06, 0.93]]))
        if rng.random() < 0.5:
            at = np.array([low + span * rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.9)])
            strokes.append(at + np.array([[0, 0], [0.03, 0.02], [0.06, 0.07], [0.05, 0.1]]))
    order = [strokes[i] + rng.normal(0, 0.02, (4, 2)) for i in rng.permutation(len(strokes))]
    joined: list[Floats] = []
    for one, two in pairwise(order):  # the pen is hardly lifted between some strokes
        if rng.random() < 0.35:
            bow = rng.normal(0, 0.06, (2, 2))
            joined.append(
                np.array([one[3], one[3] * 0.6 + two[0] * 0.4 + bow[0], one[3] * 0.3 + two[0] * 0.7 + bow[1], two[0]])
            )
    return [*order, *joined]


def _loops(rng: Rng) -> list[Floats]:
    """The loops of a Latin flourish."""
    strokes, x, y = [], 0.0, 0.7
    for i in range(4):
        up = 0.65 if i == 0 else rng.uniform(0.15, 0.5)
        x2, y2 = x + rng.uniform(0.18, 0.3), y + rng.uniform(-0.04, 0.04)
        strokes.append(np.array([[x, y], [x + 0.3, y - up], [x - 0.12, y - up], [x + 0.03, y + 0.02]]))
        strokes.append(np.array([[x + 0.03, y + 0.02], [x + 0.08, y + 0.12], [x2 - 0.06, y2 + 0.1], [x2, y2]]))
        x, y = x2, y2
    return strokes


def _stroke(draw: ImageDraw.ImageDraw, control: Floats, thick: float, rng: Rng) -> None:
    """A cubic Bézier in mm, drawn as overlapping round dabs whose width follows the pressure of a hand."""
    t = np.linspace(0, 1, 70)[:, None]
    curve = (
        (1 - t) ** 3 * control[0]
        + 3 * (1 - t) ** 2 * t * control[1]
        + 3 * (1 - t) * t * t * control[2]
        + t**3 * control[3]
    )
    press = (
        0.75 + 0.35 * np.sin(t[:, 0] * rng.uniform(2, 7) + rng.uniform(0, 6)) - 0.5 * np.clip(t[:, 0] - 0.8, 0, 1) / 0.2
    )
    radii = np.maximum(thick * press / 2, 0.09) * SCALE
    points = curve * SCALE
    for (x, y), r in zip(points, radii, strict=True):
        draw.ellipse((x - r, y - r, x + r, y + r), 255)
    for (a, b), (c, d), r in zip(points, points[1:], radii, strict=False):
        draw.line((a, b, c, d), 255, max(2, round(2 * r)))


def membership(rng: Rng) -> Document:
    """A club card without chip or long number: no document of any slot."""
    size = CARD
    face, ink = bank_ground(rng, size)
    draw = ImageDraw.Draw(face)
    write(draw, (8, 8), ("绿叶咖啡会员卡", "晨光书店积分卡", "健身俱乐部")[rng.integers(3)], SANS_BOLD, 6, ink, 0.4)
    write(draw, (8, 18), "MEMBER CLUB", SANS, 3.4, ink, 0.6)
    x = 8.0
    while x < 55:  # a bar code
        bar = rng.uniform(0.25, 1.1)
        draw.rectangle([v * SCALE for v in (x, 36, x + bar, 47)], (20, 20, 20))
        x += bar + rng.uniform(0.25, 0.9)
    return Document(finish(face, size), size, "none")


def booklet(rng: Rng) -> Document:
    """The cover of a passport-like booklet."""
    size = (88.0, 125.0)
    wide, high = 440, 625
    cover = hue(rng, (0.5, 0.8), (0.25, 0.45), at=rng.choice([0.97, 0.62, 0.4]))
    grain = noise(rng, high, wide, (2, 2)) * 5
    face = spread(size, np.clip(np.array(cover, np.float32) + grain[..., None], 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(face)
    gold = (206, 176, 104)
    write(draw, (18, 14), "样本示范地区", SERIF, 7, gold, 1.2)
    draw.ellipse([v * SCALE for v in (26, 40, 62, 76)], None, gold, 24)
    draw.ellipse([v * SCALE for v in (33, 47, 55, 69)], None, gold, 12)
    write(draw, (30, 92), "旅行手册", SERIF, 6, gold, 0.8)
    return Document(finish(face, size, 4), size, "none")


def slip(rng: Rng) -> Document:
    """A voucher in the manner of a banknote."""
    size = (150.0, 74.0)
    base = hue(rng, (0.2, 0.5), (0.75, 0.9))
    face = guilloche(rng, base, hue(rng, (0.2, 0.5), (0.8, 0.95)), tuple(v // 2 for v in base), 0.7)  # type: ignore[arg-type]
    face = face.resize((round(size[0] * SCALE), round(size[1] * SCALE)), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(face)
    dark = tuple(v // 3 for v in base)
    worth = str(rng.choice([5, 20, 50, 88]))
    write(draw, (12, 10), worth, SERIF, 18, dark)  # type: ignore[arg-type]
    write(draw, (118, 46), worth, SERIF, 14, dark)  # type: ignore[arg-type]
    write(draw, (46, 12), "样本代金券", SERIF, 9, dark, 1.5)  # type: ignore[arg-type]
    draw.ellipse([v * SCALE for v in (92, 16, 124, 60)], None, dark, 8)
    return Document(finish(face, size, 0.3), size, "none")


def print_sheet(rng: Rng) -> Document:
    """A sheet of print, a form or a letter."""
    size = (210.0, 160.0)
    face = Image.new("RGB", (round(size[0] * SCALE), round(size[1] * SCALE)), (246, 246, 244))
    _print(rng, ImageDraw.Draw(face), size)
    return Document(finish(face, size, 0.2), size, "none")


DESIGNS = {**CARD_DESIGNS, "signature": signature}
