"""Resident identity numbers and cards: is the number possible, how old is the holder, is the card still valid."""

import hmac
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.domain.keyed_text import half_width, without_blanks

IdNumberCode = Literal["empty", "length", "fifteen_digits", "characters", "date", "check_digit", "residence_permit"]
Sex = Literal["male", "female"]

ADULT_AGE_YEARS = 18
EARLIEST_BIRTH_YEAR = 1900
ENDING_SOON_DAYS = 30

CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"

WELL_FORMED = re.compile(r"[0-9]{17}[0-9X]")
PERMIT_OF_18 = re.compile(r"(?:81|82|83|9[0-9])[0-9]{15}[0-9X]")
PERMIT_WITH_LETTERS = re.compile(r"[A-Z]{1,3}[0-9]{7,12}")
PERMIT_OF_8_DIGITS = re.compile(r"[0-9]{8}")
REGION = re.compile(r"[1-8][0-9]{5}")

DECOY_PREFIXES = (
    *("133", "135", "136", "137", "138", "139", "147", "150", "151", "152", "153", "155", "156", "157", "158", "159"),
    *("166", "173", "176", "177", "178", "180", "181", "182", "183", "185", "186", "187", "188", "189", "191", "199"),
)


class IdNumberWrong(ValueError):
    """The number cannot be a mainland resident identity number; `code` says why, the number itself is never kept.

    `check_digit` also stands for a region that cannot exist: either way some digit is mistyped.
    `residence_permit` stands for the documents that only the counter serves: residence permits of 港澳台 residents,
    permanent residence cards of foreigners, travel permits, passports.
    """

    def __init__(self, code: IdNumberCode) -> None:
        super().__init__(code)
        self.code: IdNumberCode = code


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A possible identity number (18 characters, upper-case X) and what it says about its holder."""

    number: str
    birth_date: date
    sex: Sex

    def __repr__(self) -> str:
        return "IdNumber(…)"


@dataclass(frozen=True, slots=True)
class Validity:
    """How an identity card stands on a day; `days_left` counts to its last valid day, None for 长期."""

    state: Literal["expired", "ending", "valid"]
    days_left: int | None


def normalise_id_number(text: str) -> str:
    """Half-width, without blanks, letters in upper case. Applying it twice changes nothing more."""
    return without_blanks(half_width(text)).upper()


def check_id_number(text: str) -> IdNumber:
    """Read what was keyed in as a resident identity number (GB 11643-1999); raises IdNumberWrong."""
    number = normalise_id_number(text)
    _refuse_wrong_shape(number)
    birth_date = _birth_date(number)
    if check_character(number[:17]) != number[17] or not REGION.match(number):
        raise IdNumberWrong("check_digit")
    return IdNumber(number=number, birth_date=birth_date, sex="male" if int(number[16]) % 2 else "female")


def check_character(first_17: str) -> str:
    """The 18th character for 17 digits: ISO 7064 MOD 11-2 as GB 11643-1999 prescribes it, one of 0-9 and X."""
    total = sum(weight * int(digit) for weight, digit in zip(CHECK_WEIGHTS, first_17, strict=True))
    return CHECK_CHARACTERS[total % 11]


def age_on(birth: date, day: date) -> int:
    """Whole years on that day; the birthday itself counts.

    Who is born on 29 February comes of age on 1 March of a common year: the cautious reading lets nobody in too early.
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def is_adult(birth: date, day: date) -> bool:
    """18 or older on that day."""
    return age_on(birth, day) >= ADULT_AGE_YEARS


def validity_on(valid_to: date | None, day: date) -> Validity:
    """How a card with that last valid day (None: 长期) stands: expired, ending (fewer than 30 days left) or valid."""
    if valid_to is None:
        return Validity("valid", None)
    days_left = (valid_to - day).days
    if days_left < 0:
        return Validity("expired", days_left)
    return Validity("ending" if days_left < ENDING_SOON_DAYS else "valid", days_left)


def decoy_phone(key: bytes, id_number: str) -> str:
    """A made-up masked mobile number such as 138****1234, always the same for one identity number and key.

    Shown for numbers that the broker does not know, so that the answer does not tell who is a customer. Without the
    key (any secret bytes kept for this purpose alone) nobody can tell the decoy from a phone on file.
    """
    digest = hmac.digest(key, b"decoy phone\0" + normalise_id_number(id_number).encode(), "sha256")
    prefix = DECOY_PREFIXES[digest[0] % len(DECOY_PREFIXES)]
    return f"{prefix}****{int.from_bytes(digest[1:9]) % 10_000:04d}"


def _refuse_wrong_shape(number: str) -> None:
    if not number:
        raise IdNumberWrong("empty")
    if any(form.fullmatch(number) for form in (PERMIT_OF_18, PERMIT_WITH_LETTERS, PERMIT_OF_8_DIGITS)):
        raise IdNumberWrong("residence_permit")
    if re.fullmatch(r"[0-9]{15}", number):
        raise IdNumberWrong("fifteen_digits")
    if not re.fullmatch(r"[0-9]+X?", number):
        raise IdNumberWrong("characters")
    if not WELL_FORMED.fullmatch(number):
        raise IdNumberWrong("length")


def _birth_date(number: str) -> date:
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdNumberWrong("date") from None
    if birth_date.year < EARLIEST_BIRTH_YEAR:
        raise IdNumberWrong("date")
    return birth_date
