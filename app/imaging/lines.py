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
LEAST_ACROSS: Final = 14
"""So many lines at least run across the others: on stripes and boards two sides of a card would have no seat."""
ACROSS: Final = np.radians(40)


@dataclass(frozen=True)
class EdgeField:
    """How L*, a*, b* change at each place, summed over the three: squares along x, along y, their product.

    `reference` is what counts as an edge there. All rows × columns, in ΔE per pixel, or its square.
    """

    across: Field
    down: Field
    both: Field
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
    xx, yy, xy = (np.zeros(lab.shape[:2], dtype=np.float32) for _ in range(3))
    for channel in range(3):
        smooth = ndimage.gaussian_filter(np.ascontiguousarray(lab[..., channel]), sigma)
        across, down = np.zeros_like(smooth), np.zeros_like(smooth)
        across[:, 1:-1] = (smooth[:, 2:] - smooth[:, :-2]) / 2
        down[1:-1] = (smooth[2:] - smooth[:-2]) / 2
        xx += across * across
        yy += down * down
        xy += across * down
    strength = np.sqrt(xx + yy)
    noise = float(np.median(strength)) + 0.02
    busy = ndimage.uniform_filter(strength, 25)
    reference = np.sqrt((1.6 * noise) ** 2 * 0.25 + (0.6 * busy) ** 2 + 0.08**2).astype(np.float32)
    return EdgeField(xx, yy, xy, reference)


def find_lines(field: EdgeField) -> Lines:
    """A Hough vote in which faint and strong edges count nearly alike, once they stand out of their neighbourhood.

    The whole picture votes, and so does each of five parts of it: there the side of a card need not compete with the
    longer lines of boards, tiles and printed rows. Of what they elect those stay that have the best unbroken stretch.
    """
    rows, columns, angle, weight = _voters(field)
    ballots, votes = _ballots(field, rows, columns, angle, weight)
    height, width = field.shape
    diagonal = float(np.hypot(height, width))
    elected = []
    for left, top, right, bottom, seats in _PARTS:
        within = (
            (columns >= left * width) & (columns <= right * width) & (rows >= top * height) & (rows <= bottom * height)
        )
        elected.append(_elect(ballots[within], votes[within], diagonal, seats))
    most = np.concatenate([lines.angles for lines in elected])
    if len(most) > MAX_LINES and np.count_nonzero(_across(most, most)) < LEAST_ACROSS:
        across = _across(angle, most)
        elected.append(_elect(ballots[across], votes[across], diagonal, LEAST_ACROSS))
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


def _ballots(field: EdgeField, rows: Floats, columns: Floats, angle: Floats, weight: Floats) -> tuple[Indices, Floats]:
    """For each pixel and turn the cell of the table (angle after angle, _cells each) and the weight of its vote."""
    diagonal = float(np.hypot(*field.shape))
    turns = np.arange(-SPREAD, SPREAD + 1)
    index = (np.rint(np.degrees(angle)).astype(int)[:, None] + turns) % ANGLES
    table = np.radians(np.arange(ANGLES))
    cosine, sine = np.cos(table) / RHO_STEP, np.sin(table) / RHO_STEP
    cell = columns[:, None] * cosine[index] + rows[:, None] * sine[index] + (diagonal / RHO_STEP + 0.5)
    return index * _cells(diagonal) + cell.astype(int), weight[:, None] * np.exp(-0.5 * (turns / 2.5) ** 2)


def _cells(diagonal: float) -> int:
    return int(2 * diagonal / RHO_STEP) + 3


def _elect(ballots: Indices, votes: Floats, diagonal: float, seats: int) -> Lines:
    cells = _cells(diagonal)
    counted = np.bincount(ballots.reshape(-1), weights=votes.reshape(-1), minlength=ANGLES * cells)
    return _peaks(counted.reshape(ANGLES, cells).astype(np.float32), diagonal, seats)


