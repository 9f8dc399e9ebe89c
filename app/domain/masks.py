"""What of a number or a name may be shown to whom has not asked to see it whole."""

import re

ID_NUMBER_CHARACTERS = 18
PHONE_DIGITS = 11
TAIL_CHARACTERS = 4
# A short number would be given away by its last four alone.
SHORTEST_TEXT_WITH_A_TAIL = 8

# The dots that people and systems put between the parts of a name.
NAME_DOTS = re.compile("[·•‧・．.]")
COMMONLY_KNOWN = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 "
    "太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 "
    "漆雕 乐正 宰父 谷梁 拓跋 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 完颜 "
    "淳于 单于"
)
COMPOUND_SURNAMES = frozenset(COMMONLY_KNOWN.split())


def id_number(number: str) -> str:
    """The first and last four of 18 characters: 1100**********2417; stars only for anything else."""
    if len(number) != ID_NUMBER_CHARACTERS:
        return "*" * len(number)
    return number[:4] + "*" * 10 + number[-4:]


def phone(number: str) -> str:
    """Three and four digits of a mobile number: 138****1234; of any other number the last four at most."""
    if len(number) == PHONE_DIGITS:
        return number[:3] + "****" + number[-4:]
    if len(number) < SHORTEST_TEXT_WITH_A_TAIL:
        return "*" * len(number)
    return "*" * (len(number) - TAIL_CHARACTERS) + number[-TAIL_CHARACTERS:]


def card(number: str) -> str:
    """**** **** **** 3391, whatever the real length; takes the whole number or its last four."""
    return "**** **** **** " + tail(number)


def tail(number: str) -> str:
    """The last four digits: 3391."""
    return number[-TAIL_CHARACTERS:]


def name(full_name: str) -> str:
    """周*远, 周*, 欧阳*琪, 阿**·**提, J*** S****: surname and last character at most, never the whole name."""
    full_name = " ".join(full_name.split())
    if full_name.isascii():
        return " ".join(_first_only(word) for word in full_name.split(" "))
    if NAME_DOTS.search(full_name):
        return _name_in_parts([part.strip() for part in NAME_DOTS.split(full_name) if part.strip()])
    return _chinese_name(full_name)


def _first_only(word: str) -> str:
    return word[:1] + "*" * (len(word) - 1) if len(word) > 1 else "*" * len(word)


def _last_only(word: str) -> str:
    return "*" * (len(word) - 1) + word[-1:] if len(word) > 1 else "*" * len(word)


def _name_in_parts(parts: list[str]) -> str:
    if len(parts) < 2:
        return "·".join(_first_only(part) for part in parts)
    middle = ["*" * len(part) for part in parts[1:-1]]
    return "·".join([_first_only(parts[0]), *middle, _last_only(parts[-1])])


def _chinese_name(full_name: str) -> str:
    surname = 2 if full_name[:2] in COMPOUND_SURNAMES and len(full_name) > 2 else 1
    hidden = len(full_name) - surname
    if hidden < 2:
        return full_name[:surname] + "*" if hidden else "*" * len(full_name)
    return full_name[:surname] + "*" * (hidden - 1) + full_name[-1]
