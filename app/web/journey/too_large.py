"""An upload over the limit: the message stands at its field, and what was typed beside it is kept."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from app.domain.errors import NotFound
from app.models import Case
from app.services import cases
from app.web import errors, steps
from app.web.journey import boxes
from app.web.journey.bank_cards import answer_too_large_card
from app.web.journey.blueprint import bp
from app.web.journey.photo import answer_wrong

READ_AT_MOST = 64 * 1024 * 1024
"""So much of an investor's upload is read and thrown away: a browser cut off while sending shows no answer at all."""
STATUS = 413


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Nothing is done with what was sent; the page is shown again with the message.

    Comes before the guard and the CSRF check, because those read the form: so it looks for itself whose case it is.
    """
    case = _own_case()
    if case is None or not _read_to_the_end():
        return errors.page(STATUS)
    if request.endpoint == "journey.photo" and steps.reachable(case, "photos"):
        place = (request.view_args or {})["place"]
        try:
            return answer_wrong(case, place, boxes.words("too_large"), status=STATUS)
        except NotFound:
            return errors.page(404)
    if request.endpoint == "journey.add_card" and steps.reachable(case, "bank_cards"):
        return answer_too_large_card(case, boxes.words("too_large"), status=STATUS)
    return errors.page(STATUS)


def _own_case() -> Case | None:
    investor = getattr(current_user, "investor", None)
    case_id = (request.view_args or {}).get("case_id")
    if investor is None or case_id is None:
        return None
    try:
        return cases.of_investor(case_id, investor)
    except NotFound:
        return None


def _read_to_the_end() -> bool:
    request.max_content_length = READ_AT_MOST
    try:
        request.form.get("csrf_token")
    except (RequestEntityTooLarge, BadRequest):
        return False
    return True
