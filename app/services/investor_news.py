"""What the counter system tells of investors, carried out: their data and accounts, phone, status, risk.

Each function takes one event as those of `broker_data` do.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from app.db import read
from app.models import Bank, BranchOffice, InboundEvent, Investor, SettlementAccount
from app.outside import outside
from app.services import deliveries, investors, risk
from app.services.told import CannotApply, NotThereYet, Told

UPSERTED = "investor.upserted"
RESULT = "settlement_change.result"
REGISTERED = "registered"
"""What the outcome of a result says when the accounts were changed by it."""


def investor_upserted(told: Told) -> str:
    data = told.data
    investor = _locked(data["id_number"])  # before the look for newer events: two workers go one after the other
    told.require_newest(UPSERTED)
    office = read().scalars(select(BranchOffice).where(BranchOffice.code == data["branch_office"])).first()
    if office is None or office.retired:
        raise CannotApply("unknown_branch_office")
    _require_banks(data["settlement_accounts"])
    investor = investor or _new_investor(told, office)
    investor.name, investor.name_index = data["name"], outside.sealer.index("name", data["name"])
    investor.id_valid_from, investor.id_valid_to = _day(data.get("id_valid_from")), _day(data.get("id_valid_to"))
    investor.branch_office_id = office.id
    investor.source_at = told.row.occurred_at
    if not told.has_newer("investor.phone_changed"):
        _set_phone(investor, data["phone"])
    if not told.has_newer("account.status_changed"):
        investor.account_status = data["account_status"]
    if not _registered_since(told):
        _set_accounts(investor, data["settlement_accounts"])
    risk.look_again(investor.id)
    return "upserted"


def _new_investor(told: Told, office: BranchOffice) -> Investor:
    data = told.data
    investor = investors.enter(
        data["id_number"],
        data["name"],
        data["phone"],
        office,
        account_status=data["account_status"],
        source_at=told.row.occurred_at,
    )
    _wake(investor.id_number_index)
    return investor


def _require_banks(accounts: list[dict[str, Any]]) -> None:
    if any(read().get(Bank, account["bank"]) is None for account in accounts):
        raise CannotApply("unknown_bank")


def _registered_since(told: Told) -> bool:
    return told.has_newer(RESULT, outcome=REGISTERED)


def _set_accounts(investor: Investor, given: list[dict[str, Any]]) -> None:
    known = {account.card_number_index: account for account in investor.accounts}
    default = next((place for place, item in enumerate(given) if item.get("is_default")), 0)
    kept = set()
    for position, item in enumerate(given):
        index = card_index(item["card_number"])
        account = known.setdefault(index, SettlementAccount(vault=investor.vault, investor_id=investor.id))
        _set_account(account, item, index)
        account.position, account.is_default = position, position == default
        kept.add(index)
    for index, account in known.items():
        if index in kept:
            read().add(account)
        elif account.closed_at is None:
            account.closed_at, account.is_default = investor.source_at, False
    read().flush()
    for index in kept:
        _wake(index)


def _set_account(account: SettlementAccount, item: dict[str, Any], index: str) -> None:
    account.bank_code = item["bank"]
    account.card_number, account.card_number_index = item["card_number"], index
    account.branch_name = item["branch_name"]
    account.closed_at = None
    if not _bank_has_spoken(index):
        account.transfer_signed = item.get("transfer_signed", bool(account.transfer_signed))


def _bank_has_spoken(index: str) -> bool:
    """Whether the bank itself said if the transfer is signed: it knows better than the counter system."""
    query = select(InboundEvent.id).where(
        InboundEvent.subject == index, InboundEvent.state == "applied", InboundEvent.source == "bank"
    )
    with read().no_autoflush:
        return read().scalars(query.limit(1)).first() is not None


def investor_phone_changed(told: Told) -> str:
    investor = known(told)
    told.require_newest(UPSERTED, told.row.type)
    _set_phone(investor, told.data["phone"])
    return "phone_changed"


def account_status_changed(told: Told) -> str:
    investor = known(told)
    told.require_newest(UPSERTED, told.row.type)
    investor.account_status = told.data["account_status"]
    return "status_changed"


def risk_flagged(told: Told) -> str:
    investor = known(told)
    told.require_newest(told.row.type)
    investor.force_video = told.data["force_video"]
    risk.look_again(investor.id)
    return "force_video_on" if investor.force_video else "force_video_off"


def _set_phone(investor: Investor, phone: str) -> None:
    investor.phone, investor.phone_index = phone, outside.sealer.index("phone", phone)


def known(told: Told) -> Investor:
    """The investor an event is about, locked; NotThereYet when nobody told us of them yet."""
    investor = _locked(told.data["id_number"])
    if investor is None:
        raise NotThereYet
    return investor


def _locked(id_number: str) -> Investor | None:
    query = select(Investor).where(Investor.id_number_index == investors.index_of(id_number)).with_for_update()
    return read().scalars(query.execution_options(populate_existing=True)).first()


def _wake(subject: str) -> None:
    """Events that waited for this subject can be applied now."""
    query = select(InboundEvent).where(InboundEvent.subject == subject, InboundEvent.state == "waiting")
    for row in read().scalars(query.order_by(InboundEvent.occurred_at)):
        row.state, row.outcome = "stored", None
        deliveries.hint()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def card_index(number: str) -> str:
    """The blind index of a card number."""
    return outside.sealer.index("card_number", number)
