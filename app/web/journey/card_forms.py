"""The form of one card, and the words for everything that can be wrong with cards."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField, StringField, ValidationError

from app.domain.bank_card import BranchNameWrong, CardNumberWrong, check_branch_name, check_card_number
from app.domain.errors import FieldWrong
from app.services import typed_cards
from app.services.typed_cards import Typed
from app.web.journey import boxes
from app.web.wording import in_english

WORDS: dict[tuple[str, str], Any] = {
    ("number", "empty"): _l("请填写银行卡号"),
    ("number", "characters"): _l("银行卡号只能是数字"),
    ("number", "length"): _l("银行卡号应为 16 到 25 位数字，请核对位数"),
    ("number", "duplicate"): _l("这张卡已经在列表里了"),
    ("number", "removed_twin"): _l("这张卡在列表里，已标记为删除。要保留它，请点“撤销删除”"),
    ("number", "credit"): _l("这是信用卡，不能作结算账户，请换一张借记卡"),
    ("number", "unsupported"): _l("暂不支持这家银行，请换列表中银行的借记卡"),
    ("number", "too_many"): _l("结算账户已到上限，请先删除不用的卡"),
    ("bank_code", "choose"): _l("从卡号认不出银行，请在列表中选一家"),
    ("bank_code", "differs"): _l("按卡号这是%(bank)s的卡，与所选的银行不同"),
    ("branch", "empty"): _l("请填写银行网点"),
    ("branch", "too_short"): _l("银行网点至少 2 个字，请填开户网点的全称"),
    ("branch", "too_long"): _l("银行网点最多 50 个字"),
}
PROBLEMS: dict[str, Any] = {
    "nothing_changed": _l("未作任何修改。请新增或删除一张卡，或者换一个默认账户"),
    "none_left": _l("至少要保留一张银行卡，请撤销一张删除，或者新增一张"),
    "too_many": _l("结算账户超过了上限，请删除几张"),
    "duplicate_number": _l("同一张卡出现了两次"),
    "same_bank_twice": _l("同一家银行只能有一张卡，请删除其中一张"),
    "no_default": _l("请选一张卡作默认账户"),
    "transfer_still_signed": _l("银期签约未解除，暂不能删除。请先到银行解除签约"),
}


def problem_words(code: str) -> str:
    """What is wrong with the list or with a card of it."""
    return str(PROBLEMS[code])


class CardForm(FlaskForm):
    """One card. Edited cards may leave the number empty: it stays as it was."""

    number = StringField(_l("银行卡号"))
    bank_code = SelectField(_l("银行"), validate_choice=False)
    branch = StringField(_l("银行网点"))
    photo = FileField(_l("卡面照片"))
    upload = HiddenField()
    is_default = BooleanField(_l("设为默认账户"))

    def __init__(self, *args: Any, editing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.editing = editing
        banks = typed_cards.banks()
        names = [(bank.code, bank.name_en if in_english() else bank.name) for bank in banks]
        self.bank_code.choices = [("", _("按卡号自动识别")), *names]

    def validate_number(self, field: StringField) -> None:
        """The digits, before the list of cards is looked at."""
        if self.editing and not (field.data or "").strip():
            return
        try:
            check_card_number(field.data or "")
        except CardNumberWrong as wrong:
            raise ValidationError(_words("number", wrong.code)) from None

    def validate_branch(self, field: StringField) -> None:
        """The length of the branch's name."""
        if self.editing and field.data is None:
            return  # not among the fields that are open
        try:
            check_branch_name(field.data or "")
        except BranchNameWrong as wrong:
            raise ValidationError(_words("branch", wrong.code)) from None


def typed_of(form: CardForm) -> Typed:
    """What was typed, for the service."""
    return Typed(
        number=form.number.data or "",
        bank_code=form.bank_code.data or "",
        branch=form.branch.data or "",
        is_default=bool(form.is_default.data),
    )


def say(form: CardForm, wrong: FieldWrong) -> None:
    """Put a refusal of the service at its field; what is not about a field of the form is about its photo."""
    if (wrong.field, wrong.code) in WORDS:
        form[wrong.field].errors = [_words(wrong.field, wrong.code, **wrong.details)]
    else:
        form.photo.errors = [boxes.words(wrong.code)]


def _words(field: str, code: str, **details: object) -> str:
    text = str(WORDS[field, code])
    return text % details if details else text
