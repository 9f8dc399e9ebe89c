"""What the broker keeps in tables of its own: banks, card prefixes, branch offices and their days, the calendar."""

from __future__ import annotations

import re
from datetime import date, time

from sqlalchemy import select

from app.db import read
from app.domain.calendar import shanghai_day
from app.domain.errors import FieldWrong
from app.models import Bank, BankBin, BranchOffice, CalendarDay, Case, Investor, OfficeDay, Staff
from app.outside import outside
from app.services import appointments, room_news
from app.services.catalogues import Catalogue, Values

LONGEST = {
    "name": 40,
    "short_name": 20,
    "name_en": 80,
    "address": 120,
    "phone": 30,
    "note": 60,
    "reason": 60,
    "reason_en": 120,
}
MAY_BE_EMPTY = {"note"}
HIGHEST_POSITION = 9999
MOST_PLACES = 100
DAYS_AHEAD = 731
WHOLE_DAY = ["00:00", "24:00"]
_BANK, _BIN, _OFFICE = re.compile(r"[A-Z][A-Z0-9]{1,19}"), re.compile(r"[0-9]{3,10}"), re.compile(r"[A-Z0-9]{2,20}")
_WINDOW = re.compile(r"([0-2][0-9]:[0-5][0-9])\s*[-–—~]\s*([0-2][0-9]:[0-5][0-9])")


def _check_words(values: Values, *names: str) -> None:
    for name in names:
        least = 0 if name in MAY_BE_EMPTY else 1
        if not least <= len(values[name]) <= LONGEST[name]:
            raise FieldWrong(name, "length", least=least, most=LONGEST[name])


# -- banks ------------------------------------------------------------------------------------------------------------


def _banks() -> dict[str, Values]:
    fields = ("name", "short_name", "name_en", "position", "retired")
    rows = read().scalars(select(Bank).order_by(Bank.position, Bank.code))
    return {row.code: {field: getattr(row, field) for field in fields} for row in rows}


def _check_bank(_code: str, values: Values) -> None:
    _check_words(values, "name", "short_name", "name_en")
    if not 0 <= values["position"] <= HIGHEST_POSITION:
        raise FieldWrong("position", "range", least=0, most=HIGHEST_POSITION)


def _write_bank(code: str, values: Values) -> None:
    read().merge(Bank(code=code, **values))


BANKS = Catalogue("banks", _banks, _check_bank, _write_bank, lambda key: bool(_BANK.fullmatch(key)))


# -- card prefixes ----------------------------------------------------------------------------------------------------


def _bins() -> dict[str, Values]:
    rows = read().execute(select(BankBin.prefix, BankBin.bank_code, BankBin.kind, BankBin.retired))
    ordered = sorted((row.prefix, row.bank_code, row.kind, row.retired) for row in rows)
    return {prefix: {"bank_code": bank, "kind": kind, "retired": retired} for prefix, bank, kind, retired in ordered}


def check_bin(prefix: str, values: Values) -> None:
    """FieldWrong for a prefix, bank or kind that there is not."""
    if not is_bin(prefix):
        raise FieldWrong("key", "wrong")
    if read().get(Bank, values["bank_code"]) is None:
        raise FieldWrong("bank_code", "unknown")
    if values["kind"] not in {"debit", "credit"}:
        raise FieldWrong("kind", "wrong")


def _write_bin(prefix: str, values: Values) -> None:
    read().merge(BankBin(prefix=prefix, **values))


def is_bin(key: str) -> bool:
    """Whether it could be a card's prefix: 3 to 10 digits."""
    return bool(_BIN.fullmatch(key))


def _bin(prefix: str) -> Values | None:
    row = read().get(BankBin, prefix)
    return {"bank_code": row.bank_code, "kind": row.kind, "retired": row.retired} if row else None


BINS = Catalogue("bins", _bins, check_bin, _write_bin, is_bin, _bin)


# -- branch offices and their hours -----------------------------------------------------------------------------------


def _offices() -> dict[str, Values]:
    fields = ("name", "name_en", "address", "phone", "slot_capacity", "video_windows", "retired")
    rows = read().scalars(select(BranchOffice).order_by(BranchOffice.code))
    return {row.code: {field: getattr(row, field) for field in fields} for row in rows}


def windows_of(text: str) -> list[list[str]]:
    """ "09:00-11:30, 13:00-15:30" as pairs; FieldWrong("video_windows", "wrong" | "overlap")."""
    parts = [part.strip() for part in re.split(r"[,，;；\n]", text) if part.strip()]
    found = [_WINDOW.fullmatch(part) for part in parts]
    pairs = [[match[1], match[2]] for match in found if match]
    if len(pairs) != len(parts):
        raise FieldWrong("video_windows", "wrong")
    return sorted(pairs)


def _check_office(code: str, values: Values) -> None:
    _check_words(values, "name", "name_en", "address", "phone")
    capacity = values["slot_capacity"]
    if capacity is not None and not 1 <= capacity <= MOST_PLACES:
        raise FieldWrong("slot_capacity", "range", least=1, most=MOST_PLACES)
    _check_windows([pair for pair in values["video_windows"] if pair != WHOLE_DAY])
    if values["retired"] and _is_in_use(code):
        raise FieldWrong("retired", "in_use")


