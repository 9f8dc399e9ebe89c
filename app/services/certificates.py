"""Investors' certificates: which can be used, applying for one, renewing one, issuing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import after_commit, read, transaction
from app.documents.keys import KeyWrong, SignatureWrong, check_continuity, check_proof
from app.domain.errors import FieldWrong, NotEditable, NotFound, TooMany
from app.domain.states import Event, State
from app.models import Case, Certificate, Investor
from app.outside import Subject, outside
from app.services import audit, cases, challenges, chosen, outbox
from app.services.actors import SYSTEM, By

PURPOSE = "certificate"
DAY = timedelta(days=1)
REFUSED_BY_AUTHORITY = "refused_by_authority"
NO_ANSWER = "no_answer"
"""The authority has not answered in time; whatever it says later comes too late."""
MAGIC_REFUSED = "ca_refuses"
"""The sandbox's investor whose applications the authority refuses."""


# -- finding ----------------------------------------------------------------------------------------------------------


def all_of(investor: Investor) -> list[Certificate]:
    """Every certificate the investor ever applied for, the newest first."""
    query = select(Certificate).where(Certificate.investor_id == investor.id)
    return list(read().scalars(query.order_by(Certificate.applied_at.desc())))


def usable_of(investor: Investor) -> list[Certificate]:
    """The investor's certificates that could sign now, the newest first."""
    now = outside.clock.now()
    return [certificate for certificate in all_of(investor) if certificate.usable_at(now)]


def own(certificate_id: str, investor: Investor) -> Certificate:
    """One of the investor's certificates; NotFound for any other."""
    certificate = read().get(Certificate, certificate_id)
    if certificate is None or certificate.investor_id != investor.id:
        raise NotFound
    return certificate


def latest_of(case: Case) -> Certificate | None:
    """The application made last for this case."""
    query = select(Certificate).where(Certificate.case_id == case.id).order_by(Certificate.applied_at.desc())
    return read().scalars(query).first()


def why_missing(investor: Investor, said: str) -> str:
    """Why no certificate can be used, from the rows, else from what the browser `said`.

    never, expired, suspended, revoked, other_device, lost, unsupported, storage_blocked, forgotten.
    """
    if said in {"unsupported", "storage_blocked", "forgotten"}:
        return said
    if usable_of(investor):
        return said if said in {"lost", "other_device"} else "other_device"
    issued = [certificate for certificate in all_of(investor) if certificate.pem]
    if not issued:
        return "never"
    return issued[0].state if issued[0].state in {"revoked", "suspended"} else "expired"


# -- the check --------------------------------------------------------------------------------------------------------


def needs_video(case: Case) -> bool:
    """Whether everybody with this flag goes to the video, key or not; a passed video of this case is enough."""
    return (case.investor.force_video or chosen.value("video_always")) and case.video_passed_at is None


def found(case_id: str, fingerprint: str, *, by: By) -> None:
    """The browser holds a key with this certificate.

    FieldWrong("found", "forced") when a video is needed all the same, "unknown" when the certificate is of no use.
    """
    with transaction():
        case = cases.locked(case_id)
        if needs_video(case):
            raise FieldWrong("found", "forced")
        if fingerprint not in {certificate.fingerprint for certificate in usable_of(case.investor)}:
            raise FieldWrong("found", "unknown")
        cases.move(case, Event.CERTIFICATE_FOUND, by=by)


def missing(case_id: str, *, by: By, why: str) -> None:
    """No usable key here: on to the video, or straight to a new certificate when this case's video has passed."""
    with transaction():
        case = cases.locked(case_id)
        passed = case.video_passed_at is not None
        event = Event.CERTIFICATE_MISSING_AFTER_VIDEO if passed else Event.CERTIFICATE_MISSING
        if State(case.state) is State.AGREEMENTS and not passed:
            cases.move(case, Event.CERTIFICATE_LOST, by=by, why=why)
        cases.move(case, event, by=by, why=why)


# -- applying and issuing ---------------------------------------------------------------------------------------------


def apply_for(case_id: str, *, spki: bytes, proof: bytes, session_id: str, device: str, by: By) -> Certificate:
    """Apply for a certificate for the key of this browser.

    `spki`: DER of a P-256 key; `proof`: raw r ‖ s over the session's challenge. Raises FieldWrong("proof", "stale" |
    "wrong"), FieldWrong("public_key", "wrong"), TooMany("certificates").
    """
    with transaction() as db:
        case = cases.locked(case_id)
        _check_limit(case.investor)
        challenge = challenges.take(session_id, PURPOSE)
        _check_proof(spki, challenge, proof)
        certificate = _applied(
            db, investor=case.investor, case_id=case.id, spki=spki, challenge=challenge, proof=proof, device=device
        )
        cases.move(case, Event.CERTIFICATE_APPLIED_FOR, by=by, certificate_id=certificate.id)
        outbox.tell("certificate.requested", case_id=case.id, number=case.number, certificate_id=certificate.id)
        _hint(certificate)
        return certificate


def _check_proof(spki: bytes, challenge: bytes, proof: bytes) -> None:
    try:
        check_proof(spki, challenge, proof)
    except KeyWrong as error:
        raise FieldWrong("public_key", "wrong") from error
    except SignatureWrong as error:
        raise FieldWrong("proof", "wrong") from error


def _applied(db: Session, **told: Any) -> Certificate:
    certificate = Certificate(state="applied", applied_at=outside.clock.now(), **told)
    db.add(certificate)
    db.flush()
    return certificate


