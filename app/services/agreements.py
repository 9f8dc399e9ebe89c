"""The agreements of a case: which ones, whether they are drawn, and whether they were opened."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, exists, select

from app.db import read, transaction
from app.domain.errors import NotFound
from app.domain.journey import Step
from app.domain.states import State
from app.models import AgreementVersion, AuditEntry, Case, Document
from app.outside import outside
from app.services import audit, cases, consents, mending
from app.services.actors import By

NOT_DRAWABLE = "documents.not_drawable"
DRAW_AGAIN_AFTER = timedelta(minutes=10)
BATCH = 100
WITH_CHANGES = frozenset({"settlement_change"})
"""Agreements that carry the table of old and new accounts."""


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


def shows_changes(version: AgreementVersion) -> bool:
    """Whether the table of old and new accounts belongs to that text."""
    return version.code in WITH_CHANGES


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
