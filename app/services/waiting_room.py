"""Who is waiting for a video call, who is next, and who has to wait how long."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Select, and_, func, or_, select, update

from app.db import after_commit, read, transaction
from app.domain import queue
from app.domain.calendar import SLOT_LENGTH
from app.domain.errors import FieldWrong, MoveNotAllowed
from app.domain.journey import RETURNED, Step
from app.domain.queue import Estimate
from app.domain.states import Event, State
from app.models import Appointment, Call, Case, Investor, Staff, Ticket
from app.outside import outside
from app.services import audit, cases, mending, video_hours
from app.services.actors import SYSTEM, By

AHEAD, ORDINARY = 0, 1
"""Ranks: inside the own appointment or back from a broken call; everybody else."""
ORDER = (Ticket.rank, Ticket.order_key)
"""The one order of the room: the claim and every position shown use it."""
LIVE = ("waiting", "ringing", "in_call")
IN_THE_ROOM = frozenset({State.QUEUED, State.RINGING, State.IN_CALL})
SEEN_SECONDS = 10
"""A page's sign of life is written at most so often."""
PRESENT_SECONDS = 30
"""A witness without a sign of life for so long is not counted on."""
NUDGED_PLACES = 20
"""The first so many are told at once that the room moved; those behind see it when they ask again."""


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: position from 1, people ahead, everybody waiting in the office including oneself."""

    position: int
    ahead: int
    total: int
    waited_seconds: float
    moved_back: bool
    """The page was away for longer than the grace time, so the place is at the end now."""
    estimate: Estimate | None


# -- finding ----------------------------------------------------------------------------------------------------------


def live_of(case: Case) -> Ticket | None:
    """The case's ticket that has not ended."""
    return read().scalars(select(Ticket).where(Ticket.case_id == case.id, Ticket.state.in_(LIVE))).first()


def last_of(case: Case) -> Ticket | None:
    """The case's newest ticket, ended or not."""
    return read().scalars(select(Ticket).where(Ticket.case_id == case.id).order_by(Ticket.joined_at.desc())).first()


def waiting_in(offices: Collection[str]) -> list[Ticket]:
    """Who waits in these branch offices, in order."""
    query = select(Ticket).where(Ticket.branch_office_id.in_(offices), Ticket.state == "waiting")
    return list(read().scalars(query.order_by(*ORDER)))


def place_of(ticket: Ticket) -> Place:
    """Where the ticket stands now."""
    others = (Ticket.branch_office_id == ticket.branch_office_id, Ticket.state == "waiting", Ticket.id != ticket.id)
    ahead = _count(*others, _before(ticket))
    office = ticket.branch_office_id
    return Place(
        position=ahead + 1,
        ahead=ahead,
        total=_count(*others) + 1,
        waited_seconds=(outside.clock.now() - ticket.joined_at).total_seconds(),
        moved_back=ticket.rank == ORDINARY and ticket.order_key > _key(ticket.joined_at),
        estimate=queue.estimate(ahead, recent_call_seconds(office), len(witnesses_present(office))),
    )


def _before(ticket: Ticket) -> Any:
    return or_(Ticket.rank < ticket.rank, and_(Ticket.rank == ticket.rank, Ticket.order_key < ticket.order_key))


def _count(*conditions: Any) -> int:
    return read().scalar(select(func.count()).select_from(Ticket).where(*conditions)) or 0


def recent_call_seconds(office_id: str) -> list[float]:
    """The lengths of the office's last answered calls, latest last."""
    query = (
        select(Call.answered_at, Call.ended_at)
        .join(Ticket, Ticket.id == Call.ticket_id)
        .where(Ticket.branch_office_id == office_id, Call.answered_at.is_not(None), Call.ended_at.is_not(None))
        .order_by(Call.ended_at.desc())
        .limit(queue.RECENT_CALLS)
    )
    return [(ended - answered).total_seconds() for answered, ended in read().execute(query) if ended and answered][::-1]


def witnesses_of(office_id: str) -> list[Staff]:
    """Every witness who takes calls of the office, there or not."""
    query = select(Staff).where(
        Staff.disabled_at.is_(None), or_(Staff.branch_office_id == office_id, Staff.branch_office_id.is_(None))
    )
    return [staff for staff in read().scalars(query.order_by(Staff.login)) if "witness" in staff.roles]


def is_present(staff: Staff) -> bool:
    """Whether the witness gave a sign of life lately."""
    fresh = outside.clock.now() - timedelta(seconds=PRESENT_SECONDS)
    return staff.present_at is not None and staff.present_at >= fresh


def witnesses_present(office_id: str) -> list[Staff]:
    """The office's witnesses who are at the board or in a call."""
    return [staff for staff in witnesses_of(office_id) if is_present(staff)]


# -- coming and going -------------------------------------------------------------------------------------------------


