"""The step of the bank cards: what of it is open, what keeps the investor there, and going on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from app.db import read, transaction
from app.domain import bank_card, masks
from app.domain.bank_card import CardProblem
from app.domain.errors import FieldWrong, NotEditable
from app.domain.journey import RETURNED, Step
from app.domain.states import Event, State
from app.models import AuditEntry, Case, CaseCard, ReturnItem
from app.services import cases, mending, outbox, photo_step, photos
from app.services.actors import By
from app.services.card_changes import lines, on_file

STEP = Step.BANK_CARDS


# -- what is open -----------------------------------------------------------------------------------------------------


def is_whole_open(case: Case) -> bool:
    """Whether the list itself may be changed: not in a return that names single fields only."""
    fields = mending.open_fields(case, STEP)
    return cases.open_for(case, STEP) and (fields is None or None in fields)


def open_fields(case: Case, card: CaseCard) -> frozenset[str]:
    """Which of number, branch and photo of this card may be changed now."""
    if not cases.open_for(case, STEP) or card.change != "added":
        return frozenset()
    if is_whole_open(case):
        return frozenset({"number", "branch", "photo"})
    named = {str(field).partition(":")[0] for field in _named(case) if str(field).endswith(card.id)}
    return frozenset(named | {"photo"} if "number" in named else named)


def may_remove(case: Case, card: CaseCard) -> bool:
    """An added card of which anything was sent back may also be dropped."""
    return is_whole_open(case) or bool(open_fields(case, card))


def _named(case: Case) -> frozenset[str | None]:
    return mending.open_fields(case, STEP) or frozenset()


# -- going on ---------------------------------------------------------------------------------------------------------


def problems(case: Case) -> list[CardProblem]:
    """What is wrong with the list as a whole or with single cards; see bank_card.check_cards."""
    maximum = current_app.config["SETTINGS"].cards_at_most
    return bank_card.check_cards(lines(case), on_file=on_file(case), maximum=maximum)


def missing_photos(case: Case) -> dict[str, str]:
    """Added cards without an acceptable photo: card id → code of photos.lacking."""
    taken = photos.current(case)
    added = [card for card in case.cards if card.change == "added"]
    lacks = {card.id: photos.lacking(taken.get(card.photo_place)) for card in added}
    return {card_id: code for card_id, code in lacks.items() if code}


def unmended(case: Case) -> list[ReturnItem]:
    """What was sent back at this step and has not been changed since."""
    times = {ret.id: ret.at for ret in case.returns}
    named = [item for item in cases.unmended(case) if item.step == STEP]
    return [item for item in named if not _is_changed(case, item, times[item.return_id])]


def _is_changed(case: Case, item: ReturnItem, since: datetime) -> bool:
    if item.field is None:
        return any(action.startswith("card.") for action, _field in _records(case, since))
    kind, _colon, card_id = item.field.partition(":")
    card = next((card for card in case.cards if card.id == card_id), None)
    if card is None or card.change == "removed":
        return True
    if kind == "photo":
        return photo_step.replaced_since(case, card.photo_place, since)
    return (mending.FIELD_MENDED, item.field) in _records(case, since)


def _records(case: Case, since: datetime) -> Sequence[tuple[str, str | None]]:
    query = select(AuditEntry).where(AuditEntry.case_id == case.id, AuditEntry.at > since)
    return [(entry.action, entry.details.get("field")) for entry in read().scalars(query)]


def is_in_order(case: Case) -> bool:
    """Whether nothing keeps the investor at this step."""
    return not (problems(case) or missing_photos(case) or unmended(case))


def confirm(case_id: str, *, by: By) -> None:
    """Go on with the cards; the bank is asked about each added card that it was not asked about yet."""
    with transaction():
        case = cases.locked(case_id)
        if not cases.open_for(case, STEP):
            raise NotEditable
        if not is_in_order(case):
            raise FieldWrong("cards", "not_in_order")
        if State(case.state) in RETURNED:
            mending.settle(case, STEP, by=by)
        else:
            cases.move(case, Event.CARDS_CONFIRMED, by=by)
        _ask_the_bank(case)


def _ask_the_bank(case: Case) -> None:
    for card in case.cards:
        if card.change == "added" and not card.bank_check:
            card.bank_check = "asked"
            outbox.tell(
                "card.check_requested",
                case_id=case.id,
                number=case.number,
                card_id=card.id,
                bank=card.bank_code,
                card=masks.card(card.card_number),
            )
