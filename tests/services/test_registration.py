"""Registration: the accounts become what the case says, once, and only when the counter system agrees."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.db import read, transaction
from app.domain.errors import MoveNotAllowed
from app.domain.states import State
from app.models import Case, OutboxEvent, SmsMessage
from app.services import registration
from tests import given
from tests.webhooks_given import connected, event, told


@pytest.fixture(autouse=True)
def counter(context: Flask) -> None:
    connected("counter")


@pytest.fixture
def case(context: Flask) -> Case:
    """A case that removes the ICBC account and adds one at CMB, and has been approved."""
    case = given.a_case(state=State.REGISTERING)
    with transaction():
        case.cards[0].change = "removed"
        case.cards[0].is_default = False
        given.an_added_card(case).is_default = True
    read().expire_all()
    with transaction():
        registration.request(case)
    return case


def result(case: Case, outcome: str = "success", **more: Any) -> bytes:
    event_id = more.pop("event_id", "evt_1")
    return event("settlement_change.result", {"case_id": case.id, "result": outcome, **more}, event_id=event_id)


def accounts(case: Case) -> list[tuple[str, bool, bool]]:
    read().expire_all()
    return sorted((a.bank_code, a.is_default, a.closed_at is None) for a in case.investor.accounts)


def test_the_request_is_thin(case: Case) -> None:
    content = read().query(OutboxEvent).filter_by(type="settlement_change.requested").one().content

    assert content["number"] == case.number
    assert [(card["change"], card["bank"], card["tail"]) for card in content["cards"]] == [
        ("removed", "ICBC", given.ICBC_CARD[-4:]),
        ("added", "CMB", given.CMB_CARD[-4:]),
    ]
    assert given.CMB_CARD not in str(content)


def test_a_success_completes_the_case_changes_the_accounts_and_tells_the_investor(case: Case) -> None:
    row = told("counter", result(case))

    assert (row.state, row.outcome) == ("applied", "registered")
    assert given.fresh(case).state == State.COMPLETED
    assert accounts(case) == [("CMB", True, True), ("ICBC", False, False)]
    assert case.number in read().query(SmsMessage).one().text


def test_a_second_success_changes_nothing_more(case: Case) -> None:
    told("counter", result(case))

    row = told("counter", result(case, event_id="evt_2"))

    assert row.state == "ignored"
    assert accounts(case) == [("CMB", True, True), ("ICBC", False, False)]
    assert read().query(SmsMessage).count() == 1


def test_a_failure_keeps_its_code_and_the_old_accounts(case: Case) -> None:
    told("counter", result(case, "failure", code="C42"))

    assert (given.fresh(case).state, case.failure_code) == (State.REGISTRATION_FAILED, "C42")
    assert accounts(case) == [("ICBC", True, True)]


def test_after_a_retry_only_the_answer_to_the_new_request_counts(case: Case) -> None:
    first = read().query(OutboxEvent).filter_by(type="settlement_change.requested").one()
    told("counter", result(case, "failure", code="C42", answers=first.id))
    registration.retry(case.id, by=given.a_member_of_staff("administrator"))

    late = told("counter", result(case, "failure", code="C43", answers=first.id, event_id="evt_2"))
    requests = read().query(OutboxEvent).filter_by(type="settlement_change.requested").order_by(OutboxEvent.occurred_at)
    told("counter", result(case, answers=requests.all()[-1].id, event_id="evt_3"))

    assert late.state == "ignored"
    assert (given.fresh(case).state, case.failure_code) == (State.COMPLETED, None)


def test_giving_up_ends_the_case_with_the_counter_systems_code(case: Case) -> None:
    told("counter", result(case, "failure", code="C42"))

    registration.give_up(case.id, by=given.a_member_of_staff("administrator"))

    assert (given.fresh(case).state, case.failure_code) == (State.FAILED, "C42")


def test_a_code_of_the_counter_system_never_passes_for_a_refusal_by_two_of_ours(case: Case) -> None:
    told("counter", result(case, "failure", code="FINAL_COERCED"))

    registration.give_up(case.id, by=given.a_member_of_staff("administrator"))

    assert (given.fresh(case).state, case.failure_code) == (State.FAILED, "COUNTER_FINAL_COERCED")


def test_only_a_failed_registration_is_retried(case: Case) -> None:
    with pytest.raises(MoveNotAllowed):
        registration.retry(case.id, by=given.a_member_of_staff("administrator"))


def test_a_result_nobody_waits_for_is_put_aside(context: Flask) -> None:
    case = given.a_case(state=State.REVIEW)

    row = told("counter", result(case))

    assert (row.state, row.outcome) == ("dead", "not_awaited_in_review")
    assert given.fresh(case).state == State.REVIEW


def test_a_result_for_an_unknown_case_is_put_aside(context: Flask) -> None:
    row = told("counter", event("settlement_change.result", {"case_id": "0" * 32, "result": "success"}))

    assert (row.state, row.outcome) == ("dead", "unknown_case")


def test_a_kept_account_takes_its_new_branch_and_stays_registered_once(context: Flask) -> None:
    case = given.a_case(state=State.REGISTERING)
    with transaction():
        case.cards[0].branch_name = "西湖支行"

    told("counter", result(case))

    read().expire_all()
    assert [account.branch_name for account in case.investor.accounts] == ["西湖支行"]
