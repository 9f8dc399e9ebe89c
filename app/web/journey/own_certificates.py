"""The investor's certificates: suspending, resuming and revoking one."""

from __future__ import annotations

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField

from app.domain.errors import FieldWrong, NotEditable, TooMany
from app.models import Certificate
from app.outside import outside
from app.services import certificate_ends, certificates, codes, entry
from app.web.access import current_investor, investors
from app.web.answers import go, show, show_form
from app.web.code_words import code_words
from app.web.journey.blueprint import bp
from app.web.sessions import session_id


class ResumeForm(FlaskForm):
    """A fresh code of the phone on file."""

    sms_code = StringField()


@bp.get("/certificates", endpoint="certificates")
@investors
def certificate_list() -> ResponseReturnValue:
    """All certificates ever issued to the investor."""
    issued = [one for one in certificates.all_of(current_investor()) if one.pem]
    renewable = {one.id for one in issued if certificates.may_renew(one)}
    return show("journey/certificates.html", certificates=issued, renewable=renewable, now=outside.clock.now())


@bp.get("/certificates/<certificate_id>/revoke", endpoint="revoke")
@investors
def ask_to_revoke(certificate_id: str) -> ResponseReturnValue:
    """Asks once, and says what it means; suspending is offered beside it."""
    certificate = certificates.own(certificate_id, current_investor())
    return show("journey/revoke.html", certificate=certificate)


@bp.post("/certificates/<certificate_id>/revoke")
@investors
def revoke_certificate(certificate_id: str) -> ResponseReturnValue:
    """Revoked at once."""
    certificate_ends.revoke(certificate_id, current_investor())
    flash(_("证书已吊销，不能再用来签署。"), "ok")
    return go("journey.certificates")


@bp.post("/certificates/<certificate_id>/suspend")
@investors
def suspend_certificate(certificate_id: str) -> ResponseReturnValue:
    """Suspended at once."""
    certificate_ends.suspend(certificate_id, current_investor())
    flash(_("证书已暂停，恢复之前不能用来签署。"), "ok")
    return go("journey.certificates")


@bp.get("/certificates/<certificate_id>/resume", endpoint="resume")
@investors
def ask_to_resume(certificate_id: str) -> ResponseReturnValue:
    """Asks for a code: whoever found the device must not be able to."""
    return _resume_page(certificates.own(certificate_id, current_investor()), ResumeForm())


@bp.post("/certificates/<certificate_id>/resume/code")
@investors
def send_resume_code(certificate_id: str) -> ResponseReturnValue:
    """A code to the phone on file."""
    investor, form = current_investor(), ResumeForm()
    certificate = certificates.own(certificate_id, investor)
    sent = codes.pending(investor, certificates.PURPOSE, session_id())
    if sent is None or not entry.is_double_click(sent.sent_at):
        try:
            codes.send(investor, certificates.PURPOSE, session_id(), address=request.remote_addr or "")
        except (FieldWrong, TooMany) as wrong:
            form.sms_code.errors = [code_words(wrong)]
    return _resume_page(certificate, form)


@bp.post("/certificates/<certificate_id>/resume")
@investors
def resume_certificate(certificate_id: str) -> ResponseReturnValue:
    """It signs again."""
    investor, form = current_investor(), ResumeForm()
    certificate = certificates.own(certificate_id, investor)
    try:
        certificate_ends.resume(certificate_id, investor, code=form.sms_code.data or "", session_id=session_id())
    except (FieldWrong, TooMany) as wrong:
        form.sms_code.errors = [code_words(wrong)]
        return _resume_page(certificate, form)
    except NotEditable:
        flash(_("这张证书没有暂停。"), "warn")
    else:
        flash(_("证书已恢复，可以用来签署。"), "ok")
    return go("journey.certificates")


def _resume_page(certificate: Certificate, form: ResumeForm) -> Response:
    sent = codes.pending(current_investor(), certificates.PURPOSE, session_id())
    return show_form("journey/resume.html", form, certificate=certificate, sent=sent, investor=current_investor())