def join(case_id: str, investor: Investor) -> Ticket:
    """Take a place; whoever has one keeps it. The investor has agreed to being recorded.

    In a case sent back for the video itself this settles those reasons first. Raises FieldWrong("start", "closed")
    outside video hours, MoveNotAllowed when something else is due.
    """
    by = By.investor(investor)
    with transaction() as db:
        case = cases.locked(cases.of_investor(case_id, investor).id)
        if present := live_of(case):
            return present
        slot = own_slot(case)
        if slot is None and not video_hours.is_open(case.branch_office):
            raise FieldWrong("start", "closed")
        if State(case.state) in RETURNED:
            _settle_video(case, by)
        cases.move(case, Event.QUEUE_JOINED, by=by, recording_agreed=True)
        ticket = _new_ticket(case, slot)
        db.add(ticket)
        db.flush()
        tell_room(case.branch_office_id)
        return ticket


def _settle_video(case: Case, by: By) -> None:
    if any(item.step != Step.VIDEO.value for item in cases.unmended(case)):
        raise MoveNotAllowed(case.state, Event.QUEUE_JOINED)
    mending.settle(case, Step.VIDEO, by=by)


def _new_ticket(case: Case, slot: Appointment | None) -> Ticket:
    now = outside.clock.now()
    if slot is not None:
        slot.state = "kept"
    return Ticket(
        case=case,
        branch_office_id=case.branch_office_id,
        label=_next_label(case, letter="B" if slot is None else "A"),
        rank=ORDINARY if slot is None else AHEAD,
        order_key=_key(now) if slot is None else _key(slot.starts_at),
        joined_at=now,
        seen_at=now,
    )


