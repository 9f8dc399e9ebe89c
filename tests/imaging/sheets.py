"""Made-up signed sheets, flat or photographed, with the handwriting that is on them known to the pixel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Floats = npt.NDArray[np.float64]

FONT = Path(__file__).parents[2] / "app" / "documents" / "fonts" / "NotoSansCJKsc-Regular.otf"
PAPERS = {"white": (247, 247, 245), "cream": (244, 232, 205), "grey": (196, 198, 202), "pink": (240, 214, 214)}
PENS = {"black": (22, 22, 26), "blue": (28, 40, 140), "red": (176, 30, 34), "pencil": (112, 112, 116)}
RULES = {"blue": (150, 180, 225), "grey": (185, 185, 188), "red": (225, 150, 150), "black": (60, 60, 64)}
FINER = 2
"""Everything is drawn so many times larger, and made smaller: soft edges, as a lens has them."""
NAMES = "王伟李娜张敏刘洋陈静杨帆赵磊黄丽周涛吴芳郑凯孙悦马超朱琳胡军林雪何平郭峰"
PROSE = "投资者应当如实填写本申请书所列各项内容并对其真实性负责变更生效之前原结算账户继续有效请妥善保管本回执"


@dataclass(frozen=True)
class Sheet:
    """`pixels`: rows × columns × 3; `written`: how much of each pixel the handwriting covers, 0 to 1."""

    pixels: npt.NDArray[np.uint8]
    written: Floats

    @property
    def image(self) -> Image.Image:
        return Image.fromarray(self.pixels)


@dataclass(frozen=True)
class Plan:
    """What is on the sheet; sizes in pixels of the picture."""

    size: tuple[int, int] = (1500, 900)
    paper: str = "white"
    pen: str | None = "black"
    width: float = 7.0
    hand: str = "cursive"
    at: tuple[float, float, float] = (0.5, 0.55, 0.36)
    """Middle of the handwriting and its height, as shares of the picture's width, height, height."""
    ruled: str | None = None
    grid: bool = False
    spacing: int = 84
    rule_width: float = 2.5
    tilt: float = 0.0
    shadow: str | None = None
    label: bool = False
    printed: bool = False
    noise: float = 2.0
    blur: float = 0.7


