"""The first letters of Chinese words as people type them into a search box: 反光 is fg."""

from __future__ import annotations

STOP = "。"


def initials(text: str) -> str:
    """Letters of the first sentence, one group a character.

    "银行卡重拍。" gives "y h kq c p": the reading of a word where it is known, else all those of the character.
    Punctuation, digits and Latin letters are left out. The library takes some 60 MB: whoever keeps words keeps their
    initials beside them, so that a page never asks for them.
    """
    from pypinyin import Style, pinyin

    first_sentence = text.partition(STOP)[0]
    readings = pinyin(first_sentence, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
    return " ".join("".join(sorted(set(found))) for found in readings)
