"""Made-up calls with their recording and stills, and who waits, is rung and talks at this moment.

Nobody sits at those pages. Their signs of life are dated ahead, by `SITTING`, so that the waiting room is not empty
when somebody comes to look; afterwards what happens is what happens to every page that falls silent.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import read, transaction
from app.domain.ladder import CHOSEN_BY, STEPS
from app.domain.states import State
from app.models import BranchOffice, Call, CallSlice, CallStep, CallStill, Case, Staff, Ticket, Vault
from app.outside import outside
from app.services import evidence, room_news
from app.services.call_decisions import CHECKS
from app.services.calls import QUESTIONS
from app.services.playback import SLICE
from app.services.sandbox_rows import Made, Props

LIVE = (State.QUEUED, State.RINGING, State.IN_CALL)
TICKETS = {State.QUEUED: "waiting", State.RINGING: "ringing", State.IN_CALL: "in_call"}
"""The state of the place in the waiting room of a case that stands there."""
SITTING = timedelta(hours=8)
STEPS_DOWN = STEPS[1:]
LINES = (75, 15, 8, 2)
"""Of a hundred calls: how many stay as they began, and how many go down one, two or three steps."""
STILLS = {"face": 6, "id_portrait": 11, "id_emblem": 16}
"""How many seconds into the recording each was taken."""
RINGS = timedelta(seconds=6)
WAITING_AT_MOST = 12
"""More than that, and who tries the journey would wait behind people who never come."""
CASES_A_WAITING_ONE = 10
WITNESSES = 4
"""One of them rings, the others talk."""
CASES_A_WITNESS = 10
LOGIN = "sample-w"
DEVICES = {"camera": "ok", "microphone": "ok", "speaker": "ok"}


# -- what has been ----------------------------------------------------------------------------------------------------


def ended(
    made: Made, props: Props, chance: random.Random, case: Case, witness: Staff, *, since: datetime, at: datetime,
    how: str,
) -> None:  # fmt: skip
    """An ended call with its ticket, recording, stills and the steps of its line. `since`: when the place was taken."""
    longest = max(1.0, (at - since).total_seconds() - 1)
    answered = at - timedelta(seconds=min(chance.uniform(90, 420), longest))
    ticket = _ticket(case, "done", since, at)
    ticket.order_key, ticket.ended_at = int(since.timestamp() * 1e6), at
    ticket.label = f"B{chance.randrange(1, 999):03d}"
    call = _call(case, ticket, witness, chance, answered - RINGS)
    call.state, call.answered_at, call.ended_at, call.witness_seen_at = how, answered, at, at
    call.checklist = dict.fromkeys(CHECKS, "yes")
    _record(made, props, call, answered)
    call.sealed_at = at
    made.add(ticket)
    made.add(call)
    for step in STEPS_DOWN[: chance.choices(range(len(STEPS_DOWN) + 1), LINES)[0]]:
        moment = answered + (at - answered) * chance.random()
        made.add(CallStep(call_id=call.id, step=step, chosen_by=chance.choice(CHOSEN_BY), at=moment))


def _ticket(case: Case, state: str, joined: datetime, seen: datetime) -> Ticket:
    return Ticket(
        case_id=case.id, branch_office_id=case.branch_office_id, state=state, joined_at=joined, seen_at=seen,
        devices=DEVICES,
    )  # fmt: skip


def _call(case: Case, ticket: Ticket, witness: Staff, chance: random.Random, rung: datetime) -> Call:
    return Call(
        case_id=case.id, ticket_id=ticket.id, witness_id=witness.id, spoken_code=f"{chance.randrange(1_000_000):06d}",
        rung_at=rung, consented_at=ticket.joined_at, script=chance.sample(QUESTIONS, len(QUESTIONS)),
    )  # fmt: skip


def _record(made: Made, props: Props, call: Call, answered: datetime) -> None:
    """The sample recording as the one slice of the call, and a still of each kind."""
    call.slices, call.chain_hash = 1, evidence.chained("", props.recording.sha256)
    made.add(
        CallSlice(
            call_id=call.id, part="sample", number=0, blob_id=props.recording.id, chain_hash=call.chain_hash,
            at=answered + SLICE,
        )
    )  # fmt: skip
    for kind, seconds in STILLS.items():
        at = answered + timedelta(seconds=seconds)
        made.add(CallStill(call_id=call.id, kind=kind, blob_id=props.pictures[kind].preview.id, at=at))


# -- what is now ------------------------------------------------------------------------------------------------------


def states_now(count: int) -> list[State]:
    """In which of the states that live on an open page so many new cases put somebody: a few, however many cases."""
    waiting = read().scalar(select(func.count()).select_from(Ticket).where(Ticket.state == "waiting")) or 0
    waits = min(WAITING_AT_MOST - waiting, count // CASES_A_WAITING_ONE)
    on_the_line = min(len(free_witnesses()), count // CASES_A_WITNESS)
    calls = [State.RINGING, *[State.IN_CALL] * WITNESSES][:on_the_line]
    return [State.QUEUED] * max(0, waits) + calls


def witnesses(offices: list[BranchOffice]) -> None:
    """Witnesses for these calls, so that those of the sandbox are free; they have no password, so nobody is they."""
    with transaction() as db:
        known = set(read().scalars(select(Staff.login).where(Staff.login.startswith(LOGIN))))
        for number in range(1, WITNESSES + 1):
            if f"{LOGIN}{number}" not in known:
                db.add(_witness(db, number, offices))


def _witness(db: Session, number: int, offices: list[BranchOffice]) -> Staff:
    vault = Vault.new()
    db.add(vault)
    office = offices[number % len(offices)]
    return Staff(
        vault=vault, login=f"{LOGIN}{number}", name=f"样例见证人 {number}", licence_number=f"S{number:07d}",
        roles=["witness"], branch_office_id=office.id,
    )  # fmt: skip


def free_witnesses() -> list[Staff]:
    """Those of them who are in no call."""
    busy = select(Call.id).where(Call.witness_id == Staff.id, Call.ended_at.is_(None)).exists()
    query = select(Staff).where(Staff.login.startswith(LOGIN), ~busy).order_by(Staff.login)
    return list(read().scalars(query))


def line_up(made: Made) -> None:
    """Give those in the waiting rooms their places, in the order in which they came."""
    for ticket in sorted(made.rows.get(Ticket, []), key=lambda ticket: ticket["joined_at"]):
        if ticket["state"] in TICKETS.values():
            ticket["order_key"] = room_news.next_key(ticket["branch_office_id"])
            ticket["label"] = f"B{ticket['order_key']:03d}"


def live(made: Made, chance: random.Random, case: Case, joined: datetime, free: list[Staff]) -> None:
    """The place of a case in the waiting room, and the call that rings or runs with the first of the free witnesses."""
    now = outside.clock.now()
    ticket = _ticket(case, TICKETS[State(case.state)], joined, now + SITTING)
    made.add(ticket)
    if ticket.state == "waiting":
        return
    witness = free.pop(0)
    is_talking = State(case.state) is State.IN_CALL
    rung = case.state_since - RINGS if is_talking else now + SITTING  # or it would be missed within half a minute
    call = _call(case, ticket, witness, chance, rung)
    call.state, call.witness_seen_at = ticket.state, now + SITTING
    call.answered_at = case.state_since if is_talking else None
    made.add(call)
    witness.present_at = now + SITTING
