"""Who opened a socket: looked up from the session cookie, and looked up again with every message."""

from __future__ import annotations

from flask import current_app, request

from app.db import read
from app.models import Investor, Staff, WebSession
from app.services import sessions

INVESTOR, STAFF = "investor", "staff"


def session_of(face: str) -> WebSession | None:
    """The living, signed-in session of that site in this browser."""
    tls = current_app.config["SETTINGS"].tls
    token = request.cookies.get(sessions.cookie_name(face, tls=tls))
    row = sessions.find(token, face) if token else None
    return row if row is not None and row.person_id is not None else None


def investor() -> Investor | None:
    """The signed-in investor behind this socket."""
    row = session_of(INVESTOR)
    return read().get(Investor, row.person_id) if row else None


def staff() -> Staff | None:
    """The signed-in member of staff behind this socket; somebody disabled is nobody."""
    row = session_of(STAFF)
    found = read().get(Staff, row.person_id) if row else None
    return found if found is not None and found.disabled_at is None else None
