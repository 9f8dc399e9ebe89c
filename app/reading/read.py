"""One prepared picture is read: its number line first, which tells what it is and which way up, then the rest."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from PIL import Image

from app.reading import fields
from app.reading.engine import CARD_SIDE, PHOTO_SIDE, Picture, Text, loaded
from app.reading.fields import Value
from app.reading.lines import Line, Print
from app.reading.outcome import NUMBER_DOWN, Field, Reading

LONG_LINE: Final = 0.2
"""Of the width of a card: a line with a number or two dates in it is at least so long."""
MANY_TIMES: Final = 5.0
"""So many times its height long is such a line in a photo of which the card is only a part."""
MOST_LINES: Final = 10
"""So many of the longest lines are looked at in search of a number."""
ROWS_APART: Final = 2.2
"""Of a line's height: so far apart at most are the middles of two rows of one number."""
NUMBERS: Final = {"id_portrait": "id_number", "bank_card": "card_number"}


@dataclass(frozen=True)
class Key:
    """The line that tells what the card is: its fields, and the way it is read."""

    kind: str
    line: Line
    fields: dict[str, Field]

    @property
    def weight(self) -> tuple[bool, float]:
        """The one that passes its check is believed, then the clearer one."""
        return all(one.checked for one in self.fields.values()), min(one.confidence for one in self.fields.values())


def read(jpeg: bytes, slot: str, *, flat: bool) -> Reading:
    """Read a picture of our own making for a slot; `flat`: it is the card and nothing else.

    Raises NotLoaded where the library is missing.
    """
    engine = loaded()
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        picture: Picture = np.ascontiguousarray(np.asarray(image.convert("RGB"))[..., ::-1])
    page = Print(engine, picture, CARD_SIDE if flat else PHOTO_SIDE)
    key = _key(page, slot, flat=flat)
    if key is None:
        return Reading("", None, {})
    turns = turns_of(key.line)
    if not flat or turns % 2:
        return Reading(key.kind, turns, key.fields)
    return Reading(key.kind, turns, {**_beside(page, key), **key.fields})


def turns_of(line: Line) -> int:
    """Clockwise quarter turns after which the line runs from left to right."""
    along = line.corners[1] - line.corners[0]
    return int(np.rint(-np.degrees(np.arctan2(along[1], along[0])) / 90)) % 4


# -- the number line --------------------------------------------------------------------------------------------------


def _key(page: Print, slot: str, *, flat: bool) -> Key | None:
    """The line with the number or the dates, read from whichever end makes sense of it."""
    found: list[Key] = []
    for way in (lambda line: line, Line.reversed):
        for line in _long(page, slot, flat=flat, way=way):
            found += _keys(page, line, slot)
            if flat and found and found[-1].weight[0]:
                return found[-1]
        right = [key for key in found if key.weight[0]]
        if right:
            return _meant(right, slot)
        if found and found[-1].weight[1] > fields.SURE:
            break
    two = _two_rows(page) if slot == "bank_card" and flat else None
    return two or max(found, key=lambda key: key.weight, default=None)


def _meant(right: list[Key], slot: str) -> Key:
    """Several cards may be on a photo that was not cropped: the slot's kind is meant; two such are not believed."""
    own = [key for key in right if key.kind == slot] or right
    if len({tuple(field.value for field in key.fields.values()) for key in own}) == 1:
        return own[0]
    return replace(own[0], fields={name: replace(one, checked=False) for name, one in own[0].fields.items()})


def _two_rows(page: Print) -> Key | None:
    """A card that stands on its short side may print its number in two rows, one closely below the other."""
    rows = [(line, page.says(line)) for line in page.lines if line.width > LONG_LINE * page.picture.shape[1]]
    parts = [(line, text) for line, text in rows if fields.is_part_of_number(text.words)]
    for (upper, first), (lower, second) in pairwise(sorted(parts, key=lambda part: float(part[0].middle[1]))):
        apart = float(lower.middle[1] - upper.middle[1]) / max(upper.height, 1.0)
        joined = Text(first.words + second.words, first.sureness + second.sureness)
        value = fields.card_number(joined.words) if 0.8 < apart < ROWS_APART else None
        if value is not None and value.checked:
            both = Line(np.stack([upper.corners[0], upper.corners[1], lower.corners[2], lower.corners[3]]))
            return Key("bank_card", both, {"card_number": _field(page, both, joined, value)})
    return None


def _long(page: Print, slot: str, *, flat: bool, way: Callable[[Line], Line]) -> list[Line]:
    """Lines that may hold a number: on a flat card those nearest to where the slot's stands, else the longest."""
    height, width = page.picture.shape[:2]
    if not flat:
        long = [line for line in page.lines if line.width > MANY_TIMES * line.height]
        return [way(line) for line in sorted(long, key=lambda line: -line.width)[:MOST_LINES]]
    long = [way(line) for line in page.lines if line.width > LONG_LINE * width]

    def away(line: Line) -> float:
        down = float(line.middle[1]) / height
        along = line.corners[1] - line.corners[0]
        return abs((down if along[0] > 0 else 1 - down) - NUMBER_DOWN[slot])

    return sorted(long, key=away)[:MOST_LINES]


def _keys(page: Print, line: Line, slot: str) -> Iterator[Key]:
    """What the line is the key of; a number that fails its check is looked at once more, with its whole row."""
    for tried in (page.whole_row(line), line):
        text = page.says(tried)
        key = _key_of(page, tried, text, slot)
        if key is not None:
            yield key
        if key is None or key.weight[0]:
            return


