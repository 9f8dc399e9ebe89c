"""Handwriting lifted off its paper: how dark, where, and as a transparent picture for the documents."""

import io
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from app.imaging import marks as told
from app.imaging import ruling
from app.imaging.intake import Pixels, decode, shrink
from app.imaging.nearby import closing
from app.imaging.verdicts import limit_of

Field: TypeAlias = npt.NDArray[np.float32]
Shares: TypeAlias = npt.NDArray[np.floating[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]

LONGEST: Final = 1200
"""Longer side, in pixels, of the picture that is looked at, and at most of what is made."""
SMALLEST: Final = 96
"""Shorter side, in pixels, below which nothing is looked for."""
MOST_BYTES: Final = 60_000
COARSE: Final = 4
"""The paper is looked at so many times smaller: it has no detail of its own."""
WIDEST_STROKE: Final = 0.04
"""Of the picture's longer side: dark spots up to this wide lie on the paper, larger ones belong to it (shadow)."""
LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
PAPER_TINT: Final = 0.07
PAPER_LIGHT: Final = 70.0
PAPER_SHADE: Final = 0.42
PAPER_SHARE: Final = 0.94
"""Paper: of one colour (as shares of its lightness) and light (luma, 0 to 255), in shadow too, nearly everywhere."""
BURNT: Final = 245.0
"""Paper as light as this in every channel may be a reflection."""
LIT_SHARE: Final = 0.15
MARGIN: Final = 0.06
"""Around the ink, of the longer side of its box."""
SOFT: Final = 0.12
"""Darkness, as a share of the pen's, below which nothing is drawn: the paper's own noise."""
SHADES: Final = 24
"""Steps of transparency: more are not seen, and do not compress."""


@dataclass(frozen=True)
class Ink:
    """Handwriting found on a picture of at most LONGEST pixels a side.

    `share`: of the picture that strokes cover. `box`: left, top, right, bottom of the strokes in pixels, None without
    handwriting. `lines`: how many ruled lines were taken out, not counting the edges of the sheet. `sideways`: rows of
    print run up or down.
    """

    picture: Pixels
    blank: Field
    darkness: Field
    strokes: Mask
    box: tuple[int, int, int, int] | None
    share: float
    lines: int

    sideways: bool

    @property
    def is_paper(self) -> bool:
        """Whether nearly all of the picture is of one light colour, but for light and shadow."""
        return is_paper(self.blank)

    @property
    def crispness(self) -> float:
        """How much of its darkness a stroke gains within a pixel, where it is sharpest; 0 without strokes."""
        if self.box is None:
            return 0.0
        cut = cut_of(self.box, self.strokes.shape)
        dark, strokes = self.darkness[cut], self.strokes[cut]
        slope = ndimage.gaussian_gradient_magnitude(dark, 1.0)[strokes]
        return float(np.percentile(slope, 90) / np.percentile(dark[strokes], 75))

    @property
    def lightest(self) -> float:
        """How light all but the darkest fifth of the bare paper is in its darkest channel, 0 to 255."""
        return float(np.percentile(self.blank[::4, ::4].min(axis=2), 20))

    @property
    def clear_in_the_light(self) -> bool:
        """Whether strokes run on through the lightest parts of the paper, as dark as elsewhere."""
        lit = self.strokes & (self.blank.min(axis=2) >= BURNT)
        if lit.sum() < LIT_SHARE * self.strokes.sum() or not lit.any():
            return False
        return float(np.median(self.darkness[lit])) > 0.8 * float(np.median(self.darkness[self.strokes]))


def find(image: Image.Image) -> Ink:
    """Look for handwriting on a flat picture of a sheet, or on a photo that shows little else."""
    pixels = np.asarray(shrink(image, LONGEST))
    blank = paper(pixels)
    if min(image.size) < SMALLEST:
        nothing = np.zeros(pixels.shape[:2], dtype=bool)
        return Ink(pixels, blank, darkness(pixels, blank), nothing, None, 0.0, 0, sideways=False)
    ruled = ruling.without_lines(darkness(pixels, blank))
    marks = told.of_ink(told.find_marks(ruled.darkness), ruled.darkness)
    written = told.handwriting(marks, ruled.darkness)
    is_there = told.is_signature(written, pixels.shape[:2], limit_of("no_ink"))
    strokes = (written.labels > 0) & is_there
    box, share = _box(strokes), float(strokes.mean())
    return Ink(pixels, blank, ruled.darkness, strokes, box, share, ruled.count, sideways=told.is_sideways(marks))


def is_paper(blank: Field) -> bool:
    """Whether a picture of the bare paper (rows × columns × 3) is of one light colour nearly everywhere."""
    return paper_share(blank) > PAPER_SHARE


def paper_share(blank: Field) -> float:
    """The share of a picture of the bare paper that has the paper's colour, in light and shadow; 0 when it is dark."""
    ground = blank[::8, ::8].reshape(-1, 3)
    light = ground @ LUMA
    tint = ground / np.maximum(light, 1)[:, None]
    usual = float(np.percentile(light, 90))
    same = (np.abs(tint - np.median(tint, axis=0)).max(axis=1) < PAPER_TINT) & (light > PAPER_SHADE * usual)
    return float(same.mean()) if usual > PAPER_LIGHT else 0.0


def paper(pixels: Pixels) -> Field:
    """The picture as it would be without ink, rows × columns × 3: the light, the shadows and the paper's colour."""
    image = Image.fromarray(pixels)
    small = np.asarray(image.reduce(COARSE)).astype(np.float32)
    width = max(5, round(WIDEST_STROKE * max(image.size) / COARSE)) | 1
    blank = np.stack([closing(small[..., c], width) for c in range(3)], axis=2)
    blank = ndimage.gaussian_filter(blank, (2.0, 2.0, 0))
    channels = [Image.fromarray(blank[..., c]).resize(image.size, Image.Resampling.BICUBIC) for c in range(3)]
    return np.stack([np.asarray(channel) for channel in channels], axis=2)


def darkness(pixels: Pixels, blank: Field) -> Field:
    """How much light the ink takes, 0 on bare paper to 1, whatever the light on the sheet."""
    share = (pixels.astype(np.float32) @ LUMA + 2) / (blank @ LUMA + 2)
    return np.asarray(1 - share, dtype=np.float32)


def lifted(ink: Ink) -> Image.Image | None:
    """The strokes in their own colour on nothing (RGBA), cut to their box with a margin; None without handwriting."""
    if ink.box is None:
        return None
    cut = cut_of(ink.box, ink.strokes.shape)
    near = ndimage.binary_dilation(ink.strokes, np.ones((3, 3)))[cut]
    dark = np.where(near, ink.darkness[cut], 0)
    full = _pen(ink.darkness, ink.strokes)[cut]
    alpha = np.clip((dark / full - SOFT) / (1 - SOFT), 0, 1)
    alpha = np.rint(alpha * SHADES) / SHADES
    colour = _colour(ink, cut, alpha)
    return Image.fromarray(np.dstack([colour, np.rint(alpha * 255).astype(np.uint8)]))


def png(picture: Image.Image, *, most_bytes: int = MOST_BYTES) -> bytes:
    """The RGBA picture as PNG, made smaller until it keeps within `most_bytes`."""
    while True:
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=9)
        if out.tell() <= most_bytes:
            return out.getvalue()
        picture = picture.resize((picture.width * 4 // 5, picture.height * 4 // 5), Image.Resampling.BOX)


def cleaned(found: Ink) -> bytes | None:
    """The handwriting as a transparent PNG of at most 60 KB; None when there is none."""
    picture = lifted(found)
    return None if picture is None else png(picture)


def lifted_off(jpeg: bytes, *, sheet: bool = False) -> bytes:
    """The handwriting of a picture we made ourselves, as `cleaned` gives it; empty where there is none for sure.

    `sheet`: the picture is known to be a sheet; otherwise it must be paper nearly everywhere. Raises PhotoRefused.
    """
    found = find(Image.fromarray(decode(jpeg).pixels))
    return (cleaned(found) or b"") if sheet or found.is_paper else b""


def _box(strokes: Mask) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(strokes.any(axis=1)), np.flatnonzero(strokes.any(axis=0))
    if len(rows) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def cut_of(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the picture that `lifted` cuts out: the box with a margin."""
    left, top, right, bottom = box
    margin = max(4, round(MARGIN * max(right - left, bottom - top)))
    return (
        slice(max(0, top - margin), min(shape[0], bottom + margin)),
        slice(max(0, left - margin), min(shape[1], right + margin)),
    )


def _pen(dark: Field, strokes: Mask) -> Field:
    """How dark the pen is where it covers the paper: the mean of the strokes' middles around each place."""
    overall = float(np.percentile(dark[strokes], 75))
    core = strokes & (dark >= 0.6 * overall)
    weight = _around(core.astype(np.float32)) + 1e-3
    mean = (_around(np.where(core, dark, 0).astype(np.float32)) + 1e-3 * overall) / weight
    return np.asarray(np.clip(mean, 0.6 * overall, 1), dtype=np.float32)


def _around(field: Field) -> Field:
    """Mean over a neighbourhood of about a character."""
    image = Image.fromarray(field)
    small = ndimage.gaussian_filter(np.asarray(image.reduce(8)), 5.0, mode="constant")
    return np.asarray(Image.fromarray(small).resize(image.size, Image.Resampling.BILINEAR))


def _colour(ink: Ink, cut: tuple[slice, slice], alpha: Shares) -> Pixels:
    """The pen's colour on white paper: taken where it covers the paper, and spread from there to the soft edges."""
    ratio = np.clip(ink.picture[cut] / np.maximum(ink.blank[cut], 1), 0, 1)
    core = (alpha > 0.8).astype(np.float32)
    near = ndimage.uniform_filter(core, 13) + 1e-4
    overall = ratio[core > 0].mean(axis=0) if core.any() else np.zeros(3)
    spread = ndimage.uniform_filter(ratio * core[..., None], (13, 13, 1)) + 1e-4 * overall
    steps = np.rint(np.clip(spread / near[..., None], 0, 1) * 15) * 17
    return np.where(alpha[..., None] > 0, steps, 0).astype(np.uint8)
