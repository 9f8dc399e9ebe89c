"""An upload over the limit: the message stands at its field, and what was typed beside it is kept."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from app.services import cases
from app.web import errors
from app.web.access import current_investor
from app.web.journey import boxes
from app.web.journey.bank_cards import answer_too_large_card
from app.web.journey.blueprint import bp
from app.web.journey.photo import answer_wrong

READ_AT_MOST = 128 * 1024 * 1024
"""So much is read and thrown away: a browser that is cut off while sending shows no answer at all."""
STATUS = 413


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Nothing is done with what was sent; the page is shown again with the message."""
    request.max_content_length = READ_AT_MOST
    try:
        request.form.get("act")
    except (RequestEntityTooLarge, BadRequest):
        return errors.page(STATUS)
    values = request.view_args or {}
    case = cases.of_investor(values.get("case_id", ""), current_investor())
    if request.endpoint == "journey.photo":
        return answer_wrong(case, values["place"], boxes.words("too_large"), status=STATUS)
    if request.endpoint == "journey.add_card":
        return answer_too_large_card(case, boxes.words("too_large"), status=STATUS)
    return errors.page(STATUS)
