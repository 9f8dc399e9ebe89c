"""Settings that administrators may change while the site runs; each starts from the environment's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app

from app.domain.errors import FieldWrong
from app.services import catalogues
from app.services.catalogues import Catalogue, Values

NAME = "settings"


@dataclass(frozen=True)
class Bounds:
    """What a number may be; both ends are allowed."""

    least: int
    most: int


CHANGEABLE: dict[str, Bounds | None] = {
    "video_always": None,
    "ring_seconds": Bounds(10, 120),
    "grace_seconds": Bounds(30, 1800),
    "slot_capacity": Bounds(1, 50),
    "review_lease_minutes": Bounds(5, 120),
    "case_days": Bounds(7, 180),
}
"""Fields of config.Settings; None for a switch."""


def value(name: str) -> Any:
    """What holds now: an int, or a bool for a switch."""
    chosen = catalogues.latest(NAME).get(name)
    return chosen["value"] if chosen else getattr(current_app.config["SETTINGS"], name)


def _entries() -> dict[str, Values]:
    chosen = catalogues.latest(NAME)
    settings = current_app.config["SETTINGS"]
    return {name: chosen.get(name) or {"value": getattr(settings, name)} for name in CHANGEABLE}


def _check(name: str, values: Values) -> None:
    bounds = CHANGEABLE[name]
    given = values["value"]
    if bounds is None:
        if not isinstance(given, bool):
            raise FieldWrong("value", "wrong")
    elif isinstance(given, bool) or not isinstance(given, int) or not bounds.least <= given <= bounds.most:
        raise FieldWrong("value", "range", least=bounds.least, most=bounds.most)


CATALOGUE = Catalogue(NAME, _entries, _check, lambda _name, _values: None, None)
