"""One photo: uploading, keeping the one on file, turning, corners, and its pictures."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong, NotFound
from app.models import Case, Photo
from app.services import cases, photo_exchange, photos, uploads
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor, investors
from app.web.answers import go_to, show, wants_fragment
from app.web.journey import boxes
from app.web.journey.blueprint import bp
from app.web.journey.cards_shown import show_cards
from app.web.journey.late import leads_on
from app.web.journey.photos import message, missing_words, show_photos

TURNS = {"left": 3, "right": 1}
PICTURE_POLICY = "default-src 'none'; sandbox"
CORNERS = ("tl", "tr", "br", "bl")
STARTING_SHARE = 0.1
"""Where the corners start when no card was found: so far inside the picture."""


@bp.route("/cases/<case_id>/photos/<place>", methods=["GET", "POST"])
@steps.step_page("photos")
@leads_on
def photo(case: Case, place: str) -> ResponseReturnValue:
    """One photo's box, for htmx; POST takes a new file in."""
    if request.method == "GET":
        return _answer(case, place)
    try:
        _take_in(case, place)
    except FieldWrong as wrong:
        return answer_wrong(case, place, message(wrong)[place])
    return _answer(case, place)


def _take_in(case: Case, place: str) -> None:
    """The file of the form, or what was sent in pieces before and is named by it."""
    if upload_id := request.form.get("upload"):
        uploads.finish_at(case, place, upload_id, by=By.investor(case.investor))
        return
    file = request.files.get("photo")
    if file is None or not file.filename:
        raise FieldWrong(place, "no_file")
    source = "screen" if place == "signature" and request.form.get("source") == "screen" else "file"
    photos.receive(case.id, place, file.read(), by=By.investor(case.investor), source=source)


@bp.post("/cases/<case_id>/photos/<place>/change")
@steps.step_page("photos")
@leads_on
def change_photo(case: Case, place: str) -> ResponseReturnValue:
    """Choose between the two pictures, turn one, or go back to the automatic result."""
    act, by = request.form.get("act", ""), By.investor(case.investor)
    try:
        if act in TURNS:
            _keep_choice(case, place, by)
            photos.turn(case.id, place, TURNS[act], attempt=request.form.get("attempt", 0, int), by=by)
        elif act == "automatic":
            photos.automatic(case.id, place, by=by)
        else:
            photos.choose(case.id, place, request.form.get("use", ""), by=by)
    except FieldWrong as wrong:
        return answer_wrong(case, place, message(wrong)[place])
    return _answer(case, place)


def _keep_choice(case: Case, place: str, by: By) -> None:
    """The picture that is selected is the one that turns."""
    if request.form.get("use") and photos.at(case, place).state == "ready":
        photos.choose(case.id, place, request.form["use"], by=by)


@bp.post("/cases/<case_id>/filed/<slot>/keep")
@steps.step_page("photos")
@leads_on
def keep_filed(case: Case, slot: str) -> ResponseReturnValue:
    """Use the photo on file."""
    try:
        photos.keep_filed(case.id, slot, by=By.investor(case.investor))
    except FieldWrong as wrong:
        return answer_wrong(case, slot, message(wrong)[slot])
    return _answer(case, slot)


def _answer(case: Case, place: str, *, error: str = "", status: int = 200) -> ResponseReturnValue:
    """The box alone for htmx; for a plain browser back to its page."""
    known = cases.of_investor(case.id, case.investor)
    if not wants_fragment() and not error:
        return _page_of(known, place)
    box = boxes.box_of(known, known_place(known, place), error=error)
    if place.startswith(photos.CARD):
        return show("journey/photo_box.html", fragment="box", status=status, box=box, answered=False)
    beside = {"missing": missing_words(known), "misplaced": photo_exchange.misplaced(known)}
    return show("journey/photo_box.html", fragment="box", status=status, box=box, answered=True, **beside)


def answer_wrong(case: Case, place: str, text: str, *, status: int = 422) -> ResponseReturnValue:
    """The message at its place: in the box for htmx, else on the whole page."""
    if wants_fragment():
        return _answer(case, place, error=text, status=status)
    if place.startswith(photos.CARD):
        return show_cards(case, photo_errors={place: text}, status=status)
    return show_photos(case, {place: text}, status=status)


def known_place(case: Case, place: str) -> str:
    """The place, if the case has it; NotFound for any other."""
    if place in photos.PLACES or any(card.photo_place == place for card in case.cards):
        return place
    raise NotFound


