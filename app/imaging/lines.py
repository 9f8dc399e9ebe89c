"""Long straight edges in a small picture, also very faint ones: many pixels that agree outweigh the noise of each."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field: TypeAlias = npt.NDArray[np.float32]
Floats: TypeAlias = npt.NDArray[np.float64]

ANGLES: Final = 180
SPREAD: Final = 3
"""A pixel votes for the angle of its own gradient and so many degrees to either side."""
RHO_STEP: Final = 1.5
MAX_LINES: Final = 60


@dataclass(frozen=True)
class EdgeField:
    """Derivatives along x and y of L*, a*, b* (rows × columns × 3), and what counts as an edge at each place."""

    across: Field
    down: Field
    reference: Field

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.reference.shape[0], self.reference.shape[1]


@dataclass(frozen=True)
class Lines:
    """Lines x·cos(angle) + y·sin(angle) = offset, the strongest first; pixels with the centre of pixel 0 at 0."""

    angles: Floats
    offsets: Floats
    support: Floats
    """Lines × positions along them, from minus to plus the picture's diagonal: how much of an edge is there, 0 to 1."""


def edge_field(lab: Field, *, sigma: float = 1.2) -> EdgeField:
    """Gaussian derivatives, with the local busyness against which an edge has to stand out."""
    smooth = ndimage.gaussian_filter(lab, (sigma, sigma, 0))
    across = np.zeros_like(smooth)
    down = np.zeros_like(smooth)
    across[:, 1:-1] = (smooth[:, 2:] - smooth[:, :-2]) / 2
    down[1:-1] = (smooth[2:] - smooth[:-2]) / 2
    strength = np.sqrt(np.sum(across**2 + down**2, axis=2))
    noise = float(np.median(strength)) + 0.02
    busy = ndimage.uniform_filter(strength, 25)
    reference = np.sqrt((1.6 * noise) ** 2 * 0.25 + (0.6 * busy) ** 2 + 0.08**2).astype(np.float32)
    return EdgeField(across, down, reference)


def find_lines(field: EdgeField) -> Lines:
    """A Hough vote in which faint and strong edges count nearly alike, once they stand out of their neighbourhood.

    The whole picture votes, and so does each of five parts of it: there the side of a card need not compete with the
    longer lines of boards, tiles and printed rows. Of what they elect those stay that have the best unbroken stretch.
    """
    rows, columns, angle, weight = _voters(field)
    index, cell, votes, diagonal = _ballots(field, rows, columns, angle, weight)
    height, width = field.shape
    elected = []
    for left, top, right, bottom, seats in _PARTS:
        within = (
            (columns >= left * width) & (columns <= right * width) & (rows >= top * height) & (rows <= bottom * height)
        )
        elected.append(_elect(index[:, within], cell[:, within], votes[:, within], diagonal, seats))
    angles = np.concatenate([lines.angles for lines in elected])
    offsets = np.concatenate([lines.offsets for lines in elected])
    return _best_stretches(field, *_without_doubles(angles, offsets))


_PARTS: Final = (
    (0.0, 0.0, 1.0, 1.0, 44),
    (0.0, 0.0, 0.6, 0.6, 14),
    (0.4, 0.0, 1.0, 0.6, 14),
    (0.0, 0.4, 0.6, 1.0, 14),
    (0.4, 0.4, 1.0, 1.0, 14),
    (0.2, 0.2, 0.8, 0.8, 16),
)
"""Left, top, right, bottom in shares of the picture, and how many lines the part may elect."""

Indices: TypeAlias = npt.NDArray[np.int64]


def _ballots(
    field: EdgeField, rows: Floats, columns: Floats, angle: Floats, weight: Floats
) -> tuple[Indices, Indices, Floats, float]:
    """For each turn and pixel the angle index, the offset cell and the weight of its vote; the picture's diagonal."""
    diagonal = float(np.hypot(*field.shape))
    turns = np.arange(-SPREAD, SPREAD + 1)[:, None]
    index = (np.rint(np.degrees(angle)).astype(int)[None] + turns) % ANGLES
    table = np.radians(np.arange(ANGLES))
    cosine, sine = np.cos(table) / RHO_STEP, np.sin(table) / RHO_STEP
    cell = (columns * cosine[index] + rows * sine[index] + (diagonal / RHO_STEP + 0.5)).astype(int)
    return index, cell, weight * np.exp(-0.5 * (turns / 2.5) ** 2), diagonal


def _elect(index: Indices, cell: Indices, votes: Floats, diagonal: float, seats: int) -> Lines:
    bins = int(2 * diagonal / RHO_STEP) + 3
    counted = np.bincount((index * bins + cell).reshape(-1), weights=votes.reshape(-1), minlength=ANGLES * bins)
    return _peaks(counted.reshape(ANGLES, bins).astype(float), diagonal, seats)


