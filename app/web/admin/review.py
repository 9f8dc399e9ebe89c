"""The counter review: the list of what waits, and one page with everything about one case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import MoveNotAllowed, Refused
from app.domain.journey import Step
from app.domain.states import State
from app.models import Case, Photo, Staff
from app.outside import outside
from app.services import bank_cards, cases, casework, faults, photos, recordings, review, signatures
from app.services.review import ClaimedBySomebody, FourEyes, NotClaimed
from app.web.access import Role, current_staff, role
from app.web.admin import readings
from app.web.admin.blueprint import bp
from app.web.admin.typed import Typed
from app.web.answers import go, show, wants_fragment
from app.web.wording import STEP_WORDS, case_number

REVIEWERS = (Role.REVIEWER, Role.ADMINISTRATOR)
REVIEWABLE = (State.REVIEW, State.IN_REVIEW)

CHECK_WORDS: dict[str, Any] = {
    "photos_match": _l("照片与证件一致"),
    "signature_matches": _l("签名与姓名一致"),
    "card_matches": _l("卡号与卡面一致"),
    "holder_is_investor": _l("持卡人是本人"),
    "recording_is_good": _l("录像完整清楚"),
    "documents_hold": _l("协议签名有效"),
}


@dataclass(frozen=True)
class Line:
    """One case on the list: who is on it, and whether this person may take it."""

    case: Case
    holder: Staff | None
    may_claim: bool


@bp.get("/review")
@role(*REVIEWERS)
def review_list() -> ResponseReturnValue:
    """What waits for a review, the longest waiting first."""
    me = current_staff()
    lines = [Line(case, review.holder(case), review.may_claim(case, me)) for case in review.waiting(me)]
    return show("admin/review_list.html", lines=lines, now=outside.clock.now())


@bp.get("/review/<case_id>", endpoint="review")
@role(*REVIEWERS)
def review_page(case_id: str) -> ResponseReturnValue:
    """Everything about the case for whoever holds it; for others who does."""
    case = casework.find(case_id, current_staff())
    if State(case.state) not in REVIEWABLE:
        flash(_("这一笔现在不在复核中。"), "warn")
        return go("admin.case", case_id=case.id)
    return page(case, Typed.nothing())


@bp.get("/review/<case_id>/lease")
@role(*REVIEWERS)
def review_lease(case_id: str) -> ResponseReturnValue:
    """The tag that says for how long the case is still mine."""
    case = casework.find(case_id, current_staff())
    if not wants_fragment():
        return go("admin.review", case_id=case.id)
    return show("admin/_lease.html", fragment="lease", **lease(case))


def page(case: Case, typed: Typed, *, wrong: dict[str, str] | None = None) -> Response:
    """The review page with what was typed; 422 when something in it is wrong."""
    status = 422 if wrong else 200
    if not lease(case)["mine"]:
        return show("admin/review_claim.html", may_claim=review.may_claim(case, current_staff()), **lease(case))
    return show("admin/review.html", status=status, typed=typed, wrong=wrong or {}, **everything(case, typed))


def lease(case: Case) -> dict[str, Any]:
    """Who holds the case and until when."""
    on_it = review.holder(case)
    mine = on_it is not None and on_it.id == current_staff().id
    left = (case.claimed_until - outside.clock.now()).total_seconds() if mine and case.claimed_until else 0
    return {"case": case, "holder": on_it, "mine": mine, "seconds_left": left}


def everything(case: Case, typed: Typed) -> dict[str, Any]:
    """What the review page shows."""
    pictures = photos.current(case)
    call = review.passed_call(case)
    return {
        **lease(case),
        "investor": case.investor,
        "slots": [(place, pictures[place]) for place in photos.PLACES if place in pictures],
        "rows": bank_cards.change_rows(case),
        "readings": readings.shown(case, pictures),
        "cards": _added_cards(case, pictures),
        "call": call,
        "parts": recordings.parts_of(call) if call else [],
        "checked": signatures.of_case(case),
        "checks": CHECK_WORDS,
        "groups": groups_of(case),
        "final_reasons": review.FINAL_REASONS,
        "consequence": consequence_words(case, typed),
        "can_review": Role.REVIEWER in current_staff().roles,
        "by_me": case.proposed_refusal_by == current_staff().id,
    }


def _added_cards(case: Case, pictures: dict[str, Photo]) -> list[tuple[Any, Photo | None]]:
    return [(card, pictures.get(card.photo_place)) for card in case.cards if card.change == "added"]


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
    found = review.consequence(case, ticked)
    if found is None:
        return ""
    step, again = found
    redone = [words for needed, words in ((again.video, _("重做视频")), (again.signatures, _("重签协议"))) if needed]
    after = _("之后%(what)s", what=_("、").join(redone)) if redone else _("之后直接回到复核")
    return _("退回到%(step)s，%(after)s", step=STEP_WORDS[step], after=after) if whole else after


def refused(error: Refused, case_id: str) -> Response:
    """Back to the list, and one sentence why: somebody else is on it, or it has been decided already."""
    case = cases.locked(case_id)
    number = case_number(case.number)
    if isinstance(error, ClaimedBySomebody):
        flash(_("受理单 %(number)s 由 %(name)s 在复核。", number=number, name=error.name), "warn")
    elif isinstance(error, FourEyes):
        flash(_("受理单 %(number)s 要由另一个人复核：见证人不能复核同一笔，拒绝要两个人。", number=number), "warn")
    elif State(case.state) in REVIEWABLE:
        flash(_("受理单 %(number)s 的领取已到期，请重新领取后再决定。", number=number), "warn")
    else:
        flash(_("受理单 %(number)s 已经有了结果，没有再次提交。", number=number), "warn")
    return go("admin.review_list")


IN_THE_WAY = (ClaimedBySomebody, NotClaimed, FourEyes, MoveNotAllowed)
"""What `refused` answers."""
