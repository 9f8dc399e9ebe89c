"""The counter review: the list of what waits with its filters, and one page with everything about one case."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong, MoveNotAllowed, Refused
from app.domain.states import State
from app.models import Case, Staff
from app.outside import outside
from app.services import cases, casework, decisions, review, saved_filters, sightings
from app.services.review import AlreadyDecided, ClaimedBySomebody, FourEyes, OnHold, Wanted
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.admin.filters import FILTER_WORDS, query_sent
from app.web.admin.review_shown import everything, lease, undoable
from app.web.admin.typed import Typed
from app.web.answers import MAIN, go, go_to, show, wants_fragment
from app.web.wording import case_number

REVIEWERS = (Role.REVIEWER, Role.ADMINISTRATOR)
REVIEWABLE = (State.REVIEW, State.IN_REVIEW)
PLACE = "review"

CHOICES: dict[str, dict[str, Any]] = {
    "whose": {
        "": _l("所有人的"),
        "free": _l("没有人领取的"),
        "mine": _l("我领取的"),
        "second": _l("拒绝待第二人"),
    },
    "risk": {"": _l("不论风险"), "flagged": _l("有风险提示"), "high": _l("风险高")},
    "round": {"": _l("不论第几次"), "first": _l("第一次提交"), "again": _l("退回后再来")},
    "order": {"age": _l("等得最久的在上"), "risk": _l("风险最高的在上")},
}
"""What can be chosen for each filter; the values stand in the list's address."""
CHOICE_LABELS: dict[str, Any] = {"whose": _l("谁领取"), "risk": _l("风险"), "round": _l("第几次"), "order": _l("顺序")}


@dataclass(frozen=True)
class Line:
    """One case on the list: who is on it, and whether this person may take it."""

    case: Case
    holder: Staff | None
    may_claim: bool


@bp.get("/review")
@role(*REVIEWERS)
def review_list() -> ResponseReturnValue:
    """What waits for a review, by age or by risk; the filters stand in the address."""
    me, wanted = current_staff(), _wanted()
    page = review.waiting(me, wanted, after=request.args.get("after", ""))
    claimable = review.claimable(page.rows, me)
    lines = [Line(case, review.holder(case), case.id in claimable) for case in page.rows]
    chosen = {name: value for name, value in asdict(wanted).items() if value and (name, value) != ("order", "age")}
    return show(
        "admin/review_list.html",
        fragment="waiting" if request.args.get("poll") else MAIN,  # a part that asks by itself takes no message away
        lines=lines,
        next_page=review.place_of(page.rows[-1], wanted.order) if page.more else "",
        now=outside.clock.now(),
        wanted=wanted,
        chosen=chosen,
        choices=CHOICES,
        labels=CHOICE_LABELS,
        branches=casework.branches(me),
        after=request.args.get("after", ""),
        void=decisions.void_of(me),
        saved=saved_filters.of(me, PLACE),
        **undoable(),
    )


def _wanted() -> Wanted:
    asked = {name: request.args.get(name, "") for name in CHOICES}
    known = {name: value for name, value in asked.items() if value in CHOICES[name]}
    return Wanted(**known, branch=request.args.get("branch", ""))


@bp.post("/review/filters")
@role(*REVIEWERS)
def keep_review_filter() -> ResponseReturnValue:
    """Keep the filters of the list under a name."""
    query = query_sent()
    try:
        saved_filters.keep(current_staff(), PLACE, request.form.get("name", ""), query)
    except FieldWrong as error:
        flash(str(FILTER_WORDS[error.code]), "bad")
    return go_to(f"{url_for('admin.review_list')}?{query}")


@bp.get("/review/<case_id>", endpoint="review")
@role(*REVIEWERS)
def review_page(case_id: str) -> ResponseReturnValue:
    """Everything about the case for whoever holds it; for others who does."""
    case = casework.find(case_id, current_staff())
    if State(case.state) not in REVIEWABLE:
        flash(_("这一笔现在不在复核中。"), "warn")
        return go("admin.case", case_id=case.id)
    return page(case, Typed.kept(decisions.typed_before(case, current_staff())))


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
    held = lease(case)
    if not held["mine"] or case.decision_due_at is not None:
        may_claim = review.may_claim(case, current_staff())
        return show("admin/review_claim.html", may_claim=may_claim, **held, **undoable())
    sightings.note("case.viewed", current_staff(), case)
    return show("admin/review.html", status=status, typed=typed, wrong=wrong or {}, **everything(case, typed))


def refused(error: Refused, case_id: str) -> Response:
    """Back to the list, and one sentence why: somebody else is on it, or it has been decided already."""
    case = cases.known(case_id)
    number = case_number(case.number)
    if isinstance(error, ClaimedBySomebody):
        flash(_("受理单 %(number)s 由 %(name)s 在复核。", number=number, name=error.name), "warn")
    elif isinstance(error, FourEyes):
        flash(_("受理单 %(number)s 要由另一个人复核：见证人不能复核同一笔，拒绝要两个人。", number=number), "warn")
    elif isinstance(error, OnHold):
        flash(_("受理单 %(number)s 被挂起了，解除以前不能决定。", number=number), "warn")
    elif isinstance(error, AlreadyDecided):
        flash(_("受理单 %(number)s 已经决定，没有再次提交；要改请先撤销。", number=number), "warn")
    else:
        flash(_("受理单 %(number)s 已经有了结果，没有再次提交。", number=number), "warn")
    return go("admin.review_list")


IN_THE_WAY = (ClaimedBySomebody, AlreadyDecided, OnHold, FourEyes, MoveNotAllowed)
"""What `refused` answers."""
