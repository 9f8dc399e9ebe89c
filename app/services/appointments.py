"""Appointments for the video: which half hours are free, booking, changing and cancelling one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import func, select

from app.db import read, transaction
from app.domain import calendar
from app.domain.calendar import Slot
from app.domain.errors import FieldWrong, NotEditable
from app.domain.journey import RETURNED, Step
from app.domain.states import State
from app.models import Appointment, BranchOffice, Case, Investor
from app.outside import outside
from app.services import audit, cases, chosen, outbox, room_news, video_hours, video_texts, waiting_room
from app.services.actors import SYSTEM, By

BOOKABLE = RETURNED | {State.VIDEO, State.QUEUED}
HOLDS = BOOKABLE | {State.RINGING, State.IN_CALL}
"""States in which an appointment still means something."""
QUEUE_ONLY = timedelta(days=1)
"""Who missed too many in a row may only queue for so long after the last of them."""


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
    booked = _booked_by_start(office, slots) if slots else {}
    return [Offer(slot, max(0, _capacity(office) - booked.get(slot.starts_at, 0))) for slot in slots]


def _capacity(office: BranchOffice) -> int:
    return int(office.slot_capacity or chosen.value("slot_capacity"))


def _booked_by_start(office: BranchOffice, slots: Sequence[Slot]) -> dict[datetime, int]:
    at = Appointment.starts_at
    within = (at >= slots[0].starts_at, at <= slots[-1].starts_at)
    query = select(at, func.count()).where(Appointment.branch_office_id == office.id, *within)
    return {row[0]: row[1] for row in read().execute(query.where(Appointment.state == "booked").group_by(at))}


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

    Raises FieldWrong("slot", "unknown" | "full" | "queue_only"), NotEditable when no video is due.
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
    if queue_only_until(case):
        raise FieldWrong("slot", "queue_only")


def _require_free(office: BranchOffice, starts_at: datetime) -> None:
    day = calendar.shanghai_day(starts_at)
    if day not in video_hours.bookable_days(office):
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


def fallen_out(office: BranchOffice) -> list[Appointment]:
    """Booked half hours to come that the office no longer has: its hours or the calendar changed."""
    query = select(Appointment).where(Appointment.branch_office_id == office.id, Appointment.state == "booked")
    booked = read().scalars(query.where(Appointment.starts_at > outside.clock.now()).order_by(Appointment.starts_at))
    return [one for one in booked if not video_hours.may_begin(office, one.starts_at)]


def call_off(office: BranchOffice) -> None:
    """Cancel what has fallen out of the hours, and tell whose it was; part of the transaction that changes the hours.

    Nobody stands before a closed door, and nobody misses an appointment that could not be kept.
    """
    read().flush()
    # the gate of those who book: whoever passes it afterwards sees the new hours
    office = read().get_one(BranchOffice, office.id, with_for_update=True)
    for appointment in fallen_out(office):
        cases.locked(appointment.case_id)
        read().refresh(appointment)
        if appointment.state == "booked":  # else the investor was quicker
            _cancel(appointment, SYSTEM)
            video_texts.remind(appointment, "appointment_off")


def _cancel(appointment: Appointment, by: By) -> None:
    appointment.state = "cancelled"
    _record("cancelled", appointment, by)


def _record(what: str, appointment: Appointment, by: By) -> None:
    """Audit entry and outgoing event, and the open pages of the case and the board are nudged."""
    case, starts_at = appointment.case, appointment.starts_at.isoformat()
    audit.record(f"appointment.{what}", by, case_id=case.id, starts_at=starts_at)
    outbox.tell(f"appointment.{what}", case_id=case.id, number=case.number, starts_at=starts_at)
    cases.nudge(case)
    room_news.tell_board(appointment.branch_office_id)


def may_say_ready(appointment: Appointment) -> bool:
    """Whether the slot is near enough to look whether camera, microphone and identity card are at hand."""
    near = timedelta(minutes=current_app.config["SETTINGS"].reminder_minutes)
    return outside.clock.now() >= appointment.starts_at - near


def say_ready(case_id: str, investor: Investor) -> None:
    """The investor has everything at hand; the board shows it. Nothing happens when it is too early for that."""
    with transaction():
        case = cases.locked(cases.of_investor(case_id, investor).id)
        appointment = live_of(case)
        if appointment is None or appointment.ready_at is not None or not may_say_ready(appointment):
            return
        appointment.ready_at = outside.clock.now()
        audit.record("appointment.ready", By.investor(investor), case_id=case.id)
        room_news.tell_board(appointment.branch_office_id)


def queue_only_until(case: Case) -> datetime | None:
    """Until when the case may not book because its last appointments were missed one after the other; None: it may."""
    limit = current_app.config["SETTINGS"].no_show_limit
    settled = select(Appointment).where(Appointment.case_id == case.id, Appointment.state.in_(("kept", "missed")))
    last = list(read().scalars(settled.order_by(Appointment.starts_at.desc()).limit(limit)))
    if len(last) < limit or any(appointment.state != "missed" for appointment in last):
        return None
    until = last[0].starts_at + QUEUE_ONLY
    return until if until > outside.clock.now() else None


def next_free(office: BranchOffice, at_most: int) -> list[Offer]:
    """The next half hours in which somebody can still be booked."""
    found: list[Offer] = []
    for day in video_hours.bookable_days(office):
        found += [offer for offer in offers(office, day) if offer.left]
        if len(found) >= at_most:
            break
    return found[:at_most]


def missed_lately(case: Case) -> Appointment | None:
    """An appointment of the case that was missed within the last day, to be told about."""
    since = outside.clock.now() - timedelta(days=1)
    query = select(Appointment).where(Appointment.case_id == case.id, Appointment.state == "missed")
    return read().scalars(query.where(Appointment.starts_at >= since).order_by(Appointment.starts_at.desc())).first()
