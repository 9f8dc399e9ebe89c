"""How the staff's pages say what happened: actions of the audit chain, stills, problems of a signature."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.states import WAITING_FOR, State
from app.models import AuditEntry
from app.services import reasons
from app.web.admin.hook_actions import HOOK_ACTIONS
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

ACTIONS: dict[str, Any] = {
    **HOOK_ACTIONS,
    "case.created": _l("受理"),
    "case.photos_accepted": _l("照片已确认"),
    "case.photos_reopened": _l("回到照片"),
    "case.cards_confirmed": _l("银行卡已填"),
    "case.cards_reopened": _l("回到银行卡"),
    "case.certificate_found": _l("证书检测：可用"),
    "case.certificate_missing": _l("证书检测：没有可用的，转视频"),
    "case.certificate_missing_after_video": _l("证书检测：没有可用的，重新安装"),
    "case.queue_joined": _l("进入排队"),
    "case.queue_left": _l("离开排队"),
    "case.rung": _l("呼叫"),
    "case.ring_missed": _l("呼叫未接"),
    "case.answered": _l("接听"),
    "case.call_broken": _l("通话中断"),
    "case.video_passed_to_certificate": _l("视频见证通过"),
    "case.video_passed_to_agreements": _l("视频见证通过"),
    "case.video_passed_to_review": _l("视频见证通过"),
    "case.video_sent_back": _l("视频见证退回"),
    "case.mended_to_video": _l("已改好，重做视频"),
    "case.mended_to_certificate_check": _l("已改好，检测证书"),
    "case.mended_to_agreements": _l("已改好，重签协议"),
    "case.mended_to_review": _l("已改好，回到复核"),
    "case.certificate_applied_for": _l("申请证书"),
    "case.certificate_issued": _l("证书已签发"),
    "case.certificate_refused": _l("证书未签发"),
    "case.certificate_lost": _l("证书不可用"),
    "case.signed": _l("签署完毕，提交复核"),
    "case.review_claimed": _l("复核领取"),
    "case.review_released": _l("复核放回"),
    "case.review_sent_back": _l("复核退回"),
    "case.approved": _l("复核通过"),
    "case.refused": _l("拒绝"),
    "case.overridden": _l("管理员退回"),
    "case.override_proposed": _l("提议管理员退回"),
    "case.override_dismissed": _l("取消退回的提议"),
    "case.noted": _l("写备注"),
    "case.extended": _l("延期"),
    "case.held": _l("挂起"),
    "case.hold_lifted": _l("解除挂起"),
    "evidence.packed": _l("下载证据包"),
    "case.registered": _l("报送成功，办理完成"),
    "case.registration_refused": _l("报送失败"),
    "case.registration_retried": _l("重新报送"),
    "case.registration_given_up": _l("放弃报送，办理失败"),
    "case.abandoned": _l("投资者放弃"),
    "case.expired": _l("过期失效"),
    "photo.received": _l("收到照片"),
    "photo.prepared": _l("照片已处理"),
    "photo.chosen": _l("选用照片"),
    "photo.asked": _l("调整照片"),
    "photo.filed_kept": _l("沿用登记留存的照片"),
    "photo.moved": _l("照片移到身份证的另一面"),
    "photo.read": _l("识别卡面文字"),
    "reading.denied": _l("投资者说识别有误"),
    "card.added": _l("新增银行卡"),
    "card.edited": _l("修改银行卡"),
    "card.made_default": _l("改默认银行卡"),
    "card.removed": _l("删除银行卡"),
    "card.restored": _l("撤销删除银行卡"),
    "queue.moved_to_end": _l("掉线太久，排到队尾"),
    "queue.slot_begun": _l("预约时段开始，优先"),
    "queue.called_up": _l("快轮到了，短信提醒"),
    "appointment.ready": _l("预约前已准备好"),
    "office.paused": _l("营业部暂停排队"),
    "office.resumed": _l("营业部恢复排队"),
    "call.still_taken": _l("通话中截图"),
    "call.mending_asked": _l("通话中要求补拍"),
    "call.mending_closed": _l("通话中补拍结束"),
    "appointment.booked": _l("预约视频"),
    "appointment.cancelled": _l("取消预约"),
    "appointment.missed": _l("预约未到"),
    "investor.signed_in": _l("投资者登录"),
    "device.link_made": _l("请求换设备办理"),
    "device.link_used": _l("换了设备办理"),
    "device.cut_off": _l("退出另一台设备"),
    "certificate.issued": _l("证书已签发"),
    "certificate.revoked": _l("证书已吊销"),
    "certificate.suspended": _l("证书已暂停"),
    "certificate.resumed": _l("证书已恢复"),
    "certificate.renewal_applied_for": _l("申请证书续期"),
    "certificate.application_read": _l("证书机构读取申请"),
    "documents.drawn": _l("协议已生成"),
    "documents.not_drawable": _l("协议不能生成：有字不在字库里"),
    "document.opened": _l("打开协议"),
    "document.acknowledged": _l("同意一份协议"),
    "agreement.drafted": _l("起草协议文本"),
    "agreement.draft_discarded": _l("丢弃协议草稿"),
    "agreement.published": _l("发布协议文本"),
    "signing.begun": _l("开始签署"),
    "signing.failed": _l("签署没有成功"),
    "return.field_mended": _l("改了一处"),
    "return.step_mended": _l("改好一步"),
    "review.refusal_proposed": _l("提议拒绝"),
    "review.refusal_dismissed": _l("取消拒绝的提议"),
    "case.viewed": _l("查看受理单"),
    "review.decided": _l("复核已决定，可撤销"),
    "review.undone": _l("撤销决定"),
    "review.decision_void": _l("决定没有生效"),
    "picture.viewed": _l("查看照片"),
    "still.viewed": _l("查看截图"),
    "recording.viewed": _l("查看录像"),
    "investor.unmasked": _l("显示完整信息"),
    "staff.created": _l("新增员工"),
    "staff.signed_in": _l("登录"),
    "staff.sign_in_refused": _l("登录失败"),
    "staff.signed_out": _l("退出"),
    "staff.disabled": _l("停用员工"),
    "staff.enabled": _l("恢复员工"),
    "staff.changed": _l("修改员工资料"),
    "staff.link_made": _l("生成一次性链接"),
    "staff.set_up": _l("设好密码和第二因素"),
    "staff.confirm_refused": _l("密码确认失败"),
    "staff.password_changed": _l("更改密码"),
    "staff.factor_added": _l("添加第二因素"),
    "staff.factor_removed": _l("删除第二因素"),
    "staff.recovery_codes_renewed": _l("换一批恢复码"),
    "staff.session_ended": _l("结束登录"),
    "staff.break_begun": _l("休息"),
    "staff.break_ended": _l("休息结束"),
    "staff.reset_asked": _l("申请重设第二因素"),
    "staff.reset": _l("同意重设第二因素"),
    "staff.reset_withdrawn": _l("撤回重设第二因素"),
    "audit.verified": _l("校验审计"),
    "catalogue.published": _l("发布目录的改动"),
    "catalogue.imported": _l("导入卡号前缀"),
}

CALL_STEPS: dict[str, Any] = {
    "large": _l("视频 640×480"),
    "small": _l("视频 320×240"),
    "stills": _l("每 2 秒一张照片，有声音"),
    "chat": _l("只用文字"),
}
STILLS: dict[str, Any] = {"face": _l("人脸"), "id_portrait": _l("人像面"), "id_emblem": _l("国徽面")}

PICTURES: dict[str, Any] = {"original": _l("原图"), "prepared": _l("处理后"), "filed": _l("登记留存")}

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
    """What an entry says besides its action: states, reasons (as words, or as codes), steps, fields."""
    found, known = entry.details, reasons.all()
    reason_words = str if codes else reason
    said: list[str] = []
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
    said += [str(found[name]) for name in ("catalogue", "key", "code", "entries") if found.get(name) is not None]
    return _("，").join(said)


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
