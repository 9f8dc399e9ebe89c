"""Who is waiting for a video call, who is next, and who has to wait how long."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.db import read, transaction
from app.domain import queue
from app.domain.calendar import SLOT_LENGTH, midnight
from app.domain.errors import FieldWrong, MoveNotAllowed
from app.domain.journey import RETURNED, Step
from app.domain.queue import Estimate
from app.domain.states import Event, State
from app.models import Appointment, BranchOffice, Call, Case, Investor, Ticket
from app.outside import outside
from app.services import cases, chosen, consents, mending, room_news, tickets, video_hours, witnesses
from app.services.actors import By
from app.services.room_news import AHEAD, ORDINARY
from app.services.tickets import LIVE, ORDER
from app.services.witnesses import SEEN_SECONDS

RECORDING = "recording_consent"
"""The text that everybody agrees to who takes a place: the call is recorded."""


@dataclass(frozen=True)
class Numbers:
    """What is the same for all who wait: how many there are, what a call takes, and who takes the calls."""

    total: int
    witnesses: int
    typical_seconds: int
    calls_counted: int
    is_paused: bool
    """Nobody new is let in for a while: the pages of those who wait say so."""


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
    version: int
    """How many changes of the row this knows of."""
    token: int
    """What the news of the room are compared with."""


# -- finding ----------------------------------------------------------------------------------------------------------


def live_of(case: Case) -> Ticket | None:
    """The case's ticket that has not ended."""
    return read().scalars(select(Ticket).where(Ticket.case_id == case.id, Ticket.state.in_(LIVE))).first()


def last_of(case: Case) -> Ticket | None:
    """The case's newest ticket, ended or not."""
    return read().scalars(select(Ticket).where(Ticket.case_id == case.id).order_by(Ticket.joined_at.desc())).first()


def offices(ids: Collection[str]) -> list[BranchOffice]:
    """These branch offices by their code."""
    return list(read().scalars(select(BranchOffice).where(BranchOffice.id.in_(ids)).order_by(BranchOffice.code)))


def first_in(office_id: str, at_most: int) -> list[Ticket]:
    """The first of those who wait in the office, in order."""
    query = select(Ticket).where(Ticket.branch_office_id == office_id, Ticket.state == "waiting")
    return list(read().scalars(query.order_by(*ORDER).limit(at_most)))


def place_of(ticket: Ticket) -> Place:
    """Where the ticket stands now."""
    version = room_news.version_of(ticket.branch_office_id)  # read first: what comes later is news to the page
    others = (Ticket.branch_office_id == ticket.branch_office_id, Ticket.state == "waiting", Ticket.id != ticket.id)
    ahead = tickets.count(*others, tickets.before(ticket))
    return Place(
        position=ahead + 1,
        ahead=ahead,
        total=tickets.count(*others) + 1,
        waited_seconds=(outside.clock.now() - ticket.joined_at).total_seconds(),
        moved_back=ticket.moved_back_at is not None and ticket.rank == ORDINARY,
        estimate=estimate_behind(ahead, ticket.branch_office_id),
        version=version,
        token=room_news.token_of(ticket),
    )


def estimate_behind(ahead: int, office_id: str) -> Estimate | None:
    """How long one with so many people ahead may wait in that office; None while no witness is there."""
    return queue.estimate(ahead, recent_call_seconds(office_id), len(witnesses.present_in(office_id)))


def numbers_of(office_id: str) -> Numbers:
    """What is the same for all who wait in the office; the typical call is the one that estimates are made with."""
    total = tickets.count(Ticket.branch_office_id == office_id, Ticket.state == "waiting")
    recent = recent_call_seconds(office_id)
    return Numbers(
        total,
        witnesses=len(witnesses.present_in(office_id)),
        typical_seconds=round(queue.typical_seconds(recent)),
        calls_counted=len(recent),
        is_paused=video_hours.pause_ends_at(office_id) is not None,
    )


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


# -- coming and going -------------------------------------------------------------------------------------------------


