"""The counter review: claims, four eyes, and what each decision does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.db import read, transaction
from app.domain.errors import FieldWrong, MoveNotAllowed, NotFound
from app.domain.journey import Step
from app.domain.reasons import REASONS
from app.domain.states import State
from app.models import AuditEntry, Case, Certificate, HeldDecision, OutboxEvent, SmsMessage, Staff
from app.outside import outside
from app.services import audit, cases, casework, certificate_ends, decisions, faults, mending, reasons, review, risk
from app.services.actors import SYSTEM
from app.services.cases import Fault
from app.services.review import AlreadyDecided, ClaimedBySomebody, FourEyes, NotClaimed, Wanted
from tests import given
from tests.staff_given import a_passed_call, a_signed_document, a_submitted_case
from tests.webhooks_given import connected, event
from tests.webhooks_given import told as received

pytestmark = pytest.mark.usefixtures("context")

ALL_YES = dict.fromkeys(decisions.CHECKS, "yes")
BLUR = [Fault("ID_PORTRAIT_BLUR", "photos", "id_portrait", "看不清出生日期")]


def a_reviewer(login: str = "r1", **values: object) -> Staff:
    return given.a_member_of_staff("reviewer", login=login, name=login, **values)


def state_of(case: Case) -> str:
    return given.fresh(case).state


# -- claiming ---------------------------------------------------------------------------------------------------------


def test_a_claimed_case_is_mine_for_the_length_of_the_lease() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()

    review.claim(case.id, me)

    held = given.fresh(case)
    assert (held.state, held.reviewer_id) == (State.IN_REVIEW, me.id)
    assert 19 * 60 < (held.claimed_until - outside.clock.now()).total_seconds() <= 20 * 60


def test_a_colleague_is_told_who_is_on_the_case() -> None:
    case = a_submitted_case(signed=False)
    review.claim(case.id, a_reviewer("郑可"))

    with pytest.raises(ClaimedBySomebody) as taken:
        review.claim(case.id, a_reviewer("r2"))

    assert taken.value.name == "郑可"


def test_claiming_twice_begins_the_lease_anew() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    review.claim(case.id, me)
    outside.clock.advance(minutes=10)  # type: ignore[attr-defined]

    review.claim(case.id, me)

    assert (given.fresh(case).claimed_until - outside.clock.now()).total_seconds() > 19 * 60


def test_after_the_lease_somebody_else_may_take_the_case() -> None:
    case, late, next_one = a_submitted_case(signed=False), a_reviewer("r1"), a_reviewer("r2")
    review.claim(case.id, late)
    outside.clock.advance(minutes=21)  # type: ignore[attr-defined]

    review.claim(case.id, next_one)

    assert given.fresh(case).reviewer_id == next_one.id
    with pytest.raises(ClaimedBySomebody):
        decisions.send_back(case.id, BLUR, late)


def test_the_reconciler_puts_back_what_was_claimed_and_forgotten() -> None:
    case, kept = a_submitted_case(signed=False), a_submitted_case(given.an_investor(2), signed=False)
    review.claim(case.id, a_reviewer("r1"))
    outside.clock.advance(minutes=21)  # type: ignore[attr-defined]
    review.claim(kept.id, a_reviewer("r2"))

    review.reconcile()

    assert (state_of(case), given.fresh(case).reviewer_id) == (State.REVIEW, None)
    assert state_of(kept) == State.IN_REVIEW


def test_releasing_twice_is_releasing_once() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    review.claim(case.id, me)

    review.release(case.id, me)
    review.release(case.id, me)

    assert state_of(case) == State.REVIEW


def test_a_case_of_another_branch_office_does_not_exist() -> None:
    case = a_submitted_case(signed=False)
    elsewhere = a_reviewer(branch_office_id=given.a_branch_office("宁波营业部").id)

    with pytest.raises(NotFound):
        review.claim(case.id, elsewhere)
    assert review.waiting(elsewhere).rows == []


def test_the_list_shows_the_longest_waiting_first() -> None:
    first = a_submitted_case(signed=False)
    outside.clock.advance(minutes=5)  # type: ignore[attr-defined]
    second = a_submitted_case(given.an_investor(2), signed=False)

    assert [case.id for case in review.waiting(a_reviewer()).rows] == [first.id, second.id]


# -- four eyes --------------------------------------------------------------------------------------------------------


def test_the_witness_of_a_case_never_reviews_it() -> None:
    case = a_submitted_case(signed=False)
    both = given.a_member_of_staff("witness", "reviewer", login="b1")
    a_passed_call(case, both)

    assert not review.may_claim(given.fresh(case), both)
    with pytest.raises(FourEyes):
        review.claim(case.id, both)


def test_who_spoke_to_the_investor_in_an_earlier_call_does_not_review_either() -> None:
    case = a_submitted_case(signed=False)
    both = given.a_member_of_staff("witness", "reviewer", login="b1")
    a_passed_call(case, both)
    with transaction() as db:
        db.execute(update(Case).values(witness_id=None))

    with pytest.raises(FourEyes):
        review.claim(case.id, both)


def test_the_database_refuses_one_person_as_witness_and_reviewer() -> None:
    case = a_submitted_case(signed=False)
    both = given.a_member_of_staff("witness", "reviewer", login="b1")

    with pytest.raises(IntegrityError), transaction() as db:
        db.execute(update(Case).where(Case.id == case.id).values(witness_id=both.id, reviewer_id=both.id))


# -- approving --------------------------------------------------------------------------------------------------------


def test_an_approved_case_is_sent_to_be_registered() -> None:
    case, me = a_submitted_case(), a_reviewer()
    review.claim(case.id, me)

    decisions.approve(case.id, {**ALL_YES, "recording_is_good": "na"}, me)

    assert state_of(case) == State.REGISTERING
    assert "settlement_change.requested" in [event.type for event in read().query(OutboxEvent)]


@pytest.mark.parametrize(("answer", "code"), [("no", "no"), ("", "missing"), ("maybe", "missing")])
def test_an_approval_needs_every_check_answered_with_yes_or_not_applicable(answer: str, code: str) -> None:
    case, me = a_submitted_case(), a_reviewer()
    review.claim(case.id, me)

    with pytest.raises(FieldWrong) as wrong:
        decisions.approve(case.id, {**ALL_YES, "card_matches": answer}, me)

    assert (wrong.value.field, wrong.value.code) == ("card_matches", code)
    assert state_of(case) == State.IN_REVIEW


def test_an_approval_needs_something_signed() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    review.claim(case.id, me)

    with pytest.raises(FieldWrong) as wrong:
        decisions.approve(case.id, ALL_YES, me)

    assert (wrong.value.field, wrong.value.code) == ("documents_hold", "broken")


def test_an_altered_document_keeps_a_case_from_being_approved() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    a_signed_document(case, altered=True)
    review.claim(case.id, me)

    with pytest.raises(FieldWrong) as wrong:
        decisions.approve(case.id, ALL_YES, me)

    assert (wrong.value.field, wrong.value.code) == ("documents_hold", "broken")
    assert state_of(case) == State.IN_REVIEW


def test_a_document_that_somebody_else_signed_keeps_a_case_from_being_approved() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    a_signed_document(case, signer=given.an_investor(9))
    review.claim(case.id, me)

    with pytest.raises(FieldWrong) as wrong:
        decisions.approve(case.id, ALL_YES, me)

    assert (wrong.value.field, wrong.value.code) == ("documents_hold", "broken")


def test_nobody_decides_on_a_case_they_have_not_claimed() -> None:
    case, me = a_submitted_case(), a_reviewer()

    with pytest.raises(NotClaimed):
        decisions.approve(case.id, ALL_YES, me)
    with pytest.raises(NotClaimed):
        decisions.send_back(case.id, BLUR, me)
    with pytest.raises(NotClaimed):
        decisions.propose_refusal(case.id, "FINAL_IMPERSONATION", me)


def test_approving_twice_has_one_effect() -> None:
    case, me = a_submitted_case(), a_reviewer()
    review.claim(case.id, me)
    decisions.approve(case.id, ALL_YES, me)

    with pytest.raises(NotClaimed):
        decisions.approve(case.id, ALL_YES, me)

    assert [event.type for event in read().query(OutboxEvent)].count("settlement_change.requested") == 1


# -- sending back -----------------------------------------------------------------------------------------------------


def test_a_case_sent_back_waits_for_the_investor_at_the_field_and_a_text_says_so() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    review.claim(case.id, me)

    decisions.send_back(case.id, BLUR, me)

    back = given.fresh(case)
    item = back.returns[0].items[0]
    assert (back.state, back.reviewer_id) == (State.REVIEW_RETURNED, None)
    assert (item.step, item.field, item.remark) == ("photos", "id_portrait", "看不清出生日期")
    assert [message.purpose for message in read().query(SmsMessage)] == ["returned"]
    assert case.room in outside.live.rooms  # type: ignore[attr-defined]


def test_the_text_is_chinese_and_holds_no_name() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    review.claim(case.id, me)

    decisions.send_back(case.id, BLUR, me)

    text = read().query(SmsMessage).one().text
    assert case.number in text
    assert case.investor.name not in text


def test_the_words_of_a_remark_stay_out_of_audit_and_outbox() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    review.claim(case.id, me)

    decisions.send_back(case.id, BLUR, me)

    told = [str(event.content) for event in read().query(OutboxEvent)]
    kept = [str(entry.details) for entry in read().query(AuditEntry)]
    assert not [words for words in told + kept if "出生日期" in words]


# -- refusing for good ------------------------------------------------------------------------------------------------


def test_refusing_for_good_takes_two() -> None:
    case, first, second = a_submitted_case(signed=False), a_reviewer("r1"), a_reviewer("r2")
    review.claim(case.id, first)

    decisions.propose_refusal(case.id, "FINAL_IMPERSONATION", first)
    assert state_of(case) == State.REVIEW
    review.claim(case.id, second)
    decisions.confirm_refusal(case.id, second)

    ended = given.fresh(case)
    assert (ended.state, ended.failure_code) == (State.FAILED, "FINAL_IMPERSONATION")
    assert [message.purpose for message in read().query(SmsMessage)] == ["refused"]


def test_nobody_agrees_with_their_own_proposal() -> None:
    case, first = a_submitted_case(signed=False), a_reviewer("r1")
    review.claim(case.id, first)
    decisions.propose_refusal(case.id, "FINAL_COERCED", first)
    review.claim(case.id, first)

    with pytest.raises(FourEyes):
        decisions.confirm_refusal(case.id, first)

    assert state_of(case) == State.IN_REVIEW


@pytest.mark.parametrize("lacking", ["proposal", "second", "both"])
def test_the_database_refuses_a_refusal_that_one_person_made(lacking: str) -> None:
    case, first, second = a_submitted_case(signed=False), a_reviewer("r1"), a_reviewer("r2")
    two = {"proposed_refusal": "FINAL_COERCED", "proposed_refusal_by": first.id, "reviewer_id": second.id}
    if lacking in {"proposal", "both"}:
        two.update(proposed_refusal=None, proposed_refusal_by=None)
    if lacking in {"second", "both"}:
        two.update(reviewer_id=None)

    with pytest.raises(IntegrityError, match="two_refuse"), transaction() as db:
        db.execute(update(Case).where(Case.id == case.id).values(state="failed", failure_code="FINAL_COERCED", **two))


def test_an_administrator_may_be_the_second_but_does_not_review_otherwise() -> None:
    case, first = a_submitted_case(signed=False), a_reviewer("r1")
    chief = given.a_member_of_staff("administrator", login="a1")
    with pytest.raises(FourEyes):
        review.claim(case.id, chief)
    review.claim(case.id, first)
    decisions.propose_refusal(case.id, "FINAL_UNDER_AGE", first)

    review.claim(case.id, chief)
    decisions.confirm_refusal(case.id, chief)

    assert state_of(case) == State.FAILED


def test_a_dismissed_proposal_lets_the_review_go_on() -> None:
    case, first, second = a_submitted_case(), a_reviewer("r1"), a_reviewer("r2")
    review.claim(case.id, first)
    decisions.propose_refusal(case.id, "FINAL_COERCED", first)
    review.claim(case.id, second)
    with pytest.raises(FieldWrong):
        decisions.approve(case.id, ALL_YES, second)

    decisions.dismiss_refusal(case.id, second)
    decisions.approve(case.id, ALL_YES, second)

    assert state_of(case) == State.REGISTERING


def test_an_administrator_who_dismisses_a_proposal_puts_the_case_back() -> None:
    case, first = a_submitted_case(signed=False), a_reviewer("r1")
    chief = given.a_member_of_staff("administrator", login="a1")
    review.claim(case.id, first)
    decisions.propose_refusal(case.id, "FINAL_COERCED", first)
    review.claim(case.id, chief)

    decisions.dismiss_refusal(case.id, chief)

    assert (state_of(case), given.fresh(case).proposed_refusal) == (State.REVIEW, None)


def test_only_a_final_reason_refuses_for_good() -> None:
    case, first = a_submitted_case(signed=False), a_reviewer("r1")
    review.claim(case.id, first)

    with pytest.raises(FieldWrong):
        decisions.propose_refusal(case.id, "ID_PORTRAIT_BLUR", first)


def test_a_case_that_is_not_submitted_cannot_be_claimed() -> None:
    case = given.a_case(state=State.AGREEMENTS)

    with pytest.raises(MoveNotAllowed):
        review.claim(case.id, a_reviewer())


def test_every_reason_leads_to_its_own_step_and_opens_its_own_field() -> None:
    me, number_of_reasons = a_reviewer(), 0
    case = a_submitted_case(signed=False)
    for choice in faults.choices(case):
        review.claim(case.id, me)
        decisions.send_back(case.id, faults.read(case, [choice.value], {choice.value: "请改"}), me)

        returned = given.fresh(case)
        assert cases.step_due(returned) == choice.step
        assert mending.open_fields(returned, choice.step) == {choice.field}
        assert [step for step in Step if cases.open_for(returned, step)] == [choice.step]
        number_of_reasons += 1
        with transaction():
            again = cases.locked(case.id)
            again.state, again.review_at = State.REVIEW.value, again.submitted_at

    assert number_of_reasons >= len(REASONS) - len(reasons.final())


# -- taking back ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ten_seconds(context: Flask) -> None:
    """Decisions can be taken back for ten seconds, as in life."""
    context.config["SETTINGS"] = replace(context.config["SETTINGS"], review_undo_seconds=10)


def sent_back(case: Case, me: Staff) -> None:
    review.claim(case.id, me)
    decisions.send_back(case.id, BLUR, me, typed={"faults": ["ID_PORTRAIT_BLUR"]})


def told() -> list[str]:
    return [event.type for event in read().scalars(select(OutboxEvent)) if event.type != "case.created"]


@pytest.mark.usefixtures("ten_seconds")
def test_nobody_hears_of_a_decision_before_its_time_is_up() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    review.claim(case.id, me)
    before = told()

    decisions.send_back(case.id, BLUR, me)
    outside.clock.advance(seconds=9)  # type: ignore[attr-defined]
    decisions.reconcile()

    assert (state_of(case), told()) == (State.IN_REVIEW, before)
    assert read().scalars(select(SmsMessage)).all() == []

    outside.clock.advance(seconds=2)  # type: ignore[attr-defined]
    decisions.reconcile()
    decisions.reconcile()

    assert state_of(case) == State.REVIEW_RETURNED
    assert told()[len(before) :] == ["case.state_changed", "case.returned"]
    assert len(read().scalars(select(SmsMessage)).all()) == 1
    assert audit.verify().intact


@pytest.mark.usefixtures("ten_seconds")
def test_a_decision_taken_back_leaves_the_case_with_its_reviewer_and_what_was_typed() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    sent_back(case, me)

    assert decisions.undo(case.id, me)
    outside.clock.advance(seconds=30)  # type: ignore[attr-defined]
    decisions.reconcile()

    held = given.fresh(case)
    assert (held.state, held.reviewer_id, held.decision_due_at) == (State.IN_REVIEW, me.id, None)
    assert decisions.typed_before(held, me) == {"faults": ["ID_PORTRAIT_BLUR"]}
    assert not decisions.undo(case.id, me)


@pytest.mark.usefixtures("ten_seconds")
def test_after_the_time_is_up_nothing_can_be_taken_back() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()
    sent_back(case, me)
    outside.clock.advance(seconds=11)  # type: ignore[attr-defined]
    decisions.reconcile()

    assert not decisions.undo(case.id, me)
    assert state_of(case) == State.REVIEW_RETURNED


@pytest.mark.usefixtures("ten_seconds")
def test_a_decision_that_cannot_be_opened_holds_up_none_of_those_behind_it() -> None:
    broken, whole = a_submitted_case(signed=False), a_submitted_case(given.an_investor(2), signed=False)
    for case, login in ((broken, "r1"), (whole, "r2")):
        sent_back(case, a_reviewer(login))
    with transaction() as db:
        db.execute(update(HeldDecision).where(HeldDecision.case_id == broken.id).values(content_sealed=b"spoilt"))

    outside.clock.advance(seconds=11)  # type: ignore[attr-defined]
    decisions.reconcile()

    assert (state_of(broken), state_of(whole)) == (State.IN_REVIEW, State.REVIEW_RETURNED)


@pytest.mark.usefixtures("ten_seconds")
def test_a_decided_case_is_neither_decided_twice_nor_taken_by_somebody_else_nor_put_back() -> None:
    case, me, other = a_submitted_case(signed=False), a_reviewer(), a_reviewer("r2")
    sent_back(case, me)
    outside.clock.advance(hours=1)  # type: ignore[attr-defined]  # the reconciler was away for longer than the lease
    review.reconcile()
    review.release(case.id, me)

    with pytest.raises(AlreadyDecided):
        decisions.send_back(case.id, BLUR, me)
    with pytest.raises(ClaimedBySomebody):
        review.claim(case.id, other)
    assert not decisions.undo(case.id, other)
    assert state_of(case) == State.IN_REVIEW


def test_the_database_itself_refuses_one_person_refusing_alone() -> None:
    case, me = a_submitted_case(signed=False), a_reviewer()

    alone = {"state": "failed", "proposed_refusal": "X", "proposed_refusal_by": me.id, "reviewer_id": me.id}

    with pytest.raises(IntegrityError), transaction() as db:
        db.execute(update(Case).where(Case.id == case.id).values(alone))


# -- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_goes_on_page_after_page_by_age_and_by_risk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casework, "PAGE_ROWS", 2)
    me = a_reviewer()
    for serial, weight in enumerate((0, 5, 1, 5, 0), start=1):
        case = a_submitted_case(given.an_investor(serial), signed=False)
        with transaction():
            cases.locked(case.id).risk = weight

    def walked(order: str) -> list[tuple[str, int]]:
        seen: list[tuple[str, int]] = []
        after = ""
        while page := review.waiting(me, Wanted(order=order), after=after):
            seen += [(row.number, row.risk) for row in page.rows]
            after = review.place_of(page.rows[-1], order)
            if not page.more:
                break
        return seen

    by_age, by_risk = walked("age"), walked("risk")

    assert [number for number, _risk in by_age] == sorted(number for number, _risk in by_age)
    assert [weight for _number, weight in by_risk] == [5, 5, 1, 0, 0]
    assert set(by_age) == set(by_risk)
    assert [row.risk for row in review.waiting(me, Wanted(risk="high")).rows] == [5, 5]


@pytest.mark.parametrize("order", ["age", "risk"])
def test_the_next_page_stays_as_it_is_when_the_last_case_of_the_page_above_is_decided(
    monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr(casework, "PAGE_ROWS", 2)
    me, wanted = a_reviewer(), Wanted(order=order)
    for serial in range(1, 5):
        a_submitted_case(given.an_investor(serial), signed=False)
        outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    last = review.waiting(me, wanted).rows[-1]
    after = review.place_of(last, order)
    before = [case.id for case in review.waiting(me, wanted, after=after).rows]

    review.claim(last.id, me)
    decisions.send_back(last.id, BLUR, me)

    assert len(before) == 2
    assert [case.id for case in review.waiting(me, wanted, after=after).rows] == before


@pytest.mark.parametrize(
    "typed", ["x", "0" * 32, f"2026-02-31T00:00:00~{'0' * 32}", f"5~2026-11-22T00:00:00~{'0' * 32}", "~~", "'"]
)
def test_a_place_that_is_none_leads_to_the_first_page(typed: str) -> None:
    case = a_submitted_case(signed=False)

    assert [one.id for one in review.waiting(a_reviewer(), after=typed).rows] == [case.id]


def test_a_card_that_somebody_else_has_asked_for_makes_a_case_risky() -> None:
    first, second = a_submitted_case(signed=False), a_submitted_case(given.an_investor(2), signed=False)

    codes = {flag.code for flag in risk.flags(second)}

    assert {"card_elsewhere", "no_video", "bank_silent"} <= codes
    assert risk.flags(second)[0].code == "card_elsewhere"
    assert risk.score(first) >= risk.HIGH


def test_what_is_learnt_of_the_investor_while_the_case_waits_counts_on_the_list() -> None:
    case, me = a_submitted_case(), a_reviewer()
    with transaction():
        risk.refresh(cases.locked(case.id))
    before = given.fresh(case).risk
    given_to = {"id_number": case.investor.id_number, "force_video": True}

    connected("counter")
    received("counter", event("risk.flagged", given_to))
    flagged = given.fresh(case).risk
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    certificate_ends.end(read().query(Certificate).filter_by(case_id=case.id).one().id, "revoked", by=SYSTEM)

    assert flagged == before + risk.WEIGHTS["forced_video"]
    assert given.fresh(case).risk == flagged + risk.WEIGHTS["certificate_ended"]
    assert review.waiting(me, Wanted(order="risk")).rows[0].id == case.id


def test_what_no_event_tells_is_weighed_part_by_part() -> None:
    case = a_submitted_case(signed=False)
    beginning = case.id[:2]
    risk.weigh(beginning)
    before = given.fresh(case).risk
    given.an_added_card(given.a_case(given.an_investor(2)))  # the same number

    risk.weigh(f"{(int(beginning, 16) + 1) % risk.PARTS:02x}")
    untouched = given.fresh(case).risk
    risk.weigh(beginning)

    assert untouched == before
    assert given.fresh(case).risk == before + risk.WEIGHTS["card_elsewhere"]
