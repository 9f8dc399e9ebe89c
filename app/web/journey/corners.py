"""The four corners of a photo: set by hand, looked at before they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong, NotEditable, NotFound
from app.models import Case, Photo
from app.services import cases, photo_changes, photos
from app.services.actors import By
from app.web import steps
from app.web.access import current_investor, investors
from app.web.journey.blueprint import bp
from app.web.journey.late import leads_on
from app.web.journey.photo import as_picture, page_of

CORNERS = ("tl", "tr", "br", "bl")
NAMES = tuple(f"{corner}_{axis}" for corner in CORNERS for axis in "xy")
STARTING_SHARE = 0.1
"""Where the corners start when no card was found: so far inside the picture."""


@bp.route("/cases/<case_id>/photos/<place>/corners", methods=["GET", "POST"])
@steps.step_page("photos")
@leads_on
def corners(case: Case, place: str) -> ResponseReturnValue:
    """The four corners as numbers beside the picture; POST shows what they would give, or has the photo cropped."""
    row = _editable(case, place)
    if request.method == "GET":
        return _show(case, row, _starting(row))
    typed = {name: request.form.get(name, "").strip() for name in NAMES}
    wrong = _wrong_numbers(typed, row)
    if wrong:
        return _show(case, row, typed, wrong)
    try:
        if request.form.get("act") == "look":
            photo_changes.check_corners(_quad(typed), row.found["width"], row.found["height"])
            return _show(case, row, typed, looked=True)
        photo_changes.set_corners(case.id, place, _quad(typed), by=By.investor(case.investor))
    except FieldWrong as refused:
        return _show(case, row, typed, {"tl_x": _words(refused)})
    return page_of(case, place)


@bp.get("/cases/<case_id>/photos/<photo_id>/flat.jpg")
@investors
def flat(case_id: str, photo_id: str) -> Response:
    """What the four corners of the query would give, for its owner only."""
    case = cases.of_investor(case_id, current_investor())
    typed = {name: request.args.get(name, "") for name in NAMES}
    if any(_number(text) is None for text in typed.values()):
        raise NotFound
    try:
        return as_picture(photo_changes.glance(photos.of_case(case, photo_id), _quad(typed)), "image/jpeg")
    except FieldWrong:
        raise NotFound from None


def _editable(case: Case, place: str) -> Photo:
    """The photo there, if it has been prepared and its corners may be set now."""
    row = photos.at(case, place)
    if row.original_id is None or row.preview_id is None:
        raise NotFound
    photos.check_open(case, place)
    if row.state not in {"ready", "queued"}:
        raise NotEditable
    return row


def _number(text: str) -> float | None:
    """A decimal number of a sane length; None for anything else ("inf" and "1e9" too)."""
    whole, _point, rest = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 6 and (not rest or rest.isdigit()) and len(rest) < 6):
        return None
    return float(text)


def _quad(typed: Mapping[str, str]) -> list[list[float]]:
    return [[_number(typed[f"{corner}_{axis}"]) or 0.0 for axis in "xy"] for corner in CORNERS]


def _wrong_numbers(typed: Mapping[str, str], row: Photo) -> dict[str, str]:
    """For each field what is wrong with its number by itself."""
    most = {"x": row.found["width"], "y": row.found["height"]}
    wrong = {}
    for name, text in typed.items():
        number = _number(text)
        if number is None:
            wrong[name] = _("请填数字")
        elif number > most[name[-1]]:
            wrong[name] = _("在照片之外，最大 %(most)s", most=most[name[-1]])
    return wrong


def _words(wrong: FieldWrong) -> str:
    words: dict[str, Any] = {
        "not_convex": _("四个角要按左上、右上、右下、左下的顺序，连线不能交叉"),
        "too_small": _("四角围起来的部分太小"),
    }
    return str(words[wrong.code])


def _labels() -> dict[str, str]:
    """What each field is called, also in the summary of what is wrong."""
    corners = dict(zip(CORNERS, (_("左上"), _("右上"), _("右下"), _("左下")), strict=True))
    axes = {"x": _("横坐标"), "y": _("纵坐标")}
    return {name: f"{corners[name[:2]]} {axes[name[-1]]}" for name in NAMES}


def _starting(row: Photo) -> dict[str, str]:
    width, height = row.found["width"], row.found["height"]
    left, top = width * STARTING_SHARE, height * STARTING_SHARE
    inside = [[left, top], [width - left, top], [width - left, height - top], [left, height - top]]
    quad = row.found.get("quad") or inside
    ends = (width, height)  # a card that was cut off by the edge has corners beyond it
    return {name: f"{min(max(0, quad[at // 2][at % 2]), ends[at % 2]):.0f}" for at, name in enumerate(NAMES)}


def _show(
    case: Case, row: Photo, typed: Mapping[str, str], wrong: Mapping[str, str] | None = None, *, looked: bool = False
) -> Response:
    numbers: dict[str, Any] = dict(typed)
    points = [(_number(typed[f"{corner}_x"]) or 0, _number(typed[f"{corner}_y"]) or 0) for corner in CORNERS]
    return steps.show_step(
        "journey/corners.html",
        case,
        photos.step_of(row.place),
        status=422 if wrong else 200,
        photo=row,
        typed=typed,
        wrong=wrong or {},
        points=points,
        labels=_labels(),
        corners=list(zip(CORNERS, (_("左上"), _("右上"), _("右下"), _("左下")), strict=True)),
        flat=url_for("journey.flat", case_id=case.id, photo_id=row.id, **numbers) if looked else "",
    )
