"""The cards of a case: adding, correcting, removing, undoing, and which is the default account."""

from __future__ import annotations

from flask import current_app

from app.db import transaction
from app.domain import bank_card, masks
from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.models import Case, CaseCard, Photo
from app.outside import outside
from app.services import audit, card_readings, card_step, cases, mending, photo_intake, photos
from app.services.actors import By
from app.services.card_changes import is_held
from app.services.card_step import STEP
from app.services.photo_intake import Brought
from app.services.typed_cards import Checked, Typed, check


def find(case: Case, card_id: str) -> CaseCard:
    """One card of the case; NotFound for any other."""
    card = next((card for card in case.cards if card.id == card_id), None)
    if card is None:
        raise NotFound
    return card


def live(case: Case) -> list[CaseCard]:
    """The cards as they shall be: kept and added."""
    return [card for card in case.cards if card.change != "removed"]


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
        checked = check(case, typed)
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
        fields = card_step.open_fields(case, card)
        number = typed.number if "number" in fields and typed.number.strip() else card.card_number
        branch = typed.branch if "branch" in fields and typed.branch.strip() else card.branch_name
        bank_code = typed.bank_code or ("" if number is not card.card_number else card.bank_code)
        checked = check(case, Typed(number, bank_code, branch), own=card)
        if not _write(case, card, checked, by):
            return
        audit.record("card.edited", by, case_id=case.id, card=card.id, bank=card.bank_code, tail=_tail(card))
        _touched(case)


def _write(case: Case, card: CaseCard, checked: Checked, by: By) -> bool:
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
        if not card_step.may_remove(case, card):
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
        if not card_step.may_remove(case, card):
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
        if not card_step.is_whole_open(case):
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
