"""The sandbox's page: the inbox of the sample phones, who can sign in, photos to upload; and its JSON twins."""

from __future__ import annotations

from flask import Response, abort, jsonify, send_file
from flask.typing import ResponseReturnValue

from app.services import captchas, sandbox, sandbox_files, sandbox_logins
from app.web.access import public
from app.web.answers import go, show, wants_fragment
from app.web.entry.login import PURPOSE
from app.web.sandbox.blueprint import bp
from app.web.sessions import session_id


@bp.get("")
@public
def index() -> ResponseReturnValue:
    """Everything for trying the site out; the inbox refreshes itself."""
    return show(
        "sandbox/index.html",
        inbox=sandbox.inbox(),
        people=sandbox.people(),
        logins=sandbox_logins.logins(),
        photos=sandbox_files.photo_names(),
    )


@bp.get("/inbox")
@public
def inbox() -> ResponseReturnValue:
    """The inbox alone, for its own refreshing."""
    if not wants_fragment():
        return go("sandbox.index")
    return show("sandbox/inbox.html", fragment="inbox", inbox=sandbox.inbox())


@bp.get("/styles")
@public
def styles() -> ResponseReturnValue:
    """Every part of the investors' pages in every state."""
    return show("sandbox/styles.html")


@bp.get("/styles/dialog")
@public
def dialog_style() -> ResponseReturnValue:
    """A dialog over its page."""
    return show("sandbox/styles_dialog.html")


@bp.get("/styles/staff")
@public
def staff_styles() -> ResponseReturnValue:
    """The parts that only the staff's pages have."""
    return show("sandbox/styles_staff.html")


@bp.get("/photos/<name>")
@public
def photo(name: str) -> Response:
    """A sample photo to upload."""
    path = sandbox_files.photo(name)
    if path is None:
        abort(404)
    return send_file(path, mimetype="image/jpeg", as_attachment=True, download_name=name)


@bp.get("/investors.json")
@public
def investors_json() -> Response:
    """Sample investors: [{id_number, name, phone, magic}]."""
    keys = ("id_number", "name", "phone", "magic")
    return jsonify([{key: getattr(one, key) for key in keys} for one in sandbox.people()])


@bp.get("/inbox.json")
@public
def inbox_json() -> Response:
    """Texts, newest first: [{to, text, code, at}]."""
    return jsonify(
        [
            {"to": one.phone, "text": one.text, "code": one.code or None, "at": one.created_at.isoformat()}
            for one in sandbox.inbox()
        ]
    )


@bp.get("/captcha.json")
@public
def captcha_json() -> Response:
    """The answer to this session's open captcha: {answer}."""
    return jsonify(answer=captchas.answer_of(captchas.offer(session_id(), PURPOSE)))


@bp.get("/staff.json")
@public
def staff_json() -> Response:
    """Sample staff: [{login, password, totp_secret, roles}]."""
    keys = ("login", "password", "totp_secret", "roles")
    return jsonify([{key: getattr(one, key) for key in keys} for one in sandbox_logins.logins()])


@bp.get("/integrators.json")
@public
def integrators_json() -> Response:
    """Who may post webhooks: [{source, path, secret}]."""
    return jsonify(
        [
            {"source": one.source, "path": f"/hooks/{one.source}", "secret": one.secret.split()[0]}
            for one in sandbox.integrators()
        ]
    )
