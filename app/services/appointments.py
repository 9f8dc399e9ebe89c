"""Appointments for the video: which half hours are free, booking, changing and cancelling one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import func, select

from app.db import read, transaction
from app.domain import calendar, queue
from app.domain.calendar import Slot
from app.domain.errors import FieldWrong, NotEditable
from app.domain.journey import RETURNED, Step
from app.domain.states import State
from app.models import Appointment, BranchOffice, Case, Investor
from app.outside import outside
from app.services import audit, cases, outbox, video_hours, waiting_room
from app.services.actors import SYSTEM, By

BOOKABLE = RETURNED | {State.VIDEO, State.QUEUED}
HOLDS = BOOKABLE | {State.RINGING, State.IN_CALL}
"""States in which an appointment still means something."""


@dataclass(frozen=True)
class Offer:
    """A half hour and how many more may book it."""

    slot: Slot
    left: int


def live_of(case: Case) -> Appointment | None:
    """The case's booked appointment."""
    query = select(Appointment).where(Appointment.case_id == case.id, Appointment.state == "booked")
    return read().scalars(query).first()


def offers(office: BranchOffice, day: date) -> list[Offer]:
    """The half hours of that day with the places left in each."""
    slots = video_hours.slots(office, day)
    return [Offer(slot, max(0, _capacity(office) - _booked(office.id, slot.starts_at))) for slot in slots]


def _capacity(office: BranchOffice) -> int:
    return int(office.slot_capacity or current_app.config["SETTINGS"].slot_capacity)


def _booked(office_id: str, starts_at: datetime) -> int:
    query = select(func.count()).select_from(Appointment)
    there = (Appointment.branch_office_id == office_id, Appointment.starts_at == starts_at)
    return read().scalar(query.where(*there, Appointment.state == "booked")) or 0


def between(office_ids: Sequence[str], first: datetime, last: datetime) -> list[Appointment]:
    """Booked appointments of these offices that start in that time, in order."""
    query = select(Appointment).where(
        Appointment.branch_office_id.in_(office_ids),
        Appointment.state == "booked",
        Appointment.starts_at >= first,
        Appointment.starts_at < last,
    )
    return list(read().scalars(query.order_by(Appointment.starts_at)))


def book(case_id: str, investor: Investor, starts_at: datetime) -> Appointment:
    """Book that half hour, in place of the one booked before; a place in the queue is given up for it.

    Raises FieldWrong("slot", "unknown" | "full"), NotEditable when no video is due.
    """
    by = By.investor(investor)
    with transaction() as db:
        own = cases.of_investor(case_id, investor)
        # The office's row is the gate at which all who book there pass one by one.
        office = db.get_one(BranchOffice, own.branch_office_id, with_for_update=True)
        if State(own.state) is State.QUEUED:
            waiting_room.leave(own.id, investor)
        case = cases.locked(own.id)
        _require_bookable(case)
        earlier = live_of(case)
        if earlier is not None and earlier.starts_at == starts_at:
            return earlier
        _require_free(office, starts_at)
        if earlier is not None:
            _cancel(earlier, by)
            db.flush()
        return _book(case, office, starts_at, by)


def may_book(case: Case) -> bool:
    """Whether a video is what is due."""
    return State(case.state) in BOOKABLE and cases.step_due(case) is Step.VIDEO


def _require_bookable(case: Case) -> None:
    if not may_book(case):
        raise NotEditable


def _require_free(office: BranchOffice, starts_at: datetime) -> None:
    day = calendar.shanghai_day(starts_at)
    if day not in video_hours.bookable_days():
        raise FieldWrong("slot", "unknown")
    offer = next((offer for offer in offers(office, day) if offer.slot.starts_at == starts_at), None)
    if offer is None:
        raise FieldWrong("slot", "unknown")
    if offer.left < 1:
        raise FieldWrong("slot", "full")


def _book(case: Case, office: BranchOffice, starts_at: datetime, by: By) -> Appointment:
    with transaction() as db:
        appointment = Appointment(
            case=case,
            branch_office_id=office.id,
            starts_at=starts_at,
            state="booked",
            created_at=outside.clock.now(),
        )
        db.add(appointment)
        db.flush()
        _record("booked", appointment, by)
        return appointment


def cancel(case_id: str, investor: Investor) -> None:
    """Cancel the booked appointment; nothing happens when there is none."""
    with transaction():
        case = cases.locked(cases.of_investor(case_id, investor).id)
        if appointment := live_of(case):
            _cancel(appointment, By.investor(investor))


def drop(case: Case, *, by: By) -> None:
    """Cancel what is booked because the case is over; part of the caller's transaction, which holds the case."""
    if appointment := live_of(case):
        _cancel(appointment, by)


def _cancel(appointment: Appointment, by: By) -> None:
    appointment.state = "cancelled"
    _record("cancelled", appointment, by)


def _record(what: str, appointment: Appointment, by: By) -> None:
    """Audit entry and outgoing event, and the open pages of the case and the board are nudged."""
    case, starts_at = appointment.case, appointment.starts_at.isoformat()
    audit.record(f"appointment.{what}", by, case_id=case.id, starts_at=starts_at)
    outbox.tell(f"appointment.{what}", case_id=case.id, number=case.number, starts_at=starts_at)
    cases.nudge(case)
    waiting_room.tell_board(appointment.branch_office_id)


def reconcile() -> None:
    """Who is a quarter of an hour late has missed it; what no longer means anything is cancelled."""
    late = outside.clock.now() - queue.LATE_AFTER
    query = select(Appointment.id).join(Case, Case.id == Appointment.case_id).where(Appointment.state == "booked")
    over = Case.state.not_in([state.value for state in HOLDS])
    for appointment_id in read().scalars(query.where((Appointment.starts_at <= late) | over)).all():
        with transaction() as db:
            _clear(db.get_one(Appointment, appointment_id, with_for_update=True, populate_existing=True), late)


def _clear(appointment: Appointment, late: datetime) -> None:
    if appointment.state != "booked":
        return
    if State(appointment.case.state) not in HOLDS:
        _cancel(appointment, SYSTEM)
    elif appointment.starts_at <= late:
        appointment.state = "missed"
        audit.record("appointment.missed", SYSTEM, case_id=appointment.case_id)
        cases.nudge(appointment.case)


def missed_lately(case: Case) -> Appointment | None:
    """An appointment of the case that was missed within the last day, to be told about."""
    since = outside.clock.now() - timedelta(days=1)
    query = select(Appointment).where(Appointment.case_id == case.id, Appointment.state == "missed")
    return read().scalars(query.where(Appointment.starts_at >= since).order_by(Appointment.starts_at.desc())).first()
