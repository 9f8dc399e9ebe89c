"""Everything we may say about a photo, with its limit, its words and how to mend it: one catalogue for all readers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """Whether the photo has to be taken again, or is only remarked upon."""

    REJECT = "reject"
    WARN = "warn"


@dataclass(frozen=True)
class Verdict:
    """One remark on one photo: a code of the catalogue, the measured value and the limit it missed."""

    code: str
    value: float
    limit: float

    def as_dict(self) -> dict[str, Any]:
        """JSON form, as printed by `flask imaging prepare`."""
        return {"code": self.code, "value": round(self.value, 3), "limit": self.limit}

    @property
    def entry(self) -> "Entry":
        """The words and the severity that belong to the code."""
        return CATALOGUE[self.code]

    @property
    def rejects(self) -> bool:
        """True when the photo must be taken again."""
        return self.entry.severity is Severity.REJECT


@dataclass(frozen=True)
class Entry:
    """A line of the catalogue; `unit` says in what `limit` and the measured value are given."""

    code: str
    unit: str
    limit: float
    severity: Severity
    zh: str
    en: str
    mend_zh: str
    mend_en: str


_ENTRIES = (
    Entry(
        "blurred",
        "sharpness, 0 (smeared) to 1 (crisp edges of the print on the flattened card)",
        0.30,
        Severity.REJECT,
        "照片模糊，证件上的文字看不清",
        "The photo is blurred; the print cannot be read",
        "擦净镜头，拿稳手机，轻点屏幕对焦后再拍",
        "Wipe the lens, hold the phone still, tap to focus, then take it again",
    ),
    Entry(
        "too_dark",
        "lightness L* of the brightest 2 % of the document",
        48.0,
        Severity.REJECT,
        "照片太暗",
        "The photo is too dark",
        "请到光线充足处重拍，不要背光",
        "Take it again in good light, not against the light",
    ),
    Entry(
        "overexposed",
        "share of the document that is burnt out to white",
        0.60,
        Severity.REJECT,
        "照片过曝，内容发白",
        "The photo is overexposed; the content is washed out",
        "请避开强光，关闭闪光灯后重拍",
        "Avoid strong light, switch the flash off and take it again",
    ),
    Entry(
        "glare",
        "share of the document under a reflection",
        0.10,
        Severity.REJECT,
        "证件上有反光，遮住了内容",
        "A reflection hides part of the document",
        "请换个角度，避开灯光和闪光灯后重拍",
        "Change the angle, avoid lamps and flash, and take it again",
    ),
    Entry(
        "too_small",
        "width of the document in pixels",
        400.0,
        Severity.REJECT,
        "证件在照片中太小，文字无法辨认",
        "The document is too small in the photo to be read",
        "请靠近一些，让证件占满画面的大部分",
        "Move closer, so that the document fills most of the picture",
    ),
    Entry(
        "cut_off",
        "share of the document outside the picture",
        0.03,
        Severity.REJECT,
        "证件没有拍全，有一部分在画面之外",
        "Part of the document is outside the picture",
        "请后退一点，四个角都要在画面内",
        "Move back a little; all four corners must be in the picture",
    ),
    Entry(
        "low_contrast",
        "colour difference ΔE between the document and what lies around it",
        6.0,
        Severity.WARN,
        "证件与背景颜色接近，边缘不清楚",
        "The document hardly differs from its background",
        "请检查切边结果；也可以换一个深色背景重拍",
        "Check the crop; or take it again on a darker background",
    ),
    Entry(
        "wrong_side",
        "how well another document fits, 0 to 1",
        0.5,
        Severity.REJECT,
        "拍的不是这里要求的证件或面",
        "This is not the document or side that is asked for here",
        "请核对要求：人像面、国徽面或银行卡正面，再重新上传",
        "Check what is asked for (portrait side, emblem side or front of the bank card) and upload again",
    ),
    Entry(
        "no_card_found",
        "confidence that there is a document, 0 to 1",
        0.2,
        Severity.WARN,
        "照片中没有找到要求的证件",
        "The document asked for was not found in the photo",
        "请将证件平放在深色桌面上，四边留出空隙后重拍；确认无误也可以使用原图",
        "Lay the document flat on a dark table with space on all sides and take it again; or keep the original",
    ),
    Entry(
        "not_cropped",
        "confidence in the crop, 0 to 1",
        0.8,
        Severity.WARN,
        "没有把握准确切边，已保留原图",
        "We were not sure of the edges and kept the original photo",
        "可以直接使用原图，或手动调整四个角",
        "Use the original as it is, or set the four corners yourself",
    ),
    Entry(
        "no_ink",
        "share of the sheet covered by handwriting",
        0.0008,
        Severity.REJECT,
        "没有看到手写签名",
        "No handwritten signature is seen",
        "请用黑色签字笔在白纸上签名后重拍",
        "Sign with a black pen on white paper and take the photo again",
    ),
    Entry(
        "ruled_paper",
        "ruled lines found on the sheet: one or two may be folds, or a box to sign in",
        2.0,
        Severity.WARN,
        "签名写在有横线或方格的纸上",
        "The signature is on lined or squared paper",
        "文件中只用笔迹，横线会去掉；请核对笔画是否完整，也可以换一张白纸重签",
        "Only the writing goes into the documents, without the lines; or sign again on plain paper",
    ),
)

CATALOGUE: dict[str, Entry] = {entry.code: entry for entry in _ENTRIES}
"""Every verdict by its code."""


def limit_of(code: str) -> float:
    """The limit of a verdict, in the unit of its entry."""
    return CATALOGUE[code].limit


def verdict(code: str, value: float) -> Verdict:
    """A remark with the limit of the catalogue."""
    return Verdict(code, float(value), limit_of(code))


def below(code: str, value: float) -> list[Verdict]:
    """The remark, if the value is under its limit; otherwise nothing."""
    return [verdict(code, value)] if value < limit_of(code) else []


def above(code: str, value: float) -> list[Verdict]:
    """The remark, if the value is over its limit; otherwise nothing."""
    return [verdict(code, value)] if value > limit_of(code) else []
