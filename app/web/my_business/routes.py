"""我的业务: what is in flight, what is over, which certificates there are; and giving a case up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import MoveNotAllowed
from app.domain.states import MOVES, WAITING_FOR, Actor, Event, State
from app.models import Case, ReturnItem
from app.services import cases, investors, leaving, looks
from app.web import steps
from app.web.access import current_investor
from app.web.access import investors as for_investors
from app.web.answers import go, show

bp = Blueprint("my_business", __name__)


@bp.get("/business")
@for_investors
def index() -> ResponseReturnValue:
    """The page 我的业务."""
    business = investors.business_of(current_investor())
    return show("my_business/index.html", business=business, **_about(business.in_flight))


def _about(case: Case | None) -> dict[str, Any]:
    if case is None:
        return {}
    return {
        "due_url": steps.due_url(case),
        "my_turn": WAITING_FOR[State(case.state)] is Actor.INVESTOR,
        "remarks": _remarks(case),
        "may_abandon": _may_abandon(case),
    }


def _remarks(case: Case) -> list[ReturnItem]:
    """The reasons of the last sending back, while they matter."""
    return cases.unmended(case)


def _may_abandon(case: Case) -> bool:
    return (State(case.state), Event.ABANDONED) in MOVES


@bp.get("/business/<case_id>/abandon")
@for_investors
def ask(case_id: str) -> ResponseReturnValue:
    """Ask once, and say what is dropped."""
    case = cases.of_investor(case_id, current_investor())
    if not _may_abandon(case):
        return _too_late(case)
    return show("my_business/abandon.html", case=case)


@bp.post("/business/<case_id>/abandon")
@for_investors
def abandon(case_id: str) -> ResponseReturnValue:
    """Give the case up; a double click ends in the same place."""
    investor = current_investor()
    try:
        leaving.abandon(case_id, investor)
    except MoveNotAllowed:
        return _too_late(cases.of_investor(case_id, investor))
    flash(_("这笔业务已放弃。"), "ok")
    return go("my_business.index")


@bp.get("/business/<case_id>/views")
@for_investors
def views(case_id: str) -> ResponseReturnValue:
    """Which role of the staff looked at what of the case, and when."""
    case = cases.of_investor(case_id, current_investor())
    page = looks.of_case(case, before=request.args.get("before", 0, type=int))
    return show("my_business/views.html", case=case, page=page)


def _too_late(case: Case) -> ResponseReturnValue:
    if case.in_flight:
        flash(_("这笔业务已经在复核或通话中，现在不能放弃。"), "warn")
    return go("my_business.index")
