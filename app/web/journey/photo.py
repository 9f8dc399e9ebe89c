"""One photo: uploading, keeping the one on file, turning, choosing, and its pictures."""

from __future__ import annotations

from flask import Response, make_response, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import FieldWrong, NotFound
from app.models import Case
from app.services import cases, photo_changes, photo_exchange, photo_intake, photos, upload_ends
from app.services.actors import By
from app.web import examples, steps
from app.web.access import current_investor, investors
from app.web.answers import go_to, nothing_new, show, waits_already, wants_fragment
from app.web.journey import boxes
from app.web.journey.blueprint import bp
from app.web.journey.cards_shown import show_cards
from app.web.journey.late import leads_on
from app.web.journey.new_card import answer_new_card
from app.web.journey.photos import message, missing_words, show_photos
from app.web.uploads import carries_a_file

TURNS = {"left": 3, "right": 1}
PICTURE_POLICY = "default-src 'none'; sandbox"


@bp.route("/cases/<case_id>/photos/<place>", methods=["GET", "POST"])
@carries_a_file
@steps.step_page("photos")
@leads_on
def photo(case: Case, place: str) -> ResponseReturnValue:
    """One photo's box, for htmx; POST takes a new file in."""
    if request.method == "GET":
        return nothing_new() if waits_already() and _is_queued(case, place) else answer(case, place)
    try:
        _take_in(case, place)
    except FieldWrong as wrong:
        return answer_wrong(case, place, message(wrong)[place])
    return answer(case, place)


def _is_queued(case: Case, place: str) -> bool:
    photo = boxes.box_of(case, known_place(case, place)).photo
    return photo is not None and photo.state == "queued"


def _take_in(case: Case, place: str) -> None:
    """The file of the form, or what was sent in pieces before and is named by it."""
    upload_id = request.form.get("upload")
    if upload_id and place == photos.NEW_CARD:
        sent = upload_ends.for_new_card(case, upload_id)
        if whole := upload_ends.content(sent):  # else it has been taken in: the second half of a double click
            photo_intake.receive(case.id, place, whole, by=By.investor(case.investor))
            upload_ends.spend(sent)
        return
    if upload_id:
        upload_ends.finish_at(case, place, upload_id, by=By.investor(case.investor))
        return
    file = request.files.get("photo")
    if file is None or not file.filename:
        raise FieldWrong(place, "no_file")
    source = "screen" if place == "signature" and request.form.get("source") == "screen" else "file"
    photo_intake.receive(case.id, place, file.read(), by=By.investor(case.investor), source=source)


@bp.post("/cases/<case_id>/photos/<place>/change")
@steps.step_page("photos")
@leads_on
def change_photo(case: Case, place: str) -> ResponseReturnValue:
    """Choose between the two pictures, turn one, or go back to the automatic result."""
    act, by = request.form.get("act", ""), By.investor(case.investor)
    try:
        if act in TURNS:
            _keep_choice(case, place, by)
            photo_changes.turn(case.id, place, TURNS[act], attempt=request.form.get("attempt", 0, int), by=by)
        elif act == "automatic":
            photo_changes.automatic(case.id, place, by=by)
        else:
            photo_changes.choose(case.id, place, request.form.get("use", ""), by=by)
    except FieldWrong as wrong:
        return answer_wrong(case, place, message(wrong)[place])
    return answer(case, place)


def _keep_choice(case: Case, place: str, by: By) -> None:
    """The picture that is selected is the one that turns."""
    if request.form.get("use") and photos.at(case, place).state == "ready":
        photo_changes.choose(case.id, place, request.form["use"], by=by)


@bp.post("/cases/<case_id>/filed/<slot>/keep")
@steps.step_page("photos")
@leads_on
def keep_filed(case: Case, slot: str) -> ResponseReturnValue:
    """Use the photo on file."""
    try:
        photo_intake.keep_filed(case.id, slot, by=By.investor(case.investor))
    except FieldWrong as wrong:
        return answer_wrong(case, slot, message(wrong)[slot])
    return answer(case, slot)


def answer(case: Case, place: str, *, error: str = "", status: int = 200) -> ResponseReturnValue:
    """The box alone for htmx; for a plain browser back to its page."""
    known = cases.of_investor(case.id, case.investor)
    if not wants_fragment() and not error:
        return page_of(known, place)
    if place == photos.NEW_CARD:
        return answer_new_card(known, error=error, status=status)
    box = boxes.box_of(known, known_place(known, place), error=error)
    if place.startswith(photos.CARD):
        return show("journey/photo_box.html", fragment="box", status=status, box=box, answered=False)
    beside = {"missing": missing_words(known), "misplaced": photo_exchange.misplaced(known)}
    return show("journey/photo_box.html", fragment="box", status=status, box=box, answered=True, **beside)


def answer_wrong(case: Case, place: str, text: str, *, status: int = 422) -> ResponseReturnValue:
    """The message at its place: in the box for htmx, else on the whole page."""
    if wants_fragment():
        return answer(case, place, error=text, status=status)
    if place.startswith(photos.CARD):
        return show_cards(case, photo_errors={place: text}, status=status)
    return show_photos(case, {place: text}, status=status)


def known_place(case: Case, place: str) -> str:
    """The place, if the case has it; NotFound for any other."""
    if place in (*photos.PLACES, photos.NEW_CARD) or any(card.photo_place == place for card in case.cards):
        return place
    raise NotFound


def page_of(case: Case, place: str) -> Response:
    """Back to where the photo stands on its page."""
    return go_to(url_of_place(case, place))


def url_of_place(case: Case, place: str) -> str:
    """Where the photo stands on its page."""
    endpoint = "journey.bank_cards" if place.startswith(photos.CARD) else "journey.photos"
    anchor = "new-card" if place == photos.NEW_CARD else known_place(case, place).replace(":", "-")
    return url_for(endpoint, case_id=case.id, _anchor=anchor)


# -- pictures ---------------------------------------------------------------------------------------------------------


@bp.get("/cases/<case_id>/photos/<photo_id>/<any(thumbnail, prepared, preview, original):which>.jpg")
@investors
def picture(case_id: str, photo_id: str, which: str) -> Response:
    """One of a photo's pictures, for its owner only."""
    case = cases.of_investor(case_id, current_investor())
    return as_picture(*photos.picture(photos.of_case(case, photo_id), which))


@bp.get("/cases/<case_id>/filed/<slot>.jpg")
@investors
def filed_picture(case_id: str, slot: str) -> Response:
    """The thumbnail of a photo on file, for its owner only."""
    case = cases.of_investor(case_id, current_investor())
    return as_picture(*photos.filed_picture(case.investor, slot))


@bp.get("/reasons/<example_id>.jpg")
@investors
def reason_example(example_id: str) -> Response:
    """An example picture that the broker uploaded for a reason."""
    return examples.answer(example_id)


def as_picture(content: bytes, media_type: str) -> Response:
    """A picture as an answer: kept nowhere, and no script can live in it."""
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
