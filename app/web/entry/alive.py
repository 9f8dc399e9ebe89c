"""How long the session still lives: asked by a page that nobody has used for a while."""

from __future__ import annotations

from math import ceil
from urllib.parse import urlsplit

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.outside import outside
from app.services import sessions
from app.web import access
from app.web.access import public
from app.web.answers import go, show, wants_fragment
from app.web.entry.blueprint import bp
from app.web.sessions import POLL, session_row


@bp.get("/alive")
@public
def alive() -> ResponseReturnValue:
    """Nothing yet, a warning, or that it is over. Only without `poll` does asking count as a use of the session."""
    if not wants_fragment():
        return go("entry.login")  # who is signed in goes on from there
    row = session_row() if getattr(current_user, "investor", None) else None
    settings = current_app.config["SETTINGS"]
    left = None
    if row is not None:
        ends_at = sessions.idles_out_at(row) if POLL in request.args else row.ends_at
        left = min(ceil((ends_at - outside.clock.now()).total_seconds()), settings.idle_minutes * 60)
    return show(
        "entry/alive.html",
        fragment="alive",
        left=left,
        warned=settings.idle_warning_minutes * 60,
        may_stay=row is not None and sessions.idles_out_at(row) < row.ends_at,
        back=_page_asked_from(),
    )


def _page_asked_from() -> str | None:
    return access.safe_next(urlsplit(request.headers.get("HX-Current-URL", "")).path)
