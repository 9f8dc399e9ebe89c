"""Charts as SVG shapes, worked out on the server: places and lengths as attributes, colours by the sheet's classes."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, HEIGHT = 620, 226
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 24, 26
ROW_HEIGHT = 30
BAR_HEIGHT = 22
LABEL_WIDTH = 130
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
    rules = [round(floor - (floor - TOP) * step / RULES, 1) for step in range(RULES + 1)]
    texts += [Text(LEFT - 8, y + 4, str(highest * step // RULES), "end") for step, y in enumerate(rules)]
    return Chart(WIDTH, HEIGHT, bars, texts, rules)


def rows(lines: list[tuple[str, int]]) -> Chart:
    """One bar lying for each line, with its number and its share of the first."""
    highest = max([1, *(value for _name, value in lines)])
    bars, texts = [], []
    for place, (name, value) in enumerate(lines):
        y = place * ROW_HEIGHT + 4
        length = round((WIDTH - LABEL_WIDTH - 110) * value / highest, 1)
        bars.append(Bar(LABEL_WIDTH, y, length, BAR_HEIGHT, "bar"))
        share = f"{100 * value / highest:.0f}%"
        texts += [Text(0, y + 16, name), Text(LABEL_WIDTH + length + 8, y + 16, f"{value:,} · {share}")]
    return Chart(WIDTH, ROW_HEIGHT * len(lines) + 4, bars, texts, [])


def _round_up(value: int) -> int:
    """The next number that divides well by the rules: 4, 8, 20, 40, 80, 200…"""
    for power in range(12):
        for first in (1, 2, 5):
            if (rounded := first * 10**power * RULES) >= value:
                return rounded
    return value
