"""What integrators tell us, carried out: investors, accounts, cards, the calendar, results, texts.

Each function takes one event inside the transaction that applies it, and returns what it did as a short code.
It raises Outdated, NotThereYet or CannotApply when there is nothing to do now, or ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select

from app.db import read
from app.domain.errors import MoveNotAllowed, NotFound
from app.domain.states import State
from app.domain.webhook_events import read_checked
from app.models import (
    Bank,
    BranchOffice,
    CalendarDay,
    Case,
    CaseCard,
    InboundEvent,
    Investor,
    SettlementAccount,
    SmsMessage,
    Vault,
)
from app.outside import outside
from app.services import cases, certificate_answers, deliveries, investors, registration, risk
from app.services.told import CannotApply, NotThereYet, Outdated, Told

CALENDAR_SUBJECT = "calendar"
UPSERTED = "investor.upserted"
RESULT = "settlement_change.result"
REGISTERED = "registered"
"""What the outcome of a result says when the accounts were changed by it."""


def subject_of(kind: str, data: dict[str, Any]) -> str | None:
    """Whom or what an event is about: an id, or the blind index of a number. None: nothing that we know."""
    if kind == RESULT:
        case = read().get(Case, data["case_id"])
        return case.investor.id_number_index if case else None
    if kind.startswith("bank_transfer."):
        return _card_index(data["card_number"])
    if "id_number" in data:
        return investors.index_of(data["id_number"])
    named = [str(data[key]) for key in ("card_id", "certificate_id", "message_id") if key in data]
    return named[0] if named else CALENDAR_SUBJECT


# -- investors --------------------------------------------------------------------------------------------------------


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
    vault, data = Vault.new(), told.data
    investor = Investor(
        vault=vault,
        id_number=data["id_number"],
        id_number_index=investors.index_of(data["id_number"]),
        name=data["name"],
        name_index=outside.sealer.index("name", data["name"]),
        phone=data["phone"],
        phone_index=outside.sealer.index("phone", data["phone"]),
        account_status=data["account_status"],
        branch_office_id=office.id,
        source_at=told.row.occurred_at,
    )
    read().add_all([vault, investor])
    read().flush()
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
        index = _card_index(item["card_number"])
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
    investor = _known(told)
    told.require_newest(UPSERTED, told.row.type)
    _set_phone(investor, told.data["phone"])
    return "phone_changed"


def account_status_changed(told: Told) -> str:
    investor = _known(told)
    told.require_newest(UPSERTED, told.row.type)
    investor.account_status = told.data["account_status"]
    return "status_changed"


def risk_flagged(told: Told) -> str:
    investor = _known(told)
    told.require_newest(told.row.type)
    investor.force_video = told.data["force_video"]
    risk.look_again(investor.id)
    return "force_video_on" if investor.force_video else "force_video_off"


def _set_phone(investor: Investor, phone: str) -> None:
    investor.phone, investor.phone_index = phone, outside.sealer.index("phone", phone)


def _known(told: Told) -> Investor:
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


def _card_index(number: str) -> str:
    return outside.sealer.index("card_number", number)


# -- the counter system's results and calendar -------------------------------------------------------------------------


def settlement_change_result(told: Told) -> str:
    try:
        case = cases.locked(told.data["case_id"])
    except NotFound as error:
        raise CannotApply("unknown_case") from error
    told.require_newest(RESULT)
    told.require_newest_request(case.id, registration.REQUESTED)
    code = told.data["code"] if told.data["result"] == "failure" else None
    try:
        registration.apply_result(case, refused_code=code, accounts_are_newest=not told.has_newer(UPSERTED), by=told.by)
    except MoveNotAllowed as error:
        if _says_what_is(case, code):
            raise Outdated from error
        raise CannotApply(f"not_awaited_in_{case.state}") from error
    return REGISTERED if code is None else "refused"


def _says_what_is(case: Case, refused_code: str | None) -> bool:
    settled = State.COMPLETED if refused_code is None else State.REGISTRATION_FAILED
    return State(case.state) is settled


def calendar_updated(told: Told) -> str:
    newer = {item["day"] for row in told.newer(told.row.type) for item in read_checked(row.body.encode()).data["days"]}
    items = {item["day"]: item for item in told.data["days"] if item["day"] not in newer}
    if not items:
        raise Outdated
    for day, item in items.items():
        row = CalendarDay(day=date.fromisoformat(day), is_trading=item["is_trading"], note=item.get("note", ""))
        row.retired = False
        read().merge(row)
    return f"days_{len(items)}"


# -- the bank ---------------------------------------------------------------------------------------------------------


def card_checked(told: Told) -> str:
    card = read().get(CaseCard, told.data["card_id"], with_for_update=True, populate_existing=True)
    if card is None:
        raise CannotApply("unknown_card")
    told.require_newest(told.row.type)
    told.require_newest_request(card.case_id, "card.check_requested", card.id)
    card.bank_check = told.data["result"]
    risk.refresh(card.case)
    cases.nudge(card.case)
    return str(told.data["result"])


def bank_transfer_signed(told: Told) -> str:
    return _set_transfer(told, signed=True)


def bank_transfer_released(told: Told) -> str:
    return _set_transfer(told, signed=False)


def _set_transfer(told: Told, *, signed: bool) -> str:
    investor = _known(told)
    open_accounts = [account for account in investor.accounts if account.closed_at is None]
    account = next((item for item in open_accounts if item.card_number_index == told.row.subject), None)
    if account is None:
        raise NotThereYet
    told.require_newest("bank_transfer.signed", "bank_transfer.released")
    account.transfer_signed = signed
    return "transfer_signed" if signed else "transfer_released"


# -- the SMS gateway ---------------------------------------------------------------------------------------------------


def sms_delivered(told: Told) -> str:
    return _set_message(told, "delivered")


def sms_failed(told: Told) -> str:
    return _set_message(told, "failed")


def _set_message(told: Told, state: str) -> str:
    message = read().get(SmsMessage, told.data["message_id"], with_for_update=True)
    if message is None:
        raise CannotApply("unknown_message")
    told.require_newest("sms.delivered", "sms.failed")
    message.state, message.failure_code = state, told.data.get("code")
    return state


APPLY: dict[str, Callable[[Told], str]] = {
    UPSERTED: investor_upserted,
    "investor.phone_changed": investor_phone_changed,
    "account.status_changed": account_status_changed,
    "risk.flagged": risk_flagged,
    RESULT: settlement_change_result,
    "calendar.updated": calendar_updated,
    "card.checked": card_checked,
    "bank_transfer.signed": bank_transfer_signed,
    "bank_transfer.released": bank_transfer_released,
    "certificate.issued": certificate_answers.certificate_issued,
    "certificate.refused": certificate_answers.certificate_refused,
    "certificate.revoked": certificate_answers.certificate_revoked,
    "certificate.suspended": certificate_answers.certificate_suspended,
    "certificate.resumed": certificate_answers.certificate_resumed,
    "sms.delivered": sms_delivered,
    "sms.failed": sms_failed,
}
"""What is done for each event."""
