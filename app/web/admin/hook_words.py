"""What states, faults and findings of webhooks are called on the staff's pages."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

OUT: dict[str, tuple[str, Any]] = {
    "waiting": ("", _l("待发送")),
    "retrying": ("warn", _l("重试中")),
    "done": ("ok", _l("已送达")),
    "stopped": ("bad", _l("已停止")),
}
IN: dict[str, tuple[str, Any]] = {
    "stored": ("", _l("待处理")),
    "waiting": ("warn", _l("等对象")),
    "applied": ("ok", _l("已生效")),
    "ignored": ("off", _l("已忽略")),
    "dead": ("bad", _l("死信")),
}
DISABLED: dict[str, Any] = {
    "gone": _l("对方回答 410（不再接收），已停用"),
    "failing": _l("连续五天没有一次送达，已停用"),
    "by_hand": _l("已由管理员停用"),
}
SOURCES: dict[str, Any] = {
    "counter": _l("柜台系统"),
    "bank": _l("银行"),
    "ca": _l("证书机构"),
    "sms": _l("短信网关"),
}
FIELD_FAULTS: dict[tuple[str, str], Any] = {
    ("name", "missing"): _l("请填写名称"),
    ("name", "too_long"): _l("名称最多 60 个字"),
    ("source", "unknown"): _l("没有这种来源"),
    ("source", "taken"): _l("这种来源已经有对接方"),
    ("url", "url_malformed"): _l("地址不对。例如 https://example.com/hooks"),
    ("url", "https_needed"): _l("地址必须以 https:// 开头"),
    ("event_types", "unknown"): _l("没有这种事件"),
    ("endpoint", "no_url"): _l("还没有填接收地址"),
    ("endpoint", "disabled"): _l("对接方已停用，请先启用"),
    ("since", "unreadable"): _l("请填写重放的起始时间"),
    ("since", "in_the_future"): _l("起始时间不能晚于现在"),
    ("since", "too_long_ago"): _l("最多重放 30 天以内的事件"),
}
HEADER_FAULTS: dict[str, Any] = {
    "id_missing": _l("缺少请求头 webhook-id"),
    "id_malformed": _l("webhook-id 只能是 1 到 64 个字母、数字、下划线或连字符"),
    "timestamp_missing": _l("缺少请求头 webhook-timestamp"),
    "timestamp_malformed": _l("webhook-timestamp 要是从 1970 年起的整秒数"),
    "timestamp_milliseconds": _l("webhook-timestamp 用了毫秒，要用秒"),
    "timestamp_too_old": _l("时间戳太旧，超过了允许的误差"),
    "timestamp_too_new": _l("时间戳在将来，超过了允许的误差"),
    "signature_missing": _l("缺少请求头 webhook-signature"),
    "signature_malformed": _l("webhook-signature 的写法不对，要是 v1, 加 Base64，多个签名用空格隔开"),
}
DEVIATIONS: dict[str, Any] = {
    "former_secret": _l("用的是轮换前的旧密钥"),
    "other_secret": _l("用的是另一个对接方的密钥"),
    "secret_not_decoded": _l("密钥没有解码：要先去掉 whsec_，再把其余部分按 Base64 解码成字节"),
    "line_ends": _l("正文的换行不同：签名时是 CRLF，发送时是 LF"),
    "end_of_body": _l("正文结尾的空白或换行与签名时不同"),
    "body_left_out": _l("签名时没有加上正文"),
    "body_written_anew": _l("签名的不是发送的原文，而是重新生成的 JSON（空格、转义或字段顺序不同）"),
    "id_left_out": _l("签名的内容缺少 webhook-id"),
    "timestamp_left_out": _l("签名的内容缺少 webhook-timestamp"),
    "body_alone": _l("只签了正文，缺少 webhook-id 和 webhook-timestamp"),
    "order_of_parts": _l("webhook-id 与 webhook-timestamp 的先后反了"),
    "sha1": _l("用了 HMAC-SHA1，要用 HMAC-SHA256"),
    "sha512": _l("用了 HMAC-SHA512，要用 HMAC-SHA256"),
    "url_safe_base64": _l("签名用了 URL 安全的 Base64，要用标准 Base64"),
    "padding_left_out": _l("签名的 Base64 缺少末尾的等号"),
    "hexadecimal": _l("签名用了十六进制，要用 Base64"),
    "no_match": _l("签名与内容对不上：密钥、webhook-id、时间戳或正文与签名时不同"),
}


def delivery_state(state: str, tries: int) -> tuple[str, Any]:
    """Class and word of a delivery's state."""
    return OUT["retrying" if state == "waiting" and tries else state]


def inbound_state(state: str) -> tuple[str, Any]:
    """Class and word of the state of an event that came in."""
    return IN[state]


def disabled(why: str) -> str:
    """Why an endpoint is told nothing."""
    return str(DISABLED[why])


def source(name: str | None) -> str:
    """Who posts to us."""
    return str(SOURCES[name]) if name else str(_l("只接收"))


def fault(field: str, code: str) -> str:
    """What is wrong with a field."""
    return str(FIELD_FAULTS[(field, code)])


FILTERS = {
    "delivery_state": delivery_state,
    "inbound_state": inbound_state,
    "why_disabled": disabled,
    "hook_source": source,
}
