"""SMS codes: sent to the phone on file, good once, for one person, purpose and session."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, Select, func, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db import read, transaction
from app.domain import masks
from app.domain.errors import FieldWrong, TooMany
from app.domain.identity import decoy_phone
from app.domain.keyed_text import half_width, without_blanks
from app.models import CodeRequest, Investor, SmsCode, WrongGuess
from app.outside import outside
from app.services import investors, messages
from config import Settings

DIGITS = 6
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BLOCK_BITS = {4: 24, 6: 48}
"""What counts as one network: home lines and offices share such a block."""
TEXTS = {
    "login": "您的登录验证码是 {code}，{minutes} 分钟内有效。本公司工作人员不会向您索要验证码。",
    "certificate": "您正在恢复数字证书，验证码 {code}，{minutes} 分钟内有效。如非本人操作，请致电 {hotline}。",
    "signing": "您正在签署结算账户变更协议，验证码 {code}，{minutes} 分钟内有效。如非本人操作，请致电 {hotline}。",
}


@dataclass(frozen=True)
class Sent:
    """A code that is on its way: to which phone (masked), and in how many seconds another may be asked for."""

    phone: str
    wait_seconds: int
    sent_at: datetime


def send(person: str | Investor, purpose: str, session_id: str, *, address: str = "") -> Sent:
    """Send a code to the person's phone on file. A number nobody knows gets the same answer in the same time.

    `person` is a normalised ID number, or the investor; `address` is where the request came from, for the limits.
    Raises FieldWrong("sms_code", "wait", seconds=…) before the time for another one, TooMany past a limit.
    """
    number = person if isinstance(person, str) else person.id_number
    index = investors.index_of(number)
    with transaction() as db:
        _one_at_a_time(db, index)
        _check_limits(db, index, purpose, address)
        phone = _write(db, number, purpose, session_id)
    return Sent(phone, current_app.config["SETTINGS"].code_resend_seconds, outside.clock.now())


def pending(person: str | Investor, purpose: str, session_id: str) -> Sent | None:
    """The code that was sent in this session and may still be keyed in."""
    number = person if isinstance(person, str) else person.id_number
    code = _latest(investors.index_of(number), purpose, session_id)
    if code is None or code.used_at is not None or _is_old(code):
        return None
    return Sent(_masked_phone(number, investors.find(number)), _wait_seconds(code), code.created_at)


def check(person: str | Investor, purpose: str, session_id: str, keyed: str) -> None:
    """Take a code; a right one is used up. Not inside a transaction: a wrong guess must be kept.

    FieldWrong("sms_code", "empty" | "missing" | "used" | "expired" | "too_many_tries" | "wrong", left=…),
    TooMany("code_guesses") past the guesses of a day.
    """
    if read().info.get("writing"):
        raise RuntimeError("a wrong guess would be forgotten with the transaction around it")
    number = person if isinstance(person, str) else person.id_number
    code = _expected(investors.index_of(number), purpose, session_id, keyed)
    left = _count_try(code)
    if not hmac.compare_digest(code.code_hmac, _hmac(code, _keyed(keyed))):
        _note_wrong(code.person_index)
        raise FieldWrong("sms_code", "wrong" if left else "too_many_tries", left=left)
    _use(code)


def was_just_used(person: str, purpose: str, session_id: str, keyed: str, *, within_seconds: int) -> bool:
    """Whether this very code was taken a moment ago in this session: the second half of a double click."""
    code = _latest(investors.index_of(person), purpose, session_id)
    if code is None or code.used_at is None:
        return False
    recent = outside.clock.now() - code.used_at < timedelta(seconds=within_seconds)
    return recent and hmac.compare_digest(code.code_hmac, _hmac(code, _keyed(keyed)))


# -- sending ----------------------------------------------------------------------------------------------------------


def _one_at_a_time(db: Session, index: str) -> None:
    """Two requests at once must not both find the limit unreached; SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(index[:15], 16)})


def _check_limits(db: Session, index: str, purpose: str, address: str) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    now = outside.clock.now()
    _check_wait(db, index, purpose)
    mine = select(SmsCode.created_at).where(SmsCode.person_index == index)
    _limit(db, mine, SmsCode.created_at, ("codes_per_hour", settings.codes_per_hour, HOUR))
    _limit(db, mine, SmsCode.created_at, ("codes_per_day", settings.codes_per_day, DAY))
    if address:
        block = outside.sealer.index("address", block_of(address))
        asked = select(CodeRequest.at).where(CodeRequest.address_index == block)
        _limit(db, asked, CodeRequest.at, ("codes_per_address", settings.codes_per_address_per_hour, HOUR))
        db.add(CodeRequest(address_index=block, at=now))


def _check_wait(db: Session, index: str, purpose: str) -> None:
    query = select(SmsCode).where(SmsCode.person_index == index, SmsCode.purpose == purpose)
    last = db.scalars(query.order_by(SmsCode.created_at.desc()).limit(1)).first()
    if last is not None and (seconds := _wait_seconds(last)):
        raise FieldWrong("sms_code", "wait", seconds=seconds)