def sheet(seed: int, plan: Plan) -> Sheet:
    """A flat sheet; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    size = (plan.size[0] * FINER, plan.size[1] * FINER)
    written = _small(_handwriting(rng, plan, size)) if plan.pen else np.zeros(plan.size[::-1])
    picture = np.ones((*plan.size[::-1], 3)) * np.array(PAPERS[plan.paper])
    picture *= (1 + 0.012 * ndimage.gaussian_filter(rng.normal(size=plan.size[::-1]), 2.0) * 5)[..., None]
    for layer, colour in _printed_layers(rng, plan, size):
        picture = _inked(picture, layer, colour)
    picture = _inked(picture, written, PENS[plan.pen or "black"])
    picture *= _light(rng, plan)[..., None]
    picture = ndimage.gaussian_filter(picture, (plan.blur, plan.blur, 0))
    picture += rng.normal(0, plan.noise, picture.shape)
    return Sheet(np.clip(picture, 0, 255).astype(np.uint8), written)


def photographed(seed: int, flat: Sheet, *, fill: float = 0.7, torn: bool = False, ground: Any = (74, 62, 52)) -> Sheet:
    """The sheet on a table, a little askew; torn: one edge is ragged."""
    rng = np.random.default_rng(seed)
    rows, columns = flat.pixels.shape[:2]
    width, height = round(columns / fill), round(rows / fill)
    corner = ((width - columns) // 2, (height - rows) // 2)
    mask = np.ones((rows, columns))
    if torn:
        edge = 12 + np.cumsum(rng.normal(0, 1.6, columns)) % 40
        mask *= np.arange(rows)[:, None] > ndimage.gaussian_filter1d(edge, 2)[None, :]
    picture = np.ones((height, width, 3)) * np.array(ground) * rng.normal(1, 0.03, (height, width, 1))
    written = np.zeros((height, width))
    place = (slice(corner[1], corner[1] + rows), slice(corner[0], corner[0] + columns))
    picture[place] = np.where(mask[..., None] > 0.5, flat.pixels, picture[place])
    written[place] = flat.written * mask
    angle = float(rng.uniform(-9, 9))
    turned = ndimage.rotate(picture, angle, reshape=False, order=1, mode="nearest")
    return Sheet(turned.clip(0, 255).astype(np.uint8), ndimage.rotate(written, angle, reshape=False, order=1))


def _small(layer: Image.Image) -> Floats:
    return np.asarray(layer.reduce(FINER)).astype(float) / 255


def _inked(picture: Floats, cover: Floats, colour: tuple[int, int, int]) -> Floats:
    """Ink lets no more light through than its colour, whatever lies under it."""
    over = np.minimum(picture, np.array(colour) * picture / 250.0)
    inked: Floats = picture + (over - picture) * cover[..., None]
    return inked


def _handwriting(rng: np.random.Generator, plan: Plan, size: tuple[int, int]) -> Image.Image:
    layer = Image.new("L", size, 0)
    height = plan.at[2] * size[1]
    count = 2 if plan.hand == "cursive" else 3
    middle = np.array([plan.at[0] * size[0], plan.at[1] * size[1]])
    for letter in range(count):
        centre = middle + np.array([(letter - (count - 1) / 2) * height * 1.05, rng.uniform(-0.06, 0.06) * height])
        if plan.hand == "cursive":
            _scrawl(rng, layer, centre, height, plan.width * FINER)
        else:
            _character(rng, layer, centre, height, plan.width * FINER)
    return layer


def _scrawl(rng: np.random.Generator, layer: Image.Image, centre: Floats, height: float, width: float) -> None:
    """Joined curves whose pressure changes along the way."""
    pen = ImageDraw.Draw(layer)
    for _ in range(int(rng.integers(3, 6))):
        knots = centre + rng.uniform(-0.5, 0.5, (int(rng.integers(4, 7)), 2)) * height
        t = np.linspace(0, len(knots) - 1, 40 * len(knots))
        track = ndimage.map_coordinates(knots, [t[:, None].repeat(2, 1), np.tile([0, 1], (len(t), 1))], order=3)
        force = 0.72 + 0.28 * np.sin(np.linspace(0, rng.uniform(3, 9), len(t)))
        _drawn(pen, track, force * width)
    dot = centre + rng.uniform(-0.5, 0.5, 2) * height
    _drawn(pen, np.linspace(dot, dot + rng.uniform(0.03, 0.06, 2) * height, 12), np.full(12, width))


def _drawn(pen: ImageDraw.ImageDraw, track: Floats, widths: Floats) -> None:
    for (x0, y0), (x1, y1), width in zip(track[:-1], track[1:], widths[1:], strict=True):
        pen.line((x0, y0, x1, y1), fill=255, width=max(1, round(width)))
        pen.ellipse((x1 - width / 2, y1 - width / 2, x1 + width / 2, y1 + width / 2), fill=255)


def _character(rng: np.random.Generator, layer: Image.Image, centre: Floats, height: float, width: float) -> None:
    """A character as a careful hand writes it: slanted, wavy, thin or bold as the pen is."""
    side = int(height)
    font = ImageFont.truetype(str(FONT), int(height * 0.92))
    block = Image.new("L", (side, side), 0)
    ImageDraw.Draw(block).text((side / 2, side / 2), str(rng.choice(list(NAMES))), font=font, fill=255, anchor="mm")
    inside = ndimage.distance_transform_edt(np.asarray(block) > 127)
    spine = (inside > 0) & (inside >= ndimage.maximum_filter(inside, 5) - 0.5)
    y, x = np.mgrid[0:side, 0:side].astype(float)
    slant, rise = rng.uniform(-0.2, 0.2), rng.uniform(0.05, 0.16)
    wave = [ndimage.gaussian_filter(rng.normal(size=(side, side)), side / 9) for _ in range(2)]
    wave = [w / (np.abs(w).max() + 1e-9) * side * 0.06 for w in wave]
    there = [y + rise * (x - side / 2) + wave[0], x + slant * (y - side / 2) + wave[1]]
    near = ndimage.map_coordinates(ndimage.distance_transform_edt(~spine), there, order=1, mode="nearest")
    stroke = np.clip(width / 2 - near + 0.5, 0, 1) * 255
    corner = (int(centre[0] - side / 2), int(centre[1] - side / 2))
    layer.paste(255, corner, Image.fromarray(stroke.astype(np.uint8)))


def _printed_layers(
    rng: np.random.Generator, plan: Plan, size: tuple[int, int]
) -> list[tuple[Floats, tuple[int, int, int]]]:
    layers = []
    if plan.ruled:
        lines = Image.new("L", size, 0)
        pen = ImageDraw.Draw(lines)
        rise = np.tan(np.radians(plan.tilt))
        width = max(1, round(plan.rule_width * FINER))
        for y in range(int(rng.integers(20, 60)) * FINER, size[1] + 200, plan.spacing * FINER):
            pen.line((0, y, size[0], y - rise * size[0]), fill=255, width=width)
        if plan.grid:
            for x in range(int(rng.integers(20, 60)) * FINER, size[0] + 200, plan.spacing * FINER):
                pen.line((x, 0, x + rise * size[1], size[1]), fill=255, width=width)
        layers.append((_small(lines), RULES[plan.ruled]))
    if plan.label or plan.printed:
        words = Image.new("L", size, 0)
        pen = ImageDraw.Draw(words)
        if plan.label:
            font = ImageFont.truetype(str(FONT), int(0.062 * size[1]))
            pen.text((0.04 * size[0], 0.05 * size[1]), "本人签名：", font=font, fill=255)
        if plan.printed:
            _form(rng, pen, plan, size)
        layers.append((_small(words), (44, 44, 48)))
    return layers


def _form(rng: np.random.Generator, pen: ImageDraw.ImageDraw, plan: Plan, size: tuple[int, int]) -> None:
    """Rows of print all over the page, but where the signature goes if there is one."""
    height = int(min(0.03 * size[1], 0.03 * size[0]))
    font = ImageFont.truetype(str(FONT), height)
    free = range(0)
    if plan.pen:
        reach = plan.at[2] * 0.62
        free = range(int((plan.at[1] - reach) * size[1]), int((plan.at[1] + reach) * size[1]))
    for y in range(int(0.04 * size[1]), int(0.95 * size[1]), int(height * 1.9)):
        if y in free or y + height in free:
            continue
        length = int((0.88 if rng.random() < 0.75 else rng.uniform(0.2, 0.7)) * size[0] / height)
        pen.text((0.06 * size[0], y), "".join(rng.choice(list(PROSE), length)), font=font, fill=255)


def _light(rng: np.random.Generator, plan: Plan) -> Floats:
    columns, rows = plan.size
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    slope = rng.uniform(-0.09, 0.09, 2)
    light: Floats = 1 + slope[0] * (x / columns - 0.5) + slope[1] * (y / rows - 0.5)
    if plan.shadow:
        soft = {"soft": 90.0, "hard": 9.0}[plan.shadow]
        angle = rng.uniform(0, np.pi)
        along = (x - rng.uniform(0.3, 0.7) * columns) * np.cos(angle) + (y - 0.5 * rows) * np.sin(angle)
        light *= 1 - 0.42 / (1 + np.exp(-along / soft))
    return light
