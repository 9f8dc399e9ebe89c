"""The counter review: who looks at a case, and what is decided about it. Never the witness of the same case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound, Refused
from app.domain.journey import Again, Mend, Step, again_after
from app.domain.reasons import REASONS
from app.domain.states import Event, State
from app.models import Call, Case, Staff
from app.outside import outside
from app.services import audit, cases, casework, messages, registration, signatures
from app.services.actors import SYSTEM, By
from app.services.cases import Fault

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
FINAL_REASONS = tuple(reason for reason in REASONS.values() if reason.kind == "final")
TEXTS = {
    "returned": _l("您的结算账户变更（受理单号 %(number)s）需要修改，请登录后按提示继续办理。原账户不受影响。"),
    "refused": _l("您的结算账户变更（受理单号 %(number)s）未能办理，原账户不受影响。详情请登录“我的业务”查看。"),
}
ADMINISTRATOR = "administrator"
REVIEWER = "reviewer"


class ClaimedBySomebody(Refused):
    """Another member of staff is on this case; `name` says who."""

    code = "claimed_by_somebody"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotClaimed(Refused):
    """The claim has run out, or was never made: whoever decides must hold the case."""

    code = "not_claimed"


class FourEyes(Refused):
    """Somebody else has to do this: the witness never reviews, and nobody agrees with their own proposal."""

    code = "four_eyes"


# -- finding ----------------------------------------------------------------------------------------------------------


def waiting(staff: Staff) -> list[Case]:
    """What is to be reviewed, the longest waiting first: unclaimed, mine, and what others are on (to tell who)."""
    query = (
        select(Case)
        .where(Case.state.in_([State.REVIEW.value, State.IN_REVIEW.value]))
        .order_by(func.coalesce(Case.submitted_at, Case.state_since), Case.id)
        .limit(casework.PAGE_ROWS)
    )
    if staff.branch_office_id:
        query = query.where(Case.branch_office_id == staff.branch_office_id)
    if REVIEWER not in staff.roles:
        query = query.where(or_(Case.proposed_refusal.is_not(None), Case.reviewer_id == staff.id))
    return list(read().scalars(query))


def may_claim(case: Case, staff: Staff) -> bool:
    """Whether this person may review the case at all; an administrator only as the second to refuse."""
    if was_witness(case, staff):
        return False
    if REVIEWER in staff.roles:
        return True
    second = case.proposed_refusal is not None and case.proposed_refusal_by != staff.id
    return ADMINISTRATOR in staff.roles and second


def was_witness(case: Case, staff: Staff) -> bool:
    """Whether this person has seen the investor of this case in a video call, passed or not."""
    if case.witness_id == staff.id:
        return True
    spoke = select(Call.id).where(Call.case_id == case.id, Call.witness_id == staff.id, Call.answered_at.is_not(None))
    return read().scalars(spoke.limit(1)).first() is not None


def holder(case: Case) -> Staff | None:
    """Who is on the case now, None when nobody is or the lease has run out."""
    if case.state != State.IN_REVIEW or case.reviewer_id is None or _lease_is_over(case):
        return None
    return read().get(Staff, case.reviewer_id)


def passed_call(case: Case) -> Call | None:
    """The video call that was passed, if there was one."""
    query = select(Call).where(Call.case_id == case.id, Call.state == "passed").order_by(Call.ended_at.desc())
    return read().scalars(query).first()


# -- claiming ---------------------------------------------------------------------------------------------------------


def claim(case_id: str, staff: Staff) -> None:
    """Take the case for the length of a lease; claiming it again begins the lease anew."""
    with transaction():
        case = _found(case_id, staff)
        if not may_claim(case, staff):
            raise FourEyes
        on_it = holder(case)
        if on_it is not None and on_it.id != staff.id:
            raise ClaimedBySomebody(on_it.name)
        if case.state == State.IN_REVIEW and case.reviewer_id != staff.id:
            _release(case, by=SYSTEM)
        if case.state != State.IN_REVIEW:
            cases.move(case, Event.REVIEW_CLAIMED, by=By.reviewer(staff))
        case.reviewer_id = staff.id
        case.claimed_until = outside.clock.now() + _lease()
        cases.nudge_staff(case)


def release(case_id: str, staff: Staff) -> None:
    """Put the case back on the list; harmless when it is there already."""
    with transaction():
        case = _found(case_id, staff)
        if case.state == State.IN_REVIEW and case.reviewer_id == staff.id:
            _release(case, by=By.reviewer(staff))


def reconcile() -> None:
    """Put back what somebody claimed and did not decide within the lease."""
    now = outside.clock.now()
    over = select(Case.id).where(Case.state == State.IN_REVIEW.value, Case.claimed_until < now)
    for case_id in read().scalars(over).all():
        with transaction():
            case = cases.locked(case_id)
            if case.state == State.IN_REVIEW and _lease_is_over(case):
                _release(case, by=SYSTEM)


def _release(case: Case, *, by: By) -> None:
    cases.move(case, Event.REVIEW_RELEASED, by=by)
    case.reviewer_id = case.claimed_until = None


def _lease() -> timedelta:
    return timedelta(minutes=current_app.config["SETTINGS"].review_lease_minutes)


def _lease_is_over(case: Case) -> bool:
    return case.claimed_until is None or case.claimed_until < outside.clock.now()


# -- deciding ---------------------------------------------------------------------------------------------------------


def approve(case_id: str, answers: Mapping[str, str], staff: Staff) -> None:
    """Approve the change and ask the counter system to register it.

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
        case = _held(case_id, staff)
        _require_no_proposal(case)
        cases.move(case, Event.APPROVED, by=By.reviewer(staff), answers={check: answers[check] for check in CHECKS})
        case.claimed_until = None
        registration.request(case)


