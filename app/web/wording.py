"""How values are said on a page: days and times in Shanghai, masks, states, reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain import masks
from app.domain.calendar import SHANGHAI
from app.domain.journey import Step
from app.domain.states import WAITING_FOR, Actor, State
from app.models import Bank, BranchOffice, Investor, ReturnItem
from app.outside import outside
from app.services import reasons

STATE_WORDS: dict[State, Any] = {
    State.PHOTOS: _l("待上传照片"),
    State.BANK_CARDS: _l("待填写银行卡"),
    State.CERTIFICATE_CHECK: _l("证书检测"),
    State.VIDEO: _l("待视频验证"),
    State.QUEUED: _l("排队中"),
    State.RINGING: _l("呼叫中"),
    State.IN_CALL: _l("视频验证中"),
    State.VIDEO_RETURNED: _l("视频见证未通过"),
    State.CERTIFICATE_INSTALL: _l("待安装数字证书"),
    State.CERTIFICATE_ISSUING: _l("证书签发中"),
    State.AGREEMENTS: _l("待签署协议"),
    State.REVIEW: _l("待复核"),
    State.IN_REVIEW: _l("复核中"),
    State.REVIEW_RETURNED: _l("复核未通过"),
    State.REGISTERING: _l("报送处理中"),
    State.REGISTRATION_FAILED: _l("报送失败"),
    State.COMPLETED: _l("办理成功"),
    State.FAILED: _l("办理失败"),
    State.ABANDONED: _l("已放弃"),
    State.EXPIRED: _l("已失效"),
}

TURN_WORDS: dict[Actor | None, Any] = {
    Actor.INVESTOR: _l("轮到您了"),
    Actor.WITNESS: _l("等见证人"),
    Actor.REVIEWER: _l("等复核人员"),
    Actor.INTEGRATOR: _l("等系统处理"),
    Actor.ADMINISTRATOR: _l("等工作人员处理"),
    None: "",
}

STEP_WORDS: dict[Step, Any] = {
    Step.PHOTOS: _l("照片"),
    Step.BANK_CARDS: _l("银行卡"),
    Step.CERTIFICATE: _l("证书"),
    Step.VIDEO: _l("视频"),
    Step.AGREEMENTS: _l("签署"),
    Step.REVIEW: _l("复核"),
}

SLOT_WORDS: dict[str, Any] = {
    "id_portrait": _l("身份证人像面"),
    "id_emblem": _l("身份证国徽面"),
    "signature": _l("签名照"),
    "bank_card": _l("银行卡卡面"),
}


LOOKERS: dict[str, Any] = {
    "witness": _l("见证人"),
    "reviewer": _l("复核人员"),
    "administrator": _l("管理员"),
    "auditor": _l("审计员"),
}

LOOKED_AT: dict[str, Any] = {
    "case.viewed": _l("受理单（号码遮住）"),
    "picture.viewed": _l("照片"),
    "still.viewed": _l("通话截图"),
    "recording.viewed": _l("通话录像"),
    "document.opened": _l("协议"),
    "investor.unmasked": _l("一项完整信息"),
    "evidence.packed": _l("全部材料（下载证据包）"),
}


def in_english() -> bool:
    """Whether this page speaks English."""
    return str(get_locale()) == "en"


def day(value: date | datetime | None) -> str:
    """2026-11-22, in Shanghai."""
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    return value.isoformat() if value else ""


def weekday(value: date) -> str:
    """11月24日 星期二 / Tuesday, 24 November."""
    return format_date(value, "EEEE, d MMMM" if in_english() else "M月d日 EEEE", rebase=False)


def moment(value: datetime | None) -> str:
    """2026-11-22 14:03, in Shanghai."""
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if value else ""


def saved(value: datetime) -> str:
    """14:03 for today, else with the day, in Shanghai."""
    is_today = value.astimezone(SHANGHAI).date() == outside.clock.now().astimezone(SHANGHAI).date()
    return hour(value) if is_today else moment(value)


def clock(value: datetime | None) -> str:
    """14:03:27, in Shanghai."""
    return value.astimezone(SHANGHAI).strftime("%H:%M:%S") if value else ""


def hour(value: datetime) -> str:
    """14:00, in Shanghai."""
    return value.astimezone(SHANGHAI).strftime("%H:%M")


def case_number(number: str) -> str:
    """2026 1122 0731: in groups, as people read it out."""
    return f"{number[:4]} {number[4:8]} {number[8:]}"


def state(value: str) -> str:
    """The state in plain words."""
    return str(STATE_WORDS[State(value)])


def turn(value: str) -> str:
    """Whose turn it is, in plain words."""
    return str(TURN_WORDS[WAITING_FOR[State(value)]])


def validity(investor: Investor) -> str:
    """Until when the identity card is valid."""
    return _("至 %(day)s", day=day(investor.id_valid_to)) if investor.id_valid_to else _("长期")


def named(thing: Bank | BranchOffice, *, short: bool = False) -> str:
    """The name of a bank or a branch office in the page's language; a bank's short one when asked for."""
    if in_english():
        return thing.name_en
    return thing.short_name if short and isinstance(thing, Bank) else thing.name


def reason(code: str) -> str:
    """A reason's text in the page's language."""
    entry = reasons.all()[code]
    return entry.en if in_english() else entry.zh


def fault(item: ReturnItem) -> str:
    """What was sent back: the reviewer's own words where there are any, else the reason's text."""
    return item.remark or reason(item.reason)


def kilobytes(size: int) -> str:
    """112 KB."""
    return f"{max(1, round(size / 1024))} KB"


def minutes(seconds: float) -> str:
    """4 分 12 秒."""
    whole = max(0, int(seconds))
    return _("%(m)s 分 %(s)s 秒", m=whole // 60, s=whole % 60)


FILTERS: dict[str, Callable[..., str]] = {
    "day": day,
    "weekday": weekday,
    "moment": moment,
    "saved": saved,
    "clock": clock,
    "hour": hour,
    "case_number": case_number,
    "state": state,
    "turn": turn,
    "step": lambda value: str(STEP_WORDS[Step(value)]),
    "slot": lambda value: str(SLOT_WORDS[value]),
    "validity": validity,
    "named": named,
    "reason": reason,
    "fault": fault,
    "looker": lambda value: str(LOOKERS[value]),
    "looked_at": lambda value: str(LOOKED_AT[value]),
    "kilobytes": kilobytes,
    "minutes": minutes,
    "mask_name": masks.name,
    "mask_id": masks.id_number,
    "mask_phone": masks.phone,
    "mask_card": masks.card,
    "tail": masks.tail,
}
