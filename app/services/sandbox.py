"""The sandbox: its sample people and data, written once, and the inbox of their phones."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from argon2 import PasswordHasher
from PIL import Image
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.db import read, transaction
from app.domain.bank_card import passes_luhn
from app.domain.calendar import shanghai_day
from app.models import (
    Bank,
    BankBin,
    BranchOffice,
    CalendarDay,
    Endpoint,
    FiledPhoto,
    Investor,
    SettlementAccount,
    SmsMessage,
    Staff,
    Vault,
)
from app.outside import outside
from app.services import consents, files, investors, vaults
from app.services.sandbox_files import DIRECTORY, told
from app.services.sandbox_logins import derived, password_of, totp_secret_of

OPEN_DAYS = 60
CARD_DIGITS = 19
THUMBNAIL_PIXELS = 360
THUMBNAIL_QUALITY = 70
SECRET_BYTES = 24
INBOX_AT_MOST = 50


# -- seeding ----------------------------------------------------------------------------------------------------------


def seed() -> None:
    """Write the sample data that is not there yet; what is there stays, but for days that must keep ahead of today."""
    with transaction() as db:
        _offices(db)
        _banks(db)
        _calendar(db)
        _staff(db)
        _integrators(db)
        consents.publish_shipped()
        for sample in told("investors")["investors"]:
            _investor(db, sample)


def _offices(db: Session) -> None:
    for office in told("broker")["offices"]:
        if db.scalars(_office(office["code"])).first() is None:
            db.add(BranchOffice(**office))
    db.flush()


def _office(code: str) -> Select[BranchOffice]:
    return select(BranchOffice).where(BranchOffice.code == code)


def _banks(db: Session) -> None:
    for position, bank in enumerate(told("banks")["banks"]):
        names = {key: bank[key] for key in ("code", "name", "short_name", "name_en")}
        if db.get(Bank, bank["code"]) is None:
            db.add(Bank(**names, position=position))
    db.flush()
    for bank in told("banks")["banks"]:
        for kind in ("debit", "credit"):
            new = [prefix for prefix in bank[kind] if db.get(BankBin, prefix) is None]
            db.add_all(BankBin(prefix=prefix, bank_code=bank["code"], kind=kind) for prefix in new)


def _calendar(db: Session) -> None:
    """Weekends are trading days here, so that appointments can be tried on any day of the week."""
    today = shanghai_day(outside.clock.now())
    for day in (today + timedelta(days=ahead) for ahead in range(OPEN_DAYS + 1)):
        if db.get(CalendarDay, day) is None:
            db.add(CalendarDay(day=day, is_trading=True, note="sandbox"))


def _staff(db: Session) -> None:
    for person in told("broker")["staff"]:
        if db.scalars(select(Staff).where(Staff.login == person["login"])).first() is None:
            vault = Vault.new()
            db.add(vault)
            secrets = {
                "password_hash": PasswordHasher().hash(password_of(person["login"])),
                "totp_secret": totp_secret_of(person["login"]),
            }
            db.add(Staff(vault=vault, **person, **secrets))


def _integrators(db: Session) -> None:
    for integrator in told("broker")["integrators"]:
        source = integrator["source"]
        if db.scalars(select(Endpoint).where(Endpoint.source == source)).first() is None:
            secret = "whsec_" + base64.b64encode(derived(f"webhook {source}")[:SECRET_BYTES]).decode()
            db.add(Endpoint(vault=vaults.system(), source=source, secret=secret, created_at=outside.clock.now()))


def _investor(db: Session, sample: dict[str, Any]) -> None:
    investor = investors.find(sample["id_number"])
    if investor is None:
        investor = _new_investor(db, sample)
        _accounts(db, investor, sample["accounts"])
        for slot, name in sample.get("filed", {}).items():
            _filed_photo(db, investor, slot, name)
    if days := sample.get("valid_days"):
        investor.id_valid_to = shanghai_day(outside.clock.now()) + timedelta(days=days)


def _new_investor(db: Session, sample: dict[str, Any]) -> Investor:
    office = db.scalars(_office(sample["office"])).one()
    return investors.enter(
        sample["id_number"],
        sample["name"],
        sample["phone"],
        office,
        id_valid_from=sample["valid_from"],
        id_valid_to=sample.get("valid_to"),
        account_status=sample.get("status", "normal"),
        force_video=sample.get("force_video", False),
        magic=sample.get("magic", ""),
        source_at=outside.clock.now(),
    )


def _accounts(db: Session, investor: Investor, accounts: list[dict[str, Any]]) -> None:
    for position, account in enumerate(accounts):
        number = card_number(account["prefix"], account["serial"])
        db.add(
            SettlementAccount(
                vault=investor.vault,
                investor=investor,
                bank_code=db.get_one(BankBin, account["prefix"]).bank_code,
                card_number=number,
                card_number_index=outside.sealer.index("card_number", number),
                branch_name=account["branch"],
                transfer_signed=account.get("transfer_signed", False),
                is_default=position == 0,
                position=position,
            )
        )


def card_number(prefix: str, serial: int) -> str:
    """A sample card number of 19 digits whose check digit is right."""
    body = prefix + str(serial).zfill(CARD_DIGITS - 1 - len(prefix))
    return next(body + str(digit) for digit in range(10) if passes_luhn(body + str(digit)))


def _filed_photo(db: Session, investor: Investor, slot: str, name: str) -> None:
    content = (DIRECTORY / "photos" / "filed" / f"{name}.jpg").read_bytes()
    db.add(
        FiledPhoto(
            vault=investor.vault,
            investor_id=investor.id,
            slot=slot,
            blob=files.keep(investor.vault, content, "image/jpeg"),
            thumbnail=files.keep(investor.vault, smaller(content, THUMBNAIL_PIXELS), "image/jpeg"),
            filed_at=outside.clock.now(),
        )
    )


def smaller(content: bytes, pixels: int) -> bytes:
    """A JPEG made smaller, until its long edge has at most so many pixels."""
    with Image.open(BytesIO(content), formats=("JPEG",)) as image:
        image.thumbnail((pixels, pixels))
        out = BytesIO()
        image.save(out, "JPEG", quality=THUMBNAIL_QUALITY, optimize=True)
        return out.getvalue()


# -- looking around ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """A sample investor and the part it plays. `photos` names a set of pictures to upload."""

    id_number: str
    name: str
    phone: str
    magic: str
    part: str
    photos: str


def people() -> list[Sample]:
    """The sample investors."""
    return [
        Sample(
            one["id_number"],
            one["name"],
            one["phone"],
            one.get("magic", ""),
            one["part"],
            one.get("photos", ""),
        )
        for one in told("investors")["investors"]
    ]


def inbox() -> list[SmsMessage]:
    """What the sample phones got, the newest first; decoys are never sent."""
    query = select(SmsMessage).where(SmsMessage.state != "decoy").order_by(SmsMessage.created_at.desc())
    return list(read().scalars(query.limit(INBOX_AT_MOST)))


def integrators() -> list[Endpoint]:
    """Who may post webhooks, with the secret."""
    return list(read().scalars(select(Endpoint).order_by(Endpoint.source)))
