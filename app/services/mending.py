"""Mending what was sent back: which reasons are settled, and what has to be done again."""

from __future__ import annotations

from sqlalchemy import select

from app.db import read, transaction
from app.domain.journey import Step, after_mending, again_after
from app.domain.states import State
from app.models import Case, Document, Return
from app.outside import outside
from app.services import audit, cases, certificates
from app.services.actors import By

FIELD_MENDED = "return.field_mended"


def field_mended(case: Case, field: str, *, by: By) -> None:
    """The investor changed the thing a reason points at; it counts once the step is confirmed."""
    audit.record(FIELD_MENDED, by, case_id=case.id, field=field)


def open_fields(case: Case, step: Step) -> frozenset[str | None] | None:
    """In a returned case the step's fields that may be changed (None among them: all of it); None: not returned.

    In a call: what the witness asked to be mended while it stays open.
    """
    if State(case.state) not in {State.VIDEO_RETURNED, State.REVIEW_RETURNED, State.IN_CALL}:
        return None
    return frozenset(item.field for item in cases.unmended(case) if item.step == step.value)


def settle(case: Case, step: Step, *, by: By) -> None:
    """Close the reasons of this step; when none is left anywhere, the case goes on with what must be done again.

    The case must be locked and in a returned state; the caller has checked that everything named was changed.
    """
    with transaction():
        now = outside.clock.now()
        for item in cases.unmended(case):
            if item.step == step.value:
                item.mended_at = now
        audit.record("return.step_mended", by, case_id=case.id, step=step.value)
        if cases.unmended(case):
            cases.nudge(case)
            return
        _go_on(case, _latest(case), by=by)


def _latest(case: Case) -> Return:
    return [ret for ret in case.returns if ret.mended_at is None][-1]


def _go_on(case: Case, ret: Return, *, by: By) -> None:
    again = again_after(cases.mends(ret.items), by_video=ret.by_video, had_video=case.video_passed_at is not None)
    for open_return in case.returns:
        open_return.mended_at = open_return.mended_at or outside.clock.now()
    if again.video:
        case.video_passed_at = None
        case.witness_id = None
    if again.signatures:
        void_signatures(case)
    event = after_mending(
        again,
        certificate_usable=bool(certificates.usable_of(case.investor)),
        signed=case.signed_at is not None,
    )
    cases.move(case, event, by=by)


def void_signatures(case: Case) -> None:
    """The documents no longer say what is asked for: they stay on record, marked void."""
    case.signed_at = None
    for document in read().scalars(select(Document).where(Document.case_id == case.id, Document.state != "void")):
        document.state = "void"
        document.voided_at = outside.clock.now()
