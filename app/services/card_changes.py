"""The change of accounts: every card old against new, for the domain's rules and for people to read."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.db import read
from app.domain import bank_card, masks
from app.domain.bank_card import CardChange, CardLine
from app.models import Bank, Case, CaseCard, SettlementAccount


def lines(case: Case) -> list[CardLine]:
    """The case's cards as the domain judges them."""
    return [
        CardLine(
            id=card.id,
            number_key=card.card_number_index,
            bank_code=card.bank_code,
            last4=masks.tail(card.card_number),
            branch_name=card.branch_name,
            is_default=card.is_default and card.change != "removed",
            change=card.change,  # type: ignore[arg-type]
            transfer_signed=is_held(card),
        )
        for card in case.cards
    ]


def is_held(card: CaseCard) -> bool:
    """Whether the bank-futures transfer of a registered card is still signed."""
    return card.account is not None and card.account.transfer_signed


def on_file(case: Case) -> list[CardLine]:
    """The registered accounts as the domain judges them."""
    return [_line_of(account) for account in case.investor.accounts if account.closed_at is None]


def _line_of(account: SettlementAccount) -> CardLine:
    return CardLine(
        id=account.id,
        number_key=account.card_number_index,
        bank_code=account.bank_code,
        last4=masks.tail(account.card_number),
        branch_name=account.branch_name,
        is_default=account.is_default,
        transfer_signed=account.transfer_signed,
    )


@dataclass(frozen=True)
class ChangeRow:
    """One line of the table old against new, in words; `change` is kept, removed, added or changed."""

    bank: str
    before: str | None
    after: str | None
    change: str


def change_rows(case: Case) -> list[ChangeRow]:
    """Every account old against new, cards by their last four digits, in the language of the page."""
    english = str(get_locale()) == "en"
    names = {bank.code: bank.name_en if english else bank.short_name for bank in read().scalars(select(Bank))}
    rows = _against_the_case(case)
    return [ChangeRow(names[row.line.bank_code], _before(row), _after(row), _kind(row)) for row in rows]


def _against_the_case(case: Case) -> list[CardChange]:
    """As it was registered when the case began: once the change is made, the accounts themselves say the new state."""
    if case.in_flight:
        return bank_card.comparison(on_file(case), lines(case))
    ended = lines(case)
    old = [line for line, card in zip(ended, case.cards, strict=True) if card.account_id is not None]
    return bank_card.comparison(old, ended)


def _before(row: CardChange) -> str | None:
    return _("尾号 %(tail)s", tail=row.before.last4) if row.before else None


def _after(row: CardChange) -> str | None:
    if row.after is None:
        return None
    words = [_("不变")] if row.before else [_("尾号 %(tail)s", tail=row.after.last4), _("新增")]
    if row.before and row.changed:
        words = []
    if row.after.is_default:
        words.append(_("默认账户"))
    elif row.before and row.before.is_default:
        words.append(_("不再是默认账户"))
    return _("，").join(words) or _("网点有变")


def _kind(row: CardChange) -> str:
    if row.after is None:
        return "removed"
    if row.before is None:
        return "added"
    return "changed" if row.changed else "kept"
