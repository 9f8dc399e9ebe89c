"""From what lines of print say to values and whether they pass their checks; nothing is corrected by guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.bank_card import LONGEST_NUMBER_DIGITS, SHORTEST_NUMBER_DIGITS, passes_luhn
from app.domain.identity import EARLIEST_BIRTH_YEAR, check_character
from app.domain.keyed_text import half_width, without_blanks
from app.reading.outcome import LONG_TERM

VALIDITY_YEARS: Final = (5, 10, 20)
"""For how long identity cards are issued: 居民身份证法 (2011), article 5; from 46 on 长期."""
LONGEST_CARD_DIGITS: Final = 19
"""Of a card number by ISO/IEC 7812-1; what has more is two numbers in one line."""
SURE: Final = 0.8
"""Mean sureness of the characters of a value below which it is not taken as checked, whatever its check says."""
SUREST: Final = 0.5
"""The same for each single character of a number."""

_ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_VALIDITY = re.compile(r"([0-9]{4})\.([0-9]{2})\.([0-9]{2})[-–—~至一]+(?:([0-9]{4})\.([0-9]{2})\.([0-9]{2})|(长期))")
_BIRTH = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日?")
_HAN = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·]+")


@dataclass(frozen=True)
class Value:
    """A value found in a line, whether it passes its check, and which characters of the line it was taken from."""

    text: str
    checked: bool
    at: tuple[int, int]

    def __repr__(self) -> str:
        return f"Value(…, checked={self.checked})"


def plain(words: str) -> str:
    """Half-width and in upper case, character by character, so that places stay what they were."""
    return "".join(half_width(letter).upper()[:1] or letter for letter in words)


def id_number(words: str) -> Value | None:
    """An identity number, alone in its line or after the words beside it: 17 digits and a check character."""
    found = _digits(words, letters="X")
    if found is None:
        return None
    text, at = found
    if len(text) != 18 or "X" in text[:17]:
        return Value(text, False, at) if len(text) in {17, 18, 19} else None
    return Value(text, bool(_ID_NUMBER.fullmatch(text)) and _is_right(text), at)


def _is_right(number: str) -> bool:
    return birth_in(number) is not None and check_character(number[:17]) == number[17]


def birth_in(number: str) -> date | None:
    """The date of birth in an identity number; None when there is no such day."""
    return _day(number[6:10], number[10:12], number[12:14])


def card_number(words: str) -> Value | None:
    """A bank card's number of 16 to 19 digits, in groups or not."""
    found = _digits(words)
    if found is None:
        return None
    text, at = found
    if not SHORTEST_NUMBER_DIGITS - 1 <= len(text) <= LONGEST_NUMBER_DIGITS:
        return None
    fits = SHORTEST_NUMBER_DIGITS <= len(text) <= LONGEST_CARD_DIGITS and _is_whole(words[at[0] : at[1]])
    return Value(text, fits and passes_luhn(text), at)


def is_part_of_number(words: str) -> bool:
    """Whether a row may be one of two of a card number: nothing but digits, eight to twelve of them."""
    found = _digits(words)
    return found is not None and 8 <= len(found[0]) <= 12


def _is_whole(number: str) -> bool:
    """Whether no figure is missing at its beginning: printed in groups, the first has four (or the issuer's six).

    A zero that is left out there does no harm to the check sum.
    """
    groups = number.split()
    return len(groups) < 3 or len(groups[0]) in {4, 6, 8}


def validity(words: str) -> tuple[Value, Value] | None:
    """From when to when an identity card is valid: both right by the rule of the years, or neither."""
    told = _VALIDITY.search(_packed(words))
    if told is None:
        return None
    begin, end = _day(*told.group(1, 2, 3)), _day(*told.group(4, 5, 6)) if told.group(4) else None
    fits = begin is not None and (told.group(7) is not None or _is_issued_for(begin, end))
    at = (0, len(words))
    first = Value("" if begin is None else begin.isoformat(), fits, at)
    last = LONG_TERM if told.group(7) else "" if end is None else end.isoformat()
    return first, Value(last, fits, at)


def _is_issued_for(begin: date, end: date | None) -> bool:
    """Five, ten or twenty years to the day; who was issued a card on 29 February has one until 28 or 1."""
    if end is None:
        return False
    leap = (begin.month, begin.day) == (2, 29)
    same_day = (end.month, end.day) == (begin.month, begin.day)
    return end.year - begin.year in VALIDITY_YEARS and (
        same_day or (leap and (end.month, end.day) in {(2, 28), (3, 1)})
    )


def birth(words: str) -> Value | None:
    """The printed date of birth."""
    told = _BIRTH.search(_packed(words))
    if told is None:
        return None
    day = _day(*told.group(1, 2, 3))
    return None if day is None else Value(day.isoformat(), True, (0, len(words)))


def sex(words: str) -> Value | None:
    """男 or 女, alone or before the word for the nation."""
    packed = _packed(words).removeprefix("性别")
    found = packed[:1] if packed[:1] in {"男", "女"} and packed[1:3] in {"", "民", "民族"} else ""
    return Value(found, True, (0, len(words))) if found else None


def name(words: str) -> Value | None:
    """A name: Han characters, two or more, with the dot of long names; nothing can check it."""
    packed = _packed(words).removeprefix("姓名")
    whole = _HAN.fullmatch(packed)
    return Value(packed, False, (0, len(words))) if whole and len(packed) >= 2 else None


def _packed(words: str) -> str:
    return without_blanks(half_width(words)).upper()


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if found.year >= EARLIEST_BIRTH_YEAR else None


def _digits(words: str, letters: str = "") -> tuple[str, tuple[int, int]] | None:
    """All digits of a line and where they begin and end; None when other characters stand among or after them.

    Words before the first digit are those of the label beside the number.
    """
    line = plain(words)
    begin = next((place for place, letter in enumerate(line) if letter.isascii() and letter.isdigit()), None)
    if begin is None or any(letter.isascii() and not letter.isspace() for letter in line[:begin].strip(":. ")):
        return None
    rest = line[begin:].rstrip()
    text = without_blanks(rest)
    if not all(letter.isascii() and (letter.isdigit() or letter in letters) for letter in text):
        return None
    return text, (begin, begin + len(rest))
