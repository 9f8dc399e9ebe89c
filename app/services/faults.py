"""What staff may name as reasons when they send a case back, and where each of them lands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain import masks
from app.domain.errors import FieldWrong
from app.domain.journey import Step
from app.domain.reasons import Reason
from app.models import Case
from app.services import reasons
from app.services.cases import Fault

CARD_FIELDS = ("number", "branch", "photo")
REMARK_AT_MOST = 200
RETURNABLE = (Step.PHOTOS, Step.BANK_CARDS, Step.VIDEO, Step.AGREEMENTS)


@dataclass(frozen=True)
class Choice:
    """One box to tick: `value` goes through the form, `which` tells cards apart (a bank and the last four digits)."""

    value: str
    reason: Reason
    step: Step
    field: str | None
    which: str = ""


def choices(case: Case) -> list[Choice]:
    """Every reason that can be given for this case; card reasons once for each card that was added."""
    found: list[Choice] = []
    for reason in reasons.usable().values():
        if reason.kind == "final":
            continue
        if reason.code == "OTHER":
            found += [Choice(f"OTHER@{step.value}", reason, step, None) for step in RETURNABLE]
        elif reason.step is not None:
            found += _at_its_place(case, reason, reason.step)
    return found


def _at_its_place(case: Case, reason: Reason, step: Step) -> list[Choice]:
    if step is not Step.BANK_CARDS or reason.field not in CARD_FIELDS:
        return [Choice(reason.code, reason, step, reason.field)]
    cards = [card for card in case.cards if card.change == "added"]
    return [
        Choice(
            f"{reason.code}@{card.id}",
            reason,
            step,
            f"{reason.field}:{card.id}",
            f"{card.bank.short_name} {masks.tail(card.card_number)}",
        )
        for card in cards
    ]


def read(case: Case, values: Iterable[str], remarks: Mapping[str, str]) -> list[Fault]:
    """The faults behind ticked boxes; FieldWrong("fault" | "remark:<value>", …) for what cannot be taken."""
    known = {choice.value: choice for choice in choices(case)}
    faults = []
    for value in dict.fromkeys(values):
        choice = known.get(value)
        if choice is None:
            raise FieldWrong("fault", "unknown")
        remark = remarks.get(value, "").strip()
        if len(remark) > REMARK_AT_MOST:
            raise FieldWrong(f"remark:{value}", "too_long", at_most=REMARK_AT_MOST)
        if choice.reason.code == "OTHER" and not remark:
            raise FieldWrong(f"remark:{value}", "empty")
        faults.append(Fault(choice.reason.code, choice.step.value, choice.field, remark))
    if not faults:
        raise FieldWrong("fault", "empty")
    return faults