def renew(
    certificate_id: str,
    investor: Investor,
    *,
    spki: bytes,
    proof: bytes,
    continuity: bytes,
    session_id: str,
    device: str,
) -> Certificate:
    """Apply for a certificate for a new key, signed for by the old one: no case, no second video.

    `continuity`: raw r ‖ s of the old key over the same challenge and the new key. Raises NotEditable when it is not
    the time, FieldWrong("continuity", "wrong"), and what `apply_for` raises.
    """
    old = own(certificate_id, investor)
    with transaction() as db:
        if not may_renew(old) or investor.force_video:
            raise NotEditable
        _check_limit(investor)
        challenge = challenges.take(session_id, PURPOSE)
        _check_proof(spki, challenge, proof)
        try:
            check_continuity(old.spki, spki, challenge, continuity)
        except SignatureWrong as error:
            raise FieldWrong("continuity", "wrong") from error
        certificate = _applied(
            db, investor=investor, renews_id=old.id, spki=spki, challenge=challenge, proof=proof, device=device
        )
        by = By.investor(investor)
        audit.record("certificate.renewal_applied_for", by, certificate_id=certificate.id, renews=old.serial)
        outbox.tell("certificate.requested", certificate_id=certificate.id, renews_serial=old.serial)
        _hint(certificate)
        return certificate


def may_renew(certificate: Certificate) -> bool:
    """Whether its end is so near that a new one is offered, and it can still sign for it."""
    now, days = outside.clock.now(), current_app.config["SETTINGS"].certificate_renewal_days
    return certificate.usable_at(now) and (certificate.not_after or now) - now <= timedelta(days=days)


def renewal_of(certificate: Certificate) -> Certificate | None:
    """The last application that its key signed for."""
    query = select(Certificate).where(Certificate.renews_id == certificate.id)
    return read().scalars(query.order_by(Certificate.applied_at.desc())).first()


def _check_limit(investor: Investor) -> None:
    since = outside.clock.now() - DAY
    query = select(func.count()).where(Certificate.investor_id == investor.id, Certificate.applied_at > since)
    if (read().scalar(query) or 0) >= current_app.config["SETTINGS"].certificates_per_day:
        raise TooMany("certificates", int(DAY.total_seconds()))


def _hint(certificate: Certificate) -> None:
    certificate_id = certificate.id
    after_commit(lambda: outside.queue.put("certificates.issue", certificate_id))


def issue(certificate_id: str) -> None:
    """Have the authority answer an application; run by the worker, harmless to repeat."""
    certificate = read().get_one(Certificate, certificate_id)
    if certificate.state != "applied" or is_external():
        return
    if certificate.investor.magic == MAGIC_REFUSED:
        refused(certificate_id, REFUSED_BY_AUTHORITY)
        return
    subject = Subject(certificate.investor.name, certificate.reference)
    pem = outside.authority.issue(certificate.id, certificate.spki, subject, outside.clock.now())
    issued(certificate_id, pem)


def is_external() -> bool:
    """Whether certificates are issued by somebody else, who is asked and answers by webhook."""
    return bool(current_app.config["SETTINGS"].certificate_authority == "external")


def issued(certificate_id: str, pem: str, *, by: By = SYSTEM) -> None:
    """Take an issued certificate (PEM, leaf first): once; a second answer changes nothing."""
    leaf = x509.load_pem_x509_certificates(pem.encode())[0]
    with transaction() as db:
        certificate = db.get_one(Certificate, certificate_id, with_for_update=True, populate_existing=True)
        if certificate.state != "applied":
            return
        certificate.state = "issued"
        certificate.pem = pem
        certificate.serial = f"{leaf.serial_number:x}"
        certificate.fingerprint = leaf.fingerprint(hashes.SHA256()).hex()
        certificate.not_before, certificate.not_after = leaf.not_valid_before_utc, leaf.not_valid_after_utc
        audit.record("certificate.issued", by, case_id=certificate.case_id, certificate_id=certificate.id)
        case = _waiting_case(certificate)
        if case is not None and latest_of(case) is certificate:
            cases.move(case, Event.CERTIFICATE_ISSUED, by=by)


def _waiting_case(certificate: Certificate) -> Case | None:
    """The case that waits for this answer, locked; None for a renewal, or when the case has gone another way."""
    case = cases.locked(certificate.case_id) if certificate.case_id else None
    return case if case is not None and State(case.state) is State.CERTIFICATE_ISSUING else None


def refused(certificate_id: str, code: str, *, by: By = SYSTEM) -> None:
    """Take the authority's refusal: the investor is told and may apply again."""
    with transaction() as db:
        certificate = db.get_one(Certificate, certificate_id, with_for_update=True, populate_existing=True)
        if certificate.state != "applied":
            return
        certificate.state, certificate.refused_code = "refused", code
        case = _waiting_case(certificate)
        if case is not None:
            cases.move(case, Event.CERTIFICATE_REFUSED, by=by, code=code)


# -- what got stuck ---------------------------------------------------------------------------------------------------


def reconcile() -> None:
    """Hint again at applications that nobody has worked on for a while; those that nobody answers have failed."""
    settings, now = current_app.config["SETTINGS"], outside.clock.now()
    stale, limit = timedelta(seconds=settings.job_stale_seconds), timedelta(minutes=settings.certificate_wait_minutes)
    waiting = select(Certificate).where(Certificate.state == "applied", Certificate.applied_at < now - stale).limit(100)
    for certificate in read().scalars(waiting).all():
        if certificate.applied_at < now - limit:
            refused(certificate.id, NO_ANSWER)
        else:
            outside.queue.put("certificates.issue", certificate.id)
