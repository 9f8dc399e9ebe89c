"""The login form, and the words for everything that can be wrong with it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, StringField

from app.domain.errors import FieldWrong, TooMany
from app.domain.identity import IdNumberWrong, check_id_number

ID_NUMBER_WORDS: dict[str, Any] = {
    "empty": _l("请输入身份证号码"),
    "length": _l("身份证号码应为 18 位，请核对位数"),
    "fifteen_digits": _l("15 位的旧号码不能在线办理，请带新身份证到营业部"),
    "characters": _l("身份证号码只有数字，最后一位可以是 X"),
    "date": _l("号码中的出生日期不存在，请对照证件再输一遍"),
    "check_digit": _l("号码的校验位不对，请对照证件再输一遍"),
    "residence_permit": _l("港澳台居民、外国人的证件不能在线办理，请带证件到营业部"),
}
FIELD_WORDS: dict[tuple[str, str], Any] = {
    ("captcha", "empty"): _l("请输入图中的数字"),
    ("captcha", "missing"): _l("图形验证码已失效，请按新图输入"),
    ("captcha", "used"): _l("图形验证码已用过，请按新图输入"),
    ("captcha", "expired"): _l("图形验证码已过期，请按新图输入"),
    ("captcha", "wrong"): _l("图形验证码不对，请按新图输入"),
    ("sms_code", "empty"): _l("请输入短信验证码"),
    ("sms_code", "missing"): _l("还没有发送短信验证码，请先点“获取验证码”"),
    ("sms_code", "used"): _l("这个短信验证码已用过，请重新获取"),
    ("sms_code", "expired"): _l("短信验证码已过期，请重新获取"),
    ("sms_code", "too_many_tries"): _l("输错次数太多，这个验证码已作废，请重新获取"),
    ("sms_code", "wrong"): _l("短信验证码不对，还能试 %(left)s 次"),
    ("sms_code", "wait"): _l("验证码刚刚发过，请在 %(seconds)s 秒后再获取"),
}
LIMIT_WORDS: dict[str, Any] = {
    "codes_per_hour": _l("获取验证码的次数太多，请在 %(minutes)s 分钟后再试"),
    "codes_per_day": _l("今天获取验证码的次数已用完，请明天再试，或到营业部办理"),
    "codes_per_address": _l("您所在的网络获取验证码的次数太多，请在 %(minutes)s 分钟后再试"),
    "code_guesses": _l("今天输错验证码的次数太多，请明天再试，或到营业部办理"),
}
SECONDS_A_MINUTE = 60


class LoginForm(FlaskForm):
    """Everything of the login page; which fields count depends on the button."""

    id_number = StringField(_l("身份证号码"))
    captcha = StringField(_l("图形验证码"))
    sms_code = StringField(_l("短信验证码"))
    agree_privacy = BooleanField()
    next = HiddenField()

    def read_id_number(self) -> str | None:
        """The normalised ID number; None, with the words at the field, when it is none."""
        try:
            return check_id_number(self.id_number.data or "").number
        except IdNumberWrong as wrong:
            add_error(self.id_number, ID_NUMBER_WORDS[wrong.code])
            return None

    @property
    def number(self) -> str | None:
        """The normalised ID number, None when it is none; says nothing at the field."""
        try:
            return check_id_number(self.id_number.data or "").number
        except IdNumberWrong:
            return None

    def require_consent(self) -> None:
        """The privacy policy must be ticked."""
        if not self.agree_privacy.data:
            add_error(self.agree_privacy, _("请阅读并同意隐私政策"))

    def refuse(self, error: FieldWrong | TooMany) -> None:
        """Put the words for an error at its field."""
        if isinstance(error, TooMany):
            minutes = -(-error.retry_after_seconds // SECONDS_A_MINUTE)
            add_error(self.sms_code, LIMIT_WORDS[error.code] % {"minutes": minutes})
        else:
            add_error(self[error.field], FIELD_WORDS[error.field, error.code] % error.details)


class VerifyForm(FlaskForm):
    """A PDF to be looked at."""

    file = FileField(_l("PDF 文件"))


def add_error(field: Any, words: object) -> None:
    """Put words at a field; it counts as wrong from then on."""
    field.errors = [*field.errors, str(words)]
