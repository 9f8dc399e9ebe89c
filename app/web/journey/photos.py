"""Step 1: three photos and the responsibility letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import FieldWrong
from app.domain.journey import RETURNED, Step
from app.domain.states import State
from app.models import AgreementVersion, Case
from app.services import card_remarks, cases, consents, photo_exchange, photo_step, photos
from app.services.actors import By
from app.web import steps
from app.web.answers import go
from app.web.journey import boxes
from app.web.journey.blueprint import bp
from app.web.journey.late import leads_on
from app.web.journey.returned import returned_context
from app.web.wording import SLOT_WORDS, case_number, in_english


@dataclass(frozen=True)
class Problem:
    """One line of the error summary: where, and what."""

    id: str
    text: str


@bp.route("/cases/<case_id>/photos", methods=["GET", "POST"], endpoint="photos")
@steps.step_page("photos")
@leads_on
def photos_page(case: Case) -> ResponseReturnValue:
    """The three photos; POST goes on to the cards."""
    if request.method == "GET":
        return show_photos(case)
    if cases.step_due(case) != Step.PHOTOS:
        return steps.due(case)  # looked at again, nothing changed
    wrong = {place: boxes.words(code) for place, code in photo_step.missing(case).items()}
    letter = _letter(case)
    if letter and request.form.get("letter") != "y":
        wrong["letter"] = _("请先阅读并同意%(title)s", title=letter.title_en if in_english() else letter.title)
    elif letter and request.form.get("version") != letter.version:
        wrong["letter"] = _("责任书有了新版本，请重新阅读后再勾选")
    if wrong:
        return show_photos(case, wrong, status=422)
    if card_remarks.expired_on(case):
        return go("journey.card_expired", case_id=case.id)
    photo_step.accept(case.id, letter=letter, by=By.investor(case.investor))
    if State(case.state) not in RETURNED:
        flash(_("照片已收到。受理单号 %(number)s，办理期间请留意。", number=case_number(case.number)), "ok")
    return steps.due(cases.of_investor(case.id, case.investor))


def show_photos(case: Case, wrong: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    """The page; `wrong` maps a place, "letter" or "photos" to the message there."""
    wrong = wrong or {}
    taken = photos.current(case)
    shown = [boxes.box_of(case, place, error=wrong.get(place, ""), taken=taken) for place in photos.PLACES]
    return steps.show_step(
        "journey/photos.html",
        case,
        Step.PHOTOS,
        status=status,
        boxes=shown,
        problems=_problems(shown, wrong),
        letter=_letter(case),
        letter_error=wrong.get("letter", ""),
        letter_ticked=request.form.get("letter") == "y",
        megabytes=current_app.config["SETTINGS"].photo_max_bytes // (1024 * 1024),
        missing=missing_words(case),
        misplaced=photo_exchange.misplaced(case),
        answered=False,
        **returned_context(case, Step.PHOTOS, {box.place: f"{box.id}-f" for box in shown}),
    )


def _letter(case: Case) -> AgreementVersion | None:
    """The responsibility letter, unless its version in force was agreed to already."""
    if State(case.state) in RETURNED:
        return None
    letter = consents.current("responsibility_letter")
    return None if case.letter_version == letter.version else letter


def _problems(shown: list[boxes.Box], wrong: Mapping[str, str]) -> list[Problem]:
    found = [
        Problem(f"{box.id}-f", _("%(photo)s：%(problem)s", photo=SLOT_WORDS[box.slot], problem=box.error))
        for box in shown
        if box.error
    ]
    found += [Problem("letter", wrong["letter"])] if "letter" in wrong else []
    found += [Problem(shown[0].id, wrong["photos"])] if "photos" in wrong else []
    return found


def missing_words(case: Case) -> str:
    """What is still missing, in one line above the button; empty when nothing is."""
    lacks = photo_step.missing(case)
    told: dict[str, Any] = {
        "absent": _("未上传"),
        "processing": _("处理中"),
        "rejected": _("请重拍"),
        "broken": _("没有成功"),
        "not_replaced": _("请换一张"),
    }
    parts = [
        _("%(photo)s%(lack)s", photo=SLOT_WORDS[place], lack=told[code])
        for place, code in lacks.items()
        if place in SLOT_WORDS
    ]
    if not parts:
        return ""
    return _("还差 %(n)s 张照片：%(which)s", n=len(parts), which=_("，").join(parts))


def message(wrong: FieldWrong) -> dict[str, str]:
    """The message of one refused photo, at its place."""
    return {wrong.field: boxes.error_of(wrong)}
