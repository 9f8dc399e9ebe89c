"""How a call ends, whoever ends it: its rows are held in one order, and the place in the row goes with it."""

from __future__ import annotations

from sqlalchemy import select

from app.db import after_commit, read
from app.domain.states import Event
from app.models import Call, Case, Ticket
from app.outside import outside
from app.services import call_mending, cases, films, room_news, tickets
from app.services.actors import By

RINGS = 2
"""So often an investor is called; who does not answer the last one is out of the queue."""


def held(case_id: str) -> tuple[Case, Ticket | None, Call | None]:
    """Ticket, case and live call, held in the order in which the claim takes them."""
    ticket = tickets.locked_live(case_id)
    case = cases.locked(case_id)
    query = select(Call).where(Call.case_id == case_id, Call.ended_at.is_(None)).with_for_update()
    return case, ticket, read().scalars(query.execution_options(populate_existing=True)).first()


def missed(case: Case, ticket: Ticket, call: Call, by: By) -> None:
    """Once more at the head of the queue; the second time out of it."""
    ticket.missed_rings += 1
    close(call, "missed")
    if ticket.missed_rings < RINGS:
        cases.move(case, Event.RING_MISSED, by=by, call=call.id, missed=ticket.missed_rings)
        tickets.to_head(ticket)
    else:
        cases.move(case, Event.QUEUE_LEFT, by=by, call=call.id, missed=ticket.missed_rings)
        tickets.close(ticket, "left")


def broken(case: Case, ticket: Ticket, call: Call, by: By) -> None:
    """The recording so far is kept as interrupted, the investor is first in the queue again."""
    close(call, "interrupted")
    cases.move(case, Event.CALL_BROKEN, by=by, call=call.id, slices=call.slices)
    tickets.to_head(ticket)


def close(call: Call, state: str) -> None:
    """The call is over; its recording, if any, takes no more slices."""
    now = outside.clock.now()
    call.state, call.ended_at = state, now
    if state not in {"passed", "returned"}:
        call_mending.close(call.case)  # whoever is called next looks at the photos anew
    if call.slices:
        call.sealed_at = now
        films.ask(call)
    room_news.tell_witness(call)
    room = call.room
    after_commit(lambda: outside.live.nudge(room))
