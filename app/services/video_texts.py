"""Text messages about the video: nearly your turn, your appointment is tomorrow, begins soon, or is called off."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from app.domain.calendar import in_shanghai
from app.models import Appointment, Case
from app.services import messages

TEXTS: dict[str, Any] = {
    "called_up": _l("您的视频见证快轮到了，现在排第 %(position)s 位。请尽快打开 %(site)s 登录，在页面上等候接听。"),
    "appointment_tomorrow": _l(
        "提醒：您预约了 %(day)s %(hour)s 的视频见证。请准备好身份证原件，到时打开 %(site)s 登录。"
    ),
    "appointment_soon": _l(
        "提醒：您的视频见证 %(hour)s 开始。请现在打开 %(site)s 登录，检查摄像头和麦克风；迟到 15 分钟要重新排队。"
    ),
    "appointment_off": _l(
        "抱歉：营业部时间有变，您预约的 %(day)s %(hour)s 视频见证取消了。请打开 %(site)s 登录，重新预约或直接排队。"
    ),
}


def send(case: Case, purpose: str, **values: Any) -> None:
    """Write the text to the investor of the case, in Chinese whatever page or process it is written from."""
    with force_locale("zh"):
        words = str(TEXTS[purpose]) % {"site": current_app.config["SETTINGS"].site, **values}
    messages.to_investor(case.investor, purpose, words)


def remind(appointment: Appointment, purpose: str) -> None:
    """Write a text that names the appointment's day and hour."""
    starts = in_shanghai(appointment.starts_at)
    send(appointment.case, purpose, day=f"{starts.month}月{starts.day}日", hour=f"{starts:%H:%M}")
