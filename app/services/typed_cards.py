"""A card as it is keyed in: its number, bank and branch, checked against the case and the table of banks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.db import read
from app.domain import bank_card
from app.domain.bank_card import BinEntry
from app.domain.errors import FieldWrong
from app.models import Bank, BankBin, Case, CaseCard
from app.outside import outside


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
class Checked:
    """A card in order: its number with the blind index, its bank, its branch as it will stand."""

    number: bank_card.CardNumber
    index: str
    bank_code: str
    branch: str

    def __repr__(self) -> str:
        return "Checked(…)"


def banks() -> list[Bank]:
    """The banks whose cards may be added, in the order of the list."""
    return list(read().scalars(select(Bank).where(Bank.retired.is_(False)).order_by(Bank.position)))


def prefixes() -> list[BinEntry]:
    """The table of the numbers' beginnings."""
    rows = read().scalars(select(BankBin).where(BankBin.retired.is_(False)))
    return [BinEntry(row.prefix, row.bank_code, row.kind) for row in rows]  # type: ignore[arg-type]


def check(case: Case, typed: Typed, *, own: CaseCard | None = None) -> Checked:
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
    return Checked(number, index, _bank_of(number.number, typed.bank_code), branch)


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
