"""One's own account: password, second factors, recovery codes, and where one is signed in."""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from app.domain.errors import FieldWrong, TooMany
from app.services import own_account, passkeys, second_factors, sessions, staff
from app.web.access import current_staff, role
from app.web.admin import passkey_site
from app.web.admin.account_words import password_words
from app.web.admin.blueprint import bp
from app.web.admin.door import qr_of
from app.web.answers import go, show, show_form
from app.web.devices import device_of
from app.web.sessions import session_id

NEW_APP = "new_app"
"""In the session's row until the new app has shown its first code: what its secret is derived from."""
NONCE_BYTES = 16


class Confirmed(FlaskForm):
    """Whoever changes a factor shows the password again."""

    current = PasswordField(_l("现在的密码"), validators=[DataRequired(_l("请填写现在的密码"))])


class PasswordForm(Confirmed):
    """Another password."""

    password = PasswordField(_l("新密码"), validators=[DataRequired(_l("请填写新密码"))])
    again = PasswordField(_l("再填一遍新密码"), validators=[EqualTo("password", _l("两次填写的密码不一样"))])


class AppForm(Confirmed):
    """Another authenticator app, with the first code it shows."""

    code = StringField(
        _l("动态口令"),
        filters=[lambda value: "".join((value or "").split())],
        validators=[DataRequired(), Length(max=10)],
    )


class PasskeyForm(Confirmed):
    """A new passkey; the browser fills `passkey`."""

    name = StringField(_l("给它起个名字"), validators=[Length(max=passkeys.LONGEST_NAME)])
    passkey = HiddenField()


@bp.get("/account")
@role()
def account() -> ResponseReturnValue:
    """What there is, and where to change it."""
    me = current_staff()
    return show(
        "admin/account.html",
        living=sessions.living_of(me.id),
        this_session=session_id(),
        keys=passkeys.all_of(me),
        has_app=bool(me.totp_secret),
        codes_left=second_factors.recovery_codes_left(me),
    )


@bp.route("/account/password", methods=["GET", "POST"])
@role()
def account_password() -> ResponseReturnValue:
    """Change the password; every other session ends, and this one goes on under a new token."""
    form = PasswordForm()

    def change() -> ResponseReturnValue:
        own_account.change_password(current_staff(), form.current.data, form.password.data, keep_session=session_id())
        session.renew = True  # type: ignore[attr-defined]
        session.modified = True
        flash(_("密码已更改，其他设备上的登录已经结束。"), "ok")
        return go("admin.account")

    return _handled(form, change, "admin/account_password.html")


@bp.route("/account/app", methods=["GET", "POST"])
@role()
def account_app() -> ResponseReturnValue:
    """Take another authenticator app into use."""
    form = AppForm()
    if NEW_APP not in session:
        session[NEW_APP] = secrets.token_hex(NONCE_BYTES)
    secret = second_factors.offered_secret(current_staff(), session[NEW_APP])

    def change() -> ResponseReturnValue:
        own_account.change_app(current_staff(), form.current.data, secret, form.code.data)
        session.pop(NEW_APP)
        flash(_("新的验证器已启用，旧的不能再用。"), "ok")
        return go("admin.account")

    return _handled(form, change, "admin/account_app.html", secret=secret, qr=qr_of(secret, current_staff().login))


@bp.route("/account/passkeys", methods=["GET", "POST"])
@role()
def account_passkeys() -> ResponseReturnValue:
    """Add a passkey."""
    form = PasskeyForm()

    def change() -> ResponseReturnValue:
        answer = passkey_site.answer()
        if answer is None:
            raise FieldWrong("passkey", "refused")
        name = form.name.data or device_of(request.user_agent.string)
        own_account.add_passkey(current_staff(), form.current.data, answer, name)
        flash(_("通行密钥已添加。"), "ok")
        return go("admin.account")

    answered = _handled(form, change)
    if answered is not None:
        return answered
    options = passkey_site.to_register(current_staff())
    return show_form("admin/account_passkeys.html", form, options=options, possible=passkey_site.is_possible())


@bp.route("/account/passkeys/<key_id>/remove", methods=["GET", "POST"])
@role()
def account_remove_passkey(key_id: str) -> ResponseReturnValue:
    """Take a passkey away."""
    form = Confirmed()

    def change() -> ResponseReturnValue:
        own_account.remove_passkey(current_staff(), form.current.data, key_id)
        flash(_("通行密钥已删除。"), "ok")
        return go("admin.account")

    key = next((key for key in passkeys.all_of(current_staff()) if key.id == key_id), None)
    if key is None:
        return go("admin.account")
    return _handled(form, change, "admin/account_confirm.html", key=key)


@bp.route("/account/recovery-codes", methods=["GET", "POST"])
@role()
def account_recovery_codes() -> ResponseReturnValue:
    """Ten new recovery codes, shown once."""
    form = Confirmed()

    def change() -> ResponseReturnValue:
        codes = own_account.renew_recovery_codes(current_staff(), form.current.data)
        return show("admin/recovery_codes.html", codes=codes, after="admin.account", fresh=False)

    return _handled(form, change, "admin/account_confirm.html", key=None)


@bp.post("/account/sessions/end-others")
@role()
def account_end_others() -> ResponseReturnValue:
    """Sign out everywhere else."""
    own_account.end_other_sessions(current_staff(), keep=session_id())
    flash(_("其他设备上的登录已经结束。"), "ok")
    return go("admin.account")


@bp.post("/account/sessions/<row_id>/end")
@role()
def account_end_session(row_id: str) -> ResponseReturnValue:
    """Sign out on one other device."""
    own_account.end_session(current_staff(), row_id)
    flash(_("那台设备上的登录已经结束。"), "ok")
    return go("admin.account")


@bp.post("/account/break")
@role()
def account_break() -> ResponseReturnValue:
    """Away from the desk, or back."""
    begins = request.form.get("begins") == "yes"
    staff.take_a_break(current_staff().id, begins=begins)
    flash(_("已标记为休息中。") if begins else _("欢迎回来。"), "ok")
    return go("admin.account")


def _handled(form: FlaskForm, change: Any, template: str = "", **context: Any) -> Any:
    """Run the change; what is wrong stands at its field. Without a template None stands for "show the form"."""
    if form.validate_on_submit():
        try:
            return change()
        except FieldWrong as wrong:
            errors = [password_words(wrong.code, wrong.details)]
            if wrong.field in form and wrong.field != "passkey":
                form[wrong.field].errors = errors
            else:
                form.form_errors.extend(errors)
        except TooMany as locked:
            minutes = locked.retry_after_seconds // 60
            flash(_("连续失败次数太多，已锁定，请 %(minutes)s 分钟后再试。", minutes=minutes), "bad")
            return go("admin.account")
    return show_form(template, form, **context) if template else None
