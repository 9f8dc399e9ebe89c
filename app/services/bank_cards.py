"""The cards of a case: adding, removing, undoing, and the change as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from app.db import read, transaction
from app.domain import bank_card, masks
from app.domain.bank_card import BinEntry, CardProblem
from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.domain.journey import RETURNED, Step
from app.domain.states import Event, State
from app.models import AuditEntry, Bank, BankBin, Case, CaseCard, Photo, ReturnItem
from app.outside import outside
from app.services import audit, card_readings, cases, mending, outbox, photo_intake, photo_step, photos
from app.services.actors import By
from app.services.card_changes import ChangeRow, change_rows, is_held, lines, on_file
from app.services.photo_intake import Brought

__all__ = ["ChangeRow", "change_rows"]

STEP = Step.BANK_CARDS
FIELD_MENDED = "return.field_mended"
"""Written by mending.field_mended: the record of what was changed after a return."""


# -- looking ----------------------------------------------------------------------------------------------------------


def banks() -> list[Bank]:
    """The banks whose cards may be added, in the order of the list."""
    return list(read().scalars(select(Bank).where(Bank.retired.is_(False)).order_by(Bank.position)))


def find(case: Case, card_id: str) -> CaseCard:
    """One card of the case; NotFound for any other."""
    card = next((card for card in case.cards if card.id == card_id), None)
    if card is None:
        raise NotFound
    return card


def live(case: Case) -> list[CaseCard]:
    """The cards as they shall be: kept and added."""
    return [card for card in case.cards if card.change != "removed"]


# -- what was typed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """A card as the investor typed it; an empty number or branch of a card being edited means "as it was"."""

    number: str
    bank_code: str
    branch: str
    is_default: bool = False

    def __repr__(self) -> str:
        return "Typed(…)"


@dataclass(frozen=True)
class _Checked:
    number: bank_card.CardNumber
    index: str
    bank_code: str
    branch: str

    def __repr__(self) -> str:
        return "_Checked(…)"


def _check(case: Case, typed: Typed, *, own: CaseCard | None = None) -> _Checked:
    """The typed card, checked field by field; raises FieldWrong("number" | "bank_code" | "branch", code)."""
    try:
        number = bank_card.check_card_number(typed.number)
    except bank_card.CardNumberWrong as wrong:
        raise FieldWrong("number", wrong.code) from None
    try:
        branch = bank_card.check_branch_name(typed.branch)
    except bank_card.BranchNameWrong as wrong:
        raise FieldWrong("branch", wrong.code) from None
    index = outside.sealer.index("card_number", number.number)
    for card in case.cards:
        if card.card_number_index == index and card is not own:
            raise FieldWrong("number", "removed_twin" if card.change == "removed" else "duplicate")
    return _Checked(number, index, _bank_of(number.number, typed.bank_code), branch)


def _bank_of(number: str, chosen: str) -> str:
    """The bank that the number's prefix names, or the chosen one where no prefix is known."""
    entry = bank_card.bin_of(number, prefixes())
    open_banks = {bank.code: bank for bank in banks()}
    if entry is None:
        if chosen not in open_banks:
            raise FieldWrong("bank_code", "choose")
        return chosen
    if entry.kind == "credit":
        raise FieldWrong("number", "credit")
    if entry.bank_code not in open_banks:
        raise FieldWrong("number", "unsupported")
    if chosen and chosen != entry.bank_code:
        raise FieldWrong("bank_code", "differs", bank=open_banks[entry.bank_code].name)
    return entry.bank_code


def prefixes() -> list[BinEntry]:
    """The table of the numbers' beginnings."""
    rows = read().scalars(select(BankBin))
    return [BinEntry(row.prefix, row.bank_code, row.kind) for row in rows]  # type: ignore[arg-type]


# -- changing ---------------------------------------------------------------------------------------------------------


def add(case_id: str, typed: Typed, photo: bytes = b"", *, by: By) -> CaseCard:
    """Add a card, with its photo if one came along; the same card sent twice is added once."""
    if not photo:
        return _add(case_id, typed, None, by=by)
    with photo_intake.brought(cases.known(case_id), "photo", photo) as brought:
        return _add(case_id, typed, brought, by=by)


def _add(case_id: str, typed: Typed, photo: Brought | None, *, by: By) -> CaseCard:
    with transaction() as db:
        case = _open(case_id, by)
        twin = _same_added(case, typed)
        if twin is not None:
            return twin
        checked = _check(case, typed)
        if len(live(case)) >= current_app.config["SETTINGS"].cards_at_most:
            raise FieldWrong("number", "too_many")
        card = CaseCard(
            case=case,
            vault=case.vault,
            change="added",
            bank_code=checked.bank_code,
            card_number=checked.number.number,
            card_number_index=checked.index,
            branch_name=checked.branch,
            luhn_ok=checked.number.luhn_ok,
            position=max((card.position for card in case.cards), default=-1) + 1,
        )
        db.add(card)
        db.flush()
        waiting = photos.current(case).get(photos.NEW_CARD)
        told = {"bank": card.bank_code, "tail": _tail(card), **_beside_reading(waiting, card)}
        audit.record("card.added", by, case_id=case.id, card=card.id, **told)
        if typed.is_default:
            _make_default(case, card)
        _settle_default(case)
        if photo:
            photo_intake.take(case.id, card.photo_place, photo, by=by)
        elif waiting is not None:
            waiting.place = card.photo_place
        _touched(case)
        return card


