"""A certificate that ends soon is renewed: a new key in this browser, vouched for by the old one; no second video."""

from __future__ import annotations

import base64

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField

from app.domain.errors import FieldWrong, NotEditable, TooMany
from app.models import Certificate
from app.services import certificates, challenges
from app.web.access import current_investor, investors
from app.web.answers import go, show
from app.web.devices import device_of
from app.web.journey.blueprint import bp
from app.web.journey.install import sent_bytes, words_for
from app.web.sessions import session_id


class RenewalForm(FlaskForm):
    """What the browser sends: never a password, never a private key."""

    public_key = HiddenField()
    proof = HiddenField()
    continuity = HiddenField()


@bp.get("/certificates/<certificate_id>/renew")
@investors
def renew(certificate_id: str) -> ResponseReturnValue:
    """The form; while the authority is at work, that it is; then the new certificate, for the browser to keep."""
    return _page(certificates.own(certificate_id, current_investor()), RenewalForm())


@bp.post("/certificates/<certificate_id>/renew")
@investors
def apply_for_renewal(certificate_id: str) -> ResponseReturnValue:
    """Apply for a certificate for the new key."""
    investor, form = current_investor(), RenewalForm()
    certificate = certificates.own(certificate_id, investor)
    begun = certificates.renewal_of(certificate)
    if not form.validate_on_submit() or (begun is not None and begun.state in {"applied", "issued"}):
        return _page(certificate, form)
    try:
        certificates.renew(
            certificate_id,
            investor,
            spki=sent_bytes(form.public_key.data),
            proof=sent_bytes(form.proof.data),
            continuity=sent_bytes(form.continuity.data),
            session_id=session_id(),
            device=device_of(request.user_agent.string),
        )
    except (FieldWrong, TooMany, NotEditable) as wrong:
        form.form_errors.append(words_for("too_early" if isinstance(wrong, NotEditable) else wrong.code))
        return _page(certificate, form, status=429 if isinstance(wrong, TooMany) else 422)
    return go("journey.renew", certificate_id=certificate_id)


def _page(certificate: Certificate, form: RenewalForm, *, status: int = 200) -> Response:
    renewal = certificates.renewal_of(certificate)
    state = renewal.state if renewal else ""
    asks = state not in {"applied", "issued"} and certificates.may_renew(certificate)
    challenge = challenges.give(session_id(), certificates.PURPOSE) if asks else b""
    return show(
        "journey/renew.html",
        status=status,
        form=form,
        certificate=certificate,
        renewal=renewal,
        state=state,
        asks=asks,
        challenge=base64.b64encode(challenge).decode(),
        least=current_app.config["SETTINGS"].certificate_password_least,
    )
