"""Anybody can drop a signed PDF and see who signed it, when, and whether it is intact. Nothing is kept."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import TooMany, Unavailable
from app.services import entry
from app.web.access import public
from app.web.answers import show_form
from app.web.entry.blueprint import bp
from app.web.entry.forms import VerifyForm, add_error

PDF_MAX_BYTES = 10 * 1024 * 1024
PROBLEM_WORDS: dict[str, Any] = {
    "unreadable": _l("这不是 PDF 文件，或者文件已损坏，无法读取"),
    "unsigned": _l("文件上没有签名"),
    "altered": _l("签名之后内容被改动过"),
    "wrong_signature": _l("签名与证书不符"),
    "appended": _l("签名之后文件又被追加了内容"),
    "untrusted": _l("签名的证书不是由我们的证书机构签发的"),
    "expired": _l("签名时证书已经过期"),
    "not_yet_valid": _l("签名时证书尚未生效"),
    "revoked": _l("签名时证书已被吊销"),
    "no_time_stamp": _l("没有时间戳，签名时间只是签名人所称"),
    "wrong_time_stamp": _l("时间戳不可信，或者不属于这个签名"),
    "stale_lists": _l("吊销名单不是今天的，此后的吊销无法得知"),
}


@bp.route("/verify", methods=["GET", "POST"])
@public
def verify() -> ResponseReturnValue:
    """The upload form, and below it the verdict in words."""
    form = VerifyForm()
    verdict = None
    if form.is_submitted():
        try:
            entry.count_verification(request.remote_addr or "")
        except TooMany as wrong:
            add_error(form.file, _("这个网络一小时内验证的文件太多，请稍后再来"))
            response = show_form("entry/verify.html", form, verdict=None, words=PROBLEM_WORDS)
            response.status_code = 429
            response.headers["Retry-After"] = str(wrong.retry_after_seconds)
            return response
        verdict = _verdict(form)
    return show_form("entry/verify.html", form, verdict=verdict, words=PROBLEM_WORDS)


def _verdict(form: VerifyForm) -> Any:
    content = _content(form)
    if not content:
        add_error(form.file, _("请先选择一个 PDF 文件"))
    elif len(content) > PDF_MAX_BYTES:
        add_error(form.file, _("文件超过 10 MB，不是我们签出的文件"))
    else:
        return _checked(form, content)
    return None


def _content(form: VerifyForm) -> bytes:
    if not form.file.data:
        return b""
    with form.file.data.stream as stream:
        return bytes(stream.read(PDF_MAX_BYTES + 1))


def _checked(form: VerifyForm, content: bytes) -> Any:
    try:
        return entry.verify(content)
    except Unavailable:
        add_error(form.file, _("证书机构还没有签发过证书，现在没有可以验证的文件"))
        return None
