"""The words for everything that can be wrong with an SMS code: at login and at signing."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong, TooMany

SECONDS_A_MINUTE = 60
CODE_WORDS: dict[str, Any] = {
    "empty": _l("请输入短信验证码"),
    "missing": _l("还没有发送短信验证码，请先点“获取验证码”"),
    "used": _l("这个短信验证码已用过，请重新获取"),
    "expired": _l("短信验证码已过期，请重新获取"),
    "too_many_tries": _l("输错次数太多，这个验证码已作废，请重新获取"),
    "wrong": _l("短信验证码不对，还能试 %(left)s 次"),
    "wait": _l("验证码刚刚发过，请在 %(seconds)s 秒后再获取"),
}
LIMIT_WORDS: dict[str, Any] = {
    "codes_per_hour": _l("获取验证码的次数太多，请在 %(minutes)s 分钟后再试"),
    "codes_per_day": _l("今天获取验证码的次数已用完，请明天再试，或到营业部办理"),
    "codes_per_address": _l("您所在的网络获取验证码的次数太多，请在 %(minutes)s 分钟后再试"),
    "code_guesses": _l("今天输错验证码的次数太多，请明天再试，或到营业部办理"),
}


def code_words(error: FieldWrong | TooMany) -> str:
    """What to say at the field of the code."""
    if isinstance(error, TooMany):
        return str(LIMIT_WORDS[error.code]) % {"minutes": -(-error.retry_after_seconds // SECONDS_A_MINUTE)}
    return str(CODE_WORDS[error.code]) % error.details