def _beside_reading(photo: Photo | None, card: CaseCard) -> dict[str, str]:
    """For the history: whether the number that was read off the card's photo was left as it was."""
    number = card_readings.opened(card_readings.of_photo(photo)).value("card_number")
    return {"read": "kept" if number == card.card_number else "changed"} if number else {}


def _same_added(case: Case, typed: Typed) -> CaseCard | None:
    index = outside.sealer.index("card_number", bank_card.normalise_card_number(typed.number))
    branch = " ".join(typed.branch.split())
    same = (card for card in case.cards if card.card_number_index == index and card.branch_name == branch)
    return next((card for card in same if card.change == "added"), None)


def edit(case_id: str, card_id: str, typed: Typed, *, by: By) -> None:
    """Correct the number, bank or branch of an added card."""
    with transaction():
        case, card = _of(case_id, card_id, by, "added")
        fields = open_fields(case, card)
        number = typed.number if "number" in fields and typed.number.strip() else card.card_number
        branch = typed.branch if "branch" in fields and typed.branch.strip() else card.branch_name
        bank_code = typed.bank_code or ("" if number is not card.card_number else card.bank_code)
        checked = _check(case, Typed(number, bank_code, branch), own=card)
        if not _write(case, card, checked, by):
            return
        audit.record("card.edited", by, case_id=case.id, card=card.id, bank=card.bank_code, tail=_tail(card))
        _touched(case)


def _write(case: Case, card: CaseCard, checked: _Checked, by: By) -> bool:
    """Write what differs, and note it where it was sent back; False when nothing differs."""
    new_number = checked.index != card.card_number_index
    new_branch = checked.branch != card.branch_name
    if new_number:
        card.card_number, card.card_number_index = checked.number.number, checked.index
        card.luhn_ok, card.bank_check = checked.number.luhn_ok, ""
        _note_mended(case, f"number:{card.id}", by)
    if new_branch:
        card.branch_name = checked.branch
        _note_mended(case, f"branch:{card.id}", by)
    changed = new_number or new_branch or card.bank_code != checked.bank_code
    card.bank_code = checked.bank_code
    return changed


def _note_mended(case: Case, field: str, by: By) -> None:
    if mending.open_fields(case, STEP) is not None:
        mending.field_mended(case, field, by=by)


def remove(case_id: str, card_id: str, *, by: By) -> None:
    """Mark a registered card for removal, or drop an added one.

    Raises FieldWrong("card", "transfer_still_signed") for a card whose bank-futures transfer is still signed.
    """
    with transaction() as db:
        case = _open(case_id, by)
        card = next((card for card in case.cards if card.id == card_id), None)
        if card is None or card.change == "removed":
            return  # a second click
        if not may_remove(case, card):
            raise NotEditable
        if is_held(card):
            raise FieldWrong("card", "transfer_still_signed")
        audit.record("card.removed", by, case_id=case.id, card=card.id, bank=card.bank_code, tail=_tail(card))
        if card.change == "added":
            _drop_photo(case, card)
            case.cards.remove(card)
            db.delete(card)
            db.flush()
        else:
            card.change = "removed"
        _settle_default(case)
        _touched(case)


def _drop_photo(case: Case, card: CaseCard) -> None:
    photo = photos.current(case).get(card.photo_place)
    if photo is not None:
        photo.replaced_at = outside.clock.now()


def restore(case_id: str, card_id: str, *, by: By) -> None:
    """Undo a removal."""
    with transaction():
        case, card = _of(case_id, card_id, by, "removed", "kept")
        if card.change == "kept":
            return  # a second click
        if not may_remove(case, card):
            raise NotEditable
        card.change = "kept"
        card.is_default = card.is_default and not any(other.is_default for other in live(case) if other is not card)
        audit.record("card.restored", by, case_id=case.id, card=card.id, bank=card.bank_code, tail=_tail(card))
        _settle_default(case)
        _touched(case)


def make_default(case_id: str, card_id: str, *, by: By) -> None:
    """Make a card the default account."""
    with transaction():
        case, card = _of(case_id, card_id, by, "kept", "added")
        if not is_whole_open(case):
            raise NotEditable
        if not card.is_default:
            _make_default(case, card)
            audit.record("card.made_default", by, case_id=case.id, card=card.id, tail=_tail(card))
            _touched(case)


def _make_default(case: Case, card: CaseCard) -> None:
    for other in case.cards:
        other.is_default = other is card


def _settle_default(case: Case) -> None:
    """A single card that is left is the default account without being asked for."""
    left = live(case)
    if len(left) == 1 and not left[0].is_default:
        _make_default(case, left[0])


def _open(case_id: str, by: By) -> Case:
    case = cases.locked(case_id)
    cases.require_open(case, STEP, by=by)
    return case


def _of(case_id: str, card_id: str, by: By, *changes: str) -> tuple[Case, CaseCard]:
    case = cases.locked(case_id)
    card = find(case, card_id)
    cases.require_open(case, STEP, by=by)
    if card.change not in changes:
        raise NotEditable
    return case, card


def _tail(card: CaseCard) -> str:
    return masks.tail(card.card_number)


def _touched(case: Case) -> None:
    case.touched_at = outside.clock.now()
    cases.nudge(case)


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
    return (FIELD_MENDED, item.field) in _records(case, since)


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
