"""What staff do to a case beside deciding it: notes, more time, a hold, and leading it back with a second person."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from app.db import read, transaction
from app.domain.errors import FieldWrong, MoveNotAllowed, Refused
from app.domain.journey import ORDER, Step
from app.domain.states import ENDED, MOVES, Event, State
from app.models import AuditEntry, Case, CaseNote, CaseOverride, Staff
from app.outside import outside
from app.services import audit, cases, casework, decisions, faults
from app.services.actors import By
from app.services.cases import Fault

NOTE_AT_MOST = 1_000
ONE_TRANSACTION = timedelta(seconds=1)
"""Proposals of before were noted some milliseconds apart from the return that they led to."""
ACTS = ("case.extended", "case.held", "case.override_proposed", "evidence.packed", "investor.unmasked")
OVERRIDABLE = frozenset(state for state, event in MOVES if event is Event.OVERRIDDEN)


class SecondPersonNeeded(Refused):
    """Whoever proposed it cannot be the one who carries it out."""

    code = "second_person_needed"


# -- notes ------------------------------------------------------------------------------------------------------------


def notes_of(case: Case) -> list[CaseNote]:
    """The notes of a case, the latest first."""
    return list(read().scalars(select(CaseNote).where(CaseNote.case_id == case.id).order_by(CaseNote.at.desc())))


def acts_of(case: Case, staff: Staff) -> int:
    """How often this person has done what the forms of a case's page ask for."""
    mine = select(func.count()).where(AuditEntry.case_id == case.id, AuditEntry.actor_id == staff.id)
    return int(read().scalar(mine.where(AuditEntry.action.in_(ACTS))) or 0)


def add_note(case_id: str, text: str, staff: Staff) -> None:
    """Write a note for colleagues. FieldWrong("note", "empty" | "too_long")."""
    text = text.strip()
    if not text or len(text) > NOTE_AT_MOST:
        raise FieldWrong("note", "too_long" if text else "empty", at_most=NOTE_AT_MOST)
    case = casework.find(case_id, staff)
    with transaction() as db:
        db.add(CaseNote(vault=case.vault, case_id=case.id, by_id=staff.id, text=text, at=outside.clock.now()))
        audit.record("case.noted", By.staff(staff), case_id=case.id)
        cases.nudge_staff(case)


# -- more time, and a hold --------------------------------------------------------------------------------------------


def extend(case_id: str, why: str, staff: Staff) -> None:
    """Begin the days after which an untouched case expires anew."""
    with transaction():
        case = _in_flight(case_id, staff)
        case.touched_at = outside.clock.now()
        audit.record("case.extended", By.staff(staff), case_id=case.id, reason=why)
        cases.nudge_staff(case)


def hold(case_id: str, why: str, staff: Staff) -> None:
    """Nobody claims or decides the case, and it does not expire, until the hold is lifted; harmless twice."""
    with transaction():
        case = _in_flight(case_id, staff)
        if case.held_at is None:
            case.held_at, case.held_by_id, case.hold_reason = outside.clock.now(), staff.id, why
            audit.record("case.held", By.staff(staff), case_id=case.id, reason=why)
            cases.nudge_staff(case)


def lift_hold(case_id: str, staff: Staff) -> None:
    """The case goes on; harmless when nothing holds it."""
    with transaction():
        case = _in_flight(case_id, staff)
        if case.held_at is not None:
            reason, case.held_at, case.held_by_id, case.hold_reason = case.hold_reason, None, None, None
            audit.record("case.hold_lifted", By.staff(staff), case_id=case.id, reason=reason)
            cases.nudge_staff(case)


def _in_flight(case_id: str, staff: Staff) -> Case:
    casework.find(case_id, staff)
    case = cases.locked(case_id)
    if State(case.state) in ENDED:
        raise MoveNotAllowed(State(case.state), Event.OVERRIDDEN)
    return case


# -- leading back -----------------------------------------------------------------------------------------------------


def steps_back(case: Case) -> list[Step]:
    """To which earlier steps the case may be led back now: never forward, and never out of a call."""
    if State(case.state) not in OVERRIDABLE:
        return []
    due = ORDER.index(cases.step_due(case))
    return [step for step in faults.RETURNABLE if ORDER.index(step) < due]


def proposed(case: Case) -> CaseOverride | None:
    """The proposal that waits for its second person."""
    query = select(CaseOverride).where(CaseOverride.case_id == case.id, CaseOverride.state == "waiting")
    return read().scalars(query.execution_options(populate_existing=True)).first()


def overrides_of(case: Case) -> dict[str, CaseOverride]:
    """Each proposal that was carried out, by the id of its return: it reads as that, not as a review's return."""
    done = select(CaseOverride).where(CaseOverride.case_id == case.id, CaseOverride.state == "done")
    carried_out = list(read().scalars(done))
    return {
        ret.id: one
        for ret in case.returns
        for one in carried_out
        if one.decided_by_id == ret.by_id and one.decided_at and abs(ret.at - one.decided_at) < ONE_TRANSACTION
    }


def propose_override(case_id: str, step: str, words: str, staff: Staff) -> None:
    """Propose to lead the case back, with the words that the investor will read.

    FieldWrong("step", "unknown"), FieldWrong("words", "empty" | "too_long"), FieldWrong("step", "proposed").
    """
    words = words.strip()
    if not words or len(words) > faults.REMARK_AT_MOST:
        raise FieldWrong("words", "too_long" if words else "empty", at_most=faults.REMARK_AT_MOST)
    with transaction() as db:
        case = _in_flight(case_id, staff)
        if step not in {one.value for one in steps_back(case)}:
            raise FieldWrong("step", "unknown")
        if proposed(case) is not None:
            raise FieldWrong("step", "proposed")
        now = outside.clock.now()
        db.add(
            CaseOverride(
                vault=case.vault, case_id=case.id, step=step, words=words, by_id=staff.id, at=now, state="waiting"
            )
        )
        audit.record("case.override_proposed", By.administrator(staff), case_id=case.id, step=step)
        cases.nudge_staff(case)


def confirm_override(case_id: str, staff: Staff) -> None:
    """The second person: the case goes back, as if a reviewer had sent it back to that step."""
    with transaction():
        case = _in_flight(case_id, staff)
        found = proposed(case)
        if found is None or Step(found.step) not in steps_back(case) or case.decision_due_at is not None:
            raise MoveNotAllowed(State(case.state), Event.OVERRIDDEN)
        if found.by_id == staff.id:
            raise SecondPersonNeeded
        by = By.administrator(staff)
        decisions.forget_refusal(case, by=by)  # it spoke of what the investor is about to change
        written = cases.write_return(case, [Fault("OTHER", found.step, None, found.words)], by=by, by_video=False)
        found.state, found.decided_by_id, found.decided_at = "done", staff.id, written.at
        cases.move(case, Event.OVERRIDDEN, by=by, reasons=["OTHER"], step=found.step)
        case.reviewer_id = case.claimed_until = None


def dismiss_override(case_id: str, staff: Staff) -> None:
    """Not to be led back after all; by either of the two."""
    with transaction():
        case = _in_flight(case_id, staff)
        if (found := proposed(case)) is not None:
            found.state, found.decided_by_id, found.decided_at = "dismissed", staff.id, outside.clock.now()
            audit.record("case.override_dismissed", By.administrator(staff), case_id=case.id, step=found.step)
            cases.nudge_staff(case)