def join(case_id: str, investor: Investor, *, devices: Mapping[str, str] | None = None) -> Ticket:
    """Take a place; whoever has one keeps it. The investor has agreed to being recorded.

    `devices`: what the check of camera, microphone and speaker has found, for the board; see `checked`.

    In a case sent back for the video itself this settles those reasons first. Raises FieldWrong("start", "closed" |
    "paused" | "break" | "too_late") as in `why_not_let_in`, MoveNotAllowed when something else is due.
    """
    by = By.investor(investor)
    with transaction() as db:
        case = cases.locked(cases.of_investor(case_id, investor).id)
        if present := live_of(case):
            return present
        slot = own_slot(case)
        if slot is None and (why := why_not_let_in(case.branch_office)):
            raise FieldWrong("start", why)
        if State(case.state) in RETURNED:
            _settle_video(case, by)
        agreed = consents.current(RECORDING)
        consents.give(investor, agreed, case)
        cases.move(case, Event.QUEUE_JOINED, by=by, recording_agreed=agreed.version)
        ticket = _new_ticket(case, slot)
        ticket.devices = dict(devices) if devices else None
        db.add(ticket)
        db.flush()
        room_news.tell(case.branch_office_id, before=None if slot is None else room_news.token_of(ticket))
        return ticket


def why_not_let_in(office: BranchOffice) -> str:
    """Why no walk-in is let in now: "closed" outside the hours, "paused", "break" when the calls of those who wait
    would last into a break of today, "too_late" when they would end after closing time; empty when the room is open.
    Who has an appointment is let in inside its slot.
    """
    if not video_hours.is_open(office):
        return "closed"
    if video_hours.paused_until(office):
        return "paused"
    if not _ends_too_late(office):
        return ""
    return "break" if video_hours.reopens_today(office) else "too_late"


def _ends_too_late(office: BranchOffice) -> bool:
    closes = video_hours.closing_time(office)
    waiting = tickets.count(Ticket.branch_office_id == office.id, Ticket.state == "waiting")
    estimate = estimate_behind(waiting, office.id)
    if closes is None or estimate is None:
        return False
    return outside.clock.now() + timedelta(minutes=estimate.high_minutes) > closes


def _settle_video(case: Case, by: By) -> None:
    if any(item.step != Step.VIDEO.value for item in cases.unmended(case)):
        raise MoveNotAllowed(case.state, Event.QUEUE_JOINED)
    mending.settle(case, Step.VIDEO, by=by)


def _new_ticket(case: Case, slot: Appointment | None) -> Ticket:
    now = outside.clock.now()
    if slot is not None:
        slot.state = "kept"
    key = room_news.next_key(case.branch_office_id)  # the gate: labels are counted behind it
    return Ticket(
        case=case,
        branch_office_id=case.branch_office_id,
        label=_next_label(case, letter="B" if slot is None else "A"),
        rank=ORDINARY if slot is None else AHEAD,
        order_key=key if slot is None else queue.key_inside_slot(slot.starts_at, key),
        joined_at=now,
        seen_at=now,
    )


def _next_label(case: Case, *, letter: str) -> str:
    start_of_day = midnight(outside.clock.now())
    today = tickets.count(Ticket.branch_office_id == case.branch_office_id, Ticket.joined_at >= start_of_day)
    return f"{letter}{today + 1:03d}"


def grace_begins() -> datetime:
    """Whose page gave no sign of life since then has been away for too long."""
    return outside.clock.now() - timedelta(seconds=chosen.value("grace_seconds"))


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
        ticket = tickets.locked_live(own.id)
        case = cases.locked(own.id)
        if ticket is None or State(case.state) not in {State.QUEUED, State.RINGING}:
            return
        _stop_ringing(case)
        cases.move(case, Event.QUEUE_LEFT, by=By.investor(investor))
        tickets.close(ticket, "left")


def _stop_ringing(case: Case) -> None:
    ringing = select(Call).where(Call.case_id == case.id, Call.ended_at.is_(None))
    for call in read().scalars(ringing):
        call.state, call.ended_at = "missed", outside.clock.now()
        room_news.tell_witness(call)


def seen(ticket: Ticket) -> None:
    """Note a sign of life of the investor's page."""
    now = outside.clock.now()
    if now - ticket.seen_at < timedelta(seconds=SEEN_SECONDS):
        return
    with transaction() as db:
        db.execute(update(Ticket).where(Ticket.id == ticket.id, Ticket.state.in_(LIVE)).values(seen_at=now))


def checked(case: Case, devices: Mapping[str, str]) -> None:
    """The investor has checked the devices while waiting: the board shows the result, a word for each device."""
    with transaction():
        ticket = tickets.locked_live(case.id)
        if ticket is not None:
            ticket.devices = dict(devices)
            room_news.tell_board(ticket.branch_office_id)
