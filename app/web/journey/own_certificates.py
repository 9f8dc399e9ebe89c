"""The investor's certificates, and revoking one that is lost."""

from __future__ import annotations

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.outside import outside
from app.services import certificates
from app.web.access import current_investor, investors
from app.web.answers import go, show
from app.web.journey.blueprint import bp


@bp.get("/certificates", endpoint="certificates")
@investors
def certificate_list() -> ResponseReturnValue:
    """All certificates ever issued to the investor."""
    issued = [one for one in certificates.all_of(current_investor()) if one.pem]
    return show("journey/certificates.html", certificates=issued, now=outside.clock.now())


@bp.get("/certificates/<certificate_id>/revoke", endpoint="revoke")
@investors
def ask_to_revoke(certificate_id: str) -> ResponseReturnValue:
    """Asks once, and says what it means."""
    certificate = certificates.own(certificate_id, current_investor())
    return show("journey/revoke.html", certificate=certificate)


@bp.post("/certificates/<certificate_id>/revoke")
@investors
def revoke_certificate(certificate_id: str) -> ResponseReturnValue:
    """Revoked at once."""
    certificates.revoke(certificate_id, current_investor())
    flash(_("证书已吊销，不能再用来签署。"), "ok")
    return go("journey.certificates")
