"""What was read off the photos: the remarks at a photo, an expired card, the picture of a number."""

from __future__ import annotations

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from app.domain.journey import Step
from app.models import Case
from app.services import card_readings, card_remarks, cases, photo_exchange, photos
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor, investors
from app.web.answers import go, show, wants_fragment
from app.web.journey import boxes
from app.web.journey.blueprint import bp
from app.web.journey.late import leads_on
from app.web.journey.photo import answer, as_picture, known_place, page_of


@bp.get("/cases/<case_id>/photos/<place>/read")
@steps.step_page("photos")
@leads_on
def photo_read(case: Case, place: str) -> ResponseReturnValue:
    """The remarks at one photo, for htmx; the whole box when the reading had the photo prepared anew."""
    if not wants_fragment():
        return page_of(case, place)
    box = boxes.box_of(case, known_place(case, place))
    if box.photo is None or box.photo.state == "queued":
        whole = make_response(answer(case, place))
        whole.headers["HX-Retarget"] = f"#{box.id}"
        return whole
    misplaced = photo_exchange.misplaced(case)
    return show("journey/read.html", fragment="read", box=box, answered=True, misplaced=misplaced)


@bp.route("/cases/<case_id>/expired", methods=["GET", "POST"])
@steps.step_page("photos")
@leads_on
def card_expired(case: Case) -> ResponseReturnValue:
    """The card in the photo is no longer valid: what to bring, and where; POST says that it was misread."""
    until = card_remarks.expired_on(case)
    if until is None:
        return go("journey.photos", case_id=case.id)
    if request.method == "POST":
        card_readings.deny(photos.at(case, "id_emblem"), by=By.investor(case.investor))
        return go("journey.photos", case_id=case.id)
    office = case.investor.branch_office
    return steps.show_step("journey/card_expired.html", case, Step.PHOTOS, until=until, office=office)


@bp.get("/cases/<case_id>/photos/<photo_id>/read/<name>.jpg")
@investors
def number_picture(case_id: str, photo_id: str, name: str) -> Response:
    """The line that a number was read from, for its owner only."""
    case = cases.of_investor(case_id, current_investor())
    return as_picture(card_readings.strip(case, photos.of_case(case, photo_id), name), "image/jpeg")
