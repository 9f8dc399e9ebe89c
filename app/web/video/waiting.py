"""The waiting room as the investor sees it: position, estimate, and the ring."""

from __future__ import annotations

from flask import current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import MoveNotAllowed
from app.domain.journey import Step
from app.domain.states import State
from app.models import Case
from app.outside import outside
from app.services import calls, cases, chosen, video_hours, waiting_room
from app.web import steps
from app.web.answers import leave_to
from app.web.video.blueprint import bp, video_page
from app.web.video.start import devices_checked

SHOWN_AHEAD, SHOWN_BEHIND = 5, 3
"""The ruler shows so many ticks before and after one's own at most; the words say the rest."""


@bp.get("/video/waiting")
@video_page
def waiting(case: Case) -> ResponseReturnValue:
    """Where one stands; asks again every few seconds, and turns into the call when it rings."""
    ticket = waiting_room.live_of(case)
    if ticket is None or cases.page_due(case) != "waiting":
        return steps.due(case)
    waiting_room.seen(ticket)
    place = waiting_room.place_of(ticket)
    call = calls.live_of_case(case)
    return steps.show_step(
        "video/waiting.html",
        case,
        Step.VIDEO,
        fragment=_asked_for(),
        ticket=ticket,
        place=place,
        numbers=waiting_room.numbers_of(ticket.branch_office_id),
        near=current_app.config["SETTINGS"].near_front,
        paused_until=video_hours.paused_until(case.branch_office),
        ringing=State(case.state) is State.RINGING,
        seconds_left=_seconds_left(call.rung_at.timestamp()) if call else 0,
        ring_seconds=chosen.value("ring_seconds"),
        grace_minutes=chosen.value("grace_seconds") // 60,
        ticks_ahead=min(place.ahead, SHOWN_AHEAD),
        ticks_behind=min(place.total - place.position, SHOWN_BEHIND),
        devices=devices_checked(),
    )


def _asked_for() -> str:
    """The part that htmx polls, or the page's main part when it comes from elsewhere."""
    htmx = getattr(request, "htmx", None)
    return "room" if htmx and htmx.target == "room" else "main"


def _seconds_left(rung_at: float) -> int:
    ring_seconds = int(chosen.value("ring_seconds"))
    return max(0, ring_seconds - int(outside.clock.now().timestamp() - rung_at))


@bp.post("/video/waiting/cancel")
@video_page
def cancel(case: Case) -> ResponseReturnValue:
    """Give the place up."""
    waiting_room.leave(case.id, case.investor)
    return _on(case)


@bp.post("/video/waiting/accept")
@video_page
def accept(case: Case) -> ResponseReturnValue:
    """Take the call."""
    try:
        calls.answer(case.id, case.investor)
    except MoveNotAllowed:
        flash(_("这次呼叫已经停了。"), "warn")
        return _on(case)
    return leave_to(url_for("video.call", case_id=case.id))


@bp.post("/video/waiting/decline")
@video_page
def decline(case: Case) -> ResponseReturnValue:
    """Not now: once more at the head of the queue, the second time out of it."""
    calls.decline(case.id, case.investor)
    return _on(case)


def _on(case: Case) -> ResponseReturnValue:
    return steps.due(cases.of_investor(case.id, case.investor))
