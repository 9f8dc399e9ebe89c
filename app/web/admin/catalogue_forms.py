"""Forms of the catalogues: what is filled in, and how it is read back as the service takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from app.domain.errors import FieldWrong
from app.services import broker_books, chosen, reason_examples
from app.services.catalogues import Values
from app.web.access import current_staff
from app.web.wording import SLOT_WORDS, STEP_WORDS, in_english

NEW = "new"
"""In the address, instead of a key."""
STRIPPED = (lambda value: (value or "").strip(),)
NEEDED = InputRequired(_l("请填写"))


def _words(label: Any) -> StringField:
    return StringField(label, filters=STRIPPED, validators=[NEEDED])


def _retired() -> BooleanField:
    return BooleanField(_l("停用，不再选用；用过的地方照旧显示"))


class EntryForm(FlaskForm):
    """One entry; `seen` is the number of changes the person was looking at, `key` is filled in for a new one."""

    columns: ClassVar[tuple[str, ...]] = ()
    asks_for_key: ClassVar[tuple[str, ...]] = ("key",)
    """The fields of a new entry that make up its key."""
    key = StringField(_l("代码"), filters=STRIPPED)
    seen = HiddenField(default="0")

    def new_key(self) -> str:
        """Under what a new entry goes into the catalogue."""
        return self.key.data or ""

    def values(self) -> Values:
        """As the service takes it."""
        return {name: self[name].data for name in self.columns}

    def fill(self, values: Values) -> None:
        """Show what holds now."""
        for name in self.columns:
            self[name].data = values[name]


class ReasonForm(EntryForm):
    """A reason: its number for the keyboard, where it leads, its words in both languages."""

    columns = ("number", "kind", "step", "field", "zh", "en", "retired", "example")
    number = IntegerField(_l("编号"), validators=[NEEDED])
    kind = SelectField(_l("性质"))
    step = SelectField(_l("退到哪一步"))
    field = SelectField(_l("退到哪一处"))
    zh = TextAreaField(_l("给投资者看的话"), filters=STRIPPED, validators=[NEEDED])
    en = TextAreaField(_l("英文"), filters=STRIPPED, validators=[NEEDED])
    retired = _retired()
    example = HiddenField(_l("示例图"), default="")
    picture = FileField(_l("换一张示例图"))
    without = BooleanField(_l("不要示例图"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [SelectChoice(value, words) for value, words in KIND_WORDS.items()]
        steps = [SelectChoice(step, STEP_WORDS[step]) for step in ("photos", "bank_cards", "video", "agreements")]  # type: ignore[index]
        self.step.choices = [SelectChoice("", _("不退回")), *steps]
        places = [SelectChoice(value, words) for value, words in PLACE_WORDS.items()]
        self.field.choices = [SelectChoice("", _("整步")), *places]

    def values(self) -> Values:
        """A picture that came along is kept at once, under an id: what is looked at is what will be published."""
        if self.without.data:
            self.example.data = ""
        elif self.picture.data and self.picture.data.filename:
            self.example.data = reason_examples.keep(self.picture.data.read(), by=current_staff())
        return super().values()


class BankForm(EntryForm):
    """A bank whose cards are taken."""

    columns = ("name", "short_name", "name_en", "position", "retired")
    name = _words(_l("名称"))
    short_name = _words(_l("简称"))
    name_en = _words(_l("英文"))
    position = IntegerField(_l("次序"), validators=[NEEDED])
    retired = _retired()


def names_of_banks() -> dict[str, str]:
    """The banks by code, in the page's language."""
    name = "name_en" if in_english() else "short_name"
    return {code: bank[name] for code, bank in broker_books.BANKS.entries().items()}


class BinForm(EntryForm):
    """A card prefix."""

    columns = ("bank_code", "kind", "retired")
    key = StringField(_l("前缀"), filters=STRIPPED)
    bank_code = SelectField(_l("银行"))
    kind = SelectField(_l("卡种"))
    retired = _retired()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bank_code.choices = [SelectChoice(code, name) for code, name in names_of_banks().items()]
        self.kind.choices = [SelectChoice(value, words) for value, words in CARD_WORDS.items()]


class OfficeForm(EntryForm):
    """A branch office with its video hours."""

    columns = ("name", "name_en", "address", "phone", "slot_capacity", "video_windows", "retired")
    name = _words(_l("名称"))
    name_en = _words(_l("英文"))
    address = _words(_l("地址"))
    phone = _words(_l("电话"))
    slot_capacity = IntegerField(_l("每半小时可预约几位"), validators=[Optional()])
    video_windows = StringField(_l("视频时间"), filters=STRIPPED)
    retired = _retired()

    def values(self) -> Values:
        return {**super().values(), "video_windows": broker_books.windows_of(self.video_windows.data)}

    def fill(self, values: Values) -> None:
        super().fill({**values, "video_windows": ", ".join("-".join(pair) for pair in values["video_windows"])})


