"""What is said when a password, code or passkey is not taken."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _


def password_words(code: str, details: dict[str, Any]) -> str:
    """The sentence for the code of a FieldWrong about password and factors."""
    words = {
        "short": _("密码至少要 %(n)s 个字符，可以用一句话", n=details.get("least", "")),
        "long": _("密码最多 %(n)s 个字符", n=details.get("most", "")),
        "common": _("这个密码太常见或太好猜，请换一个，比如几个不相干的词"),
        "wrong": _("不对，请再看一遍"),
        "refused": _("浏览器的通行密钥没有通过验证，请再试一次"),
        "many": _("通行密钥最多 %(n)s 个，请先删除不用的", n=details.get("most", "")),
        "last": _("这是唯一的第二因素，请先添加另一个"),
        "own": _("不能重设自己的，请另一位管理员来做"),
        "same": _("要由另一位管理员同意"),
        "asked": _("已经有人申请重设，等另一位管理员同意"),
    }
    return words[code]
