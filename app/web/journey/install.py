"""A new certificate: the key is made in the browser, the authority certifies it, the browser keeps both."""

from __future__ import annotations

import base64
import binascii

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField

from app.domain.errors import FieldWrong, MoveNotAllowed, TooMany
from app.domain.journey import Step
from app.domain.states import State
from app.models import Case
from app.services import cases, certificates, challenges
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor
from app.web.answers import nothing_new, waits_already
from app.web.devices import device_of
from app.web.journey.blueprint import bp
from app.web.sessions import session_id

KEY_AT_MOST_CHARACTERS = 500


class ApplicationForm(FlaskForm):
    """What the browser sends: never the password, never the private key."""

    public_key = HiddenField()
    proof = HiddenField()


@bp.get("/cases/<case_id>/certificate/install")
@steps.step_page("install")
def install(case: Case) -> ResponseReturnValue:
    """The form, or that the authority is at work."""
    if State(case.state) is State.CERTIFICATE_ISSUING and waits_already():
        return nothing_new()
    return _page(case, ApplicationForm())


@bp.post("/cases/<case_id>/certificate/install")
@steps.step_page("install")
def apply_for_certificate(case: Case) -> ResponseReturnValue:
    """Apply for a certificate for the key that this browser has just made."""
    form = ApplicationForm()
    if not form.validate_on_submit() or State(case.state) is not State.CERTIFICATE_INSTALL:
        return _page(case, form)
    try:
        certificates.apply_for(
            case.id,
            spki=sent_bytes(form.public_key.data),
            proof=sent_bytes(form.proof.data),
            session_id=session_id(),
            device=device_of(request.user_agent.string),
            by=By.investor(current_investor()),
        )
    except (FieldWrong, TooMany) as wrong:
        form.form_errors.append(words_for(wrong.code))
        return _page(case, form, status=429 if isinstance(wrong, TooMany) else 422)
    except MoveNotAllowed:  # sent twice: the first one counts
        pass
    return steps.due(cases.of_investor(case.id, current_investor()))


def _page(case: Case, form: ApplicationForm, *, status: int = 200) -> Response:
    certificate = certificates.latest_of(case)
    waits = State(case.state) is State.CERTIFICATE_ISSUING
    return steps.show_step(
        "journey/install.html",
        case,
        Step.AGREEMENTS,
        status=status,
        form=form,
        waits=waits,
        refused=certificate.refused_code if certificate and certificate.state == "refused" and not waits else "",
        challenge="" if waits else base64.b64encode(challenges.give(session_id(), certificates.PURPOSE)).decode(),
        least=current_app.config["SETTINGS"].certificate_password_least,
    )


def sent_bytes(text: str | None) -> bytes:
    """What a hidden field carries as base64; FieldWrong("public_key", "empty" | "wrong")."""
    if not text or len(text) > KEY_AT_MOST_CHARACTERS:
        raise FieldWrong("public_key", "empty")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise FieldWrong("public_key", "wrong") from error


def words_for(code: str) -> str:
    """Why an application was not taken."""
    return {
        "empty": _("这个浏览器没有生成密钥，请打开 JavaScript，或换一个浏览器。"),
        "stale": _("页面打开太久，请再设置一次密码。"),
        "too_early": _("这张证书现在不能续期，请刷新页面。"),
        "continuity": _("旧证书的签名不对，请再试一次。"),
        "certificates": _("今天申请证书的次数已用完，请明天再试，或联系客服。"),
    }.get(code, _("浏览器发来的密钥不对，请再试一次。"))