def _next_label(case: Case, *, letter: str) -> str:
    start_of_day = outside.clock.now().astimezone(cases.SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    today = _count(Ticket.branch_office_id == case.branch_office_id, Ticket.joined_at >= start_of_day)
    return f"{letter}{today + 1:03d}"


def _key(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def own_slot(case: Case) -> Appointment | None:
    """The case's booked appointment if now is inside it and not later than a quarter of an hour after its start."""
    booked = (
        read().scalars(select(Appointment).where(Appointment.case_id == case.id, Appointment.state == "booked")).first()
    )
    if booked is None:
        return None
    ends = booked.starts_at + SLOT_LENGTH
    inside = queue.standing(booked.starts_at, ends, outside.clock.now(), checked_in=False) == "inside"
    return booked if inside else None


def leave(case_id: str, investor: Investor) -> None:
    """Give the place up; a call that rings stops ringing. Nothing happens when there is no place any more."""
    with transaction():
        own = cases.of_investor(case_id, investor)
        ticket = locked_live(own.id)
        case = cases.locked(own.id)
        if ticket is None or State(case.state) not in {State.QUEUED, State.RINGING}:
            return
        _stop_ringing(case)
        cases.move(case, Event.QUEUE_LEFT, by=By.investor(investor))
        close(ticket, "left")


def _stop_ringing(case: Case) -> None:
    ringing = select(Call).where(Call.case_id == case.id, Call.ended_at.is_(None))
    for call in read().scalars(ringing):
        call.state, call.ended_at = "missed", outside.clock.now()
        tell_witness(call)


def seen(ticket: Ticket) -> None:
    """Note a sign of life of the investor's page."""
    now = outside.clock.now()
    if now - ticket.seen_at < timedelta(seconds=SEEN_SECONDS):
        return
    with transaction() as db:
        db.execute(update(Ticket).where(Ticket.id == ticket.id, Ticket.state.in_(LIVE)).values(seen_at=now))


def present(staff: Staff) -> None:
    """Note a sign of life of a witness at the board or in a call; the first one changes everybody's estimate."""
    if staff.present_at is not None and outside.clock.now() - staff.present_at < timedelta(seconds=SEEN_SECONDS):
        return
    came = not is_present(staff)
    with transaction() as db:
        db.execute(update(Staff).where(Staff.id == staff.id).values(present_at=outside.clock.now()))
        if came and staff.branch_office_id:
            tell_room(staff.branch_office_id)


# -- for those who move tickets; all inside the caller's transaction --------------------------------------------------


def take_next(offices: Collection[str], *, not_reviewed_by: Staff) -> Ticket | None:
    """Claim the first ticket of these offices for ringing: one conditional UPDATE, never the same one twice.

    Whoever reviewed a case does not witness it, so those cases are passed over.
    """
    db = read()
    reviewed = select(Case.id).where(Case.reviewer_id == not_reviewed_by.id)
    first = (
        select(Ticket.id)
        .where(Ticket.branch_office_id.in_(offices), Ticket.state == "waiting", Ticket.case_id.not_in(reviewed))
        .order_by(*ORDER)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claim = (
        update(Ticket)
        .where(Ticket.id == first, Ticket.state == "waiting")
        .values(state="ringing")
        .returning(Ticket.id)
        .execution_options(synchronize_session=False)
    )
    ticket_id = db.scalars(claim).first()
    return None if ticket_id is None else db.get(Ticket, ticket_id, populate_existing=True)


def locked_live(case_id: str) -> Ticket | None:
    """The case's live ticket, held until the transaction ends. Taken before the case, as the claim does."""
    query = select(Ticket).where(Ticket.case_id == case_id, Ticket.state.in_(LIVE)).with_for_update()
    return read().scalars(query.execution_options(populate_existing=True)).first()


def to_head(ticket: Ticket) -> None:
    """Back into the room, ahead of everybody who waits."""
    keys = read().scalars(_keys(ticket.branch_office_id).where(Ticket.rank == AHEAD))
    ticket.state, ticket.rank = "waiting", AHEAD
    ticket.order_key = min(queue.key_at_head(keys.all()), ticket.order_key)
    ticket.seen_at = outside.clock.now()
    tell_room(ticket.branch_office_id)


def to_end(ticket: Ticket) -> None:
    """Behind everybody who waits."""
    keys = read().scalars(_keys(ticket.branch_office_id))
    ticket.rank = ORDINARY
    ticket.order_key = max(queue.key_at_end(keys.all()), _key(outside.clock.now()))


def _keys(office_id: str) -> Select[int]:
    return select(Ticket.order_key).where(Ticket.branch_office_id == office_id, Ticket.state == "waiting")


def close(ticket: Ticket, state: str) -> None:
    """The place is over: done or left."""
    ticket.state, ticket.ended_at = state, outside.clock.now()
    tell_room(ticket.branch_office_id)


def tell_room(office_id: str) -> None:
    """After the commit: the office's board and the first of those who wait look again."""
    after_commit(lambda: _nudge_room(office_id))


def _nudge_room(office_id: str) -> None:
    outside.live.nudge(f"branch:{office_id}")
    for ticket in waiting_in([office_id])[:NUDGED_PLACES]:
        outside.live.nudge(ticket.case.room)


def tell_board(office_id: str) -> None:
    """After the commit: the office's board looks again."""
    after_commit(lambda: outside.live.nudge(f"branch:{office_id}"))


def tell_witness(call: Call) -> None:
    """After the commit: the witness's desk looks again."""
    room = f"staff:{call.witness_id}"
    after_commit(lambda: outside.live.nudge(room))


# -- every few seconds ------------------------------------------------------------------------------------------------


def reconcile() -> None:
    """Whoever was away for too long goes to the end; whose slot has begun goes ahead; dead places are cleared."""
    _each(_stray(), _clear_stray)
    _each(_away(), _send_to_end)
    _each(_slot_begun(), _let_ahead)


def _each(ids: Sequence[str], verb: Any) -> None:
    for ticket_id in ids:
        with transaction() as db:
            ticket = db.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
            if ticket is not None:
                verb(ticket)


def _stray() -> Sequence[str]:
    lost = Case.state.not_in([state.value for state in IN_THE_ROOM])
    query = select(Ticket.id).join(Case, Case.id == Ticket.case_id).where(Ticket.state.in_(LIVE), lost)
    return read().scalars(query).all()


def _clear_stray(ticket: Ticket) -> None:
    """The case was abandoned or has expired while it waited."""
    if ticket.state in LIVE and State(ticket.case.state) not in IN_THE_ROOM:
        close(ticket, "left")


def _grace_begins() -> datetime:
    return outside.clock.now() - timedelta(seconds=current_app.config["SETTINGS"].grace_seconds)


def _away() -> Sequence[str]:
    query = select(Ticket).where(Ticket.state == "waiting", Ticket.seen_at < _grace_begins())
    return [ticket.id for ticket in read().scalars(query.order_by(*ORDER)) if _is_to_be_moved(ticket)]


def _is_to_be_moved(ticket: Ticket) -> bool:
    """Away for too long, and not moved for it already: the key of a moved ticket is younger than its page."""
    away = ticket.state == "waiting" and ticket.seen_at < _grace_begins()
    return away and ticket.order_key <= _key(ticket.seen_at)


def _send_to_end(ticket: Ticket) -> None:
    if not _is_to_be_moved(ticket):
        return
    to_end(ticket)
    audit.record("queue.moved_to_end", SYSTEM, case_id=ticket.case_id, ticket=ticket.label)
    tell_room(ticket.branch_office_id)


def _slot_begun() -> Sequence[str]:
    begun = and_(Appointment.case_id == Ticket.case_id, Appointment.state == "booked")
    query = select(Ticket.id).join(Appointment, begun).where(Ticket.state == "waiting", Ticket.rank == ORDINARY)
    return read().scalars(query.where(Appointment.starts_at <= outside.clock.now())).all()


def _let_ahead(ticket: Ticket) -> None:
    slot = own_slot(ticket.case)
    if slot is None or ticket.state != "waiting":
        return
    slot.state = "kept"
    ticket.rank, ticket.order_key = AHEAD, _key(slot.starts_at)
    audit.record("queue.slot_begun", SYSTEM, case_id=ticket.case_id, ticket=ticket.label)
    tell_room(ticket.branch_office_id)
