"""What anybody may read: the first page, help, education, devices, privacy; and the language switch."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue

from app.services import consents, entry
from app.web import qr
from app.web.access import public
from app.web.answers import leave_to, show
from app.web.entry.blueprint import bp
from app.web.setup import LANGUAGE_COOKIE, LANGUAGES
from app.web.wording import in_english

A_YEAR_SECONDS = 365 * 24 * 3600


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """What the business is, what it takes, and when it is open."""
    site = current_app.config["SETTINGS"].site
    return show("entry/index.html", hours=entry.hours_today(), site=site, qr=_qr(site))


_qr = cache(qr.drawn)


@bp.get("/help")
@public
def help() -> ResponseReturnValue:
    """Questions and answers along the journey."""
    return show("entry/help.html")


@bp.get("/education")
@public
def education() -> ResponseReturnValue:
    """What investors should know."""
    return show("entry/education.html")


@bp.get("/devices")
@public
def devices() -> ResponseReturnValue:
    """Which devices and browsers will do."""
    return show("entry/devices.html")


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """The privacy policy in force."""
    agreement = consents.current(entry.PRIVACY)
    words = consents.words(agreement, english=in_english())
    return show("entry/privacy.html", words=words, effective_at=agreement.effective_at)


@bp.get("/language/<code>")
@public
def language(code: str) -> ResponseReturnValue:
    """Remember the language and go back to the page that was open."""
    if code not in LANGUAGES:
        abort(404)
    response = leave_to(_came_from())
    response.set_cookie(
        LANGUAGE_COOKIE,
        code,
        max_age=A_YEAR_SECONDS,
        secure=current_app.config["SETTINGS"].tls,
        httponly=True,
        samesite="Lax",
    )
    return response


def _came_from() -> str:
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or came.path.startswith("/language/") or not came.path.startswith("/"):
        return "/"
    return "/" + came.path.lstrip("/") + (f"?{came.query}" if came.query else "")