def _page_of(case: Case, place: str) -> Response:
    return go_to(url_of_place(case, place))


def url_of_place(case: Case, place: str) -> str:
    """Where the photo stands on its page."""
    endpoint = "journey.bank_cards" if place.startswith(photos.CARD) else "journey.photos"
    anchor = known_place(case, place).replace(":", "-")
    return url_for(endpoint, case_id=case.id, _anchor=anchor)


# -- corners ----------------------------------------------------------------------------------------------------------


@bp.route("/cases/<case_id>/photos/<place>/corners", methods=["GET", "POST"])
@steps.step_page("photos")
@leads_on
def corners(case: Case, place: str) -> ResponseReturnValue:
    """The four corners as numbers beside the picture; POST has the photo cropped there."""
    row = photos.at(case, place)
    if row.original_id is None or row.preview_id is None:
        raise NotFound
    if request.method == "GET":
        return _show_corners(case, row, _starting(row), {})
    typed = {name: request.form.get(name, "").strip() for name in _names()}
    wrong = {name: _("请填数字") for name, text in typed.items() if _number(text) is None}
    if wrong:
        return _show_corners(case, row, typed, wrong)
    quad = [[_number(typed[f"{corner}_{axis}"]) or 0.0 for axis in "xy"] for corner in CORNERS]
    try:
        photos.set_corners(case.id, place, quad, by=By.investor(case.investor))
    except FieldWrong as refused:
        return _show_corners(case, row, typed, {"tl_x": _corner_words(refused)})
    return _page_of(case, place)


def _names() -> list[str]:
    return [f"{corner}_{axis}" for corner in CORNERS for axis in "xy"]


def _number(text: str) -> float | None:
    """A decimal number of a sane length; None for anything else ("inf" and "1e9" too)."""
    whole, _point, rest = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 6 and (not rest or rest.isdigit()) and len(rest) < 6):
        return None
    return float(text)


def _starting(row: Photo) -> dict[str, str]:
    width, height = row.found["width"], row.found["height"]
    left, top = width * STARTING_SHARE, height * STARTING_SHARE
    inside = [[left, top], [width - left, top], [width - left, height - top], [left, height - top]]
    quad = row.found.get("quad") or inside
    ends = (width, height)  # a card that was cut off by the edge has corners beyond it
    return {name: f"{min(max(0, quad[at // 2][at % 2]), ends[at % 2]):.0f}" for at, name in enumerate(_names())}


def _corner_words(wrong: FieldWrong) -> str:
    words: dict[str, Any] = {
        "outside": _("角在照片之外了：横不超过 %(width)s，纵不超过 %(height)s"),
        "not_convex": _("四个角要按左上、右上、右下、左下的顺序，连线不能交叉"),
        "too_small": _("四角围起来的部分太小"),
    }
    text = str(words[wrong.code])
    return text % wrong.details if wrong.details else text


def _show_corners(case: Case, row: Photo, typed: dict[str, str], wrong: dict[str, str]) -> Response:
    points = [(_number(typed[f"{corner}_x"]) or 0, _number(typed[f"{corner}_y"]) or 0) for corner in CORNERS]
    return steps.show_step(
        "journey/corners.html",
        case,
        photos.step_of(row.place),
        status=422 if wrong else 200,
        photo=row,
        typed=typed,
        wrong=wrong,
        points=points,
        corners=list(zip(CORNERS, (_("左上"), _("右上"), _("右下"), _("左下")), strict=True)),
    )


# -- pictures ---------------------------------------------------------------------------------------------------------


@bp.get("/cases/<case_id>/photos/<photo_id>/<any(thumbnail, prepared, preview, original):which>.jpg")
@investors
def picture(case_id: str, photo_id: str, which: str) -> Response:
    """One of a photo's pictures, for its owner only."""
    case = cases.of_investor(case_id, current_investor())
    return _picture(*photos.picture(photos.of_case(case, photo_id), which))


@bp.get("/cases/<case_id>/filed/<slot>.jpg")
@investors
def filed_picture(case_id: str, slot: str) -> Response:
    """The thumbnail of a photo on file, for its owner only."""
    case = cases.of_investor(case_id, current_investor())
    return _picture(*photos.filed_picture(case.investor, slot))


def _picture(content: bytes, media_type: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