def _across(angles: Floats, most: Floats) -> npt.NDArray[np.bool_]:
    """Which of the angles run across the direction that most lines have."""
    way = np.angle(np.exp(2j * most).sum()) / 2
    return np.asarray(np.abs(np.mod(angles - way + np.pi / 2, np.pi) - np.pi / 2) > ACROSS)


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
    support = support_along(field, angles, offsets, np.arange(-reach, reach + 1, dtype=float))
    if len(support) == 0:
        return Lines(angles, offsets, support)
    worth = np.zeros(len(support))
    for length in (50, 90, 160):
        worth += ndimage.uniform_filter1d(support, length, axis=1).max(axis=1)
    order = np.argsort(-worth, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    across = order[_across(angles[order], angles)][:LEAST_ACROSS]
    rank[across[rank[across] >= MAX_LINES]] -= len(order)  # these go before the last that run along
    order = np.sort(np.argsort(rank, kind="stable")[:MAX_LINES])
    order = order[np.argsort(-worth[order], kind="stable")]
    return Lines(angles[order], offsets[order], support[order])


def _voters(field: EdgeField) -> tuple[Floats, Floats, Floats, Floats]:
    """Thin edge pixels: row, column, direction of the gradient (0 to π) and weight."""
    strength = strongest(field)
    relative = strength / field.reference
    rows, columns = np.nonzero(relative[2:-2, 2:-2] > 0.8)
    rows, columns = rows + 2, columns + 2
    angle = _direction(field, rows, columns)
    step_x, step_y = np.rint(np.cos(angle)).astype(int), np.rint(np.sin(angle)).astype(int)
    here = strength[rows, columns]
    thin = (here >= strength[rows + step_y, columns + step_x]) & (here >= strength[rows - step_y, columns - step_x])
    rows, columns = rows[thin], columns[thin]
    ratio = relative[rows, columns].astype(float)
    weight = ratio**2 / (ratio**2 + 2.0)
    return rows.astype(float), columns.astype(float), np.mod(angle[thin], np.pi).astype(float), weight


def strongest(field: EdgeField) -> Field:
    """Strength of the strongest change over the three channels, whatever its direction (Di Zenzo 1986)."""
    spread = np.sqrt((field.across - field.down) ** 2 + 4 * field.both**2)
    strength: Field = np.sqrt((field.across + field.down + spread) / 2)
    return strength


def _direction(field: EdgeField, rows: Indices, columns: Indices) -> Field:
    """In which direction it is the strongest, from -π/2 to π/2."""
    across, down, both = field.across[rows, columns], field.down[rows, columns], field.both[rows, columns]
    angle: Field = 0.5 * np.arctan2(2 * both, across - down)
    return angle


def _peaks(votes: Field, diagonal: float, seats: int) -> Lines:
    # angle 180° is angle 0° with the offset mirrored: continue the table on both sides before smoothing
    pad = 4
    whole = np.concatenate([votes[-pad:, ::-1], votes, votes[:pad, ::-1]])
    whole = ndimage.gaussian_filter(whole, (0.8, 0.8))
    angle_index, cell = _largest_nearby(whole[pad - 2 : 2 - pad], 2.0)
    order = np.argsort(-whole[angle_index + pad, cell], kind="stable")[:seats]
    offsets = cell[order] * RHO_STEP - diagonal
    return Lines(np.radians(angle_index[order].astype(float)), offsets.astype(float), np.zeros((0, 0)))


_NEIGHBOURS: Final = sorted(
    ((row, column) for row in range(-2, 3) for column in range(-3, 4) if (row, column) != (0, 0)),
    key=lambda place: abs(place[0]) + abs(place[1]),
)


def _largest_nearby(table: Field, least: float) -> tuple[Indices, Indices]:
    """Row (less 2) and column of what is above `least` and not less than any of its 5 × 7 neighbours.

    Few places are above it, and most of those are soon told from a peak by the nearest neighbours.
    """
    framed = np.pad(table, ((0, 0), (3, 3)))
    width = framed.shape[1]
    flat = framed.reshape(-1)
    places = np.flatnonzero(framed[2:-2] > least) + 2 * width
    for row, column in _NEIGHBOURS:
        places = places[flat[places] >= flat[places + (row * width + column)]]
    rows, columns = np.divmod(places, width)
    return rows - 2, columns - 3


def support_along(field: EdgeField, angles: Floats, offsets: Floats, positions: Floats) -> Floats:
    """How much of an edge there is on each line at each position along it, 0 to 1; outside the picture 0.

    Lines × positions. A pixel to either side counts as well; a change that runs along the line does not.
    """
    rows, columns = field.shape
    cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = offsets[:, None] * cosine - positions * sine, offsets[:, None] * sine + positions * cosine
    line, position = np.nonzero((x > -1.5) & (y > -1.5) & (x < columns + 0.5) & (y < rows + 0.5))
    x, y, cosine, sine = x[line, position], y[line, position], cosine[line, 0], sine[line, 0]
    weights = [each.astype(np.float32) for each in (cosine**2, 2 * cosine * sine, sine**2)]
    planes = [np.pad(plane, 3).reshape(-1) for plane in (field.across, field.both, field.down)]
    needed = np.pad(1.5 * field.reference**2, 3, constant_values=1).reshape(-1)
    best = np.zeros(len(line), dtype=np.float32)
    for shift in (-1.0, 0.0, 1.0):
        column, row = np.rint(x + shift * cosine).astype(int) + 3, np.rint(y + shift * sine).astype(int) + 3
        place = row * (columns + 6) + column
        across, both, down = (plane[place] for plane in planes)
        step = weights[0] * across + weights[1] * both + weights[2] * down
        best = np.maximum(best, step * step / ((step + needed[place]) * (across + down + np.float32(1e-6))))
    support = np.zeros((len(angles), len(positions)))
    support[line, position] = best
    return support
