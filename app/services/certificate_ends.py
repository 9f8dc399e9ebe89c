"""The end of a certificate, for a while or for good: suspended, resumed, revoked, and told to the authority."""

from __future__ import annotations

from sqlalchemy import select

from app.db import after_commit, read, transaction
from app.domain.errors import NotEditable
from app.domain.states import State
from app.models import Certificate, Investor
from app.outside import outside
from app.services import audit, cases, certificates, codes, outbox, risk
from app.services.actors import By


def suspend(certificate_id: str, investor: Investor) -> None:
    """Nothing can be signed with it until it is resumed: for a device that may turn up again. Twice is as once."""
    certificates.own(certificate_id, investor)
    end(certificate_id, "suspended", by=By.investor(investor))


def revoke(certificate_id: str, investor: Investor) -> None:
    """Revoke an own certificate at once: nothing can be signed with it any more. Twice is as good as once."""
    certificates.own(certificate_id, investor)
    end(certificate_id, "revoked", by=By.investor(investor))


def resume(certificate_id: str, investor: Investor, *, code: str, session_id: str) -> None:
    """Let a suspended certificate sign again, with a fresh code; raises what codes.check raises, NotEditable."""
    if certificates.own(certificate_id, investor).state != "suspended":
        raise NotEditable
    codes.check(investor, certificates.PURPOSE, session_id, code)
    with transaction():
        resumed(_locked(certificate_id), by=By.investor(investor))


def resumed(certificate: Certificate, *, by: By) -> None:
    """The row must be locked; what is not suspended stays as it is."""
    if certificate.state != "suspended":
        return
    certificate.state, certificate.listed = "issued", False
    audit.record("certificate.resumed", by, case_id=certificate.case_id, serial=certificate.serial)
    risk.look_again(certificate.investor_id)
    _publish(certificate, "resumed")


def end(certificate_id: str, state: str, *, by: By) -> bool:
    """Suspend or revoke; a case that was to be signed with it goes back to the check. False: nothing to end."""
    with transaction():
        certificate = _locked(certificate_id)
        if certificate.state not in ({"issued"} if state == "suspended" else {"issued", "suspended"}):
            return False
        certificate.state, certificate.listed = state, False
        now = outside.clock.now()
        if state == "revoked":
            certificate.revoked_at = now
        else:
            certificate.suspended_at = now
        audit.record(f"certificate.{state}", by, case_id=certificate.case_id, serial=certificate.serial)
        risk.look_again(certificate.investor_id)
        _publish(certificate, state)
        case = cases.in_flight(certificate.investor)
        if (
            case is not None
            and State(case.state) is State.AGREEMENTS
            and not certificates.usable_of(certificate.investor)
        ):
            certificates.missing(case.id, by=By.investor(certificate.investor), why=state)
        return True


def _locked(certificate_id: str) -> Certificate:
    return read().get_one(Certificate, certificate_id, with_for_update=True, populate_existing=True)


def _publish(certificate: Certificate, what: str) -> None:
    """Our own authority lists it; another one is told."""
    if certificates.is_external():
        certificate.listed = True
        outbox.tell(
            "certificate.status_requested", certificate_id=certificate.id, serial=certificate.serial, status=what
        )
        return
    certificate_id = certificate.id
    after_commit(lambda: outside.queue.put("certificates.publish_revocation", certificate_id))


def publish_revocation(certificate_id: str) -> None:
    """Make the authority's list say what the row says; run by the worker, harmless to repeat."""
    certificate = read().get_one(Certificate, certificate_id, populate_existing=True)
    if certificate.listed or not certificate.serial or certificates.is_external():
        return
    serial, state, now = int(certificate.serial, 16), certificate.state, outside.clock.now()
    if state == "revoked" and certificate.revoked_at:
        outside.authority.revoke(serial, certificate.revoked_at)
    elif state == "suspended":
        outside.authority.suspend(serial, certificate.suspended_at or now)
    else:
        outside.authority.resume(serial, now)
    with transaction():
        row = _locked(certificate_id)
        row.listed = row.state == state


def reconcile() -> None:
    """Hint again at what the authority's list does not say yet."""
    is_new_state = Certificate.state.in_(("revoked", "suspended"))
    was_resumed = (Certificate.state == "issued") & Certificate.suspended_at.is_not(None)
    unlisted = select(Certificate.id).where(is_new_state | was_resumed, Certificate.listed.is_(False)).limit(100)
    for certificate_id in read().scalars(unlisted).all():
        outside.queue.put("certificates.publish_revocation", certificate_id)