def send_back(case_id: str, faults: list[Fault], staff: Staff) -> None:
    """Return the case to the earliest faulty step, with the reviewer's reasons at the fields."""
    with transaction():
        case = _held(case_id, staff)
        _require_no_proposal(case)
        cases.write_return(case, faults, by=By.reviewer(staff), by_video=False)
        reasons = [fault.reason for fault in faults]
        cases.move(case, Event.REVIEW_SENT_BACK, by=By.reviewer(staff), reasons=reasons)
        # Whoever sent it back may meet the investor as witness of the repeated video: four eyes hold for the new round.
        case.reviewer_id = case.claimed_until = None
        _text(case, "returned")


def consequence(case: Case, faults: list[tuple[Step, str | None]]) -> tuple[Step, Again] | None:
    """Where the case would go back to, and what would have to be done again; None without reasons."""
    if not faults:
        return None
    mends = [Mend(step, field) for step, field in faults]
    earliest = min((mend.step for mend in mends), key=list(Step).index)
    return earliest, again_after(mends, by_video=False, had_video=case.video_passed_at is not None)


def propose_refusal(case_id: str, reason: str, staff: Staff) -> None:
    """The first of two who refuse for good: the case goes back to the list, for a second person to look at."""
    if reason not in {final.code for final in FINAL_REASONS}:
        raise FieldWrong("final_reason", "missing")
    with transaction():
        case = _held(case_id, staff)
        _require_no_proposal(case)
        case.proposed_refusal, case.proposed_refusal_by = reason, staff.id
        audit.record("review.refusal_proposed", By.reviewer(staff), case_id=case.id, reason=reason)
        _release(case, by=By.reviewer(staff))


def confirm_refusal(case_id: str, staff: Staff) -> None:
    """The second of two: the case ends, the registered account stays as it is."""
    with transaction():
        case = _held(case_id, staff)
        if case.proposed_refusal is None:
            raise NotClaimed
        if case.proposed_refusal_by == staff.id:
            raise FourEyes
        case.failure_code = case.proposed_refusal
        cases.move(case, Event.REFUSED, by=By.reviewer(staff), reason=case.failure_code)
        case.claimed_until = None
        _text(case, "refused")


def dismiss_refusal(case_id: str, staff: Staff) -> None:
    """Not to be refused after all: by the second person, or taken back by the first; the review goes on."""
    with transaction():
        case = _held(case_id, staff)
        if case.proposed_refusal is None:
            return
        reason, case.proposed_refusal, case.proposed_refusal_by = case.proposed_refusal, None, None
        audit.record("review.refusal_dismissed", By.reviewer(staff), case_id=case.id, reason=reason)
        if not may_claim(case, staff):
            _release(case, by=By.reviewer(staff))


def _found(case_id: str, staff: Staff) -> Case:
    """The case, locked, as it is now; NotFound when it belongs to another branch office."""
    case = cases.locked(case_id)
    if not casework.may_see(case, staff):
        raise NotFound
    return case


def _held(case_id: str, staff: Staff) -> Case:
    """The case, locked, if this person holds it."""
    case = _found(case_id, staff)
    on_it = holder(case)
    if on_it is not None and on_it.id != staff.id:
        raise ClaimedBySomebody(on_it.name)
    if case.state != State.IN_REVIEW or case.reviewer_id != staff.id:
        raise NotClaimed
    if was_witness(case, staff):
        raise FourEyes
    return case


def _require_no_proposal(case: Case) -> None:
    if case.proposed_refusal is not None:
        raise FieldWrong("final_reason", "proposed")


def _text(case: Case, purpose: str) -> None:
    with force_locale("zh"):  # the reviewer's own page may be in English
        words = str(TEXTS[purpose]) % {"number": case.number}
    messages.to_investor(case.investor, purpose, words)
