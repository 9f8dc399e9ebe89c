"""How the staff's pages say what happened: entries of the audit chain, calls, stills, problems of a signature."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.states import WAITING_FOR, State
from app.models import AuditEntry
from app.services import reasons
from app.web.admin.action_words import ACTIONS
from app.web.wording import SLOT_WORDS, STATE_WORDS, STEP_WORDS, day, reason

if TYPE_CHECKING:
    from app.documents.validation import Verdict
    from app.services.faults import Choice

MINUTES_OF_DAY = 24 * 60

ACTORS: dict[str, Any] = {
    "investor": _l("投资者"),
    "witness": _l("见证人"),
    "reviewer": _l("复核"),
    "administrator": _l("管理员"),
    "auditor": _l("审计员"),
    "integrator": _l("外部系统"),
    "system": _l("系统"),
}

CALL_STEPS: dict[str, Any] = {
    "large": _l("视频 640×480"),
    "small": _l("视频 320×240"),
    "stills": _l("每 2 秒一张照片，有声音"),
    "chat": _l("只用文字"),
}
STILLS: dict[str, Any] = {"face": _l("人脸"), "id_portrait": _l("人像面"), "id_emblem": _l("国徽面")}

PICTURES: dict[str, Any] = {
    "original": _l("原图"),
    "prepared": _l("处理后"),
    "filed": _l("登记留存"),
    "read": _l("识别结果"),
}

PROBLEMS: dict[str, Any] = {
    "unreadable": _l("文件损坏"),
    "unsigned": _l("没有签名"),
    "altered": _l("内容被改动"),
    "wrong_signature": _l("签名与证书不符"),
    "appended": _l("签名后有追加"),
    "untrusted": _l("证书不可信"),
    "expired": _l("签署时证书已过期"),
    "not_yet_valid": _l("签署时证书未生效"),
    "revoked": _l("签署时证书已吊销"),
    "no_time_stamp": _l("没有时间戳"),
    "wrong_time_stamp": _l("时间戳不对"),
    "stale_lists": _l("吊销名单已旧"),
}

FIELDS: dict[str, Any] = {
    "name": _l("姓名"),
    "id_number": _l("证件号"),
    "phone": _l("手机"),
    "cards": _l("银行卡号"),
}
"""What can be shown in full."""

DECISIONS: dict[str, Any] = {"approve": _l("通过"), "send_back": _l("退回"), "refuse": _l("拒绝")}

CALL_STATES: dict[str, Any] = {
    "ringing": _l("呼叫中"),
    "in_call": _l("通话中"),
    "passed": _l("通过"),
    "returned": _l("退回"),
    "interrupted": _l("中断"),
    "missed": _l("未接"),
    "ended": _l("结束"),
}

WHYS: dict[str, Any] = {
    "check_picture": _l("与照片核对"),
    "call_investor": _l("电话联系投资者"),
    "counter_asks": _l("柜台核实"),
    "regulator_asks": _l("监管或司法要求"),
}
"""Why it may be: codes, because free words would carry personal data into the audit chain for good."""


PERSON_FIELDS: dict[str, Any] = {
    "name": _l("姓名"),
    "licence_number": _l("执业编号"),
    "roles": _l("岗位"),
    "branch_office_id": _l("营业部"),
}
"""What of a member of staff can be changed."""

ENDPOINT_FIELDS: dict[str, Any] = {
    "name": _l("名称"),
    "url": _l("接收地址"),
    "event_types": _l("事件"),
    "in_order": _l("发送方式"),
}
"""What of an integrator can be changed."""


CARD_FIELDS: dict[str, Any] = {"number": _l("卡号"), "branch": _l("网点"), "photo": _l("卡面照片")}


def leads_to(choice: Choice) -> str:
    """Where the investor lands for a reason: the step, and what of it is to be mended."""
    step = str(STEP_WORDS[choice.step])
    if choice.field is None:
        return step
    what = SLOT_WORDS.get(choice.field) or CARD_FIELDS[choice.field.partition(":")[0]]
    return _("%(step)s：%(what)s", step=step, what=what)


def action(code: str) -> str:
    """What happened, in words; the code itself for what has no words yet."""
    return str(ACTIONS.get(code, code))


def actor(code: str) -> str:
    """Who, by role."""
    return str(ACTORS[code])


def waited(seconds: float) -> str:
    """How long something has waited, in the two units that matter: 2 天 3 小时, 3 小时 5 分, 5 分."""
    minutes = max(0, int(seconds)) // 60
    if minutes >= MINUTES_OF_DAY:
        return _("%(days)s 天 %(hours)s 小时", days=minutes // MINUTES_OF_DAY, hours=minutes % MINUTES_OF_DAY // 60)
    return _("%(h)s 小时 %(m)s 分", h=minutes // 60, m=minutes % 60) if minutes >= 60 else _("%(m)s 分", m=minutes)


def still(kind: str) -> str:
    """What a still shows."""
    return str(STILLS.get(kind, kind))


def call_step(step: str) -> str:
    """How a call was carried, in words."""
    return str(CALL_STEPS[step])


def call_state(state: str) -> str:
    """How a call ended, in words."""
    return str(CALL_STATES[state])


def picture(which: str) -> str:
    """Which of a photo's pictures was looked at."""
    attempt = which.removeprefix("made-")
    return _("第 %(n)s 次处理后", n=attempt) if attempt != which else str(PICTURES.get(which, which))


