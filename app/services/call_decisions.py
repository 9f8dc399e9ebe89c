"""What the witness decides in a call: passed, sent back, photos taken anew, or ended without a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.db import transaction
from app.domain.errors import FieldWrong, MoveNotAllowed
from app.domain.journey import after_video
from app.domain.states import Event
from app.models import Call, Case, Staff, Ticket
from app.outside import outside
from app.services import call_ends, call_mending, calls, cases, certificates, evidence, faults, outbox, tickets
from app.services.actors import By

CHECKS = ("person_matches", "code_right", "id_original", "nobody_else", "will_clear")
ANSWERS = ("yes", "no", "na")


def pass_video(call_id: str, staff: Staff, checklist: Mapping[str, str]) -> None:
    """The witness has seen the investor: on to the certificate, the agreements or the review.

    Needs every check answered yes or not applicable, a recording that is whole up to now and a visible still of each
    kind. Raises FieldWrong("check:<name>", "empty" | "is_no"), FieldWrong("recording", "empty" | "stale"),
    FieldWrong("stills", "missing", kinds=[…]), FieldWrong("mending", "open"), MoveNotAllowed when the call is over (a
    late pass of a frozen page).
    """
    with transaction():
        case, ticket, call = _decided(call_id, staff, Event.VIDEO_PASSED_TO_CERTIFICATE)
        _require_passable(call, checklist)
        call_mending.require_done(case)
        call_mending.close(case)
        call.checklist = _answers(checklist)
        call_ends.close(call, "passed")
        case.witness_id, case.video_passed_at = staff.id, outside.clock.now()
        event = after_video(
            certificate_usable=bool(certificates.usable_of(case.investor)), signed=case.signed_at is not None
        )
        cases.move(case, event, by=By.witness(staff), call=call.id, slices=call.slices, chain=call.chain_hash)
        outbox.tell("video.passed", case_id=case.id, number=case.number, call=call.id)
        tickets.close(ticket, "done")


def ask_to_mend(call_id: str, staff: Staff, values: Iterable[str], remarks: Mapping[str, str]) -> None:
    """Send photos back while the call stays open, see `call_mending.ask`; MoveNotAllowed when it is over."""
    with transaction():
        _case, _ticket, call = _decided(call_id, staff, Event.VIDEO_SENT_BACK)
        call_mending.ask(call, staff, values, remarks)


def _decided(call_id: str, staff: Staff, event: Event) -> tuple[Case, Ticket, Call]:
    case, ticket, call = call_ends.held(calls.of_witness(call_id, staff).case_id)
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
    if evidence.is_stale(call):
        raise FieldWrong("recording", "stale")


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
        call_ends.close(call, "returned")
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
        case, ticket, call = call_ends.held(calls.of_witness(call_id, staff).case_id)
        if call is None or ticket is None or call.id != call_id:
            return
        if call.state == "ringing":
            call_ends.close(call, "missed")
            cases.move(case, Event.RING_MISSED, by=by, call=call.id)
            tickets.to_head(ticket)
        elif keep_place:
            call_ends.broken(case, ticket, call, by)
        else:
            call_ends.close(call, "ended")
            cases.move(case, Event.QUEUE_LEFT, by=by, call=call.id)
            tickets.close(ticket, "left")
