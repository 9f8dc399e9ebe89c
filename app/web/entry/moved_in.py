"""The other end of a link from another device: opened, looked at, and taken up once."""

from __future__ import annotations

from flask import request, session, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import NotFound
from app.services import device_links, entry
from app.web import access, steps
from app.web.access import Person, public
from app.web.answers import leave_to, show
from app.web.devices import device_of
from app.web.entry.blueprint import bp
from app.web.sessions import session_id


@bp.get(f"{device_links.PATH}<token>")
@public
def moved_in(token: str) -> ResponseReturnValue:
    """Asks first: whatever looks at links by itself (previews of texts, scanners) must not use it up."""
    try:
        device_links.find(token)
    except NotFound:
        return _over()
    return show("entry/moved_in.html", token=token)


@bp.post(f"{device_links.PATH}<token>")
@public
def move_in(token: str) -> ResponseReturnValue:
    """Take the case over on this device."""
    try:
        investor = device_links.find(token).investor
        if entry.gate_of(investor):
            session.clear()
            session["gate"] = investor.id
            return leave_to(url_for("entry.gate"))
        session.clear()
        case = device_links.use(token, session_id(), device_of(request.user_agent.string))
    except NotFound:
        return _over()
    access.sign_in(Person(investor=investor))
    return leave_to(steps.due_url(case))


def _over() -> ResponseReturnValue:
    return show("entry/link_over.html", status=404)
