"""The captcha, to look at and to listen to."""

from __future__ import annotations

from flask import Response, abort, session
from flask_babel import get_locale

from app.models import Captcha
from app.services import captchas
from app.web.access import public
from app.web.entry.blueprint import bp
from app.web.entry.login import PURPOSE


@bp.get("/captcha.png")
@public
def captcha_picture() -> Response:
    """The open question of this session as a picture."""
    return Response(captchas.picture(_open()), mimetype="image/png")


@bp.get("/captcha.wav")
@public
def captcha_sound() -> Response:
    """The same question, read aloud in the language of the page."""
    return Response(captchas.sound(_open(), str(get_locale())[:2]), mimetype="audio/wav")


def _open() -> Captcha:
    row = getattr(session, "row", None)
    captcha = captchas.latest(row.id, PURPOSE) if row else None
    if captcha is None or captcha.used_at is not None:
        abort(404)
    return captcha
