"""Registration (报送): the counter system is asked to make the change, and its answer is carried out."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain import masks
from app.domain.states import Event
from app.models import Case, CaseCard, SettlementAccount, Staff
from app.services import cases, messages, outbox
from app.services.actors import By

REQUESTED = "settlement_change.requested"
FINAL, THEIRS = "FINAL_", "COUNTER_"
"""How our own reasons to refuse begin: only two people give one, so a code of the counter system that looks like one
is kept as theirs."""


def request(case: Case) -> None:
    """Ask the counter system to register the change. Part of the transaction that approves the case."""
    outbox.tell(REQUESTED, case_id=case.id, number=case.number, cards=[_thin(card) for card in case.cards])


def _thin(card: CaseCard) -> dict[str, Any]:
    return {
        "card_id": card.id,
        "change": card.change,
        "bank": card.bank_code,
        "tail": masks.tail(card.card_number),
        "is_default": card.is_default,
    }


def apply_result(case: Case, *, refused_code: str | None, accounts_are_newest: bool, by: By) -> None:
    """Carry out the counter system's answer: done when `refused_code` is None, else refused with that code.

    The case must be locked. With `accounts_are_newest` False the counter system has told of the accounts since,
    so that they stay as they are. Raises MoveNotAllowed when the case does not wait for an answer.
    """
    with transaction() as db:
        if refused_code is not None:
            cases.move(case, Event.REGISTRATION_REFUSED, by=by, code=refused_code)
            case.failure_code = f"{THEIRS}{refused_code}" if refused_code.startswith(FINAL) else refused_code
            return
        cases.move(case, Event.REGISTERED, by=by)
        if accounts_are_newest:
            settle_accounts(db, case)
        text = _(
            "您的结算账户变更（受理单号 %(number)s）已办理成功。新增账户请到银行办理银期签约。", number=case.number
        )
        messages.to_investor(case.investor, "completed", text)


def settle_accounts(db: Session, case: Case) -> None:
    """Make the registered accounts what the case says; accounts that it does not mention stay open."""
    open_accounts = {account.card_number_index: account for account in case.investor.accounts if not account.closed_at}
    for card in case.cards:
        account = card.account or open_accounts.get(card.card_number_index)
        if card.change == "removed":
            _close(account, case)
        else:
            _register(db, card, account)
    if any(card.is_default and card.change != "removed" for card in case.cards):
        mentioned = {card.card_number_index for card in case.cards}
        for index, account in open_accounts.items():
            account.is_default = account.is_default and index in mentioned


def _close(account: SettlementAccount | None, case: Case) -> None:
    if account is not None and account.closed_at is None:
        account.closed_at = case.state_since
        account.is_default = False


def _register(db: Session, card: CaseCard, account: SettlementAccount | None) -> None:
    investor = card.case.investor
    if account is None:
        account = SettlementAccount(vault=investor.vault, investor_id=investor.id, transfer_signed=False)
    account.bank_code = card.bank_code
    account.card_number = card.card_number
    account.card_number_index = card.card_number_index
    account.branch_name = card.branch_name
    account.is_default = card.is_default
    account.position = card.position
    account.closed_at = None
    db.add(account)


def retry(case_id: str, *, by: Staff) -> None:
    """Ask the counter system once more after it refused."""
    with transaction():
        case = cases.locked(case_id)
        cases.move(case, Event.REGISTRATION_RETRIED, by=By.administrator(by))
        case.failure_code = None
        request(case)


def give_up(case_id: str, *, by: Staff) -> None:
    """End a case that the counter system refused: it has failed with the counter system's code."""
    with transaction():
        case = cases.locked(case_id)
        cases.move(case, Event.REGISTRATION_GIVEN_UP, by=By.administrator(by), code=case.failure_code)
