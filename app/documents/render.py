"""From an agreement and the facts of a case to a PDF that can be kept for decades (PDF/A-2b)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import typst
from PIL import Image

from app.documents.glyphs import FONT_DIRECTORY, FONT_FAMILY, missing_glyphs
from app.documents.texts import AgreementText, blocks
from app.domain.calendar import SHANGHAI

TEMPLATE = Path(__file__).parent / "agreement.typ"
SIGNATURE_SIZE_PIXELS = (540, 216)  # 45 × 18 mm at 300 dots per inch
WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "case_number": "受理单号",
        "name": "投资者姓名",
        "id_number": "证件号码",
        "date": "日期：",
        "day": "日期",
        "signer": "投资者：",
        "signature": "投资者签名照",
        "changes": "结算账户变更明细",
        "columns": ["银行", "原来", "变更后"],
        "edition": "版本 {version}，{effective_from} 起施行",
        "footer": "{broker}　受理单号 {case_number}",
    },
    "en": {
        "case_number": "Case number",
        "name": "Investor",
        "id_number": "ID number",
        "date": "Date: ",
        "day": "Date",
        "signer": "Investor: ",
        "signature": "Photograph of the investor's signature",
        "changes": "Settlement accounts changed",
        "columns": ["Bank", "Before", "After"],
        "edition": "Version {version}, in force from {effective_from}",
        "footer": "{broker}, case {case_number}",
    },
}


@dataclass(frozen=True)
class AccountChange:
    """One line of the table: the bank, and what stands in the columns old and new, in words ("尾号 0817", "删除")."""

    bank: str
    before: str
    after: str


@dataclass(frozen=True)
class CaseFacts:
    """What the page says about the case. The ID number comes masked; `made_at` is aware and decides every date in it.

    `signature_photo`: the handwriting as a transparent PNG, or JPEG, PNG or WebP as prepared; None: there is none yet.
    """

    case_number: str
    name: str
    masked_id_number: str
    broker: str
    made_at: datetime
    changes: tuple[AccountChange, ...] = ()
    signature_photo: bytes | None = None


def nobody(broker: str, made_at: datetime) -> CaseFacts:
    """The facts of a made-up person, for looking at a text before it is published."""
    changes = (AccountChange("示例银行", "尾号 0000", "删除"), AccountChange("样张银行", "无", "尾号 1111，新增"))
    return CaseFacts("00000000-0000", "样张", "000000********0000", broker, made_at, changes)


class MissingGlyphs(ValueError):
    """The font cannot draw `characters`: nothing may be signed; staff must be told."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"{len(characters)} characters cannot be drawn")
        self.characters = characters


def render_agreement(agreement: AgreementText, facts: CaseFacts) -> bytes:
    """The agreement as PDF/A-2b; the same input gives the same bytes.

    Raises MissingGlyphs before anything is drawn. 60 ms and 40 to 60 KB for one page with table and signature.
    """
    content = _content(agreement, facts)
    if lacking := missing_glyphs("".join(_strings(content))):
        raise MissingGlyphs(lacking)
    content["signature"] = _signature(facts.signature_photo)
    document = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"agreement": json.dumps(content, ensure_ascii=False)},
        pdf_standards="a-2b",
        timestamp=int(facts.made_at.timestamp()),
    )
    return bytes(document)


def _content(agreement: AgreementText, facts: CaseFacts) -> dict[str, Any]:
    words = WORDS[agreement.language]
    day = facts.made_at.astimezone(SHANGHAI).date().isoformat()
    return {
        "language": agreement.language,
        "font": FONT_FAMILY,
        "title": agreement.title,
        "broker": facts.broker,
        "edition": words["edition"].format(version=agreement.version, effective_from=agreement.effective_from),
        "footer": words["footer"].format(broker=facts.broker, case_number=facts.case_number),
        "facts": [
            [words["case_number"], facts.case_number],
            [words["day"], day],
            [words["name"], facts.name],
            [words["id_number"], facts.masked_id_number],
        ],
        "blocks": [asdict(block) for block in blocks(agreement.body)],
        "changes": [[c.bank, c.before, c.after] for c in facts.changes] if agreement.has_changes else [],
        "name": facts.name,
        "date": day,
        "words": words,
    }


def _strings(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    inner = content.values() if isinstance(content, dict) else content
    return [text for part in inner for text in _strings(part)]


def _signature(photo: bytes | None) -> list[int] | None:
    """Small enough for print and rebuilt from its pixels; raises OSError when it is no picture.

    Handwriting on nothing keeps its colour and its soft edges (PDF/A-2 allows transparency); a photo becomes grey.
    """
    if photo is None:
        return None
    with Image.open(BytesIO(photo), formats=("JPEG", "PNG", "WEBP")) as opened:
        rgba = opened.convert("RGBA")
    rgba.thumbnail(SIGNATURE_SIZE_PIXELS)
    out = BytesIO()
    if rgba.getchannel("A").getextrema() != (255, 255):
        Image.frombytes("RGBA", rgba.size, rgba.tobytes()).save(out, "PNG", optimize=True)
    else:
        grey = rgba.convert("L")
        Image.frombytes("L", grey.size, grey.tobytes()).save(out, "JPEG", quality=80)
    return list(out.getvalue())


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_DIRECTORY)])
