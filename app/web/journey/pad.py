"""Signing on the screen: a sheet to draw on, and the usual upload."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.domain.errors import NotEditable
from app.domain.journey import Step
from app.models import Case
from app.web import steps
from app.web.journey import boxes
from app.web.journey.blueprint import bp
from app.web.journey.late import leads_on
from app.web.journey.photo import url_of_place

PLACE = "signature"


@bp.get("/cases/<case_id>/photos/signature/pad")
@steps.step_page("photos")
@leads_on
def pad(case: Case) -> ResponseReturnValue:
    """The sheet; what is drawn goes where a chosen file goes."""
    box = boxes.box_of(case, PLACE)
    if not box.editable:
        raise NotEditable
    return steps.show_step("journey/pad.html", case, Step.PHOTOS, box=box, back=url_of_place(case, PLACE))
