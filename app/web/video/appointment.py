"""Booking a half hour for the video, changing it, cancelling it, putting it into a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.calendar import LAST_BOOKABLE_DAY, SLOT_LENGTH, shanghai_day
from app.domain.errors import FieldWrong, NotEditable
from app.domain.journey import Step
from app.models import BranchOffice, Case, OfficeDay
from app.outside import outside
from app.services import appointments, cases, video_hours
from app.services.appointments import Offer
from app.web import days as typed_days
from app.web import steps
from app.web.access import current_investor, investors
from app.web.answers import go
from app.web.video.blueprint import bp, video_page

NOON = 12


@bp.route("/appointment", methods=["GET", "POST"], endpoint="appointment")
@video_page
def page(case: Case) -> ResponseReturnValue:
    """Days and half hours; POST books one."""
    if not appointments.may_book(case):
        return steps.due(case)
    if request.method == "GET":
        return _show(case, typed_days.day(request.args.get("day", "")))
    starts_at = _moment(request.form.get("slot", ""))
    if starts_at is None:
        return _show(case, typed_days.day(request.form.get("day", "")), wrong=_words("empty"))
    try:
        appointments.book(case.id, case.investor, starts_at)
    except NotEditable:  # it rang, or was answered, in the meantime
        return steps.due(cases.of_investor(case.id, case.investor))
    except FieldWrong as wrong:
        return _show(case, shanghai_day(starts_at), wrong=_words(wrong.code))
    flash(_("已预约。到时间请回到这里，直接开始视频。"), "ok")
    return go("video.appointment", case_id=case.id)


def _words(code: str) -> str:
    words = {
        "empty": _("请选择一个时间"),
        "full": _("这个时间刚刚约满了，请另选一个"),
        "unknown": _("这个时间不能预约，请重新选择"),
        "queue_only": _("连续两次预约没有到，今天只能排队"),
    }
    return words[code]


def _show(case: Case, day: date | None, *, wrong: str = "") -> ResponseReturnValue:
    days = video_hours.bookable_days(case.branch_office)
    shown = day if day in days else (days[0] if days else None)
    queue_only_until = appointments.queue_only_until(case)
    offers = appointments.offers(case.branch_office, shown) if shown and not queue_only_until else []
    return steps.show_step(
        "video/appointment.html",
        case,
        Step.VIDEO,
        status=422 if wrong else 200,
        days=days,
        shown=shown,
        halves=_halves(offers),
        own_days=_own_days_ahead(case.branch_office),
        booked=appointments.live_of(case),
        ends=SLOT_LENGTH,
        wrong=wrong,
        queue_only_until=queue_only_until,
        next_free=next((offer for offer in appointments.next_free(case.branch_office, 1)), None) if wrong else None,
    )


def _own_days_ahead(office: BranchOffice) -> list[OfficeDay]:
    """Days on which the office keeps other hours than usual, as far ahead as can be booked."""
    last = shanghai_day(outside.clock.now()) + timedelta(days=LAST_BOOKABLE_DAY)
    return [row for day, row in video_hours.own_days(office).items() if day <= last]


def _halves(offers: list[Offer]) -> list[tuple[Any, list[Offer]]]:
    """The offers of the morning and of the afternoon."""
    words = {True: _("上午"), False: _("下午")}
    halves = groupby(offers, key=lambda offer: offer.slot.starts_at.hour < NOON)
    return [(words[early], list(half)) for early, half in halves]


def _moment(text: str) -> datetime | None:
    moment = typed_days.moment(text)
    return moment if moment is not None and moment.tzinfo is not None else None


@bp.post("/appointment/cancel")
@video_page
def cancel_appointment(case: Case) -> ResponseReturnValue:
    """Cancel it."""
    appointments.cancel(case.id, case.investor)
    flash(_("预约已取消。"), "ok")
    return go("video.appointment", case_id=case.id)


@bp.get("/appointment.ics")
@investors
def calendar_file(case_id: str) -> ResponseReturnValue:
    """The booked appointment as a calendar entry."""
    case = cases.of_investor(case_id, current_investor())
    booked = appointments.live_of(case)
    if booked is None:
        return go("video.appointment", case_id=case.id)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//settlement account change//video appointment//EN",
        "BEGIN:VEVENT",
        f"UID:{booked.id}",
        f"DTSTAMP:{_utc(outside.clock.now())}",
        f"DTSTART:{_utc(booked.starts_at)}",
        f"DTEND:{_utc(booked.starts_at + SLOT_LENGTH)}",
        f"SUMMARY:{_escaped(_('视频见证'))}",
        f"LOCATION:{_escaped(case.branch_office.name)}",
        f"DESCRIPTION:{_escaped(_('请带好身份证原件，在光线好的地方打开网页开始视频。'))}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return Response(
        "".join(f"{line}\r\n" for line in lines),
        mimetype="text/calendar",
        headers={"Content-Disposition": "attachment; filename=appointment.ics"},
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    """Text as RFC 5545 wants it."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