def _key_of(page: Print, line: Line, text: Text, slot: str) -> Key | None:
    """A number that passes the check of one kind is of that kind; one that passes none is what the slot asks for."""
    between = fields.validity(text.words)
    if between is not None:
        names = zip(("valid_from", "valid_to"), between, strict=True)
        return Key("id_emblem", line, {name: _field(page, line, text, value) for name, value in names if value.text})
    numbers = {"id_portrait": fields.id_number(text.words), "bank_card": fields.card_number(text.words)}
    found = {kind: value for kind, value in numbers.items() if value is not None}
    right = [kind for kind, value in found.items() if value.checked]
    kind = next(iter([*right, *([slot] if slot in found else []), *found]), None)
    if kind is None:
        return None
    return Key(kind, line, {NUMBERS[kind]: _field(page, line, text, found[kind])})


def _field(page: Print, line: Line, text: Text, value: Value) -> Field:
    sure = _sureness(text, value)
    is_number = value.text.isascii()
    checked = value.checked and sum(sure) / len(sure) >= fields.SURE and (not is_number or min(sure) >= fields.SUREST)
    return Field(value.text, text.words, round(sum(sure) / len(sure), 4), checked, line.box(page.picture))


def _sureness(text: Text, value: Value) -> list[float]:
    """Of the characters of the value; 0 where the recogniser did not tell."""
    if len(text.sureness) != len(text.words):
        return [0.0]
    first, last = value.at
    said = zip(text.words[first:last], text.sureness[first:last], strict=True)
    return [sure for letter, sure in said if not letter.isspace()] or [0.0]


# -- the rest ---------------------------------------------------------------------------------------------------------


def _beside(page: Print, key: Key) -> dict[str, Field]:
    """The other fields of a flat card whose way up is known."""
    readers = {"id_portrait": _portrait, "id_emblem": _emblem, "bank_card": _bank}
    upside_down = turns_of(key.line) == 2
    height, width = page.picture.shape[:2]
    lines = [line.reversed() if upside_down else line for line in page.lines]
    placed = [Placed(line, *_place(line, width, height, upside_down=upside_down)) for line in lines]
    return dict(readers[key.kind](page, placed))


@dataclass(frozen=True)
class Placed:
    """A line of an upright card and where it stands, in shares: its left and right end and its middle down."""

    line: Line
    left: float
    right: float
    down: float


def _place(line: Line, width: int, height: int, *, upside_down: bool) -> tuple[float, float, float]:
    xs = line.corners[:, 0] / width
    down = float(line.middle[1]) / height
    if upside_down:
        return float(1 - xs.max()), float(1 - xs.min()), 1 - down
    return float(xs.min()), float(xs.max()), down


def _portrait(page: Print, placed: list[Placed]) -> Iterator[tuple[str, Field]]:
    """GA 448-2013: name, sex and nation, birth, address below each other, left of the person."""
    rows = [one for one in placed if one.left < 0.26 and 0.16 < one.right < 0.68 and one.down < 0.80]
    address: list[tuple[Line, Text]] = []
    for one in sorted(rows, key=lambda one: one.down):
        text = page.says(one.line)
        for name, found in (("name", fields.name), ("sex", fields.sex), ("birth", fields.birth)):
            value = found(text.words) if _is_there(name, one.down) else None
            if value is not None:
                yield name, _field(page, one.line, text, value)
        if one.down > 0.46 and text.words:
            address.append((one.line, text))
    if address:
        yield "address", _joined(page, address)


def _is_there(name: str, down: float) -> bool:
    """Whether a row so far down the portrait side may be that field."""
    first, last = {"name": (0.05, 0.24), "sex": (0.18, 0.36), "birth": (0.29, 0.49)}[name]
    return first < down < last


def _joined(page: Print, parts: list[tuple[Line, Text]]) -> Field:
    words = "".join(text.words.removeprefix("住址") for _line, text in parts)
    sure = [one for _line, text in parts for one in text.sureness] or [0.0]
    corners = np.concatenate([line.corners for line, _text in parts])
    low, high = corners.min(axis=0), corners.max(axis=0)
    around = np.array([low, [high[0], low[1]], high, [low[0], high[1]]], np.float32)
    box = Line(around).box(page.picture)
    return Field(words, words, round(sum(sure) / len(sure), 4), False, box)


def _emblem(page: Print, placed: list[Placed]) -> Iterator[tuple[str, Field]]:
    """The authority stands above the validity, right of its label."""
    for one in placed:
        if 0.60 < one.down < 0.80 and one.right > 0.40:
            text = page.says(one.line)
            words = text.words.removeprefix("签发机关").strip()
            if words:
                yield "authority", _field(page, one.line, text, Value(words, False, (0, len(text.words))))


def _bank(page: Print, placed: Iterable[Placed]) -> Iterator[tuple[str, Field]]:
    """The bank's name, where one is printed: the largest line that says so."""
    for one in sorted(placed, key=lambda one: one.line.height * one.line.width):
        if one.right - one.left > 0.12 and one.down < 0.45:
            text = page.says(one.line)
            if any(word in text.words for word in ("银行", "信用社", "信用联社")):
                yield "bank", _field(page, one.line, text, Value(text.words.strip(), False, (0, len(text.words))))
