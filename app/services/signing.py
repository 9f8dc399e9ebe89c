"""Signing the agreements: begun with a fresh code, signed in the browser, finished by the worker, in one set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from app.db import after_commit, read, transaction
from app.documents.keys import SignatureWrong, check_signature, public_key
from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.domain.states import State
from app.models import Case, Certificate, Document, Signing
from app.outside import outside
from app.services import agreements, audit, cases, certificates, codes
from app.services.actors import SYSTEM, By

PURPOSE = "signing"
AT_WORK = ("preparing", "finishing")
"""States in which the worker is at it."""
OPEN = (*AT_WORK, "prepared")
ATTEMPTS = 3
BATCH = 100


# -- finding ----------------------------------------------------------------------------------------------------------


def of_case(case: Case, signing_id: str, session_id: str) -> Signing:
    """A signing that was begun for this case in this session; NotFound for any other."""
    signing = read().get(Signing, signing_id)
    if signing is None or signing.case_id != case.id or signing.session_id != session_id:
        raise NotFound
    return signing


def _latest(case: Case, session_id: str) -> Signing | None:
    query = select(Signing).where(Signing.case_id == case.id, Signing.session_id == session_id)
    return read().scalars(query.order_by(Signing.created_at.desc()).limit(1)).first()


def locked(signing_id: str) -> Signing:
    """The signing as it is now, held by the current transaction until it ends; NotFound when absent."""
    query = select(Signing).where(Signing.id == signing_id)
    signing = read().scalars(query.with_for_update().execution_options(populate_existing=True)).first()
    if signing is None:
        raise NotFound
    return signing


# -- beginning --------------------------------------------------------------------------------------------------------


def begin(case_id: str, *, fingerprint: str, code: str, session_id: str, by: By) -> Signing:
    """Begin to sign with the certificate of that fingerprint; whatever was begun before is void.

    The code is looked at last, so that nothing else can use it up; the same code sent again in the same session leads
    to the signing it began. Raises NotEditable, FieldWrong("documents", "not_drawn" | "unopened", left=…),
    FieldWrong("certificate", "unusable"), FieldWrong("signing", "under_way"), and the errors of codes.check.
    """
    case = read().get_one(Case, case_id, populate_existing=True)
    begun = _begun_with(case, code, session_id)
    if begun is not None:
        return begun
    _ready(case, fingerprint)
    codes.check(case.investor, PURPOSE, session_id, code)
    with transaction():
        case = cases.locked(case_id)
        certificate = _ready(case, fingerprint)
        return _write(case, certificate, session_id, by)


def _begun_with(case: Case, code: str, session_id: str) -> Signing | None:
    """The signing that this very code began in this session: a double click, or an answer that was lost."""
    seconds = current_app.config["SETTINGS"].code_seconds
    if not codes.was_just_used(case.investor.id_number, PURPOSE, session_id, code, within_seconds=seconds):
        return None
    signing = _latest(case, session_id)
    return signing if signing is not None and signing.state in OPEN else None


def _ready(case: Case, fingerprint: str) -> Certificate:
    """Everything but the code."""
    if State(case.state) is not State.AGREEMENTS:
        raise NotEditable
    papers = agreements.to_sign(case)
    if not papers:
        raise FieldWrong("documents", "not_drawn")
    if left := sum(document.acknowledged_at is None for document in papers):
        raise FieldWrong("documents", "unopened", left=left)
    usable = {certificate.fingerprint: certificate for certificate in certificates.usable_of(case.investor)}
    if fingerprint not in usable:
        raise FieldWrong("certificate", "unusable")
    if any(other.state == "finishing" for other in _open_ones(case)):
        raise FieldWrong("signing", "under_way")
    return usable[fingerprint]


def _open_ones(case: Case) -> list[Signing]:
    return list(read().scalars(select(Signing).where(Signing.case_id == case.id, Signing.state.in_(OPEN))))


def _write(case: Case, certificate: Certificate, session_id: str, by: By) -> Signing:
    now = outside.clock.now()
    for other in _open_ones(case):
        other.state, other.state_since = "void", now
    signing = Signing(
        vault=case.vault,
        case_id=case.id,
        certificate_id=certificate.id,
        session_id=session_id,
        state="preparing",
        state_since=now,
        attempt=0,
        created_at=now,
    )
    read().add(signing)
    for document in agreements.to_sign(case):
        document.signing, document.state = signing, "drawn"
        document.prepared_id = document.attributes = document.signature = None
    audit.record("signing.begun", by, case_id=case.id, signing=signing.id, certificate=certificate.serial)
    _hint(signing)
    return signing


def _hint(signing: Signing) -> None:
    signing_id, is_first = signing.id, signing.state == "preparing"
    after_commit(lambda: outside.queue.put("signing.prepare" if is_first else "signing.finish", signing_id))


# -- the browser's signatures -----------------------------------------------------------------------------------------


def take(case_id: str, signing_id: str, signatures: Mapping[str, bytes], *, session_id: str) -> Signing:
    """Take what the browser made of the attributes: raw r ‖ s by document id. Sent twice is as good as once.

    Raises FieldWrong("signatures", "missing" | "wrong"), FieldWrong("certificate", "unusable"),
    FieldWrong("signing", code of `failure`).
    """
    with transaction() as db:
        case = cases.locked(case_id)
        signing = locked(of_case(case, signing_id, session_id).id)
        if signing.state in {"finishing", "done"}:
            return signing
        if signing.state != "prepared" or not is_current(case, signing):
            raise FieldWrong("signing", failure(signing))
        certificate = db.get_one(Certificate, signing.certificate_id)
        if not certificate.usable_at(outside.clock.now()):
            raise FieldWrong("certificate", "unusable")
        for document in signing.documents:
            document.signature = _checked(document, certificate, signatures.get(document.id))
        signing.state, signing.state_since, signing.attempt = "finishing", outside.clock.now(), 0
        _hint(signing)
        return signing


def _checked(document: Document, certificate: Certificate, signature: bytes | None) -> bytes:
    if signature is None or document.attributes is None:
        raise FieldWrong("signatures", "missing")
    try:
        check_signature(public_key(certificate.spki), document.attributes, signature)
    except SignatureWrong as error:
        raise FieldWrong("signatures", "wrong") from error
    return signature


def is_current(case: Case, signing: Signing) -> bool:
    """Whether the case still waits for these very documents to be signed."""
    papers = [document.id for document in agreements.to_sign(case)]
    asked = State(case.state) is State.AGREEMENTS and bool(papers)
    return asked and papers == [document.id for document in signing.documents]


def failure(signing: Signing) -> str:
    """Why a signing came to nothing: the worker's code, else "void" (begun again, or no longer asked for)."""
    return signing.failure_code or "void"


# -- what got stuck ---------------------------------------------------------------------------------------------------


def fail(signing: Signing, code: str) -> None:
    """Give this signing up; it can be begun again. The row must be locked."""
    signing.state, signing.state_since, signing.failure_code = "failed", outside.clock.now(), code
    audit.record("signing.failed", SYSTEM, case_id=signing.case_id, signing=signing.id, code=code)


def reconcile() -> None:
    """Hint again at what the worker should have done by now; what it began in vain too often has failed."""
    now = outside.clock.now()
    stale = timedelta(seconds=current_app.config["SETTINGS"].job_stale_seconds)
    if outside.authority.published.is_due(now):
        outside.queue.put("signing.keep_authority")
    agreements.hint_at_undrawn(stale_since=stale)
    query = select(Signing.id).where(Signing.state.in_(AT_WORK), Signing.state_since < now - stale)
    for signing_id in read().scalars(query.limit(BATCH)).all():
        with transaction():
            signing = locked(signing_id)
            if signing.state in AT_WORK and signing.state_since < now - stale:
                _again(signing)


def _again(signing: Signing) -> None:
    if signing.attempt >= ATTEMPTS:
        fail(signing, "attempts")
    else:
        _hint(signing)
