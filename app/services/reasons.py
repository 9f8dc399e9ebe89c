"""The reasons as they stand now: those that ship with the product, and what administrators made of them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from app.domain import pinyin
from app.domain.errors import FieldWrong
from app.domain.journey import Step
from app.domain.reasons import REASONS, Reason
from app.services import catalogues, reason_examples
from app.services.catalogues import Catalogue, Values

NAME = "reasons"
BY_HAND = "OTHER"
"""The staff name its step themselves; only its words can be changed."""
PLACES: dict[str, tuple[str, ...]] = {
    Step.PHOTOS: ("id_portrait", "id_emblem", "signature"),
    Step.BANK_CARDS: ("number", "branch", "photo"),
    Step.VIDEO: (),
    Step.AGREEMENTS: (),
}
"""The fields of each step to which a reason can lead."""
KINDS = ("mend", "counter", "final")
SHORTEST, LONGEST = 4, 300
HIGHEST_NUMBER = 999
VALUES = ("number", "kind", "step", "field", "zh", "en", "retired", "example", "initials")
SHIPPED_EXAMPLES = frozenset(reason.example for reason in REASONS.values() if reason.example)
_KEY = re.compile(r"[A-Z][A-Z0-9_]{2,39}")


def all() -> dict[str, Reason]:
    """Every reason by its code, retired ones too (old cases name them), in the order of their numbers."""
    changed = {code: _reason(code, values) for code, values in catalogues.latest(NAME).items()}
    return dict(sorted({**REASONS, **changed}.items(), key=lambda item: item[1].number))


def usable() -> dict[str, Reason]:
    """Those that can be given today."""
    return {code: reason for code, reason in all().items() if not reason.retired}


def final() -> list[Reason]:
    """Those for which a case is refused for good."""
    return [reason for reason in usable().values() if reason.kind == "final"]


def find(code: str) -> Reason | None:
    """The reason of that code."""
    return all().get(code)


def _reason(code: str, values: Values) -> Reason:
    shipped = REASONS.get(code)
    step = Step(values["step"]) if values["step"] else None
    example = values.get("example", shipped.example if shipped else None)  # older changes say nothing of it
    found = {**values, "step": step, "field": values["field"] or None, "example": example or None}
    return Reason(code=code, **found)


# -- as a catalogue ---------------------------------------------------------------------------------------------------


def _entries() -> dict[str, Values]:
    return {code: _values(reason) for code, reason in all().items()}


def _values(reason: Reason) -> Values:
    said: dict[str, Any] = asdict(reason)
    said.update(step=reason.step.value if reason.step else "", field=reason.field or "", example=reason.example or "")
    return {name: said[name] for name in VALUES}


def _check(code: str, values: Values) -> None:
    """Also writes the initials of the words: they are searched by, and nobody types them."""
    for name in ("zh", "en"):
        if not SHORTEST <= len(values[name]) <= LONGEST:
            raise FieldWrong(name, "length", least=SHORTEST, most=LONGEST)
    if not 1 <= values["number"] <= HIGHEST_NUMBER:
        raise FieldWrong("number", "range", least=1, most=HIGHEST_NUMBER)
    if any(other.number == values["number"] for other in all().values() if other.code != code):
        raise FieldWrong("number", "taken")
    _check_place(code, values)
    example = values.setdefault("example", "")
    if example and example not in SHIPPED_EXAMPLES and not reason_examples.exists(example):
        raise FieldWrong("picture", "wrong")
    values["initials"] = pinyin.initials(values["zh"])


def _check_place(code: str, values: Values) -> None:
    step, field, kind = values["step"], values["field"], values["kind"]
    leads_nowhere = code == BY_HAND or kind == "final"
    if kind not in KINDS or (code == BY_HAND and kind != "mend"):
        raise FieldWrong("kind", "wrong")
    if leads_nowhere and (step or field):
        raise FieldWrong("step", "none")
    if not leads_nowhere and step not in PLACES:
        raise FieldWrong("step", "missing")
    if field and field not in PLACES[step]:
        raise FieldWrong("field", "elsewhere")


CATALOGUE = Catalogue(NAME, _entries, _check, lambda _code, _values: None, lambda key: bool(_KEY.fullmatch(key)))
