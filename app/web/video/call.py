"""The call as the investor sees it, and the stills that their camera takes."""

from __future__ import annotations

from flask import Response, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong, MoveNotAllowed
from app.domain.journey import Step
from app.models import Case
from app.services import call_mending, calls, cases
from app.web import steps
from app.web.answers import show, wants_fragment
from app.web.journey.boxes import Box, box_of
from app.web.uploads import carries_a_file
from app.web.video.blueprint import bp, video_page


@bp.get("/video/call")
@video_page
def call(case: Case) -> ResponseReturnValue:
    """Both pictures, the code to read out, the text chat."""
    live = calls.live_of_case(case)
    if live is None or live.state != "in_call":
        return steps.due(case)
    return steps.show_step(
        "video/call.html",
        case,
        Step.VIDEO,
        call=live,
        messages=live.messages,
        chosen_by=live.steps[-1].chosen_by if live.steps else "line",
        boxes=_boxes(case),
        answered=False,
    )


def _boxes(case: Case) -> list[Box]:
    """The photos that the witness wants anew, once each."""
    places = dict.fromkeys(str(one.item.field) for one in call_mending.asked(case))
    return [box_of(case, place) for place in places]


@bp.get("/video/call/mending")
@video_page
def mending(case: Case) -> ResponseReturnValue:
    """The photos to be taken anew while the call stays open."""
    if not wants_fragment():
        return steps.due(case)
    return show("video/mending.html", fragment="mending", case=case, boxes=_boxes(case), answered=False)


@bp.get("/video/call/standing")
@video_page
def standing(case: Case) -> ResponseReturnValue:
    """Nothing while the call runs; on to the due page when it is over."""
    return Response(status=204) if cases.page_due(case) == "call" else steps.due(case)


@bp.post("/video/call/hang-up")
@video_page
def hang_up(case: Case) -> ResponseReturnValue:
    """End the call."""
    calls.hang_up(case.id, case.investor)
    flash(_("通话已结束。准备好以后可以重新排队。"), "ok")
    return steps.due(cases.of_investor(case.id, case.investor))


@bp.post("/video/call/stills")
@carries_a_file
@video_page
def stills(case: Case) -> ResponseReturnValue:
    """A still at the camera's full size; answers with a code that the page passes on to the witness."""
    picture = request.files.get("still")
    content = picture.read() if picture else b""
    try:
        calls.take_still(case.id, case.investor, kind=request.form.get("kind", ""), content=content)
    except FieldWrong as wrong:
        return jsonify(code=wrong.code), 422
    except MoveNotAllowed:
        return jsonify(code="over"), 409
    return jsonify(code="kept")
