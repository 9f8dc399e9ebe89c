"""The video call: ringing, answering, what the witness decides, and what happens when a line breaks."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.db import read, transaction
from app.domain import calendar
from app.domain.errors import MoveNotAllowed, NotFound
from app.domain.states import Event, State
from app.models import BranchOffice, Call, CallStill, Case, Investor, Staff, Ticket
from app.outside import outside
from app.services import audit, call_ends, cases, evidence, files, room_news, tickets, witnesses
from app.services.actors import By
from app.services.evidence import Acknowledged

QUESTIONS = ("own_will", "which_banks", "accompanied", "bank_transfer_notice", "consequences")
"""What the witness asks, put in another order in each call."""
CODE_DIGITS = 6


# -- finding ----------------------------------------------------------------------------------------------------------


def live_of_case(case: Case) -> Call | None:
    """The call that rings or runs for the case."""
    return read().scalars(select(Call).where(Call.case_id == case.id, Call.ended_at.is_(None))).first()


def live_of_witness(staff: Staff) -> Call | None:
    """The call the witness is in."""
    return read().scalars(select(Call).where(Call.witness_id == staff.id, Call.ended_at.is_(None))).first()


def of_witness(call_id: str, staff: Staff) -> Call:
    """The witness's own call, ended or not; NotFound for an absent one and for somebody else's alike."""
    call = read().scalars(select(Call).where(Call.id == call_id, Call.witness_id == staff.id)).first()
    if call is None:
        raise NotFound
    return call


def ended_lately(call_id: str, staff: Staff, *, since: datetime) -> Call | None:
    """The witness's own call if it has ended since then."""
    own = (Call.id == call_id, Call.witness_id == staff.id, Call.ended_at >= since)
    return read().scalars(select(Call).where(*own)).first()


def is_live(call_id: str) -> bool:
    """Whether the call has not ended."""
    return read().scalar(select(Call.ended_at.is_(None)).where(Call.id == call_id)) is True


def still_for(staff: Staff, still_id: str) -> CallStill:
    """A still that this member of staff may see: of their own branch office; NotFound otherwise."""
    still = evidence.still_of(still_id)
    case = of_still(still).case
    if staff.branch_office_id not in {None, case.branch_office_id}:
        raise NotFound
    return still


def of_still(still: CallStill) -> Call:
    """The call in which the still was taken."""
    return read().get_one(Call, still.call_id)


def offices_of(staff: Staff) -> list[str]:
    """The branch offices whose calls this member of staff takes."""
    if staff.branch_office_id is not None:
        return [staff.branch_office_id]
    return list(read().scalars(select(BranchOffice.id)))


def ice_servers(call_id: str) -> list[dict[str, Any]]:
    """What a browser needs to find the other one: TURN servers with credentials for this call, or nothing."""
    return outside.video.ice_servers(call_id, outside.clock.now())


@dataclass(frozen=True)
class Today:
    """How many calls of these offices have ended today, by how they ended."""

    passed: int
    returned: int


def today(offices: Sequence[str]) -> Today:
    """The count since midnight in Shanghai."""
    query = (
        select(Call.state, func.count())
        .join(Ticket, Ticket.id == Call.ticket_id)
        .where(Ticket.branch_office_id.in_(offices), Call.ended_at >= calendar.midnight(outside.clock.now()))
        .group_by(Call.state)
    )
    counts: dict[str, int] = {row.state: row[1] for row in read().execute(query)}
    return Today(counts.get("passed", 0), counts.get("returned", 0))


# -- ringing ----------------------------------------------------------------------------------------------------------


def ring(staff: Staff) -> Call | None:
    """Call the next investor; the call the witness is in already if there is one; None when nobody waits."""
    try:
        with transaction():
            return live_of_witness(staff) or _ring_next(staff)
    except IntegrityError:
        # The same witness pressed twice, in two tabs: the database lets one call through, and that is the one.
        return live_of_witness(staff)


def _ring_next(staff: Staff) -> Call | None:
    offices = offices_of(staff)
    while ticket := tickets.take_next(offices, not_reviewed_by=staff):
        case = cases.locked(ticket.case_id)
        tickets.left_the_row(ticket)
        if State(case.state) is State.QUEUED:
            return _ring(case, ticket, staff)
        tickets.close(ticket, "left")  # abandoned or expired while it waited
    return None


