"""What the audit says of events that came in or went out, and of those they are exchanged with."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

HOOK_ACTIONS: dict[str, Any] = {
    "webhook.applied": _l("收到的事件已执行"),
    "webhook.ignored": _l("收到的事件已过时，没有执行"),
    "webhook.dead": _l("收到的事件无法执行"),
    "webhook.retried": _l("再次执行收到的事件"),
    "delivery.resent": _l("重发事件"),
    "endpoint.registered": _l("登记对接方"),
    "endpoint.changed": _l("修改对接方"),
    "endpoint.enabled": _l("启用对接方"),
    "endpoint.disabled": _l("停用对接方"),
    "endpoint.secret_rotated": _l("轮换对接方的密钥"),
    "endpoint.overlap_ended": _l("停用对接方的旧密钥"),
    "endpoint.pinged": _l("发测试事件"),
    "endpoint.replayed": _l("从某时重放事件"),
}
