"""Applying events: once, in the order in which they occurred, and never half."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask

from app.db import read
from app.models import AuditEntry, Bank, CalendarDay, InboundEvent, Investor, SettlementAccount
from app.outside import outside
from app.services import broker_data, investors, postman, webhook_intake, webhooks
from tests import given
from tests.webhooks_given import connected, event, signed, told

PERSON = given.id_number(1)


@pytest.fixture(autouse=True)
def integrators(context: Flask) -> None:
    given.banks()
    given.a_branch_office()
    for source in ("counter", "bank", "ca", "sms"):
        connected(source)


def upserted(phone: str = "13900000000", status: str = "normal", *cards: tuple[str, str]) -> dict[str, Any]:
    accounts = [
        {"bank": bank, "card_number": number, "branch_name": "庆春路支行"}
        for bank, number in cards or [("ICBC", given.ICBC_CARD)]
    ]
    return {
        "id_number": PERSON,
        "name": "周样例",
        "phone": phone,
        "account_status": status,
        "branch_office": "B000",
        "settlement_accounts": accounts,
    }


def minutes(number: int) -> Any:
    return outside.clock.now() - timedelta(minutes=60 - number)


def person() -> Investor:
    found = investors.find(PERSON)
    assert found is not None
    return given.fresh(found)


def facts() -> dict[str, Any]:
    """What is known of the person now, their accounts included."""
    read().expire_all()
    found = person()
    accounts = sorted((a.card_number, a.transfer_signed, a.is_default) for a in found.accounts if not a.closed_at)
    return {
        "phone": found.phone,
        "status": found.account_status,
        "force_video": found.force_video,
        "accounts": accounts,
        "states": sorted(row.state for row in read().query(InboundEvent)),
    }


def test_an_upsert_makes_an_investor_with_accounts() -> None:
    row = told("counter", event("investor.upserted", upserted()))

    assert (row.state, row.outcome) == ("applied", "upserted")
    assert facts()["accounts"] == [(given.ICBC_CARD, False, True)]


def test_an_upsert_changes_what_is_known_and_closes_what_is_gone() -> None:
    given.an_investor(1)

    told("counter", event("investor.upserted", upserted("13911112222", "frozen", ("CMB", given.CMB_CARD))))

    assert facts()["phone"] == "13911112222"
    assert facts()["status"] == "frozen"
    assert facts()["accounts"] == [(given.CMB_CARD, False, True)]
    assert read().query(SettlementAccount).count() == 2


def test_running_the_job_twice_has_one_effect() -> None:
    row = told("counter", event("investor.upserted", upserted()))
    entries = read().query(AuditEntry).count()

    webhooks.apply(row.id)

    assert read().query(Investor).count() == 1
    assert read().query(AuditEntry).count() == entries


def test_an_attempt_that_another_has_overtaken_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    given.an_investor(1)
    body = event("risk.flagged", {"id_number": PERSON, "force_video": True})
    webhook_intake.receive("counter", signed("counter", body), body)
    row = read().query(InboundEvent).one()
    begin = webhooks._begin

    def overtaken(event_id: str) -> int | None:
        mine = begin(event_id)
        begin(event_id)
        return mine

    monkeypatch.setattr(webhooks, "_begin", overtaken)
    webhooks.apply(row.id)

    assert given.fresh(row).state == "stored"
    assert not person().force_video


def test_an_event_older_than_what_was_applied_is_kept_and_ignored() -> None:
    given.an_investor(1)
    change = {"id_number": PERSON, "phone": "13922222222"}
    told("counter", event("investor.phone_changed", change, event_id="new", at=minutes(5)))

    late = told(
        "counter", event("investor.phone_changed", {**change, "phone": "13911111111"}, event_id="old", at=minutes(1))
    )

    assert (late.state, late.outcome) == ("ignored", "older_than_applied")
    assert person().phone == "13922222222"


def test_events_in_any_order_end_where_the_right_order_ends() -> None:
    both = ("ICBC", given.ICBC_CARD), ("CMB", given.CMB_CARD)
    events = [
        ("counter", "investor.upserted", upserted("13900000001", "normal", ("ICBC", given.ICBC_CARD)), 1),
        ("counter", "investor.phone_changed", {"id_number": PERSON, "phone": "13900000002"}, 2),
        ("counter", "account.status_changed", {"id_number": PERSON, "account_status": "dormant"}, 3),
        ("bank", "bank_transfer.signed", {"id_number": PERSON, "card_number": given.ICBC_CARD}, 4),
        ("counter", "investor.upserted", upserted("13900000005", "frozen", *both), 5),
        ("counter", "risk.flagged", {"id_number": PERSON, "force_video": True}, 6),
    ]  # fmt: skip
    results = []
    for number, order in enumerate(list(permutations(range(len(events))))[::90]):
        for table in (SettlementAccount, InboundEvent, Investor):
            with webhooks.transaction() as db:
                db.query(table).delete()
        for place in order:
            source, kind, data, minute = events[place]
            told(source, event(kind, data, event_id=f"e{number}_{place}", at=minutes(minute)))
        _let_the_worker_run()
        results.append(facts())

    ends = {str({**result, "states": None}) for result in results}
    assert len(results) == 8
    assert len(ends) == 1
    assert results[0]["phone"] == "13900000005"
    assert results[0]["accounts"] == [(given.CMB_CARD, False, False), (given.ICBC_CARD, True, True)]
    assert all(set(result["states"]) <= {"applied", "ignored"} for result in results)


def _let_the_worker_run() -> None:
    for row in read().query(InboundEvent).filter_by(state="stored").all():
        webhooks.apply(row.id)


def test_an_event_about_somebody_unknown_waits_for_whoever_tells_of_them() -> None:
    change = {"id_number": PERSON, "phone": "13922222222"}
    early = told("counter", event("investor.phone_changed", change, event_id="early", at=minutes(5)))
    waited = early.state

    told("counter", event("investor.upserted", upserted("13900000001"), event_id="late", at=minutes(1)))
    _let_the_worker_run()

    assert waited == "waiting"
    assert given.fresh(early).state == "applied"
    assert person().phone == "13922222222"


def test_an_event_that_waited_for_a_day_is_put_aside() -> None:
    row = told("counter", event("risk.flagged", {"id_number": PERSON, "force_video": True}))
    outside.clock.advance(hours=25)  # type: ignore[attr-defined]

    postman.reconcile()

    assert (given.fresh(row).state, given.fresh(row).outcome) == ("dead", "subject_unknown")


def test_what_cannot_be_applied_is_put_aside_with_the_reason_and_changes_nothing() -> None:
    unknown_bank = upserted("13900000009", "normal", ("NOBANK", given.CMB_CARD))

    row = told("counter", event("investor.upserted", unknown_bank))

    assert (row.state, row.outcome) == ("dead", "unknown_bank")
    assert investors.find(PERSON) is None


def test_an_event_that_keeps_breaking_is_put_aside_with_the_kind_of_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_told: Any) -> str:
        raise ZeroDivisionError("6222020000000000001")

    monkeypatch.setitem(broker_data.APPLY, "risk.flagged", broken)
    body = event("risk.flagged", {"id_number": PERSON, "force_video": True})
    webhook_intake.receive("counter", signed("counter", body), body)
    row = read().query(InboundEvent).one()

    for _attempt in range(webhooks.ATTEMPTS_AT_MOST):
        with pytest.raises(ZeroDivisionError):
            webhooks.apply(row.id)
    webhooks.apply(row.id)

    assert (given.fresh(row).state, given.fresh(row).outcome) == ("dead", "ZeroDivisionError")


def test_a_transaction_takes_on_no_more_events_than_it_has_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    given.an_investor(1)
    monkeypatch.setattr(webhooks, "HOLD_SECONDS", 0.0)
    for number in range(3):
        body = event("risk.flagged", {"id_number": PERSON, "force_video": True}, event_id=f"e{number}")
        webhook_intake.receive("counter", signed("counter", body), body)

    webhooks.apply_fresh()
    rows = read().query(InboundEvent).order_by(InboundEvent.occurred_at).all()
    first = [(row.state, row.attempt) for row in rows]
    webhooks.apply_fresh()
    webhooks.apply_fresh()

    assert first == [("applied", 1), ("stored", 0), ("stored", 0)]
    assert [given.fresh(row).state for row in rows] == ["applied"] * 3


def test_one_event_that_breaks_does_not_keep_the_others_from_being_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    given.an_investor(1)
    applied = broker_data.APPLY["risk.flagged"]

    def broken(told: Any) -> str:
        if told.row.event_id == "poison":
            raise ZeroDivisionError
        return applied(told)

    monkeypatch.setitem(broker_data.APPLY, "risk.flagged", broken)
    monkeypatch.setattr(webhooks, "HOLD_SECONDS", 60)  # all three in one round, however slow the machine
    for name in ("before", "poison", "after"):
        body = event("risk.flagged", {"id_number": PERSON, "force_video": True}, event_id=name, at=minutes(len(name)))
        webhook_intake.receive("counter", signed("counter", body), body)

    for _round in range(2):
        postman.work()
    states = {row.event_id: row.state for row in read().query(InboundEvent)}
    for _round in range(5):
        postman.work()

    assert states == {"before": "applied", "poison": "stored", "after": "ignored"}
    assert read().query(InboundEvent).filter_by(event_id="poison").one().state == "dead"


def test_a_dead_event_can_be_retried_after_what_stood_in_its_way_was_mended() -> None:
    administrator = given.a_member_of_staff("administrator", login="a1")
    row = told("counter", event("investor.upserted", upserted("13900000009", "normal", ("NEWBANK", given.CMB_CARD))))
    dead = (row.state, webhooks.count_dead())
    with webhooks.transaction() as db:
        db.add(Bank(code="NEWBANK", name="新银行", short_name="新", name_en="New", position=9))

    webhooks.retry(row.id, by=administrator)
    postman.work()

    assert dead == ("dead", 1)
    assert given.fresh(row).state == "applied"
    assert webhooks.count_dead() == 0


def test_the_reconciler_hints_again_at_what_is_stored() -> None:
    body = event("risk.flagged", {"id_number": PERSON, "force_video": True})
    webhook_intake.receive("counter", signed("counter", body), body)
    queue: Any = outside.queue
    queue.jobs.clear()

    postman.reconcile()

    assert queue.jobs == [("webhooks.work",)]


def test_a_later_calendar_wins_day_by_day() -> None:
    later = {"days": [{"day": "2026-10-01", "is_trading": False, "note": "国庆节"}]}
    earlier = {"days": [{"day": "2026-10-01", "is_trading": True}, {"day": "2026-10-02", "is_trading": False}]}
    told("counter", event("calendar.updated", later, event_id="later", at=minutes(5)))

    row = told("counter", event("calendar.updated", earlier, event_id="earlier", at=minutes(1)))

    days = {day.day.isoformat(): day.is_trading for day in read().query(CalendarDay)}
    assert row.outcome == "days_1"
    assert days == {"2026-10-01": False, "2026-10-02": False}


def test_the_bank_says_whether_a_transfer_is_signed() -> None:
    given.an_investor(1)
    card = {"id_number": PERSON, "card_number": given.ICBC_CARD}

    told("bank", event("bank_transfer.signed", card, event_id="signed", at=minutes(1)))
    signed_then = facts()["accounts"]
    told("bank", event("bank_transfer.released", card, event_id="released", at=minutes(2)))

    assert signed_then == [(given.ICBC_CARD, True, True)]
    assert facts()["accounts"] == [(given.ICBC_CARD, False, True)]


def test_the_bank_says_whose_a_card_is_and_the_open_pages_hear_of_it() -> None:
    case = given.a_case()
    card = given.an_added_card(case)

    row = told("bank", event("card.checked", {"card_id": card.id, "result": "mismatched"}))

    assert row.state == "applied"
    assert given.fresh(card).bank_check == "mismatched"
    assert case.room in outside.live.rooms  # type: ignore[attr-defined]


def test_an_answer_to_an_earlier_question_about_a_card_is_ignored() -> None:
    case = given.a_case()
    card = given.an_added_card(case)

    row = told("bank", event("card.checked", {"card_id": card.id, "result": "matched", "answers": "0" * 32}))

    assert row.state == "ignored"
    assert given.fresh(card).bank_check == ""


def test_a_word_of_another_authority_is_put_aside() -> None:
    row = told("ca", event("certificate.revoked", {"certificate_id": "0" * 32}))

    assert (row.state, row.outcome) == ("dead", "certificates_are_issued_here")


def test_every_event_of_the_contract_is_carried_out_by_something() -> None:
    from app.domain.webhook_events import SCHEMAS

    assert broker_data.APPLY.keys() == SCHEMAS.keys()
