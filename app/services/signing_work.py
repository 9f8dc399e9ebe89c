"""The worker's part of signing: prepare the drawn agreements, and make the browser's signatures into signed PDFs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import current_app

from app.db import read, transaction
from app.documents.keys import SignatureWrong
from app.documents.long_term import with_material
from app.documents.signing import BROKER_REASON, INVESTOR_REASON, DocumentChanged, Prepared, counter_seal, time_stamper
from app.documents.signing import finish as embed
from app.documents.signing import prepare as make_gap
from app.documents.stamping import RemoteTimeStamper
from app.documents.validation import Verdict, validate
from app.domain.states import Event
from app.models import Case, Certificate, Document, Signing
from app.outside import outside
from app.services import agreements, cases, consents, files, outbox, signing
from app.services.actors import By
from app.services.files import PDF

if TYPE_CHECKING:
    from pyhanko.sign.timestamps import TimeStamper

PREPARED = "application/octet-stream"


def keep_authority() -> None:
    """Make the embedded authority, or renew its revocation list; harmless to repeat."""
    outside.authority.prepare(outside.clock.now())


# -- preparing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """What one attempt has to do; `papers` maps document ids to the bytes to begin with."""

    signing_id: str
    attempt: int
    certificate_pem: bytes
    fingerprint: str
    papers: dict[str, bytes] = field(repr=False)
    signatures: dict[str, bytes] = field(repr=False)
    shown: dict[str, tuple[int, str]] = field(repr=False)
    """Size and SHA-256 of what the investor read, by document id."""


def prepare(signing_id: str) -> None:
    """Make the gap for the signature and the attributes to be signed in each document."""
    work = _begin(signing_id, "preparing")
    if work is None:
        return
    now = outside.clock.now()
    made = {
        document_id: make_gap(pdf, work.certificate_pem, reason=INVESTOR_REASON, when=now)
        for document_id, pdf in work.papers.items()
    }
    with transaction():
        row = _fenced(work, "preparing")
        if row is None:
            return
        for document in row.documents:
            prepared = made[document.id]
            document.prepared_id = files.keep(row.vault, prepared.to_bytes(), PREPARED).id
            document.attributes, document.state = prepared.attributes_to_sign, "prepared"
        row.state, row.state_since = "prepared", now


def _begin(signing_id: str, state: str) -> Work | None:
    """Note that an attempt is under way; None when there is nothing to do, or somebody else is at it."""
    stale = timedelta(seconds=current_app.config["SETTINGS"].job_stale_seconds)
    with transaction() as db:
        row = signing.locked(signing_id)
        now = outside.clock.now()
        if row.state != state or (row.attempt and row.state_since > now - stale):
            return None
        row.attempt += 1
        row.state_since = now
        certificate = db.get_one(Certificate, row.certificate_id)
        blobs = {
            document.id: document.prepared if state == "finishing" else document.drawn for document in row.documents
        }
        signatures = {document.id: document.signature or b"" for document in row.documents}
        shown = {document.id: (document.drawn.size, document.drawn.sha256) for document in row.documents}
        attempt, pem, fingerprint = row.attempt, (certificate.pem or "").encode(), certificate.fingerprint or ""
    papers = {document_id: files.content(blob) for document_id, blob in blobs.items() if blob is not None}
    read().rollback()  # no transaction stays open while signatures are made
    return Work(signing_id, attempt, pem, fingerprint, papers, signatures, shown)


def _fenced(work: Work, state: str) -> Signing | None:
    """The row, if this attempt is still the one that counts."""
    row = signing.locked(work.signing_id)
    return row if row.state == state and row.attempt == work.attempt else None


# -- finishing --------------------------------------------------------------------------------------------------------


class NotIntact(Exception):
    """What was made does not hold when it is checked; nothing of it is kept."""


def finish(signing_id: str) -> None:
    """Embed, stamp, seal and check every document; only when all hold are they kept and the case is submitted."""
    work = _begin(signing_id, "finishing")
    if work is None:
        return
    try:
        made = {document_id: signed(work, document_id) for document_id in work.papers}
    except (SignatureWrong, DocumentChanged, NotIntact) as error:
        _give_up(work, "not_intact" if isinstance(error, NotIntact) else "altered")
        return
    with transaction():
        row = _fenced(work, "finishing")
        if row is not None:
            _submit(row, made)


def signed(work: Work, document_id: str) -> tuple[bytes, Verdict]:
    """One document, embedded, stamped, sealed and checked; SignatureWrong, DocumentChanged, NotIntact."""
    now = outside.clock.now()
    stamper = _stamper(now)
    prepared = Prepared.from_bytes(work.papers[document_id])
    _require_shown(prepared, *work.shown[document_id])
    signed = embed(prepared, work.signatures[document_id], stamper)
    if current_app.config["SETTINGS"].signatures_long_term:
        signed = _with_material(signed, work.certificate_pem, now)
    seal = outside.authority.broker_seal(now)
    pdf = counter_seal(signed, seal.key_pem, seal.certificate_pem, reason=BROKER_REASON, when=now, timestamper=stamper)
    return pdf, _verdict(work, pdf, now)


def _stamper(now: datetime) -> TimeStamper:
    """Somebody else's where one is set, else the embedded authority's."""
    if outside.time_stamps is not None:
        return RemoteTimeStamper(outside.time_stamps.ask)
    key = outside.authority.time_stamp_key(now)
    return time_stamper(key.key_pem, key.certificate_pem, now)


def _with_material(signed: bytes, certificate_pem: bytes, now: datetime) -> bytes:
    published, own = outside.authority.published, outside.authority
    chains = [certificate_pem, own.broker_seal(now).certificate_pem, published.roots()]
    if outside.time_stamps is None:
        chains.append(own.time_stamp_key(now).certificate_pem)
    return with_material(signed, chains, published.revocation_lists())


def _require_shown(prepared: Prepared, size: int, sha256: str) -> None:
    """What is signed begins, byte for byte, with what was read; DocumentChanged."""
    if hashlib.sha256(prepared.pdf[:size]).hexdigest() != sha256:
        raise DocumentChanged("the document is not the one that was read")


def _verdict(work: Work, pdf: bytes, now: datetime) -> Verdict:
    """What anybody will find who checks the document; raises NotIntact unless it is flawless and the investor's."""
    published = outside.authority.published
    verdict = validate(pdf, published.roots(), now, revocation_lists=published.revocation_lists())
    if not verdict.is_intact or verdict.problems or verdict.signatures[0].fingerprint != work.fingerprint:
        raise NotIntact(", ".join(verdict.problems))
    return verdict


