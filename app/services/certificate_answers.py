"""What an external certificate authority says: looked at before it counts, taken once, never of another's key or name.

It is asked by the outgoing event `certificate.requested`, fetches what it needs by `application`, and answers by
webhook. An answer that is wrong changes nothing: a right one may still come, until the application has failed for
want of an answer (CERTIFICATE_WAIT_MINUTES).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from cryptography import x509

from app.db import read, transaction
from app.domain.errors import NotFound
from app.models import Certificate
from app.outside import outside
from app.services import audit, certificate_ends, certificates
from app.services.actors import By
from app.services.told import CannotApply, Outdated, Told

if TYPE_CHECKING:
    from app.documents.issued import Expected


def application(certificate_id: str, *, by: By) -> dict[str, Any]:
    """Everything the authority needs for one open application; that it asked is on record. NotFound."""
    with transaction():
        row = read().get(Certificate, certificate_id)
        if row is None or row.state != "applied" or not certificates.is_external():
            raise NotFound
        audit.record("certificate.application_read", by, case_id=row.case_id, certificate_id=row.id)
        return {
            "certificate_id": row.id,
            "subject": {"common_name": row.investor.name, "serial_number": row.reference},
            "id_number": row.investor.id_number,
            "public_key": base64.b64encode(row.spki).decode(),
            "challenge": base64.b64encode(row.challenge or b"").decode(),
            "proof": base64.b64encode(row.proof or b"").decode(),
            "renews_id": row.renews_id,
            "applied_at": row.applied_at.isoformat(),
        }


def certificate_issued(told: Told) -> str:
    """Take the certificate when it is for this key and this person, of a root we trust, and the first one."""
    from app.documents.issued import AnswerWrong, check

    row = _locked(told)
    if row.state != "applied":
        return _said_before(row, told.data["pem"])
    published = outside.authority.published
    try:
        check(told.data["pem"], _expected(row), published.roots(), outside.clock.now())
    except AnswerWrong as wrong:
        raise CannotApply(wrong.code) from wrong
    certificates.issued(row.id, told.data["pem"], by=told.by)
    return "issued"


def _expected(row: Certificate) -> Expected:
    from app.documents.issued import Expected

    return Expected(row.spki, row.investor.name, row.reference)


def _said_before(row: Certificate, pem: str) -> str:
    """The same once more is fine; another certificate for the same application is not, nor one that comes too late."""
    if row.state == "refused":
        raise CannotApply("too_late")
    if row.pem and _leaf(pem) == _leaf(row.pem):
        raise Outdated
    raise CannotApply("issued_already")


def _leaf(pem: str) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(pem.encode())[0]
    except ValueError:
        return None


def certificate_refused(told: Told) -> str:
    """The investor is told, and may apply again."""
    row = _locked(told)
    if row.state == "refused":
        raise Outdated
    if row.state != "applied":
        raise CannotApply("issued_already")
    certificates.refused(row.id, told.data["code"], by=told.by)
    return "refused"


def certificate_revoked(told: Told) -> str:
    """Nothing is signed with it any more."""
    return _ended(told, "revoked")


def certificate_suspended(told: Told) -> str:
    """Nothing is signed with it until it is resumed."""
    told.require_newest("certificate.resumed")
    return _ended(told, "suspended")


def certificate_resumed(told: Told) -> str:
    """It signs again."""
    row = _locked(told)
    told.require_newest("certificate.suspended")
    if row.state != "suspended":
        raise Outdated
    certificate_ends.resumed(row, by=told.by)
    return "resumed"


def _ended(told: Told, state: str) -> str:
    row = _locked(told)
    if row.state in {"applied", "refused"}:
        raise CannotApply("never_issued")
    if not certificate_ends.end(row.id, state, by=told.by):
        raise Outdated
    return state


def _locked(told: Told) -> Certificate:
    if not certificates.is_external():
        raise CannotApply("certificates_are_issued_here")
    row = read().get(Certificate, told.data["certificate_id"], with_for_update=True, populate_existing=True)
    if row is None:
        raise CannotApply("unknown_certificate")
    return row
