"""What a reviewer decides about a case: held for some seconds so that it can be taken back, then carried out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.db import read, transaction
from app.domain.errors import FieldWrong
from app.domain.journey import Again, Mend, Step, again_after
from app.domain.states import Event, State
from app.models import Case, HeldDecision, Staff
from app.outside import outside
from app.services import audit, cases, casework, messages, reasons, reconciliation, registration, review, signatures
from app.services.actors import By
from app.services.cases import Fault
from app.services.review import FourEyes, NotClaimed

CHECKS = (
    "photos_match",
    "signature_matches",
    "card_matches",
    "holder_is_investor",
    "recording_is_good",
    "documents_hold",
)
"""What a reviewer answers before approving, in the order of the page."""
ANSWERS = ("yes", "no", "na")
TEXTS = {
    "returned": _l("您的结算账户变更（受理单号 %(number)s）需要修改，请登录后按提示继续办理。原账户不受影响。"),
    "refused": _l("您的结算账户变更（受理单号 %(number)s）未能办理，原账户不受影响。详情请登录“我的业务”查看。"),
}
BATCH = 100

Content = dict[str, Any]


# -- deciding ---------------------------------------------------------------------------------------------------------


def approve(case_id: str, answers: Mapping[str, str], staff: Staff, *, typed: Content | None = None) -> None:
    """Approve the change; the counter system is asked to register it once the decision can no more be taken back.

    Raises FieldWrong for a check that is not answered with yes or n.a., and when a signature does not hold.
    """
    for check in CHECKS:
        if answers.get(check) not in ANSWERS:
            raise FieldWrong(check, "missing")
        if answers[check] == "no":
            raise FieldWrong(check, "no")
    if not signatures.all_hold(signatures.of_case(casework.find(case_id, staff))):
        raise FieldWrong("documents_hold", "broken")
    with transaction():
        case = review.held(case_id, staff)
        _require_no_proposal(case)
        _decide(case, "approve", {"answers": {check: answers[check] for check in CHECKS}}, staff, typed)


def send_back(case_id: str, faults: list[Fault], staff: Staff, *, typed: Content | None = None) -> None:
    """Return the case to the earliest faulty step, with the reviewer's reasons at the fields."""
    with transaction():
        case = review.held(case_id, staff)
        _require_no_proposal(case)
        _decide(case, "send_back", {"faults": [asdict(fault) for fault in faults]}, staff, typed)


def consequence(case: Case, faults: list[tuple[Step, str | None]]) -> tuple[Step, Again] | None:
    """Where the case would go back to, and what would have to be done again; None without reasons."""
    if not faults:
        return None
    mends = [Mend(step, field) for step, field in faults]
    earliest = min((mend.step for mend in mends), key=list(Step).index)
    return earliest, again_after(mends, by_video=False, had_video=case.video_passed_at is not None)


def propose_refusal(case_id: str, reason: str, staff: Staff) -> None:
    """The first of two who refuse for good: the case goes back to the list, for a second person to look at."""
    if reason not in {final.code for final in reasons.final()}:
        raise FieldWrong("final_reason", "missing")
    with transaction():
        case = review.held(case_id, staff)
        _require_no_proposal(case)
        case.proposed_refusal, case.proposed_refusal_by = reason, staff.id
        audit.record("review.refusal_proposed", By.reviewer(staff), case_id=case.id, reason=reason)
        review.put_back(case, by=By.reviewer(staff))


def confirm_refusal(case_id: str, staff: Staff) -> None:
    """The second of two: the case ends, the registered account stays as it is."""
    with transaction():
        case = review.held(case_id, staff)
        if case.proposed_refusal is None:
            raise NotClaimed
        if case.proposed_refusal_by == staff.id:
            raise FourEyes
        _decide(case, "refuse", {}, staff, None)


def dismiss_refusal(case_id: str, staff: Staff) -> None:
    """Not to be refused after all: by the second person, or taken back by the first; the review goes on."""
    with transaction():
        case = review.held(case_id, staff)
        if case.proposed_refusal is None:
            return
        forget_refusal(case, by=By.reviewer(staff))
        if not review.may_claim(case, staff):
            review.put_back(case, by=By.reviewer(staff))


def forget_refusal(case: Case, *, by: By) -> None:
    """The proposal to refuse the case is gone, if there is one. The case must be locked."""
    if case.proposed_refusal is not None:
        reason, case.proposed_refusal, case.proposed_refusal_by = case.proposed_refusal, None, None
        audit.record("review.refusal_dismissed", by, case_id=case.id, reason=reason)


def _require_no_proposal(case: Case) -> None:
    if case.proposed_refusal is not None:
        raise FieldWrong("final_reason", "proposed")


# -- taking back ------------------------------------------------------------------------------------------------------


def _decide(case: Case, kind: str, content: Content, staff: Staff, typed: Content | None) -> None:
    """Hold the decision for as long as it may be taken back; nobody outside hears of it before."""
    seconds = current_app.config["SETTINGS"].review_undo_seconds
    if seconds <= 0:
        CARRY_OUT[kind](case, content, staff)
        return
    with transaction() as db:
        now = outside.clock.now()
        case.decision_due_at = now + timedelta(seconds=seconds)
        held = HeldDecision(
            vault=case.vault,
            case_id=case.id,
            by_id=staff.id,
            kind=kind,
            content=json.dumps({**content, "typed": typed or {}}, ensure_ascii=False),
            decided_at=now,
            due_at=case.decision_due_at,
            state="waiting",
        )
        db.add(held)
        audit.record("review.decided", By.reviewer(staff), case_id=case.id, decision=kind)
        cases.nudge_staff(case)