def _ring(case: Case, ticket: Ticket, staff: Staff) -> Call:
    now = outside.clock.now()
    script = list(QUESTIONS)
    SystemRandom().shuffle(script)
    call = Call(
        case=case,
        ticket=ticket,
        witness_id=staff.id,
        state="ringing",
        spoken_code=f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}",
        rung_at=now,
        witness_seen_at=now,
        script=script,
    )
    db = read()
    db.add(call)
    db.flush()
    cases.move(case, Event.RUNG, by=By.witness(staff), call=call.id)
    return call


def answer(case_id: str, investor: Investor) -> None:
    """The investor takes the call; nothing happens when it is taken already. MoveNotAllowed when none rings."""
    with transaction():
        case, ticket, call = call_ends.held(cases.of_investor(case_id, investor).id)
        if call is not None and call.state == "in_call":
            return
        if call is None or ticket is None:
            raise MoveNotAllowed(case.state, Event.ANSWERED)
        now = outside.clock.now()
        cases.move(case, Event.ANSWERED, by=By.investor(investor), call=call.id)
        call.state, call.answered_at, call.witness_seen_at = "in_call", now, now
        call.consented_at = ticket.joined_at  # nobody gets a ticket without agreeing to being recorded
        ticket.state, ticket.seen_at, ticket.missed_rings = "in_call", now, 0
        room_news.tell_witness(call)
        room_news.tell_board(ticket.branch_office_id)


def decline(case_id: str, investor: Investor) -> None:
    """The investor cannot take the call now; nothing happens when none rings."""
    with transaction():
        case, ticket, call = call_ends.held(cases.of_investor(case_id, investor).id)
        if call is not None and ticket is not None and call.state == "ringing":
            call_ends.missed(case, ticket, call, By.investor(investor))


# -- in the call ------------------------------------------------------------------------------------------------------


def heartbeat(call_id: str, staff: Staff) -> bool:
    """A sign of life of the witness's page; False when the call has ended."""
    with transaction() as db:
        alive = (Call.id == call_id, Call.witness_id == staff.id, Call.ended_at.is_(None))
        now = outside.clock.now()
        touched = db.execute(update(Call).where(*alive).values(witness_seen_at=now).returning(Call.id)).first()
        if touched is not None:
            witnesses.seen(staff)
        return touched is not None


def take_still(case_id: str, investor: Investor, *, kind: str, content: bytes) -> None:
    """Keep a still from the investor's camera; FieldWrong("still", …) as in `evidence.checked_still`."""
    own = cases.of_investor(case_id, investor)
    if State(own.state) is not State.IN_CALL:
        raise MoveNotAllowed(own.state, "still_taken")
    picture = evidence.checked_still(kind, content)
    with files.beforehand(own.vault, picture, evidence.STILL_TYPE) as file, transaction():
        case, _ticket, call = call_ends.held(own.id)
        if call is None or call.state != "in_call":
            raise MoveNotAllowed(case.state, "still_taken")
        still = evidence.keep_still(call, kind, file)
        audit.record("call.still_taken", By.investor(investor), case_id=case.id, kind=kind, sha256=still.blob.sha256)
        room_news.tell_witness(call)


def add_slice(call_id: str, staff: Staff, *, part: str, number: int, content: bytes, sha256: str) -> Acknowledged:
    """Keep a slice of the recording, see `evidence`; MoveNotAllowed when the call has ended."""
    vault = of_witness(call_id, staff).case.vault
    evidence.require_whole(part, content, sha256)
    with files.beforehand(vault, content, evidence.SLICE_TYPE) as file, transaction():
        case, call = _running(call_id, staff)
        if call is None:
            raise MoveNotAllowed(case.state, "slice_recorded")
        return evidence.keep_slice(call, part, number, file)


def _running(call_id: str, staff: Staff) -> tuple[Case, Call | None]:
    """The case and the witness's own call with it, None unless it is answered and live; both held."""
    case, _ticket, call = call_ends.held(of_witness(call_id, staff).case_id)
    return case, call if call is not None and call.id == call_id and call.state == "in_call" else None


def hang_up(case_id: str, investor: Investor) -> None:
    """The investor ends the call; nothing happens when it is over."""
    with transaction():
        case, ticket, call = call_ends.held(cases.of_investor(case_id, investor).id)
        if call is None or ticket is None or call.state != "in_call":
            return
        call_ends.close(call, "ended")
        cases.move(case, Event.QUEUE_LEFT, by=By.investor(investor), call=call.id)
        tickets.close(ticket, "left")
