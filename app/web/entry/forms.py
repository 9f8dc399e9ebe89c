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
from app.web.code_words import code_words

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
}


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
        if isinstance(error, TooMany) or error.field == "sms_code":
            add_error(self.sms_code, code_words(error))
        else:
            add_error(self[error.field], FIELD_WORDS[error.field, error.code] % error.details)


class VerifyForm(FlaskForm):
    """A PDF to be looked at."""

    file = FileField(_l("PDF 文件"))


def add_error(field: Any, words: object) -> None:
    """Put words at a field; it counts as wrong from then on."""
    field.errors = [*field.errors, str(words)]