def waiting_of(staff: Staff) -> list[HeldDecision]:
    """What this person has decided and may still take back, the latest first."""
    query = select(HeldDecision).where(HeldDecision.by_id == staff.id, HeldDecision.state == "waiting")
    return list(read().scalars(query.order_by(HeldDecision.due_at.desc())))


def void_of(staff: Staff) -> list[HeldDecision]:
    """Decisions of this person that did not take effect, about cases that still wait for one."""
    later = aliased(HeldDecision)
    is_last = ~exists().where(later.case_id == HeldDecision.case_id, later.decided_at > HeldDecision.decided_at)
    query = select(HeldDecision).join(Case, Case.id == HeldDecision.case_id)
    query = query.where(HeldDecision.by_id == staff.id, HeldDecision.state == "void", Case.review_at.is_not(None))
    return list(read().scalars(query.where(is_last).order_by(HeldDecision.decided_at.desc())))


def undo(case_id: str, staff: Staff) -> bool:
    """Take the decision back: the case is this person's for another lease. False when it was carried out already."""
    with transaction():
        case = review.found(case_id, staff)
        held = _waiting(case)
        if held is None or held.by_id != staff.id:
            return False
        _end(held, case, "undone")
        case.claimed_until = outside.clock.now() + review.lease()
        audit.record("review.undone", By.reviewer(staff), case_id=case.id, decision=held.kind)
        cases.nudge_staff(case)
        return True


def typed_before(case: Case, staff: Staff) -> Content:
    """What this person had typed for their last decision about the case, if they took it back or it took no effect."""
    query = select(HeldDecision).where(HeldDecision.case_id == case.id).order_by(HeldDecision.decided_at.desc())
    last = read().scalars(query.limit(1)).first()
    if last is None or last.by_id != staff.id or last.state not in {"undone", "void"}:
        return {}
    typed: Content = json.loads(last.content)["typed"]
    return typed


def _waiting(case: Case) -> HeldDecision | None:
    query = select(HeldDecision).where(HeldDecision.case_id == case.id, HeldDecision.state == "waiting")
    return read().scalars(query.execution_options(populate_existing=True)).first()


def _end(held: HeldDecision, case: Case, state: str) -> None:
    held.state, case.decision_due_at = state, None


# -- carrying out -----------------------------------------------------------------------------------------------------


def reconcile() -> None:
    """Carry out what nobody has taken back in time; every few seconds."""
    due = select(HeldDecision.case_id).where(
        HeldDecision.state == "waiting", HeldDecision.due_at <= outside.clock.now()
    )
    case_ids = read().scalars(due.order_by(HeldDecision.due_at).limit(BATCH)).all()
    reconciliation.each(case_ids, carry_out, job="decisions")


def carry_out(case_id: str) -> None:
    """Do what was decided about the case, once; nothing when it was taken back meanwhile."""
    with transaction():
        case = cases.locked(case_id)
        held = _waiting(case)
        if held is None or held.due_at > outside.clock.now():
            return
        if case.state != State.IN_REVIEW or case.reviewer_id != held.by_id or case.held_at is not None:
            _end(held, case, "void")
            audit.record("review.decision_void", By.reviewer(held.by), case_id=case.id, decision=held.kind)
            cases.nudge_staff(case)
            return
        _end(held, case, "done")
        CARRY_OUT[held.kind](case, json.loads(held.content), held.by)


def _approved(case: Case, content: Content, staff: Staff) -> None:
    cases.move(case, Event.APPROVED, by=By.reviewer(staff), answers=content["answers"])
    case.claimed_until = None
    registration.request(case)


def _sent_back(case: Case, content: Content, staff: Staff) -> None:
    faults = [Fault(**fault) for fault in content["faults"]]
    cases.write_return(case, faults, by=By.reviewer(staff), by_video=False)
    cases.move(case, Event.REVIEW_SENT_BACK, by=By.reviewer(staff), reasons=[fault.reason for fault in faults])
    # Whoever sent it back may meet the investor as witness of the repeated video: four eyes hold for the new round.
    case.reviewer_id = case.claimed_until = None
    _text(case, "returned")


def _refused(case: Case, _content: Content, staff: Staff) -> None:
    case.failure_code = case.proposed_refusal
    cases.move(case, Event.REFUSED, by=By.reviewer(staff), reason=case.failure_code)
    case.claimed_until = None
    _text(case, "refused")


CARRY_OUT: dict[str, Callable[[Case, Content, Staff], None]] = {
    "approve": _approved,
    "send_back": _sent_back,
    "refuse": _refused,
}


def _text(case: Case, purpose: str) -> None:
    with force_locale("zh"):  # the reviewer's own page may be in English
        words = str(TEXTS[purpose]) % {"number": case.number}
    messages.to_investor(case.investor, purpose, words)
