"""How far apart two numbers or two names are: another person's, a slip, or the same written another way."""

import unicodedata
from typing import Final, Literal

from app.domain.keyed_text import without_blanks

NameLikeness = Literal["same", "near", "other"]

SLIPS: Final = 2
"""So many characters of two identity numbers may differ before they are two persons'."""
DOTS: Final = str.maketrans("", "", "·•‧・.-")
"""What stands between the parts of long names, in all its shapes."""
VARIANTS: Final = str.maketrans(
    "呂溫黃靑內產爲衞敎郞尙戶卽旣眞淸硏鄕靜強鎭萬與雲榮劉陳張楊趙吳孫馬鄭馮韓鄧許蕭賈鄒閻龍賀錢湯羅葉蔣盧鍾蘇範顧龔萬嚴齊紅麗華東國軍",
    "吕温黄青内产为卫教郎尚户即既真清研乡静强镇万与云荣刘陈张杨赵吴孙马郑冯韩邓许萧贾邹阎龙贺钱汤罗叶蒋卢钟苏范顾龚万严齐红丽华东国军",
)
"""One character in two shapes: older print and traditional forms, as they occur in names, to the form on cards."""


def edits(one: str, other: str) -> int:
    """How many characters have to be put in, left out or replaced to make one text the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, start=1):
        before, row[0] = row[0], place
        for column, its in enumerate(other, start=1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (letter != its))
    return row[-1]


def folded_name(name: str) -> str:
    """A name as it is compared: NFKC, without blanks and dots, variant characters in one form, upper case."""
    return without_blanks(unicodedata.normalize("NFKC", name)).translate(DOTS).translate(VARIANTS).upper()


def name_likeness(one: str, other: str) -> NameLikeness:
    """The same name; near, when one character differs or is missing, as rare characters are misread; or another."""
    first, second = folded_name(one), folded_name(other)
    if first == second:
        return "same"
    shorter = min(len(first), len(second))
    return "near" if shorter > 1 and edits(first, second) == 1 else "other"
