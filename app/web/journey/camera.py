"""Taking a photo with the camera in the page: a frame of the right shape, hints, and the usual upload."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.domain.errors import NotEditable
from app.models import Case
from app.services import photos
from app.web import steps
from app.web.journey import boxes
from app.web.journey.blueprint import bp
from app.web.journey.late import leads_on
from app.web.journey.photo import known_place, url_of_place

CARD_FRAME = (85.6, 54.0)
FRAMES = {"signature": (2.0, 1.0)}
"""Width and height of the frame; what is no signature is a card, ISO/IEC 7810 ID-1."""


@bp.get("/cases/<case_id>/photos/<place>/camera")
@steps.step_page("photos")
@leads_on
def camera(case: Case, place: str) -> ResponseReturnValue:
    """The live picture; what is taken goes where a chosen file goes."""
    box = boxes.box_of(case, known_place(case, place))
    if not box.editable:
        raise NotEditable
    width, height = FRAMES.get(box.slot, CARD_FRAME)
    return steps.show_step(
        "journey/camera.html",
        case,
        photos.step_of(place),
        box=box,
        back=url_of_place(case, place),
        frame_ratio=round(width / height, 4),
    )
