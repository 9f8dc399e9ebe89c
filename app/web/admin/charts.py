"""Charts as SVG shapes, worked out on the server: places and lengths as attributes, colours by the sheet's classes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

WIDTH, NARROW, HEIGHT = 620, 320, 226
"""As wide as the column a picture stands in, so that its words keep their size."""
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 24, 26
ROW_HEIGHT = 30
BAR_HEIGHT = 22
LABEL_WIDTH = 130
LABEL_UNITS = 21
"""So many half-width characters of a name fit before its bar."""
SHARE_WIDTH, NUMBER_WIDTH, PARTS_WIDTH = 90, 50, 190
"""What is left for numbers behind the longest bar."""
OUTLINE = 2
RULES = 4
LABELS_AT_MOST = 10


@dataclass(frozen=True)
class Bar:
    """A rectangle with its class."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True)
class Text:
    """Words at a place; `anchor` as SVG has it."""

    x: float
    y: float
    words: str
    anchor: str = "start"


@dataclass(frozen=True)
class Chart:
    """What the template draws."""

    width: int
    height: int
    bars: list[Bar]
    texts: list[Text]
    rules: list[float]
    curve: str = ""
    """The path of a line."""
    spots: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Parts:
    """One lying bar in three parts: what went on in full colour, what is under way in outline, what ended in grey."""

    name: str
    on: int
    under_way: int
    ended: int
    words: str
    """What is said of those that ended, at the right edge."""

    @property
    def whole(self) -> int:
        return self.on + self.under_way + self.ended


def columns(names: list[str], first: list[int], second: list[int]) -> Chart:
    """Two columns for each name, beside each other; the highest reaches the top rule."""
    highest = _round_up(max([1, *first, *second]))
    room = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    wide = max(1.0, room * 0.4)
    bars, texts = [], []
    floor = HEIGHT - BOTTOM
    every = -(-len(names) // LABELS_AT_MOST)
    for place, name in enumerate(names):
        x = LEFT + place * room
        for value, shift, kind in ((first[place], 0.08, "bar"), (second[place], 0.5, "bar2")):
            tall = (floor - TOP) * value / highest
            bars.append(Bar(round(x + room * shift, 1), round(floor - tall, 1), round(wide, 1), round(tall, 1), kind))
        if place % every == 0:
            texts.append(Text(round(x + room / 2, 1), HEIGHT - 8, name, "middle"))
    rules, scale = _scale(highest)
    return Chart(WIDTH, HEIGHT, bars, texts + scale, rules)


def line(names: list[str], values: list[int], *, width: int = NARROW) -> Chart:
    """One line through a value for each name."""
    highest = _round_up(max([1, *values]))
    room, floor = (width - LEFT - RIGHT) / max(1, len(names)), HEIGHT - BOTTOM
    spots = [
        (round(LEFT + (place + 0.5) * room, 1), round(floor - (floor - TOP) * value / highest, 1))
        for place, value in enumerate(values)
    ]
    every = -(-len(names) // (LABELS_AT_MOST * width // WIDTH))
    texts = [
        Text(x, HEIGHT - 8, name, "middle")
        for place, (name, (x, _y)) in enumerate(zip(names, spots, strict=True))
        if place % every == 0
    ]
    rules, scale = _scale(highest)
    curve = "M" + "L".join(f"{x} {y}" for x, y in spots) if spots else ""
    return Chart(width, HEIGHT, [], texts + scale, rules, curve, spots)


def _scale(highest: int) -> tuple[list[float], list[Text]]:
    floor = HEIGHT - BOTTOM
    rules = [round(floor - (floor - TOP) * step / RULES, 1) for step in range(RULES + 1)]
    return rules, [Text(LEFT - 8, y + 4, str(highest * step // RULES), "end") for step, y in enumerate(rules)]


def rows(lines: list[tuple[str, int]], whole: int, *, width: int = NARROW) -> Chart:
    """One bar lying for each line, with its number and its share of the whole."""
    highest = max([1, *(value for _name, value in lines)])
    bars, texts = [], []
    for place, (name, value) in enumerate(lines):
        y, length = place * ROW_HEIGHT + 4, _length(value, highest, width - SHARE_WIDTH)
        bars.append(Bar(LABEL_WIDTH, y, length, BAR_HEIGHT, "bar"))
        share = f"{100 * value / max(1, whole):.0f}%"
        texts += [Text(0, y + 16, shortened(name)), Text(LABEL_WIDTH + length + 8, y + 16, f"{value:,} · {share}")]
    return Chart(width, ROW_HEIGHT * len(lines) + 4, bars, texts, [])


def pairs(lines: list[tuple[str, int, int]], *, width: int = NARROW) -> Chart:
    """Two bars lying under each other for each line, each with its number."""
    highest = max([1, *(value for _name, *both in lines for value in both)])
    bars, texts = [], []
    for place, (name, *both) in enumerate(lines):
        y, half = place * ROW_HEIGHT + 4, BAR_HEIGHT / 2
        texts.append(Text(0, y + 16, shortened(name)))
        for below, (value, kind) in enumerate(zip(both, ("bar", "bar2"), strict=True)):
            length = _length(value, highest, width - NUMBER_WIDTH)
            bars.append(Bar(LABEL_WIDTH, y + below * half, length, half, kind))
            texts.append(Text(LABEL_WIDTH + length + 8, y + 10 + below * (half + 1), f"{value:,}"))
    return Chart(width, ROW_HEIGHT * len(lines) + 4, bars, texts, [])


def funnel(lines: list[Parts]) -> Chart:
    """One bar for each stage, as long as so many came to it, its parts beside each other, what ended there last."""
    highest = max([1, *(one.whole for one in lines)])
    bars, texts = [], []
    for place, one in enumerate(lines):
        y, x = place * ROW_HEIGHT + 4, float(LABEL_WIDTH)
        for value, kind in ((one.on, "bar"), (one.under_way, "curve"), (one.ended, "bar2")):
            length = _length(value, highest, WIDTH - PARTS_WIDTH)
            inset = OUTLINE / 2 if kind == "curve" else 0
            if length > 2 * inset:
                inner = round(length - 2 * inset, 1)
                bars.append(Bar(round(x + inset, 1), y + inset, inner, BAR_HEIGHT - 2 * inset, kind))
            x += length
        share = f"{100 * one.whole / highest:.0f}%"
        texts += [Text(0, y + 16, shortened(one.name)), Text(round(x + 8, 1), y + 16, f"{one.whole:,} · {share}")]
        texts += [Text(WIDTH, y + 16, one.words, "end")] if one.ended else []
    return Chart(WIDTH, ROW_HEIGHT * len(lines) + 4, bars, texts, [])


def _length(value: int, highest: int, right: int) -> float:
    return round((right - LABEL_WIDTH) * value / highest, 1)


def shortened(name: str) -> str:
    """A name that fits before its bar; Chinese characters are twice as wide as letters."""
    used, fits = 0, 0
    for letter in name:
        used += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        fits += used <= LABEL_UNITS - 2  # the dots take two
    return name if used <= LABEL_UNITS else f"{name[:fits]}…"


def _round_up(value: int) -> int:
    """The next number that divides well by the rules: 4, 8, 20, 40, 80, 200…"""
    for power in range(12):
        for first in (1, 2, 5):
            if (rounded := first * 10**power * RULES) >= value:
                return rounded
    return value
