"""Where a case begins."""

from __future__ import annotations

from flask import flash, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import CaseInFlight
from app.services import cases, entry
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor, investors
from app.web.answers import go, show
from app.web.journey.blueprint import bp


@bp.get("/start")
@investors
def start() -> ResponseReturnValue:
    """The due step of the case in flight, or the page with the button."""
    case = cases.in_flight(current_investor())
    return steps.due(case) if case else show("journey/start.html", investor=current_investor())


@bp.post("/cases")
@investors
def create() -> ResponseReturnValue:
    """Open a case; there is one at a time."""
    investor = current_investor()
    if entry.gate_of(investor):  # it closed while the session was open
        session["gate"] = investor.id
        return go("entry.gate")
    try:
        case = cases.open_case(investor, by=By.investor(investor))
    except CaseInFlight as in_flight:
        flash(_("您有一笔业务正在办理，请从这里继续。"), "warn")
        case = cases.of_investor(in_flight.case_id, investor)
    return steps.due(case)
