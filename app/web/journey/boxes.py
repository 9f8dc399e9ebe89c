"""A photo on a page: which pictures, which buttons, which words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.errors import FieldWrong
from app.domain.states import State
from app.models import Case, FiledPhoto, Photo, ReturnItem
from app.services import card_readings, card_remarks, cases, photos, reasons
from app.web.wording import SLOT_WORDS, day, in_english

REFUSED: dict[str, Any] = {
    "absent": _l("请上传这张照片"),
    "no_file": _l("请先选择照片文件"),
    "processing": _l("照片还在处理，请稍等几秒"),
    "rejected": _l("这张照片不合格，请重新上传"),
    "not_replaced": _l("请换一张新的照片"),
    "same_as_returned": _l("这还是被退回的那张照片，请重新拍一张"),
    "empty": _l("文件是空的，请重新选择照片"),
    "too_large": _l("文件超过 %(mb)s MB，请选小一些的照片"),
    "not_an_image": _l("这不是照片文件，请选 JPEG、PNG 或 WebP 格式的照片"),
    "unsupported_format": _l("不支持这种格式，请选 JPEG、PNG 或 WebP 格式的照片"),
    "heic": _l("这是 HEIC 格式的照片，这里打不开。请把手机相机的格式改成“兼容性最佳”后重拍，或者先转成 JPEG"),
    "too_many_pixels": _l("照片的像素太多，上限是 %(mp)s 百万像素，请调低相机分辨率后重拍"),
    "webp_too_large": _l("WebP 照片的上限是 %(webp)s 百万像素，请换成 JPEG 照片再上传"),
    "side_too_long": _l("照片太长或太宽，最长边上限是 %(side)s 像素"),
    "animated": _l("这是动态图片，请选一张静态照片"),
    "truncated": _l("照片文件不完整，可能没有传完，请重新上传"),
    "cannot_be_read": _l("照片文件读不出来，请重新拍一张"),
    "attempts": _l("照片多次处理没有成功，请重新上传"),
    "choice": _l("请选择用哪一张"),
}
NOTICES: dict[str, Any] = {
    "corners_too_small": _l("按您给的四角，证件太小，看不清文字，所以没有采用。"),
}

MEASURES: dict[str, tuple[Any, float, int]] = {
    "blurred": (_l("清晰度 %(value)s，要求 %(limit)s 以上"), 100, 0),
    "too_dark": (_l("亮度 %(value)s，要求 %(limit)s 以上"), 1, 0),
    "overexposed": (_l("过曝面积 %(value)s%%，上限 %(limit)s%%"), 100, 1),
    "glare": (_l("反光面积 %(value)s%%，上限 %(limit)s%%"), 100, 1),
    "too_small": (_l("证件宽 %(value)s 像素，要求 %(limit)s 像素以上"), 1, 0),
    "cut_off": (_l("画面外的部分 %(value)s%%，上限 %(limit)s%%"), 100, 1),
    "low_contrast": (_l("与背景的色差 %(value)s，建议 %(limit)s 以上"), 1, 1),
    "not_cropped": (_l("切边把握 %(value)s%%，要求 %(limit)s%% 以上"), 100, 0),
    "ruled_paper": (_l("纸上有 %(value)s 条横线或竖线"), 1, 0),
    "no_ink": (_l("笔迹面积 %(value)s%%，要求 %(limit)s%% 以上"), 100, 2),
}
"""For each verdict: how its figures are said, what they are multiplied with, and how many decimals they get."""

EXAMPLES: dict[str, str] = {
    "blurred": "blur.svg",
    "too_dark": "dark.svg",
    "glare": "glare.svg",
    "too_small": "small.svg",
    "cut_off": "cut.svg",
}
"""For verdicts: the picture, in static/img/reasons, of how it should be and how it is."""

SAYS: dict[str, tuple[Any, Any]] = {
    "other_person": (
        _l("照片上的证件号码与您的不一致"),
        _l("可能拿成了别人的身份证，请换成您本人的。确实是您本人的，可以继续，工作人员会核对。"),
    ),
    "number_near": (
        _l("照片上的证件号码与登记的差一两位"),
        _l("请对照证件看一眼，可能是没有拍清楚。确认无误可以继续。"),
    ),
    "name_near": (
        _l("照片上的姓名与登记的差一个字"),
        _l("可能是生僻字没有认对。请看一眼是不是您本人的身份证，确认无误可以继续。"),
    ),
    "name_differs": (
        _l("照片上的姓名与登记的不一样"),
        _l("请看一眼是不是您本人的身份证，确认无误可以继续，工作人员会核对。"),
    ),
    "expired": (_l("照片上的身份证已过期"), _l("有效期到 %(until)s。请换成有效的身份证再拍。")),
    "ending": (_l("身份证快到期了"), _l("有效期到 %(until)s，还剩 %(days)s 天，请尽快换领新证。")),
    "wrong_card": (_l("这里要的不是这张卡"), _l("照片上的是%(shows)s，请换一张。")),
}
"""What was read off a card: what it is, and what to do."""


@dataclass(frozen=True)
class Remark:
    """One verdict in words: what, how much, how to mend it."""

    what: str
    measured: str
    mend: str
    rejects: bool
    example: str | None = None


@dataclass(frozen=True)
class Said:
    """One thing that was read off a card, in words: what, and what to do."""

    what: str
    mend: str
    is_grave: bool
    code: str


@dataclass(frozen=True)
class Box:
    """One place for a photo, as its template needs it."""

    case: Case
    place: str
    slot: str
    photo: Photo | None
    filed: FiledPhoto | None
    editable: bool
    returned: ReturnItem | None
    error: str
    said: list[Said] = field(default_factory=list)
    is_being_read: bool = False

    @property
    def id(self) -> str:
        """Id of the element, usable in a CSS selector."""
        return self.place.replace(":", "-")

    @property
    def in_call(self) -> bool:
        """Whether it stands on the page of a call, which nothing here may lead away from."""
        return State(self.case.state) is State.IN_CALL

    @property
    def example(self) -> str | None:
        """The picture, in static/img/reasons, that belongs to the reason it was sent back for."""
        reason = reasons.find(self.returned.reason) if self.returned else None
        return reason.example if reason else None

    @property
    def remarks(self) -> list[Remark]:
        found = self.photo.found.get("verdicts", []) if self.photo else []
        return sorted((remark_of(verdict) for verdict in found), key=lambda remark: not remark.rejects)

    @property
    def has_two_pictures(self) -> bool:
        """Whether the prepared picture differs from the original."""
        if self.photo is None or self.photo.preview_id is None:
            return False
        found = self.photo.found
        return found.get("action") == "crop" or bool(found.get("turns")) or self.photo.quarter_turns != 0

    @property
    def refusal(self) -> str:
        """Why the worker could not prepare the photo, in words."""
        return words(str(self.photo.found.get("refused", "cannot_be_read"))) if self.photo else ""

    @property
    def notice(self) -> str:
        """Why the last wish was not carried out, in words."""
        code = self.photo.found.get("notice") if self.photo else None
        if code is None:
            return ""
        return str(NOTICES.get(code) or _("刚才的调整没有成功，仍是原来的结果。"))


def words(code: str) -> str:
    """A refusal in words; limits come from the settings."""
    from flask import current_app

    settings = current_app.config["SETTINGS"]
    text = str(REFUSED.get(code, REFUSED["cannot_be_read"]))
    known = {
        "mb": settings.photo_max_bytes // (1024 * 1024),
        "mp": settings.photo_max_pixels // 1_000_000,
        "webp": settings.photo_max_pixels_webp // 1_000_000,
        "side": settings.photo_max_side,
    }
    return text % known if "%(" in text else text


def remark_of(verdict: dict[str, Any]) -> Remark:
    """A stored verdict in the words of the catalogue."""
    from app.imaging import CATALOGUE, Severity

    entry = CATALOGUE[verdict["code"]]
    english = in_english()
    return Remark(
        entry.en if english else entry.zh,
        _measured(verdict),
        entry.mend_en if english else entry.mend_zh,
        entry.severity is Severity.REJECT,
        EXAMPLES.get(entry.code),
    )


def _measured(verdict: dict[str, Any]) -> str:
    if verdict["code"] not in MEASURES:
        return ""
    text, factor, decimals = MEASURES[verdict["code"]]
    figures = {name: f"{verdict[name] * factor:.{decimals}f}" for name in ("value", "limit")}
    return str(text) % figures


def box_of(case: Case, place: str, *, error: str = "", taken: dict[str, Photo] | None = None) -> Box:
    """The box of one place; `error` is the message at its field."""
    is_card = place.startswith(photos.CARD)
    slot = "bank_card" if is_card else place
    photo = (photos.current(case) if taken is None else taken).get(place)
    step = photos.step_of(place)
    of_return = f"photo:{place.removeprefix(photos.CARD)}" if is_card else place
    returned = next((item for item in cases.unmended(case) if item.step == step and item.field == of_return), None)
    row = None if is_card else card_readings.of_photo(photo)
    return Box(
        case=case,
        place=place,
        slot=slot,
        photo=photo,
        filed=None if is_card else photos.filed(case.investor).get(place),
        editable=cases.open_for(case, step) and photos.is_named(case, place),
        returned=returned,
        error=error,
        said=[] if row is None else [said(remark) for remark in card_remarks.of_photo(case, photo)],
        is_being_read=card_readings.is_awaited(row),
    )


def error_of(wrong: FieldWrong) -> str:
    """The message for a photo that was refused."""
    return words(wrong.code)


def said(remark: card_remarks.Remark) -> Said:
    """What was read, in words."""
    what, mend = SAYS[remark.code]
    details = dict(remark.details)
    if "until" in details:
        details["until"] = day(details["until"])
    if "shows" in details:
        details["shows"] = SLOT_WORDS[details["shows"]]
    return Said(str(what), str(mend) % details if details else str(mend), remark.is_grave, remark.code)