def _is_in_use(code: str) -> bool:
    """Whether investors, staff with access or cases in flight belong to the office: they have to be moved first."""
    office = select(BranchOffice.id).where(BranchOffice.code == code).scalar_subquery()
    belonging = (
        select(Investor.id).where(Investor.branch_office_id == office),
        select(Staff.id).where(Staff.branch_office_id == office, Staff.disabled_at.is_(None)),
        select(Case.id).where(Case.branch_office_id == office, Case.ended_at.is_(None)),
    )
    return any(read().scalars(query.limit(1)).first() is not None for query in belonging)


def _check_windows(pairs: list[list[str]]) -> None:
    try:
        times = [(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in pairs]
    except ValueError as error:
        raise FieldWrong("video_windows", "wrong") from error
    ends = [time.min, *(closes for _opens, closes in times)]
    if any(opens >= closes or opens < ended for (opens, closes), ended in zip(times, ends, strict=False)):
        raise FieldWrong("video_windows", "overlap")


def _write_office(code: str, values: Values) -> None:
    row = _office_of(code)
    if row is None:
        read().add(BranchOffice(code=code, **values))
        return
    for field, said in values.items():
        setattr(row, field, said)


def _office_of(key: str) -> BranchOffice | None:
    """The office of that code, or of a day of its own."""
    return read().scalars(select(BranchOffice).where(BranchOffice.code == key.partition(".")[0])).first()


def _lost_by_office(key: str) -> int:
    office = _office_of(key)
    return len(appointments.fallen_out(office)) if office else 0


def _settle_office(key: str) -> None:
    if office := _office_of(key):
        appointments.call_off(office)


OFFICES = Catalogue(
    "offices", _offices, _check_office, _write_office, lambda key: bool(_OFFICE.fullmatch(key)),
    loses=_lost_by_office, settle=_settle_office,
)  # fmt: skip


# -- the trading calendar ---------------------------------------------------------------------------------------------


def _days() -> dict[str, Values]:
    fields = ("is_trading", "note", "retired")
    rows = read().scalars(select(CalendarDay).order_by(CalendarDay.day.desc()))
    return {row.day.isoformat(): {field: getattr(row, field) for field in fields} for row in rows}


def _check_day(key: str, values: Values) -> None:
    _check_words(values, "note")
    if date.fromisoformat(key) < shanghai_day(outside.clock.now()):
        raise FieldWrong("key", "past")


def _is_day(key: str) -> bool:
    try:
        day = date.fromisoformat(key)
    except ValueError:
        return False
    ahead = (day - shanghai_day(outside.clock.now())).days
    return len(key) == len("2026-01-01") and ahead < DAYS_AHEAD


def _write_day(key: str, values: Values) -> None:
    read().merge(CalendarDay(day=date.fromisoformat(key), **values))


def _lost_everywhere(_key: str) -> int:
    return sum(len(appointments.fallen_out(office)) for office in read().scalars(select(BranchOffice)))


def call_off_everywhere() -> None:
    """The calendar of all branch offices has changed: part of the transaction that changed it."""
    for office in read().scalars(select(BranchOffice).order_by(BranchOffice.code)):
        appointments.call_off(office)


CALENDAR = Catalogue(
    "calendar", _days, _check_day, _write_day, _is_day,
    loses=_lost_everywhere, settle=lambda _key: call_off_everywhere(),
)  # fmt: skip


# -- days of a branch office of its own -------------------------------------------------------------------------------


def _own_days() -> dict[str, Values]:
    query = select(OfficeDay, BranchOffice.code).join(BranchOffice, BranchOffice.id == OfficeDay.branch_office_id)
    rows = read().execute(query.order_by(OfficeDay.day.desc(), BranchOffice.code))
    fields = ("video_windows", "reason", "reason_en", "retired")
    return {own_day_key(code, row.day): {field: getattr(row, field) for field in fields} for row, code in rows}


def own_day_key(code: str, day: date) -> str:
    """How an office's own day is called in the catalogue: "SH01.2026-12-24"."""
    return f"{code}.{day.isoformat()}"


def _check_own_day(key: str, values: Values) -> None:
    _check_words(values, "reason", "reason_en")
    if _office_of(key) is None:
        raise FieldWrong("key", "no_office")
    if date.fromisoformat(key.partition(".")[2]) < shanghai_day(outside.clock.now()):
        raise FieldWrong("key", "past")
    _check_windows(values["video_windows"])  # round the clock is no window of a day


def _is_own_day(key: str) -> bool:
    code, _dot, day = key.partition(".")
    return bool(_OFFICE.fullmatch(code)) and _is_day(day)


def _write_own_day(key: str, values: Values) -> None:
    office = _office_of(key)
    if office is None:
        raise FieldWrong("key", "no_office")
    read().merge(OfficeDay(branch_office_id=office.id, day=date.fromisoformat(key.partition(".")[2]), **values))


def _settle_own_day(key: str) -> None:
    if office := _office_of(key):
        appointments.call_off(office)
        room_news.tell_board(office.id)


OWN_DAYS = Catalogue(
    "office_days", _own_days, _check_own_day, _write_own_day, _is_own_day,
    loses=_lost_by_office, settle=_settle_own_day,
)  # fmt: skip
