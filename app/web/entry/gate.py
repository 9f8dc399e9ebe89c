"""Who cannot go on online is told why, what to bring, and where."""

from __future__ import annotations

from flask import session
from flask.typing import ResponseReturnValue

from app.services import entry, investors
from app.web.access import public
from app.web.answers import go, show
from app.web.entry.blueprint import bp


@bp.get("/gate")
@public
def gate() -> ResponseReturnValue:
    """Shown after a right code; nobody is signed in here."""
    investor = investors.by_id(session.get("gate", ""))
    reason = entry.gate_of(investor) if investor else None
    if investor is None or reason is None:
        return go("entry.login")
    return show("entry/gate.html", reason=reason, office=investor.branch_office, investor=investor)
