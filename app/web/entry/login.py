"""Login: the code to the phone on file, and what comes after it."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from app.domain.errors import FieldWrong, TooMany
from app.models import Investor
from app.services import captchas, codes, consents, entry, kept_forms
from app.web import access, errors, late_forms
from app.web.access import Person, public
from app.web.answers import go, go_to, leave_to, show, wants_fragment
from app.web.entry.blueprint import bp
from app.web.entry.forms import LoginForm
from app.web.sessions import old_token, session_id

PURPOSE = entry.LOGIN
FORMS = ("entry.sign_in", "entry.send_code", "entry.new_captcha")
STALE = "stale"
"""In the query of the login page when it comes up instead of a form that is out of date."""


@bp.get("/login")
@public
def login() -> ResponseReturnValue:
    """The login page."""
    if getattr(current_user, "investor", None):
        return go_to(access.safe_next(request.args.get("next")) or url_for("journey.start"))
    if STALE in request.args:
        flash(_("页面放得太久了，请再登录一次。"), "warn")
    form = LoginForm(formdata=None)
    if STALE in request.args:
        form.id_number.data = kept_forms.who_kept(old_token())
        session.pop(kept_forms.WHO, None)
    form.next.data = access.safe_next(request.args.get("next")) or ""
    return _page(form)


@bp.errorhandler(CSRFError)
def stale(_error: CSRFError) -> ResponseReturnValue:
    """A login form of a session that is no more: the second half of a double click, or a page left open for long.

    No session is begun here: its cookie would replace the one that the first click has just been given. The number that
    was typed waits with the session that is over.
    """
    if request.endpoint not in FORMS:
        return errors.page(400)
    kept_forms.keep_who(old_token(), request.form.get("id_number", "").strip())
    return go("entry.login", next=access.safe_next(request.form.get("next")), **{STALE: 1})


@bp.post("/login/code")
@public
def send_code() -> ResponseReturnValue:
    """Send a code; needs the ID number and the captcha."""
    form = LoginForm()
    number = form.read_id_number()
    if number and not _was_just_sent(number):
        _send(form, number)
    return _page(form)


def _was_just_sent(number: str) -> bool:
    """The second half of a double click: the code is on its way already."""
    sent = codes.pending(number, PURPOSE, session_id())
    return sent is not None and entry.is_double_click(sent.sent_at)


def _send(form: LoginForm, number: str) -> None:
    try:
        captchas.check(session_id(), PURPOSE, form.captcha.data or "")
        codes.send(number, PURPOSE, session_id(), address=request.remote_addr or "")
    except (FieldWrong, TooMany) as error:
        form.refuse(error)
    form.captcha.data = ""


@bp.get("/login/delivery")
@public
def delivery() -> ResponseReturnValue:
    """Whether the text with the code arrived, for the open login page; elsewhere the page itself."""
    if not wants_fragment():
        return go("entry.login")
    return show("entry/login.html", fragment="delivery", **_delivery())


def _delivery() -> dict[str, Any]:
    return {
        "did_not_arrive": codes.did_not_arrive(PURPOSE, session_id()),
        "is_awaited": codes.is_open(PURPOSE, session_id()),
    }


@bp.post("/login/captcha")
@public
def new_captcha() -> ResponseReturnValue:
    """Another picture; what was typed stays."""
    form = LoginForm()
    captchas.renew(session_id(), PURPOSE)
    form.captcha.data = ""
    return _page(form)


@bp.post("/login")
@public
def sign_in() -> ResponseReturnValue:
    """Take the code and let the investor in."""
    form = LoginForm()
    investor = _investor(form)
    return _page(form) if investor is None else _arrive(investor, form)


def _investor(form: LoginForm) -> Investor | None:
    """Who keyed in the right code; None with the words at the fields."""
    number = form.read_id_number()
    form.require_consent()
    if number is None or form.agree_privacy.errors:
        _say_missing_code(form)
        return None
    try:
        return entry.sign_in(number, session_id(), form.sms_code.data or "", consents.current(entry.PRIVACY))
    except (FieldWrong, TooMany) as error:
        form.refuse(error)
        return None


def _say_missing_code(form: LoginForm) -> None:
    if not (form.sms_code.data or "").strip():
        form.refuse(FieldWrong("sms_code", "empty"))


def _arrive(investor: Investor, form: LoginForm) -> Response:
    """Through the gates to the page that was asked for, or the step that is due."""
    kept = session.get(late_forms.KEPT)
    session.clear()
    if entry.gate_of(investor):
        session["gate"] = investor.id
        return go("entry.gate")
    access.sign_in(Person(investor=investor))
    if kept is not None:
        session[late_forms.KEPT] = kept
    if (days := entry.id_days_left(investor)) is not None:
        flash(_("您的身份证还有 %(days)s 天到期。这次可以办理；请尽快换证，换证后到营业部更新。", days=days), "warn")
    return leave_to(access.safe_next(form.next.data) or url_for("journey.start"))


def _page(form: LoginForm) -> Response:
    return show(
        "entry/login.html",
        status=422 if form.errors else 200,
        form=form,
        captcha=captchas.offer(session_id(), PURPOSE),
        sent=codes.pending(form.number, PURPOSE, session_id()) if form.number else None,
        **_delivery(),
    )


@bp.post("/logout")
@public
def logout() -> ResponseReturnValue:
    """End the session."""
    access.sign_out()
    return leave_to(url_for("entry.index"))