def _without_doubles(angles: Floats, offsets: Floats) -> tuple[Floats, Floats]:
    """The first of each group of nearly equal lines."""
    turn = np.abs(angles[:, None] - angles[None])
    mirrored = turn > np.pi / 2
    gap = np.abs(offsets[:, None] - np.where(mirrored, -1, 1) * offsets[None])
    same = (np.where(mirrored, np.pi - turn, turn) < np.radians(1.6)) & (gap < 2.5)
    first = ~np.any(np.tril(same, -1), axis=1)
    return angles[first], offsets[first]


def _best_stretches(field: EdgeField, angles: Floats, offsets: Floats) -> Lines:
    """The MAX_LINES lines with the most support on a stretch as long as a card's side may be."""
    reach = int(np.hypot(*field.shape)) + 2
    positions = np.arange(-reach, reach + 1, dtype=float)
    support = np.array([support_along(field, a, o, positions) for a, o in zip(angles, offsets, strict=True)])
    if len(support) == 0:
        return Lines(angles, offsets, support.reshape(0, len(positions)))
    worth = np.zeros(len(support))
    for length in (50, 90, 160):
        worth += ndimage.uniform_filter1d(support, length, axis=1).max(axis=1)
    order = np.argsort(-worth, kind="stable")[:MAX_LINES]
    return Lines(angles[order], offsets[order], support[order])


def _voters(field: EdgeField) -> tuple[Floats, Floats, Floats, Floats]:
    """Thin edge pixels: row, column, direction of the gradient (0 to π) and weight."""
    across, down, strength = principal(field)
    relative = strength / field.reference
    angle = np.arctan2(down, across)
    step_x, step_y = np.rint(np.cos(angle)).astype(int), np.rint(np.sin(angle)).astype(int)
    rows, columns = np.nonzero(relative > 0.8)
    inner = (rows > 1) & (rows < strength.shape[0] - 2) & (columns > 1) & (columns < strength.shape[1] - 2)
    rows, columns = rows[inner], columns[inner]
    sx, sy = step_x[rows, columns], step_y[rows, columns]
    here = strength[rows, columns]
    thin = (here >= strength[rows + sy, columns + sx]) & (here >= strength[rows - sy, columns - sx])
    rows, columns = rows[thin], columns[thin]
    ratio = relative[rows, columns].astype(float)
    weight = ratio**2 / (ratio**2 + 2.0)
    return rows.astype(float), columns.astype(float), np.mod(angle[rows, columns], np.pi).astype(float), weight


def principal(field: EdgeField) -> tuple[Field, Field, Field]:
    """Direction and strength of the strongest change over the three channels (Di Zenzo 1986)."""
    xx = np.sum(field.across**2, axis=2)
    yy = np.sum(field.down**2, axis=2)
    xy = np.sum(field.across * field.down, axis=2)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    spread = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    strength = np.sqrt(np.maximum(0, (xx + yy + spread) / 2))
    return np.cos(angle), np.sin(angle), strength


def _peaks(votes: Floats, diagonal: float, seats: int) -> Lines:
    # angle 180° is angle 0° with the offset mirrored: continue the table on both sides before smoothing
    pad = 4
    whole = np.concatenate([votes[-pad:, ::-1], votes, votes[:pad, ::-1]])
    whole = ndimage.gaussian_filter(whole, (0.8, 0.8))
    largest = ndimage.maximum_filter(whole, (5, 7))
    peak = ((whole == largest) & (whole > 2.0))[pad:-pad]
    angle_index, cell = np.nonzero(peak)
    order = np.argsort(-whole[pad:-pad][angle_index, cell], kind="stable")[:seats]
    offsets = cell[order] * RHO_STEP - diagonal
    return Lines(np.radians(angle_index[order].astype(float)), offsets.astype(float), np.zeros((0, 0)))


def support_along(field: EdgeField, angle: float, offset: float, positions: Floats) -> Floats:
    """How much of an edge there is on the line at each position along it, 0 to 1; outside the picture 0."""
    normal = np.array([np.cos(angle), np.sin(angle)])
    along = np.array([-normal[1], normal[0]])
    best = np.zeros(positions.shape)
    for shift in (-1.0, 0.0, 1.0):
        x = np.rint((offset + shift) * normal[0] + positions * along[0]).astype(int)
        y = np.rint((offset + shift) * normal[1] + positions * along[1]).astype(int)
        inside = (x >= 0) & (y >= 0) & (x < field.shape[1]) & (y < field.shape[0])
        xi, yi = x[inside], y[inside]
        across, down = field.across[yi, xi], field.down[yi, xi]
        step = np.sqrt(np.sum((across * normal[0] + down * normal[1]) ** 2, axis=1))
        slip = np.sum((across * along[0] + down * along[1]) ** 2, axis=1)
        ratio = step / field.reference[yi, xi]
        value = ratio**2 / (ratio**2 + 1.5) * step**2 / (step**2 + slip + 1e-6)
        best[inside] = np.maximum(best[inside], value)
    return best
