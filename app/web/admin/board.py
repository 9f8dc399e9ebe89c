"""The waiting board: who waits, how long, who is booked, who is free; call the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong, NotFound
from app.models import Appointment, BranchOffice, Call, Staff, Ticket
from app.outside import outside
from app.services import appointments, calls, tickets, video_hours, waiting_room, witnesses
from app.web import device_checks
from app.web.access import Role, current_staff, role
from app.web.admin.blueprint import bp
from app.web.answers import go, leave_to, show

COMING_HOURS = 24
LATE_SECONDS = 600
VERY_LATE_SECONDS = 900
OVER_FOR = timedelta(minutes=2)
"""So long the board says how the call ended from which one came; afterwards it is an address like any other."""
OVER: dict[str, tuple[str, Any]] = {
    "passed": ("ok", _l("这次视频已经通过。")),
    "returned": ("ok", _l("这次视频已经退回。")),
    "interrupted": ("warn", _l("通话中断了：投资者排在最前面，录像已保留。")),
    "missed": ("warn", _l("投资者没有接听。")),
    "ended": ("warn", _l("通话已结束。")),
}
AWAY_SECONDS = 75
"""A page in a hidden tab asks once a minute only; more than that means nobody is there."""


@dataclass(frozen=True)
class Witness:
    """One witness at the board: the call they are in, and whether they are there at all."""

    staff: Staff
    call: Call | None
    present: bool


@bp.get("/board")
@role(Role.WITNESS, Role.ADMINISTRATOR)
def board() -> ResponseReturnValue:
    """The board; a witness who looks at it counts as present."""
    me = current_staff()
    is_witness = Role.WITNESS in me.roles
    if is_witness:
        witnesses.seen(me)
    offices = calls.offices_of(me)
    my_call = calls.live_of_witness(me) if is_witness else None
    waiting = tickets.waiting_in(offices)
    return show(
        "admin/board.html",
        fragment=_asked_for(),
        is_witness=is_witness,
        my_call=my_call,
        over=_over(me) if is_witness else None,
        poll_url=_poll_url(my_call),
        waiting=[(ticket, waited(ticket), _line(ticket), device_checks.in_short(ticket.devices)) for ticket in waiting],
        longest=max((waited(ticket) for ticket in waiting), default=0),
        witnesses=_witnesses(offices),
        coming=_coming(offices),
        today=calls.today(offices),
        pauses=[(office, video_hours.paused_until(office)) for office in waiting_room.offices(offices)],
        pause_choices=video_hours.PAUSES,
        late=LATE_SECONDS,
        very_late=VERY_LATE_SECONDS,
        now=outside.clock.now(),
    )


def _asked_for() -> str:
    htmx = getattr(request, "htmx", None)
    return "board" if htmx and htmx.target == "board" else "main"


def _over(me: Staff) -> tuple[str, Any] | None:
    """How the own call ended that one has just come from, as kind of note and words."""
    call = calls.ended_lately(request.args.get("over", ""), me, since=outside.clock.now() - OVER_FOR)
    return OVER[call.state] if call else None


def _poll_url(my_call: Call | None) -> str:
    """Where the board asks again by itself; only in a call does that keep an idle witness signed in."""
    return url_for("admin.board", poll=None if my_call else 1)


def waited(ticket: Ticket) -> float:
    """Seconds since the investor joined."""
    return (outside.clock.now() - ticket.joined_at).total_seconds()


def _line(ticket: Ticket) -> tuple[str, Any]:
    """The kind of tag and the words for how the investor's page is doing."""
    if ticket.missed_rings:
        return "warn", _("呼叫未接 %(n)s 次", n=ticket.missed_rings)
    away = (outside.clock.now() - ticket.seen_at).total_seconds()
    return ("ok", _("在线")) if away < AWAY_SECONDS else ("warn", _("离开 %(n)s 分钟", n=int(away // 60)))


def _witnesses(offices: list[str]) -> list[Witness]:
    staff = {one.id: one for office_id in offices for one in witnesses.of_office(office_id)}
    return [Witness(one, calls.live_of_witness(one), witnesses.is_present(one)) for one in staff.values()]


def _coming(offices: list[str]) -> list[tuple[Any, list[Appointment]]]:
    """Today's and tomorrow's appointments by their half hour."""
    now = outside.clock.now()
    booked = appointments.between(offices, now - timedelta(minutes=30), now + timedelta(hours=COMING_HOURS))
    return [(starts_at, list(those)) for starts_at, those in groupby(booked, key=lambda row: row.starts_at)]


@bp.post("/board/next")
@role(Role.WITNESS)
def call_next() -> ResponseReturnValue:
    """Call whoever is next, and on to the desk; the call one is in already if there is one."""
    call = calls.ring(current_staff())
    if call is None:
        flash(_("现在没有人在等。"), "warn")
        return go("admin.board")
    return leave_to(url_for("admin.desk", call_id=call.id))


@bp.post("/board/pause/<office_id>")
@role(Role.WITNESS, Role.ADMINISTRATOR)
def pause(office_id: str) -> ResponseReturnValue:
    """Let nobody new into the office's room for a while; `minutes=0` ends the pause."""
    office = _own_office(office_id)
    minutes = request.form.get("minutes", type=int)
    if minutes:
        try:
            video_hours.pause(office, minutes, current_staff())
        except FieldWrong:
            flash(_("请从列表里选择暂停多久。"), "warn")
    else:
        video_hours.resume(office, current_staff())
    return go("admin.board")


def _own_office(office_id: str) -> BranchOffice:
    found = waiting_room.offices([own for own in calls.offices_of(current_staff()) if own == office_id])
    if not found:
        raise NotFound
    return found[0]
