"""The video call: ringing, answering, what the witness decides, and what happens when a line breaks."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from typing import Any

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.db import after_commit, read, transaction
from app.domain.errors import FieldWrong, MoveNotAllowed, NotFound
from app.domain.journey import after_video
from app.domain.states import Event, State
from app.models import BranchOffice, Call, CallStill, Case, Investor, Staff, Ticket
from app.outside import outside
from app.services import audit, cases, certificates, evidence, faults, files, outbox, room_news, tickets
from app.services.actors import SYSTEM, By
from app.services.evidence import Acknowledged

QUESTIONS = ("own_will", "which_banks", "accompanied", "bank_transfer_notice", "consequences")
"""What the witness asks, put in another order in each call."""
CHECKS = ("person_matches", "code_right", "id_original", "nobody_else", "will_clear")
ANSWERS = ("yes", "no", "na")
RINGS = 2
TURN_SECONDS = 600
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


def ice_servers(call: Call) -> list[dict[str, Any]]:
    """What a browser needs to find the other: a TURN server with credentials for this call, or nothing."""
    settings = current_app.config["SETTINGS"]
    if not settings.turn_url:
        return []
    until = int(outside.clock.now().timestamp()) + TURN_SECONDS
    username = f"{until}:{call.id}"
    password = hmac.digest(settings.turn_secret.encode(), username.encode(), "sha1")
    return [{"urls": settings.turn_url, "username": username, "credential": base64.b64encode(password).decode()}]


@dataclass(frozen=True)
class Today:
    """How many calls of these offices have ended today, by how they ended."""

    passed: int
    returned: int


def today(offices: Sequence[str]) -> Today:
    """The count since midnight in Shanghai."""
    midnight = outside.clock.now().astimezone(cases.SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(Call.state, func.count())
        .join(Ticket, Ticket.id == Call.ticket_id)
        .where(Ticket.branch_office_id.in_(offices), Call.ended_at >= midnight)
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
        case, ticket, call = _held(cases.of_investor(case_id, investor).id)
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
        case, ticket, call = _held(cases.of_investor(case_id, investor).id)
        if call is not None and ticket is not None and call.state == "ringing":
            _missed(case, ticket, call, By.investor(investor))


def _held(case_id: str) -> tuple[Case, Ticket | None, Call | None]:
    """Ticket, case and live call, held in the order in which the claim takes them."""
    ticket = tickets.locked_live(case_id)
    case = cases.locked(case_id)
    query = select(Call).where(Call.case_id == case_id, Call.ended_at.is_(None)).with_for_update()
    return case, ticket, read().scalars(query.execution_options(populate_existing=True)).first()


def _missed(case: Case, ticket: Ticket, call: Call, by: By) -> None:
    """Once more at the head of the queue; the second time out of it."""
    ticket.missed_rings += 1
    _end(call, "missed")
    if ticket.missed_rings < RINGS:
        cases.move(case, Event.RING_MISSED, by=by, call=call.id, missed=ticket.missed_rings)
        tickets.to_head(ticket)
    else:
        cases.move(case, Event.QUEUE_LEFT, by=by, call=call.id, missed=ticket.missed_rings)
        tickets.close(ticket, "left")


def _end(call: Call, state: str) -> None:
    """The call is over; its recording, if any, takes no more slices."""
    now = outside.clock.now()
    call.state, call.ended_at = state, now
    if call.slices:
        call.sealed_at = now
    room_news.tell_witness(call)
    room = call.room
    after_commit(lambda: outside.live.nudge(room))


# -- in the call ------------------------------------------------------------------------------------------------------


def heartbeat(call_id: str, staff: Staff) -> bool:
    """A sign of life of the witness's page; False when the call has ended."""
    with transaction() as db:
        alive = (Call.id == call_id, Call.witness_id == staff.id, Call.ended_at.is_(None))
        now = outside.clock.now()
        touched = db.execute(update(Call).where(*alive).values(witness_seen_at=now).returning(Call.id)).first()
        if touched is not None:
            db.execute(update(Staff).where(Staff.id == staff.id).values(present_at=now))
        return touched is not None


def take_still(case_id: str, investor: Investor, *, kind: str, content: bytes) -> None:
    """Keep a still from the investor's camera; FieldWrong("still", …) as in `evidence.checked_still`."""
    own = cases.of_investor(case_id, investor)
    if State(own.state) is not State.IN_CALL:
        raise MoveNotAllowed(own.state, "still_taken")
    picture = evidence.checked_still(kind, content)
    with files.beforehand(own.vault, picture, evidence.STILL_TYPE) as file, transaction():
        case, _ticket, call = _held(own.id)
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
    case, _ticket, call = _held(of_witness(call_id, staff).case_id)
    return case, call if call is not None and call.id == call_id and call.state == "in_call" else None


# -- deciding ---------------------------------------------------------------------------------------------------------


