"""What was read off a card, in plain values: light enough for the web process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeAlias

Box: TypeAlias = tuple[tuple[float, float], ...]
"""Four corners of a line of print, TL TR BR BL as it is read, in shares of the picture's width and height."""

LONG_TERM: Final = "长期"
"""What an identity card without a last day says instead of one."""

NUMBER_DOWN: Final = {"id_portrait": 0.88, "id_emblem": 0.86, "bank_card": 0.62}
"""How far down a card its number line stands, in shares of its height: GA 448-2013, ISO/IEC 7811-1."""


@dataclass(frozen=True)
class Field:
    """One field: `value` normalised (dates in ISO 8601), `raw` as it was recognised, `confidence` from 0 to 1.

    `checked`: the value passes its check (check digit, calendar, Luhn …); always False for what has no check.
    """

    value: str
    raw: str
    confidence: float
    checked: bool
    box: Box

    def __repr__(self) -> str:
        return f"Field(…, checked={self.checked})"


@dataclass(frozen=True)
class Reading:
    """What a picture shows.

    `kind`: id_portrait, id_emblem or bank_card, by what is printed on it; empty when that is not known.
    `turns`: clockwise quarter turns that bring the picture upright, as its number line says; None without one.
    `fields`: those that were found, by name.
    """

    kind: str = ""
    turns: int | None = None
    fields: dict[str, Field] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The value of a field that passed its check, else empty."""
        found = self.fields.get(name)
        return found.value if found is not None and found.checked else ""


def to_json(reading: Reading) -> str:
    """As text, to be sealed."""
    return json.dumps(asdict(reading), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Reading:
    """The reading that was written down so."""
    told: dict[str, Any] = json.loads(text)
    fields = {name: _field(one) for name, one in told["fields"].items()}
    return Reading(told["kind"], told["turns"], fields)


def _field(told: dict[str, Any]) -> Field:
    return Field(**{**told, "box": tuple((x, y) for x, y in told["box"])})
