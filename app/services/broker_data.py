"""What integrators tell us, carried out: results, the calendar, cards and texts; investors in `investor_news`.

Each function takes one event inside the transaction that applies it, and returns what it did as a short code.
It raises Outdated, NotThereYet or CannotApply when there is nothing to do now, or ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from app.db import read
from app.domain.errors import MoveNotAllowed, NotFound
from app.domain.states import State
from app.domain.webhook_events import read_checked
from app.models import CalendarDay, Case, CaseCard, SmsMessage
from app.services import broker_books, cases, certificate_answers, investor_news, investors, registration, risk
from app.services.investor_news import REGISTERED, RESULT, UPSERTED
from app.services.told import CannotApply, NotThereYet, Outdated, Told

CALENDAR_SUBJECT = "calendar"


def subject_of(kind: str, data: dict[str, Any]) -> str | None:
    """Whom or what an event is about: an id, or the blind index of a number. None: nothing that we know."""
    if kind == RESULT:
        case = read().get(Case, data["case_id"])
        return case.investor.id_number_index if case else None
    if kind.startswith("bank_transfer."):
        return investor_news.card_index(data["card_number"])
    if "id_number" in data:
        return investors.index_of(data["id_number"])
    named = [str(data[key]) for key in ("card_id", "certificate_id", "message_id") if key in data]
    return named[0] if named else CALENDAR_SUBJECT


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
    broker_books.call_off_everywhere()
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
    investor = investor_news.known(told)
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
    UPSERTED: investor_news.investor_upserted,
    "investor.phone_changed": investor_news.investor_phone_changed,
    "account.status_changed": investor_news.account_status_changed,
    "risk.flagged": investor_news.risk_flagged,
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