class DayForm(EntryForm):
    """A day that is not what its weekday says."""

    columns = ("is_trading", "note", "retired")
    key = StringField(_l("日期"), filters=STRIPPED)
    is_trading = SelectField(_l("是不是交易日"))
    note = StringField(_l("说明"), filters=STRIPPED)
    retired = BooleanField(_l("停用，这一天照星期几算"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_trading.choices = [SelectChoice("no", _("休市")), SelectChoice("yes", _("交易日"))]

    def values(self) -> Values:
        return {**super().values(), "is_trading": self.is_trading.data == "yes"}

    def fill(self, values: Values) -> None:
        super().fill({**values, "is_trading": "yes" if values["is_trading"] else "no"})


def _offices_by_name(*, retired: bool) -> dict[str, str]:
    """The branch offices by code, in the page's language, with or without those closed for good."""
    name = "name_en" if in_english() else "name"
    offices = broker_books.OFFICES.entries().items()
    return {code: office[name] for code, office in offices if retired or not office["retired"]}


class OfficeDayForm(EntryForm):
    """A day on which a branch office keeps hours of its own, or none."""

    columns = ("video_windows", "reason", "reason_en", "retired")
    asks_for_key = ("office", "day")
    office = SelectField(_l("营业部"))
    day = DateField(_l("日期"), validators=[NEEDED])
    video_windows = StringField(_l("这一天的视频时间"), filters=STRIPPED)
    reason = _words(_l("给投资者看的原因"))
    reason_en = _words(_l("英文"))
    retired = BooleanField(_l("停用，这一天照平常算"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office.choices = [SelectChoice(code, name) for code, name in _offices_by_name(retired=False).items()]

    def new_key(self) -> str:
        return broker_books.own_day_key(self.office.data, self.day.data)

    def values(self) -> Values:
        return {**super().values(), "video_windows": broker_books.windows_of(self.video_windows.data)}

    def fill(self, values: Values) -> None:
        super().fill({**values, "video_windows": ", ".join("-".join(pair) for pair in values["video_windows"])})


class NumberForm(EntryForm):
    """A setting that is a number."""

    columns = ("value",)
    value = IntegerField(_l("现在的值"), validators=[NEEDED])


class SwitchForm(EntryForm):
    """A setting that is on or off."""

    columns = ("value",)
    value = BooleanField(_l("打开"))


FORMS: dict[str, type[EntryForm]] = {
    "reasons": ReasonForm,
    "banks": BankForm,
    "bins": BinForm,
    "offices": OfficeForm,
    "calendar": DayForm,
    "office_days": OfficeDayForm,
}

KIND_WORDS: dict[str, Any] = {"mend": _l("可以改"), "counter": _l("去柜台"), "final": _l("拒绝，不再受理")}
PLACE_WORDS: dict[str, Any] = {
    **{slot: SLOT_WORDS[slot] for slot in ("id_portrait", "id_emblem", "signature")},
    "number": _l("银行卡号"),
    "branch": _l("银行网点"),
    "photo": _l("银行卡照片"),
}
CARD_WORDS: dict[str, Any] = {"debit": _l("借记卡"), "credit": _l("贷记卡")}
SETTING_WORDS: dict[str, Any] = {
    "video_always": _l("每一笔都要视频见证，有证书也要"),
    "ring_seconds": _l("呼叫多少秒没有接就算未接"),
    "grace_seconds": _l("掉线后排队位置保留多少秒"),
    "slot_capacity": _l("每半小时可预约几位（营业部没有另设时）"),
    "review_lease_minutes": _l("复核领取后保留多少分钟"),
    "case_days": _l("多少天没有动静就失效"),
}


def form_of(catalogue: str, key: str) -> EntryForm:
    """The form for one entry."""
    if catalogue == chosen.NAME:
        return SwitchForm() if chosen.CHANGEABLE[key] is None else NumberForm()
    form = FORMS[catalogue]()
    if key != NEW:
        for name in {*form.asks_for_key} - {"key"}:
            del form[name]
    return form


def words_of_keys(catalogue: str) -> Callable[[str], str]:
    """How the keys of a catalogue are shown to people."""
    if catalogue == chosen.NAME:
        return lambda key: str(SETTING_WORDS.get(key, key))
    if catalogue == broker_books.OWN_DAYS.name:
        names = _offices_by_name(retired=True)
        return lambda key: " ".join((names.get(key.partition(".")[0], ""), key.partition(".")[2]))
    return str


def wrong(error: FieldWrong) -> str:
    """The sentence for what a catalogue does not take."""
    said = error.details
    return {
        "length": _("要 %(least)s 到 %(most)s 个字符", least=said.get("least", ""), most=said.get("most", "")),
        "range": _("要在 %(least)s 到 %(most)s 之间", least=said.get("least", ""), most=said.get("most", "")),
        "taken": _("已经有了，请换一个"),
        "unchanged": _("什么都没有改"),
        "none": _("拒绝的原因和“其他”不指定步骤"),
        "missing": _("请选择退到哪一步"),
        "elsewhere": _("这一处不在所选的步骤里"),
        "overlap": _("时间段要先开后关，不能重叠"),
        "past": _("过去的日子不能改"),
        "no_office": _("没有这个营业部"),
        "unknown": _("没有这家银行"),
        "in_use": _("还有投资者、员工或在途业务属于这个营业部，请先转走"),
        "not_a_picture": _("这不是能用的图片，请换一张 JPEG、PNG 或 WebP"),
    }.get(error.code, _("写法不对"))


def said(field: str, value: Any) -> str:
    """A value in words, for the table old → new."""
    words: dict[Any, Any] = {"kind": {**KIND_WORDS, **CARD_WORDS}, "step": STEP_WORDS, "field": PLACE_WORDS}.get(
        field, {}
    )  # type: ignore[assignment]
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return ", ".join("-".join(pair) for pair in value) or _("无")
    if value in {None, ""}:
        return _("无")
    if field == "example":
        return value if value.endswith(".svg") else _("上传的图")
    return str(words.get(value, value))
