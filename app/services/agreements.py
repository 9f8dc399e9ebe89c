"""The agreements of a case: which ones, whether they are drawn, opened, and acknowledged one by one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, exists, func, select

from app.db import read, transaction
from app.domain.errors import NotFound
from app.domain.journey import Step
from app.domain.states import State
from app.models import AuditEntry, Case, Document, Staff
from app.outside import outside
from app.services import audit, cases, consents, mending
from app.services.actors import By

NOT_DRAWABLE = "documents.not_drawable"
DRAW_AGAIN_AFTER = timedelta(minutes=10)
BATCH = 100


def current(case: Case) -> list[Document]:
    """The case's agreements as they are read and signed now, in order; none while they have yet to be drawn.

    What was drawn before the case came to this step may show other accounts, and what was drawn from a text that is
    no longer in force is not what is asked for: both are drawn anew.
    """
    found = list(read().scalars(not_void(case)))
    if State(case.state) is not State.AGREEMENTS:
        return found
    in_force = [version.id for version in consents.to_sign()]
    is_current = [document.agreement_id for document in found] == in_force
    return found if is_current and all(document.drawn_at >= case.state_since for document in found) else []


def not_void(case: Case) -> Select[Document]:
    """The query of the case's documents that count, in order."""
    query = select(Document).where(Document.case_id == case.id, Document.state != "void")
    return query.order_by(Document.position)


def own(case: Case, document_id: str) -> Document:
    """One of the case's documents: a current one, or one that was signed and is void since; NotFound for others."""
    document = read().get(Document, document_id)
    if document is None or document.case_id != case.id:
        raise NotFound
    if document.signed_id is None and document not in current(case):
        raise NotFound
    return document


def voided(case: Case) -> list[Document]:
    """Documents that were signed and no longer count, the newest first."""
    query = select(Document).where(
        Document.case_id == case.id, Document.state == "void", Document.signed_id.is_not(None)
    )
    return list(read().scalars(query.order_by(Document.voided_at.desc(), Document.position)))


def opened(case: Case, document: Document, *, by: By) -> None:
    """The investor has this agreement before their eyes; the first time is written down."""
    if document.opened_at is not None or State(case.state) is not State.AGREEMENTS:
        return
    with transaction():
        case = cases.locked(case.id)
        found = next((one for one in current(case) if one.id == document.id), None)
        if found is not None and found.opened_at is None:
            found.opened_at = outside.clock.now()
            audit.record("document.opened", by, case_id=case.id, document=found.id)


def acknowledge(case_id: str, document_id: str, *, by: By) -> Document | None:
    """The investor has read this one and agrees; answers the next one to read, None when all are acknowledged.

    NotFound for a document that is not to be signed now. Twice is as good as once.
    """
    with transaction():
        case = cases.locked(case_id)
        papers = current(case) if State(case.state) is State.AGREEMENTS else []
        found = next((one for one in papers if one.id == document_id), None)
        if found is None:
            raise NotFound
        if found.acknowledged_at is None:
            found.acknowledged_at = outside.clock.now()
            found.opened_at = found.opened_at or found.acknowledged_at
            hashes = {"shown": found.drawn.sha256, "text": found.agreement.sha256}
            audit.record("document.acknowledged", by, case_id=case.id, document=found.id, **hashes)
        return next((one for one in papers if one.acknowledged_at is None), None)


def to_sign(case: Case) -> list[Document]:
    """Those that a signing takes: every required one, and what was acknowledged of the others."""
    return [one for one in current(case) if one.agreement.required or one.acknowledged_at]


def sign_again(case_id: str, *, by: By) -> None:
    """The reviewer asked for the agreements to be signed again: they are drawn anew."""
    with transaction():
        case = cases.locked(case_id)
        if cases.open_for(case, Step.AGREEMENTS) and State(case.state) is not State.AGREEMENTS:
            mending.settle(case, Step.AGREEMENTS, by=by)


# -- drawing ----------------------------------------------------------------------------------------------------------


def is_not_drawable(case: Case) -> bool:
    """Whether a character of this case cannot be drawn, so that staff has to help."""
    return _last_failure(case) is not None


def ask_to_draw(case: Case) -> None:
    """Have the worker draw; not again at once where a character could not be drawn."""
    failure = _last_failure(case)
    if failure is None or failure.at < outside.clock.now() - DRAW_AGAIN_AFTER:
        outside.queue.put("signing.draw", case.id)


def not_drawable(staff: Staff) -> list[Case]:
    """The cases of this person's branch offices whose agreements wait for a character that the font lacks."""
    failed = exists().where(
        AuditEntry.case_id == Case.id, AuditEntry.action == NOT_DRAWABLE, AuditEntry.at >= Case.state_since
    )
    query = select(Case).where(Case.state == State.AGREEMENTS.value, failed).order_by(Case.state_since)
    if staff.branch_office_id is not None:
        query = query.where(Case.branch_office_id == staff.branch_office_id)
    return [case for case in read().scalars(query.limit(BATCH)) if not current(case)]


def count_under_way() -> int:
    """How many cases stand before their signature, and would get a new version to read instead."""
    return int(read().scalar(select(func.count()).where(Case.state == State.AGREEMENTS.value)) or 0)


def draw_again(case: Case) -> None:
    """Staff has helped (a name corrected, a font with more characters): have the worker try at once."""
    outside.queue.put("signing.draw", case.id)


def _last_failure(case: Case) -> AuditEntry | None:
    query = select(AuditEntry).where(
        AuditEntry.case_id == case.id, AuditEntry.action == NOT_DRAWABLE, AuditEntry.at >= case.state_since
    )
    return read().scalars(query.order_by(AuditEntry.number.desc()).limit(1)).first()


def hint_at_undrawn(*, stale_since: timedelta) -> None:
    """Ask again for agreements that should have been drawn by now."""
    drawn = exists().where(Document.case_id == Case.id, Document.state != "void", Document.drawn_at >= Case.state_since)
    failed = exists().where(
        AuditEntry.case_id == Case.id, AuditEntry.action == NOT_DRAWABLE, AuditEntry.at >= Case.state_since
    )
    limit = outside.clock.now() - stale_since
    waiting = select(Case.id).where(Case.state == State.AGREEMENTS.value, Case.state_since < limit, ~drawn, ~failed)
    for case_id in read().scalars(waiting.limit(BATCH)).all():
        outside.queue.put("signing.draw", case_id)
