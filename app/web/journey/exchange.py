"""The offer to put right two sides of a card that stand in each other's place."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from app.models import Case
from app.services import photo_exchange
from app.services.actors import By
from app.web import steps
from app.web.answers import go
from app.web.journey.blueprint import bp
from app.web.journey.late import leads_on


@bp.post("/cases/<case_id>/photos/exchange")
@steps.step_page("photos")
@leads_on
def exchange(case: Case) -> ResponseReturnValue:
    """Exchange the two photos, or move the one; back to the page, which shows them being prepared again."""
    photo_exchange.exchange(case.id, request.form.getlist("photo"), by=By.investor(case.investor))
    return go("journey.photos", case_id=case.id)
