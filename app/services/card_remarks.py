"""What was read is held against the case: remarks for the investor at the photo, differences for the staff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from app.domain.bank_card import bin_of
from app.domain.calendar import shanghai_day
from app.domain.identity import validity_on
from app.domain.likeness import SLIPS, edits, name_likeness
from app.models import CardReading, Case, CaseCard, Investor, Photo
from app.outside import outside
from app.reading.outcome import LONG_TERM
from app.services import card_readings, photos, reading_proposals, typed_cards

if TYPE_CHECKING:
    from app.reading import Reading

EXPIRED = "expired"


@dataclass(frozen=True)
class Remark:
    """Something that a reading says about a photo.

    `code`: other_person, number_near, name_near, name_differs, expired, ending, wrong_card. `is_grave`: most likely
    the wrong card; else "please look". Nothing is decided by it.
    """

    code: str
    is_grave: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """One field for the staff: what was read, typed and is on file, as clear text, and whether they differ."""

    name: str
    read: str
    checked: bool
    confidence: float
    typed: str | None = None
    on_file: str | None = None
    differs: bool = False

    def __repr__(self) -> str:
        return f"Compared({self.name!r}, differs={self.differs})"


# -- for the investor -------------------------------------------------------------------------------------------------


def of_case(case: Case, taken: Mapping[str, Photo] | None = None) -> dict[str, list[Remark]]:
    """The remarks at each place of the case that has any."""
    taken = photos.current(case) if taken is None else taken
    rows = card_readings.of_photos(taken.values())
    found = {place: list(_remarks(case, photo, rows.get(photo.id))) for place, photo in taken.items()}
    return {place: remarks for place, remarks in found.items() if remarks}


def of_photo(case: Case, photo: Photo | None) -> list[Remark]:
    """The remarks at one photo."""
    return list(_remarks(case, photo, card_readings.of_photo(photo))) if photo is not None else []


def _remarks(case: Case, photo: Photo, row: CardReading | None) -> Iterator[Remark]:
    if row is None or row.state != "read" or row.denied_at is not None:
        return
    reading = card_readings.opened(row)
    if reading_proposals.is_sure(reading) and reading.kind != photo.slot:
        yield Remark("wrong_card", is_grave=True, details={"shows": reading.kind})
    elif photo.slot == "id_portrait":
        yield from _holder(case.investor, reading)
    elif photo.slot == "id_emblem":
        yield from _validity(reading)


def _holder(investor: Investor, reading: Reading) -> Iterator[Remark]:
    """Another person's card by its number; a name alone is a remark, because rare characters are misread."""
    number = reading.value("id_number")
    away = edits(number, investor.id_number) if number else 0
    if away > SLIPS:
        yield Remark("other_person", is_grave=True)
        return
    if away:
        yield Remark("number_near")
    name = reading.fields.get("name")
    alike = name_likeness(name.value, investor.name) if name is not None else "same"
    if alike != "same":
        yield Remark("name_near" if alike == "near" else "name_differs")


def _validity(reading: Reading) -> Iterator[Remark]:
    until = _valid_to(reading)
    if until is None:
        return
    validity = validity_on(until, shanghai_day(outside.clock.now()))
    if validity.state == EXPIRED:
        yield Remark(EXPIRED, is_grave=True, details={"until": until})
    elif validity.state == "ending":
        yield Remark("ending", details={"until": until, "days": validity.days_left})


def _valid_to(reading: Reading) -> date | None:
    """The last day that was read and checked; None for 长期 and where nothing was."""
    value = reading.value("valid_to")
    return date.fromisoformat(value) if value[:1].isdigit() else None


def expired_on(case: Case) -> date | None:
    """The last valid day of the card in the case's photo, when that is past and the investor does not deny it."""
    photo = photos.current(case).get("id_emblem")
    remarks = of_photo(case, photo)
    return next((remark.details["until"] for remark in remarks if remark.code == EXPIRED), None)


# -- for a card that is being added -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prefill:
    """What a bank card's photo says for the form: a number that passed its checks, and its bank where known."""

    photo: Photo
    number: str
    bank_code: str

    def __repr__(self) -> str:
        return "Prefill(…)"


def prefill(photo: Photo | None) -> Prefill | None:
    """What may be filled in from this photo; None when nothing was read that passes its check."""
    number = card_readings.opened(card_readings.of_photo(photo)).value("card_number")
    if photo is None or not number:
        return None
    entry = bin_of(number, typed_cards.prefixes())
    return Prefill(photo, number, entry.bank_code if entry else "")


# -- for the staff ----------------------------------------------------------------------------------------------------


def compared(case: Case, photo: Photo, card: CaseCard | None = None) -> list[Compared]:
    """Every field that was read off a photo beside what was typed and what is on file."""
    reading = card_readings.opened(card_readings.of_photo(photo))
    on_file = {} if card is not None else _on_file(case.investor)
    typed = {} if card is None else {"card_number": card.card_number, "bank": card.bank.name}
    return [_compared(name, one, typed.get(name), on_file.get(name)) for name, one in reading.fields.items()]


def _on_file(investor: Investor) -> dict[str, str]:
    until = investor.id_valid_to.isoformat() if investor.id_valid_to else LONG_TERM
    begin = investor.id_valid_from.isoformat() if investor.id_valid_from else ""
    number = investor.id_number
    known = {"id_number": number, "name": investor.name, "valid_from": begin, "valid_to": until}
    return {**known, "birth": f"{number[6:10]}-{number[10:12]}-{number[12:14]}"}


def _compared(name: str, one: Any, typed: str | None, on_file: str | None) -> Compared:
    other = typed if typed is not None else on_file
    differs = bool(other) and not _is_same(name, one.value, str(other))
    return Compared(name, one.value, one.checked, one.confidence, typed, on_file, differs)


def _is_same(name: str, one: str, other: str) -> bool:
    if name == "name":
        return name_likeness(one, other) == "same"
    if name == "bank":
        return one in other or other in one
    return one == other
