"""The robot's switches: answer, refuse, be down; late, doubled, shuffled, with a wrong signature."""

from __future__ import annotations

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong
from app.services import robot_parts
from app.services.robot_parts import Part
from app.web.access import public
from app.web.answers import go, show
from app.web.sandbox.blueprint import bp

BEHAVIOURS = {"answer": _l("正常回答"), "refuse": _l("总是拒绝"), "down": _l("不在线")}
PARTS = {"counter": _l("柜台系统"), "bank": _l("银行"), "ca": _l("证书机构"), "sms": _l("短信网关")}


@bp.get("/robot")
@public
def robot() -> ResponseReturnValue:
    """How each part is played now."""
    return show("sandbox/robot.html", parts=robot_parts.every(), behaviours=BEHAVIOURS, names=PARTS)


@bp.post("/robot/<source>")
@public
def play(source: str) -> ResponseReturnValue:
    """Play a part otherwise from now on."""
    try:
        robot_parts.play(_part(source))
        flash(_("已设置，对之后的请求生效。"), "ok")
    except FieldWrong:
        flash(_("设置不对：延迟要是 0 到 3600 之间的秒数。"), "bad")
    return go("sandbox.robot")


def _part(source: str) -> Part:
    form = request.form
    seconds = form.get("delay_seconds", "").strip()
    try:
        delay = float(seconds) if seconds else None
    except ValueError as error:
        raise FieldWrong("delay_seconds", "unreadable") from error
    switches = {name: form.get(name) == "1" for name in ("doubles", "shuffles", "forges")}
    return Part(source, form.get("behaviour", ""), delay, **switches)
