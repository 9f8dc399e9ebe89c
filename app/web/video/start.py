"""Before the call: the device check, the consent to being recorded, and the way into the waiting room."""

from __future__ import annotations

import re
from typing import Any

from flask import request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField
from wtforms.validators import DataRequired

from app.domain.errors import FieldWrong
from app.domain.journey import RETURNED, Step
from app.domain.states import State
from app.models import Case
from app.services import appointments, call_ends, cases, consents, video_hours, waiting_room
from app.web import steps
from app.web.answers import go
from app.web.device_checks import Found, found, known
from app.web.journey.returned import returned_context
from app.web.video.blueprint import bp, video_page

DEVICES = "devices"
WHY_NOT: dict[str, Any] = {
    "closed": _l("现在不在视频时间内，请预约一个时间，或稍后再来。"),
    "paused": _l("营业部暂停接待，请稍后再来，或预约一个时间。"),
    "break": _l("休息前排不到了，请休息后再来，或预约一个时间。"),
    "too_late": _l("今天排队的人已经排到下班以后，请预约一个时间。"),
}
OFFERED = 3
"""So many free half hours are offered at once to whoever cannot queue now."""
SIZE = re.compile(r"\d{2,5}×\d{2,5}")


class StartForm(FlaskForm):
    """Nobody waits without having agreed to being recorded."""

    version = HiddenField()
    """Of the text that was shown, so that nobody agrees to another one."""
    consent = BooleanField(_l("我同意通话全程录音录像"), validators=[DataRequired(message=_l("请先勾选同意录音录像"))])


@bp.route("/video", methods=["GET", "POST"], endpoint="video")
@video_page
def start(case: Case) -> ResponseReturnValue:
    """Check the devices and join the queue; looked at later, what became of the video."""
    form = StartForm()
    if cases.step_due(case) is not Step.VIDEO:
        return steps.due(case) if request.method == "POST" else _show(case, form)
    if cases.page_due(case) in {"waiting", "call"}:
        return steps.due(case)
    if form.validate_on_submit() and not _is_current(form):
        form.form_errors.append(_("同意书有了新版本，请重新阅读后再勾选"))
    elif form.validate_on_submit():
        try:
            waiting_room.join(case.id, case.investor, devices=known(session.get(DEVICES) or {}))
        except FieldWrong as wrong:
            form.form_errors.append(WHY_NOT[wrong.code])
        else:
            return go("video.waiting", case_id=case.id)
    return _show(case, form)


def _is_current(form: StartForm) -> bool:
    return (form.version.data or "") in {"", consents.current(waiting_room.RECORDING).version}


def _show(case: Case, form: StartForm) -> ResponseReturnValue:
    return steps.show_step(
        "video/start.html",
        case,
        Step.VIDEO,
        status=422 if form.errors else 200,
        form=form,
        recording=consents.current(waiting_room.RECORDING) if cases.step_due(case) is Step.VIDEO else None,
        due=cases.step_due(case) is Step.VIDEO,
        repeated=State(case.state) in RETURNED,
        devices=devices_checked(),
        put_out=_was_put_out(case),
        **hours(case),
        **returned_context(case, Step.VIDEO, {None: "consent"}),
    )


def hours(case: Case) -> dict[str, Any]:
    """Whether one can join now, and if not, why and when; the appointment, and one that was missed."""
    office, appointment = case.branch_office, appointments.live_of(case)
    why_not = "" if waiting_room.own_slot(case) else waiting_room.why_not_let_in(office)
    return {
        "open_now": not why_not,
        "why_not": why_not,
        "paused_until": video_hours.paused_until(office),
        "free": appointments.next_free(office, OFFERED) if why_not and not appointment else [],
        "queue_only_until": appointments.queue_only_until(case),
        "may_say_ready": appointment is not None and appointments.may_say_ready(appointment),
        "opens_at": video_hours.next_opening(case.branch_office),
        "own_day": video_hours.own_today(office),
        "windows": [
            f"{window.opens:%H:%M}–{window.closes:%H:%M}" for window in video_hours.windows(case.branch_office)
        ],
        "appointment": appointment,
        "missed": appointments.missed_lately(case),
    }


def _was_put_out(case: Case) -> bool:
    """Two calls rang and nobody answered."""
    last = waiting_room.last_of(case)
    return last is not None and last.state == "left" and last.missed_rings >= call_ends.RINGS


@bp.post("/video/devices")
@video_page
def devices(case: Case) -> ResponseReturnValue:
    """Remember for this session what the page found out; it informs and blocks nothing."""
    size = request.form.get("size", "")
    kept = known(request.form)
    session[DEVICES] = {**kept, "size": size if SIZE.fullmatch(size) else ""}
    waiting_room.checked(case, kept)
    return steps.due(case)


@bp.post("/video/ready")
@video_page
def ready(case: Case) -> ResponseReturnValue:
    """Everything is at hand for the appointment that begins soon."""
    appointments.say_ready(case.id, case.investor)
    return steps.due(case)


def devices_checked() -> list[Found]:
    """What the check in this browser has found; empty before it."""
    return found(session.get(DEVICES))