def pass_video(call_id: str, staff: Staff, checklist: Mapping[str, str]) -> None:
    """The witness has seen the investor: on to the certificate, the agreements or the review.

    Needs every check answered yes or not applicable, a sealed recording and a visible still of each kind. Raises
    FieldWrong("check:<name>", "empty" | "is_no"), FieldWrong("recording", "empty"), FieldWrong("stills", "missing",
    kinds=[…]), MoveNotAllowed when the call is over (a late pass of a frozen page).
    """
    with transaction():
        case, ticket, call = _decided(call_id, staff, Event.VIDEO_PASSED_TO_CERTIFICATE)
        _require_passable(call, checklist)
        call.checklist = _answers(checklist)
        _end(call, "passed")
        case.witness_id, case.video_passed_at = staff.id, outside.clock.now()
        event = after_video(
            certificate_usable=bool(certificates.usable_of(case.investor)), signed=case.signed_at is not None
        )
        cases.move(case, event, by=By.witness(staff), call=call.id, slices=call.slices, chain=call.chain_hash)
        outbox.tell("video.passed", case_id=case.id, number=case.number, call=call.id)
        tickets.close(ticket, "done")


def _decided(call_id: str, staff: Staff, event: Event) -> tuple[Case, Ticket, Call]:
    case, ticket, call = _held(of_witness(call_id, staff).case_id)
    if ticket is None or call is None or call.id != call_id or call.state != "in_call":
        raise MoveNotAllowed(case.state, event)
    return case, ticket, call


def _require_passable(call: Call, checklist: Mapping[str, str]) -> None:
    for check in CHECKS:
        if checklist.get(check) not in ANSWERS:
            raise FieldWrong(f"check:{check}", "empty")
        if checklist[check] == "no":
            raise FieldWrong(f"check:{check}", "is_no")
    if missing := evidence.missing_stills(call):
        raise FieldWrong("stills", "missing", kinds=missing)
    if call.slices < 1:
        raise FieldWrong("recording", "empty")


def _answers(checklist: Mapping[str, str]) -> dict[str, str]:
    return {check: checklist[check] for check in CHECKS if checklist.get(check) in ANSWERS}


def send_back(
    call_id: str, staff: Staff, values: Iterable[str], remarks: Mapping[str, str], checklist: Mapping[str, str]
) -> None:
    """Return the case to the earliest faulty step with the witness's reasons; FieldWrong as in `faults.read`."""
    with transaction():
        case, ticket, call = _decided(call_id, staff, Event.VIDEO_SENT_BACK)
        found = faults.read(case, values, remarks)
        by = By.witness(staff)
        call.checklist = _answers(checklist)
        _end(call, "returned")
        cases.write_return(case, found, by=by, by_video=True)
        reasons = [fault.reason for fault in found]
        cases.move(case, Event.VIDEO_SENT_BACK, by=by, call=call.id, reasons=reasons)
        outbox.tell("video.returned", case_id=case.id, number=case.number, call=call.id, reasons=reasons)
        tickets.close(ticket, "done")


def end(call_id: str, staff: Staff, *, keep_place: bool) -> None:
    """The witness ends the call without deciding; nothing happens when it is over.

    `keep_place`: the line was bad, and the investor is first in the queue again; otherwise the investor comes back
    in their own time. A call that still rings goes back to the head of the queue and is not counted as missed.
    """
    by = By.witness(staff)
    with transaction():
        case, ticket, call = _held(of_witness(call_id, staff).case_id)
        if call is None or ticket is None or call.id != call_id:
            return
        if call.state == "ringing":
            _end(call, "missed")
            cases.move(case, Event.RING_MISSED, by=by, call=call.id)
            tickets.to_head(ticket)
        elif keep_place:
            _broken(case, ticket, call, by)
        else:
            _end(call, "ended")
            cases.move(case, Event.QUEUE_LEFT, by=by, call=call.id)
            tickets.close(ticket, "left")


def hang_up(case_id: str, investor: Investor) -> None:
    """The investor ends the call; nothing happens when it is over."""
    with transaction():
        case, ticket, call = _held(cases.of_investor(case_id, investor).id)
        if call is None or ticket is None or call.state != "in_call":
            return
        _end(call, "ended")
        cases.move(case, Event.QUEUE_LEFT, by=By.investor(investor), call=call.id)
        tickets.close(ticket, "left")


def _broken(case: Case, ticket: Ticket, call: Call, by: By) -> None:
    """The recording so far is kept as interrupted, the investor is first in the queue again."""
    _end(call, "interrupted")
    cases.move(case, Event.CALL_BROKEN, by=by, call=call.id, slices=call.slices)
    tickets.to_head(ticket)


# -- every few seconds ------------------------------------------------------------------------------------------------


def reconcile() -> None:
    """Rings nobody answered are missed; a call whose witness went silent is broken."""
    settings = current_app.config["SETTINGS"]
    now = outside.clock.now()
    unanswered = (Call.state == "ringing", Call.rung_at < now - timedelta(seconds=settings.ring_seconds))
    silent = (Call.state == "in_call", Call.witness_seen_at < now - timedelta(seconds=settings.witness_lost_seconds))
    for case_id in _cases_where(*unanswered):
        _heal(case_id, "ringing", _missed, *unanswered)
    for case_id in _cases_where(*silent):
        _heal(case_id, "in_call", _broken, *silent)


def _cases_where(*conditions: Any) -> Sequence[str]:
    return read().scalars(select(Call.case_id).where(Call.ended_at.is_(None), *conditions)).all()


def _heal(case_id: str, state: str, verb: Any, *conditions: Any) -> None:
    """Do it only if, now that the rows are held, it is still so."""
    with transaction():
        case, ticket, call = _held(case_id)
        if call is None or ticket is None or call.state != state or not _cases_where(Call.id == call.id, *conditions):
            return
        verb(case, ticket, call, SYSTEM)
