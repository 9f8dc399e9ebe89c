"""How the staff's pages say what makes a case risky."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.services import risk
from app.services.risk import Flag
from app.web.wording import SLOT_WORDS

FLAGS: dict[str, Any] = {
    "card_elsewhere": _l("另一位投资者登记或申请过同一卡号"),
    "bank_mismatch": _l("银行答复持卡人不一致"),
    "certificate_ended": _l("签署之后，投资者的证书被暂停或吊销"),
    "forced_video": _l("公司标记：每次都要视频"),
    "all_replaced": _l("原来的账户全部删除"),
    "returned_often": _l("已经退回过多次"),
    "many_cases": _l("90 天内还有其他申请"),
    "call_broken": _l("视频中断过"),
    "no_video": _l("没有视频，凭已有证书办理"),
    "bank_silent": _l("银行没有答复持卡人核验"),
    "luhn": _l("卡号校验位不符合"),
    "original_kept": _l("没有采用处理后的照片"),
    "id_ends_soon": _l("证件 30 天内到期"),
}


def flag(found: Flag) -> str:
    """What the flag says, and about which card, photo, number or day."""
    words = str(FLAGS[found.code])
    if not found.about:
        return words
    about = SLOT_WORDS.get("bank_card" if found.about == "card" else found.about, found.about)
    return _("%(what)s：%(about)s", what=words, about=about)


def level(score: int) -> str:
    """高, 留意, or nothing."""
    if score >= risk.HIGH:
        return _("高")
    return _("留意") if score else ""


def is_risky(score: int) -> bool:
    """Whether it is to stand out on the list."""
    return score >= risk.HIGH


FILTERS: dict[str, Callable[..., Any]] = {"risk_flag": flag, "risk_level": level, "is_risky": is_risky}