def _limit(
    db: Session, query: Select[datetime], at: InstrumentedAttribute[datetime], limit: tuple[str, int, timedelta]
) -> None:
    name, most, span = limit
    since = outside.clock.now() - span
    times = db.scalars(query.where(at > since).order_by(at)).all()
    if len(times) >= most:
        raise TooMany(name, max(1, int((times[-most] + span - outside.clock.now()).total_seconds()) + 1))


def block_of(address: str) -> str:
    """The network block that an address counts for; an address that cannot be read counts for itself."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/{BLOCK_BITS[ip.version]}", strict=False))


def _write(db: Session, number: str, purpose: str, session_id: str) -> str:
    """Write the code and its text, or for an unknown number their decoys; returns the masked phone."""
    investor = investors.find(number)
    now = outside.clock.now()
    index = investors.index_of(number)
    db.execute(
        update(SmsCode)
        .where(_of(index, purpose, session_id), SmsCode.used_at.is_(None), SmsCode.replaced_at.is_(None))
        .values(replaced_at=now)
    )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = SmsCode(person_index=index, purpose=purpose, session_id=session_id, created_at=now)
    # The decoy's code is one that nobody can key in.
    row.code_hmac = _hmac(row, code if investor else secrets.token_hex())
    db.add(row)
    masked = _masked_phone(number, investor)
    messages.write(investor.phone if investor else masked, purpose, _text(purpose, code), code, decoy=investor is None)
    return masked


def _text(purpose: str, code: str) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    minutes = settings.code_seconds // 60
    return TEXTS[purpose].format(code=code, minutes=minutes, hotline=settings.broker_hotline)


def _masked_phone(number: str, investor: Investor | None) -> str:
    decoy = decoy_phone(current_app.config["SETTINGS"].code_pepper, number)
    return masks.phone(investor.phone) if investor else decoy


def _wait_seconds(code: SmsCode) -> int:
    again = code.created_at + timedelta(seconds=current_app.config["SETTINGS"].code_resend_seconds)
    left = (again - outside.clock.now()).total_seconds()
    return max(0, int(left) + (left % 1 > 0)) if left > 0 else 0


# -- checking ---------------------------------------------------------------------------------------------------------


def _keyed(text: str) -> str:
    return without_blanks(half_width(text))


def _expected(index: str, purpose: str, session_id: str, keyed: str) -> SmsCode:
    if not _keyed(keyed):
        raise FieldWrong("sms_code", "empty")
    code = _latest(index, purpose, session_id)
    if code is None:
        raise FieldWrong("sms_code", "missing")
    if code.used_at is not None:
        raise FieldWrong("sms_code", "used")
    if _is_old(code):
        raise FieldWrong("sms_code", "expired")
    _check_guesses(index)
    return code


def _check_guesses(index: str) -> None:
    most = current_app.config["SETTINGS"].code_guesses_per_day
    since = outside.clock.now() - DAY
    query = select(func.count()).select_from(WrongGuess).where(WrongGuess.person_index == index, WrongGuess.at > since)
    if (read().scalar(query) or 0) >= most:
        raise TooMany("code_guesses", int(DAY.total_seconds()))


def _count_try(code: SmsCode) -> int:
    """Count the try before looking at it, in one statement: parallel guesses cannot slip past. Returns what is left."""
    most: int = current_app.config["SETTINGS"].code_tries
    with transaction() as db:
        counted = db.execute(
            update(SmsCode)
            .where(
                SmsCode.id == code.id,
                SmsCode.tries < most,
                SmsCode.used_at.is_(None),
                SmsCode.replaced_at.is_(None),
            )
            .values(tries=SmsCode.tries + 1)
            .returning(SmsCode.tries)
        ).first()
    if counted is None:
        raise FieldWrong("sms_code", "too_many_tries", left=0)
    return most - int(counted[0])


def _note_wrong(index: str) -> None:
    with transaction() as db:
        db.add(WrongGuess(person_index=index, at=outside.clock.now()))


def _use(code: SmsCode) -> None:
    with transaction() as db:
        used = db.execute(
            update(SmsCode)
            .where(SmsCode.id == code.id, SmsCode.used_at.is_(None), SmsCode.replaced_at.is_(None))
            .values(used_at=outside.clock.now())
            .returning(SmsCode.id)
        ).first()
    if used is None:
        raise FieldWrong("sms_code", "used")


def _of(index: str, purpose: str, session_id: str) -> ColumnElement[bool]:
    return (SmsCode.person_index == index) & (SmsCode.purpose == purpose) & (SmsCode.session_id == session_id)


def _latest(index: str, purpose: str, session_id: str) -> SmsCode | None:
    query = select(SmsCode).where(_of(index, purpose, session_id), SmsCode.replaced_at.is_(None))
    return read().scalars(query.order_by(SmsCode.created_at.desc()).limit(1)).first()


def _is_old(code: SmsCode) -> bool:
    return outside.clock.now() >= code.created_at + timedelta(seconds=current_app.config["SETTINGS"].code_seconds)


def _hmac(code: SmsCode, digits: str) -> str:
    pepper: bytes = current_app.config["SETTINGS"].code_pepper
    return hmac.digest(pepper, f"{code.id}\0{digits}".encode(), "sha256").hex()