def _submit(row: Signing, made: dict[str, tuple[bytes, Verdict]]) -> None:
    case = cases.locked(row.case_id)
    certificate = read().get_one(Certificate, row.certificate_id, populate_existing=True)
    if not signing.is_current(case, row):
        signing.fail(row, "void")
        return
    if not certificate.usable_at(outside.clock.now()):
        signing.fail(row, "certificate_unusable")
        cases.nudge(case)
        return
    by = By.investor(case.investor)
    for document in row.documents:
        _keep_signed(case, document, *made[document.id])
    _leave_out(case, row)
    row.state = "done"
    row.state_since = case.signed_at = case.submitted_at = outside.clock.now()
    hashes = {document.id: document.signed.sha256 for document in row.documents if document.signed}
    cases.move(case, Event.SIGNED, by=by, signing=row.id, certificate=certificate.serial, documents=hashes)
    outbox.tell("case.submitted", case_id=case.id, number=case.number)


def _leave_out(case: Case, row: Signing) -> None:
    """What was not required and not agreed to is no document of this case any more."""
    for document in agreements.current(case):
        if document not in row.documents:
            document.state, document.voided_at = "void", outside.clock.now()


def _keep_signed(case: Case, document: Document, pdf: bytes, verdict: Verdict) -> None:
    document.signed = files.keep(case.vault, pdf, PDF)
    document.signed_at, document.state = verdict.signed_at, "signed"
    consents.give(case.investor, document.agreement, case=case)


def _give_up(work: Work, code: str) -> None:
    with transaction():
        row = _fenced(work, "finishing")
        if row is not None:
            signing.fail(row, code)
