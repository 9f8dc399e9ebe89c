"""Everything a reviewer sees on the page of one case, and how the consequence of sending back is said."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.db import read
from app.domain.journey import Step
from app.models import Call, Case, Photo
from app.outside import outside
from app.services import (
    card_changes,
    case_care,
    cases,
    casework,
    decisions,
    faults,
    photos,
    playback,
    reasons,
    recordings,
    review,
    risk,
    signatures,
)
from app.web.access import Role, current_staff
from app.web.admin import readings
from app.web.admin.desk import CHECK_WORDS as WITNESS_CHECKS
from app.web.admin.desk import QUESTION_WORDS
from app.web.admin.pictures import mark_words
from app.web.admin.typed import Typed
from app.web.wording import STEP_WORDS

CHECK_WORDS: dict[str, Any] = {
    "photos_match": _l("照片与证件一致"),
    "signature_matches": _l("签名与姓名一致"),
    "card_matches": _l("卡号与卡面一致"),
    "holder_is_investor": _l("持卡人是本人"),
    "recording_is_good": _l("录像完整清楚"),
    "documents_hold": _l("协议签名有效"),
}
CALLS_SHOWN = 10


def lease(case: Case) -> dict[str, Any]:
    """Who holds the case and until when."""
    on_it = review.holder(case)
    mine = on_it is not None and on_it.id == current_staff().id
    left = (case.claimed_until - outside.clock.now()).total_seconds() if mine and case.claimed_until else 0
    return {"case": case, "holder": on_it, "mine": mine, "seconds_left": max(0, int(left))}


def undoable() -> dict[str, Any]:
    """The own decisions that can still be taken back, each with the seconds that are left."""
    now = outside.clock.now()
    held = decisions.waiting_of(current_staff())
    return {"held": [(one, max(0, int((one.due_at - now).total_seconds()))) for one in held]}


def everything(case: Case, typed: Typed) -> dict[str, Any]:
    """What the review page shows."""
    pictures = photos.current(case)
    return {
        **lease(case),
        **undoable(),
        **_papers(case, pictures),
        **_call(case),
        **history(case),
        "flags": risk.flags(case),
        "checks": CHECK_WORDS,
        "groups": groups_of(case),
        "final_reasons": reasons.final(),
        "consequence": consequence_words(case, typed),
        "can_review": Role.REVIEWER in current_staff().roles,
        "by_me": case.proposed_refusal_by == current_staff().id,
    }


def _papers(case: Case, pictures: dict[str, Photo]) -> dict[str, Any]:
    return {
        "investor": case.investor,
        "slots": [(place, pictures[place]) for place in photos.PLACES if place in pictures],
        "filed": photos.filed(case.investor),
        "rows": card_changes.change_rows(case),
        "readings": readings.shown(case, pictures),
        "cards": [(card, pictures.get(card.photo_place)) for card in case.cards if card.change == "added"],
        "checked": signatures.of_case(case),
    }


def _call(case: Case) -> dict[str, Any]:
    call = review.passed_call(case)
    if call is None:
        return {"call": None, "parts": [], "marks": [], "answers": [], "questions": []}
    return {
        "call": call,
        "mark": mark_words(current_staff()),
        "parts": recordings.parts_of(call),
        "marks": playback.marks_of(call),
        "answers": [(WITNESS_CHECKS.get(name, name), answer) for name, answer in call.checklist.items()],
        "questions": [QUESTION_WORDS.get(question, question) for question in call.script],
    }


def history(case: Case) -> dict[str, Any]:
    """What was tried before: returns with their words and who gave them, calls, other cases of the same investor."""
    overrides = case_care.overrides_of(case)
    calls = select(Call).where(Call.case_id == case.id).order_by(Call.rung_at.desc()).limit(CALLS_SHOWN)
    return {
        "returns": list(reversed(case.returns)),
        "returned_by": casework.names_of_staff(
            {one.by_id for one in case.returns} | {one.by_id for one in overrides.values()}
        ),
        "overrides": overrides,
        "calls": list(read().scalars(calls)),
        "other_cases": [other for other in cases.all_of(case.investor) if other.id != case.id],
    }


def groups_of(case: Case) -> list[dict[str, Any]]:
    """The reasons by step, each step with what would have to be done again."""
    choices = faults.choices(case)
    groups = []
    for step in faults.RETURNABLE:
        of_step = [choice for choice in choices if choice.step is step]
        again = consequence_of(case, [(step, None)])
        groups.append({"step": step, "words": STEP_WORDS[step], "choices": of_step, "again": again})
    return groups


def consequence_words(case: Case, typed: Typed) -> str:
    """Where the ticked reasons lead, in one line; empty without any."""
    known = {choice.value: choice for choice in faults.choices(case)}
    return consequence_of(
        case, [(known[value].step, known[value].field) for value in typed.faults if value in known], whole=True
    )


def consequence_of(case: Case, ticked: list[tuple[Step, str | None]], *, whole: bool = False) -> str:
    """之后重做视频、重签协议; with `whole` also the step it goes back to."""
    found = decisions.consequence(case, ticked)
    if found is None:
        return ""
    step, again = found
    redone = [words for needed, words in ((again.video, _("重做视频")), (again.signatures, _("重签协议"))) if needed]
    after = _("之后%(what)s", what=_("、").join(redone)) if redone else _("之后直接回到复核")
    return _("退回到%(step)s，%(after)s", step=STEP_WORDS[step], after=after) if whole else after