def problems(verdict: Verdict) -> list[str]:
    """Everything that is wrong with a document or its signatures, each once."""
    codes = [code for signature in verdict.signatures for code in signature.problems] + list(verdict.problems)
    if not codes and not verdict.covers_whole_file:
        codes = ["appended"]
    return [str(PROBLEMS[code]) for code in dict.fromkeys(codes)]


def details(entry: AuditEntry, *, codes: bool = False) -> str:
    """What an entry says besides its action: whose, what was changed, states, reasons (or codes), steps, fields."""
    found, known = entry.details, reasons.all()
    reason_words = str if codes else reason
    said = _changed(entry)
    if "after" in found:
        said.append(str(STATE_WORDS[State(found["after"])]))
    said += [reason_words(code) if code in known else str(code) for code in found.get("reasons", [])]
    if why := found.get("reason"):
        said.append(reason_words(why) if why in known else str(WHYS.get(why, why)))
    if decided := found.get("decision"):
        said.append(str(DECISIONS[decided]))
    if step := found.get("step"):
        said.append(str(STEP_WORDS.get(step, step)))
    if field := found.get("field"):
        said.append(str(FIELDS.get(field, field)))
    if which := found.get("which"):
        said.append(picture(which))
    said += [str(found[name]) for name in ("catalogue", "key", "code") if found.get(name) is not None]
    if (walked := found.get("entries")) is not None:
        said.append(_("%(n)s 条", n=walked))
    return _("，").join(said)


def _changed(entry: AuditEntry) -> list[str]:
    """Of an entry about a person or an integrator: which integrator, what was changed, the roles as they are now."""
    found = entry.details
    fields = {"endpoint": ENDPOINT_FIELDS, "staff": PERSON_FIELDS}.get(entry.action.partition(".")[0])
    if fields is None:
        return []
    said = [str(found["name"])] if found.get("name") else []
    changed = found.get("changed", [])
    if changed:
        said.append(_("改了%(what)s", what=_("、").join(str(fields.get(name, name)) for name in changed)))
    roles = {**found, **found.get("now", {})}.get("roles")  # entries of before "now" was told name the roles directly
    if roles and (not changed or "roles" in changed):
        said.append(_("岗位：%(roles)s", roles=_("、").join(actor(role) for role in roles)))
    return said


def tone(entry: AuditEntry) -> str:
    """Class of the timeline's dot: done, wrong, or neither."""
    name = entry.action.rpartition(".")[2]
    if name in {"video_sent_back", "review_sent_back", "refused", "registration_refused", "registration_given_up"}:
        return "bad"
    if name in {"call_broken", "ring_missed", "certificate_refused", "refusal_proposed", "sign_in_refused"}:
        return "warn"
    return "ok" if name.startswith("video_passed") or name in {"approved", "registered", "signed"} else ""


def by_day(entries: list[AuditEntry]) -> list[tuple[str, list[AuditEntry]]]:
    """Entries under the day they happened on, in Shanghai, order kept."""
    return [(shown, list(found)) for shown, found in groupby(entries, key=lambda entry: day(entry.at))]


def staff_turn(state: str) -> str:
    """Whose turn it is, as the staff say it."""
    waiting_for = WAITING_FOR[State(state)]
    return _("轮到%(who)s", who=ACTORS[waiting_for.value]) if waiting_for else ""


FILTERS = {
    "by_day": by_day,
    "staff_turn": staff_turn,
    "action": action,
    "leads_to": leads_to,
    "actor": actor,
    "still": still,
    "call_step": call_step,
    "problems": problems,
    "details": details,
    "tone": tone,
    "seconds": lambda seconds: f"{int(seconds) // 60}:{int(seconds) % 60:02d}",
    "waited": waited,
    "decision": lambda kind: str(DECISIONS[kind]),
    "call_state": call_state,
}
